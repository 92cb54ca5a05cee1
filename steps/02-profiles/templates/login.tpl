% rebase('layout', title='Log in')
<h1>Log in</h1>
<form method="post" class="card">
% include('field', name='username', label='Username', value=form.get('username', ''), attributes='required autocapitalize="none" autocomplete="username"')
% include('field', name='password', label='Password', value='', attributes='required type="password" autocomplete="current-password"')
<button>Log in</button>
</form>
<p>New here? <a href="/auth/register">Register</a></p>
