% rebase('layout', title=status)
<p>{{message}} <a href="/">Back to the room</a></p>
