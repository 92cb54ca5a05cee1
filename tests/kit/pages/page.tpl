<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
% if get('style'):
<style>
{{!style}}
</style>
% else:
<link rel="stylesheet" href="style.css">
<script src="site.js" defer></script>
<link rel="icon" href="data:,">
% end
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{{!body}}
</body>
</html>
