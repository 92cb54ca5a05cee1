% rebase('layout', title='Your profile')
<form method="post" class="card">
% include('field', name='about_me', label='About me', maxlength=140, required=False)
<button>Save</button>
</form>
