% rebase('layout', title=member['username'])
<p class="about">{{member['about_me']}}</p>
<p class="byline">
  Member since <time datetime="{{member['created_at']}}">{{member['created_at'][:10]}}</time>
  · posts: {{member['post_count']}}
</p>
% if member['id'] == user['id']:
<p><a href="{{url_for('main.edit_profile_form')}}">Edit your profile</a></p>
% end
% include('posts')
