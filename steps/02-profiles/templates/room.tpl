% rebase('layout', title='Room')
<h1>The room</h1>
<form method="post" action="/" class="say">
% include('field', name='body', label='Say something', value='', attributes='required maxlength="500" autocomplete="off"')
<button>Post</button>
</form>
% include('posts')
