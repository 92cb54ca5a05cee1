% rebase('layout', title='Log in')
% if registered:
<p role="status">You are registered. Now log in.</p>
% end
<form method="post" class="card">
<% include('field', name='username', label='Username', maxlength=64,
           autocomplete='username', autocapitalize='none')
include('field', name='password', label='Password', type='password',
        maxlength=256, autocomplete='current-password') %>
<button>Log in</button>
</form>
<p>New here? <a href="{{url_for('auth.register_form')}}">Register</a></p>
