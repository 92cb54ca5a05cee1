% rebase('layout', title='The room')
<form method="post" action="/" class="say">
% include('field', name='username', label='Your name', maxlength=64, autocapitalize='none')
% include('field', name='body', label='Say something', maxlength=500, tag='textarea')
<button>Post</button>
</form>
<ol class="posts">
% for post in posts:
  <li>
    <p class="byline">
      <b>{{post['username']}}</b>
      <time datetime="{{post['created_at']}}">
        {{post['created_at'][:16].replace('T', ' ')}} UTC
      </time>
    </p>
    <p class="body">{{post['body']}}</p>
  </li>
% end
</ol>
% if not posts:
<p class="empty">No posts here yet.</p>
% end
