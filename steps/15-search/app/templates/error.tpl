% rebase('layout', title=status)
<p>{{message}} <a href="{{url_for('main.room')}}">Back to the room</a></p>
