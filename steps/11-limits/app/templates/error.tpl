% rebase('layout', title=status)
<h1>{{status}}</h1>
<p>{{message}}</p>
<p><a href="/">Back to the room</a></p>
