% rebase('layout', title='The room')
<form method="post" action="{{url_for('main.room')}}" class="say">
% include('field', name='body', label='Say something', maxlength=500, tag='textarea')
<button>Post</button>
</form>
% include('posts')
