<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{'Error: ' if errors else ''}}{{title}} · Chat</title>
  <link rel="icon" href="/static/icon.svg">
  <link rel="stylesheet" href="/static/style.css">
</head>
<body>
  <header>
    <nav>
      <a class="brand" href="/">Chat</a>
      % if user:
      <a href="/user/{{user['username']}}">{{user['username']}}</a>
      <form method="post" action="/auth/logout">
        <button class="quiet">Log out</button>
      </form>
      % else:
      <a href="/auth/login">Log in</a>
      <a href="/auth/register">Register</a>
      % end
    </nav>
  </header>
  <main>
<h1>{{title}}</h1>
{{!base}}
  </main>
</body>
</html>
