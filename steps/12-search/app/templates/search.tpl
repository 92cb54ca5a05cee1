% rebase('layout', title='Search')
<h1>Search</h1>
<form action="/search" class="card" role="search">
% include('field', name='q', label='Words in posts', value=q, attributes='type="search" required maxlength="100" autocomplete="off"')
<button>Search</button>
</form>
% if posts is not None:
% include('posts', empty='No post has all of these words. Search for fewer words, or spell them differently.')
% end
