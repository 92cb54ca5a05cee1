% rebase('layout', title='Register')
<form method="post" class="card">
<% include('field', name='username', label='Username', maxlength=64,
           autocomplete='username', autocapitalize='none')
include('field', name='email', label='Email', type='email', maxlength=254, autocomplete='email')
include('field', name='password', label='Password (8 characters or more)', type='password',
        maxlength=256, autocomplete='new-password') %>
<button>Register</button>
</form>
<p>Already have an account? <a href="/auth/login">Log in</a></p>
