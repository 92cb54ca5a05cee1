% rebase('layout', title='Search')
<form action="{{url_for('search.search')}}" class="card" role="search">
% include('field', name='q', label='Words in posts', type='search', maxlength=100)
<button>Search</button>
</form>
% if posts is not None:
<% include('posts', empty='No post has all of these words. '
                          'Search for fewer words, or spell them differently.') %>
% end
