<ol class="posts">
% for post in posts:
  <li>
    <p class="byline">
      <a href="{{url_for('main.profile', username=post['username'])}}">{{post['username']}}</a>
      <time datetime="{{post['created_at']}}">
        {{post['created_at'][:16].replace('T', ' ')}} UTC
      </time>
    </p>
    <p class="body">{{post['body']}}</p>
  </li>
% end
</ol>
% if not posts:
<p class="empty">{{get('empty', 'No posts here yet.')}}</p>
% end
<p class="pages">
% if page > 1:
  <a href="?{{get('query', '')}}page={{page - 1}}" rel="prev">← Newer</a>
% end
% if older:
  <a href="?{{get('query', '')}}page={{page + 1}}" rel="next">Older →</a>
% end
</p>
