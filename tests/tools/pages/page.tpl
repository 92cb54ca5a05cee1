<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{!title}}</title>
<style>
% include('style.css')
</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{{!base}}
</body>
</html>
