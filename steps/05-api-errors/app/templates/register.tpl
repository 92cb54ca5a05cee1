% rebase('layout', title='Register')
<h1>Register</h1>
<form method="post" class="card">
% include('field', name='username', label='Username', value=form.get('username', ''), attributes='required maxlength="64" autocapitalize="none" autocomplete="username"')
% include('field', name='email', label='Email', value=form.get('email', ''), attributes='required type="email" maxlength="254" autocomplete="email"')
% include('field', name='password', label='Password (8 characters or more)', value='', attributes='required type="password" minlength="8" maxlength="256" autocomplete="new-password"')
<button>Register</button>
</form>
<p>You have an account? <a href="/auth/login">Log in</a></p>
