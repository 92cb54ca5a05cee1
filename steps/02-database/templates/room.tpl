<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>The room · Chat</title>
  <link rel="icon" href="/static/icon.svg">
  <link rel="stylesheet" href="/static/style.css">
</head>
<body>
  <header>
    <nav>
      <a class="brand" href="/">Chat</a>
    </nav>
  </header>
  <main>
<h1>The room</h1>
<form method="post" action="/" class="say">
<label for="username">Your name</label>
<input id="username" name="username" required maxlength="64" autocapitalize="none">
<label for="body">Say something</label>
<textarea id="body" name="body" required maxlength="500" rows="3"></textarea>
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
  </main>
</body>
</html>
