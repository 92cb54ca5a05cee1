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
      <a href="/auth/register">Register</a>
    </nav>
  </header>
  <main>
<h1>{{title}}</h1>
{{!base}}
  </main>
</body>
</html>
