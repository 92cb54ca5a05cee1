<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{status}} · Chat</title>
  <link rel="stylesheet" href="/static/style.css">
</head>
<body>
  <main>
    <h1>{{status}}</h1>
    <p>{{message}}</p>
    <p><a href="/">Back to the room</a></p>
  </main>
</body>
</html>
