<ol class="posts">
% for post in posts:
  <li>
    <p class="byline">
      <a href="/user/{{post['username']}}">{{post['username']}}</a>
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
<p class="pages">
% if page > 1:
  <a href="?page={{page - 1}}" rel="prev">← Newer</a>
% end
% if older:
  <a href="?page={{page + 1}}" rel="next">Older →</a>
% end
</p>
