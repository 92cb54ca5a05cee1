<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{'Error: ' if errors else ''}}{{title}} · Chat</title>
  <link rel="icon" href="{{url_for('main.static', path='icon.svg')}}">
  <link rel="stylesheet" href="{{url_for('main.static', path='style.css')}}">
</head>
<body>
  <header>
    <nav>
      <a class="brand" href="{{url_for('main.room')}}">Chat</a>
      <a href="{{url_for('search.search')}}">Search</a>
      % if user:
      <a href="{{url_for('main.profile', username=user['username'])}}">{{user['username']}}</a>
      <form method="post" action="{{url_for('auth.logout')}}">
        <button class="quiet">Log out</button>
      </form>
      % else:
      <a href="{{url_for('auth.login_form')}}">Log in</a>
      <a href="{{url_for('auth.register_form')}}">Register</a>
      % end
    </nav>
  </header>
  <main>
<h1>{{title}}</h1>
{{!base}}
  </main>
</body>
</html>
