"""The views, and what runs before and after them."""
import functools
import re
from urllib.parse import urlencode

from bottle import abort, request, response, static_file

import config
from app import app
from app.db import (
    add_post, add_token, add_user, change_user, count_posts, delete_token, find_posts,
    find_posts_of, find_user,
)
from app.pages import HERE, PAGE_SIZE, current_user, redirect_to, render
from app.security import check_password, hash_password
from app.validation import read_form, read_number, read_token, validate


@app.hook('before_request')
def csrf_protect():
    """Refuse a form that another site sends, because the browser may add our cookie to it."""
    if request.method == 'POST' and is_cross_site():
        abort(403, 'This form was sent by another site. Open the page here and send it again.')


def is_cross_site():
    """Return True if the browser says that a page of another site sends this request."""
    site = request.environ.get('HTTP_SEC_FETCH_SITE')
    if site:
        return site not in ('same-origin', 'none')
    origin = request.environ.get('HTTP_ORIGIN')  # all that an older browser sends
    return bool(origin) and origin.split('://')[-1] != request.environ.get('HTTP_HOST')


def is_local_path(path):
    """Return True if this is a path of this site. Browsers take // and /\\ for another host."""
    return bool(re.fullmatch('/[!-~]*', path)) and path[1:2] not in ('/', '\\')


def login_required(view):
    """Let only users who are logged in see a view. Others log in first, then come back to it."""
    @functools.wraps(view)
    def wrapper(**args):
        if not current_user():
            return redirect_to('/auth/login?' + urlencode({'next': request.path}))
        return view(**args)
    return wrapper


def login_user(user):
    """Give the browser a new token, in a cookie that scripts can't read."""
    response.set_cookie('token', add_token(user)['token'],
                        path='/', maxage=config.TOKEN_SECONDS,
                        httponly=True, samesite='lax', secure=request.urlparts.scheme == 'https')


@app.route('/auth/register')
def register_form():
    return render('register', form={})


@app.route('/auth/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    errors = validate(form)
    if not errors:
        password_hash = hash_password(form['password'], config.PASSWORD_COST)
        errors = add_user(form['username'], form['email'], password_hash)
    if errors:
        return render('register', errors, form=form)
    return redirect_to('/auth/login?registered=1')


@app.route('/auth/login')
def login_form():
    return render('login', form={}, registered='registered' in request.query)


@app.route('/auth/login', 'POST')
def login():
    form = read_form('username', 'password')
    user = find_user(form['username'])
    if not check_password(user, form['password'], config.PASSWORD_COST):
        errors = {'password': 'Wrong username or password.'}
        return render('login', errors, form=form, registered=False)
    login_user(user)
    path = request.query.next
    return redirect_to(path if is_local_path(path) else '/')


@app.route('/auth/logout', 'POST')
def logout():
    delete_token(read_token())
    response.delete_cookie('token', path='/')
    return redirect_to('/auth/login')


def render_room(form, errors=None):
    """Return the room, with what was typed into its form."""
    page = read_number('page', 1)
    posts = find_posts(page, PAGE_SIZE)
    older = page * PAGE_SIZE < count_posts()
    return render('room', errors, form=form, posts=posts, page=page, older=older)


@app.route('/')
@login_required
def room():
    return render_room(form={})


@app.route('/', 'POST')
@login_required
def say():
    form = read_form('body')
    form['body'] = form['body'].strip()
    errors = validate(form)
    if errors:
        return render_room(form, errors)
    add_post(current_user(), form['body'])
    return redirect_to('/')


@app.route('/user/<username>')
@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1)
    posts = find_posts_of(member['id'], page, PAGE_SIZE)
    older = page * PAGE_SIZE < member['post_count']
    return render('profile', member=member, posts=posts, page=page, older=older)


@app.route('/profile')
@login_required
def edit_profile_form():
    return render('edit_profile', form={'about_me': current_user()['about_me']})


@app.route('/profile', 'POST')
@login_required
def edit_profile():
    form = read_form('about_me')
    errors = validate(form)
    if errors:
        return render('edit_profile', errors, form=form)
    change_user(current_user()['id'], form)
    return redirect_to('/user/' + current_user()['username'])


@app.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))


MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address does not accept this method.',
    413: 'This is too large. Send at most 100 KiB.',
    500: 'Something broke on our side. Try again in a minute.',
}


def show_error(error):
    """Answer any error with a page that shows its status and says what to do."""
    message = MESSAGES.get(error.status_code, error.body)
    try:
        current_user()
    except Exception:  # an error page must not fail, whatever is wrong with the database
        request.user = None
    return render('error', status=error.status_line, message=message)


app.default_error_handler = show_error
