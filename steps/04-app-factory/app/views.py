"""The views: each answers one route."""
import functools
import re
from urllib.parse import urlencode

from bottle import abort, request, response, static_file

from app.db import (add_post, add_token, add_user, count_posts, delete_token, find_posts, find_posts_of, find_token_user,
                    find_user, set_about_me)
from app.pages import HERE, redirect_to, render
from app.security import check_password
from app.validation import read_form, read_number, validate

PAGE_SIZE = 20


def csrf_protect():
    """Refuse a form that another site sends with 403, because the browser may add our cookie to it."""
    origin = request.environ.get('HTTP_ORIGIN', '').split('://')[-1]  # request.headers can't read what isn't UTF-8
    same_host = origin in ('', request.environ.get('HTTP_HOST'))
    site = request.environ.get('HTTP_SEC_FETCH_SITE') or ('same-origin' if same_host else 'cross-site')
    if request.method == 'POST' and site not in ('same-origin', 'none'):
        abort(403, 'This form was sent by another site. Open the page here and send it again.')


def login_required(view):
    """Let only users who are logged in see a view. Others log in first, then come back to it."""
    @functools.wraps(view)
    def wrapper(**args):
        request.user = find_token_user(request.get_cookie('token', ''))
        if not request.user:
            return redirect_to('/auth/login?' + urlencode({'next': request.path}))
        return view(**args)
    return wrapper


def login_user(user):
    """Give the browser a new token, in a cookie that scripts can't read."""
    response.set_cookie('token', add_token(user['id']), path='/', maxage=request.app.config['TOKEN_SECONDS'],
                        httponly=True, samesite='lax', secure=request.urlparts.scheme == 'https')


def register_form():
    return render('register', form={})


def register():
    form = read_form('username', 'email', 'password')
    errors = validate(form) or add_user(**form)
    if errors:
        return render('register', errors, form=form)
    return redirect_to('/auth/login?registered=1')


def login_form():
    return render('login', form={})


def login():
    form = read_form('username', 'password')
    user = find_user(form['username'])
    if not check_password(user, form['password']):
        return render('login', {'password': 'Wrong username or password.'}, form=form)
    login_user(user)
    path = request.query.next
    return redirect_to(path if re.fullmatch(r'/(?![/\\])[!-~]*', path) else '/')


def logout():
    delete_token(request.get_cookie('token', ''))
    response.delete_cookie('token', path='/')
    return redirect_to('/auth/login')


def render_room(errors=None, body=''):
    page = read_number('page', 1)
    posts = find_posts(page, PAGE_SIZE)
    return render('room', errors, body=body, posts=posts, page=page, older=page * PAGE_SIZE < count_posts())


@login_required
def room():
    return render_room()


@login_required
def say():
    body = read_form('body')['body'].strip()
    errors = validate({'body': body})
    if errors:
        return render_room(errors, body)
    add_post(request.user, body)
    return redirect_to('/')


@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1)
    posts = find_posts_of(member['id'], page, PAGE_SIZE)
    return render('profile', member=member, posts=posts, page=page, older=page * PAGE_SIZE < member['post_count'])


@login_required
def edit_profile_form():
    return render('edit_profile', form=request.user)


@login_required
def edit_profile():
    form = read_form('about_me')
    errors = validate(form)
    if errors:
        return render('edit_profile', errors, form=form)
    set_about_me(request.user['id'], form['about_me'])
    return redirect_to('/user/' + request.user['username'])


def static(path):
    return static_file(path, root=str(HERE / 'static'))


MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address does not accept this method.',
    500: 'Something broke on our side. Try again in a minute.',
}


def show_error(error):
    """Answer any error with a page that shows its status and says what to do."""
    return render('error', status=error.status_line, message=MESSAGES.get(error.status_code, error.body))
