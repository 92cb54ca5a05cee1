"""The views: each answers one route."""
import functools
import re
from urllib.parse import urlencode

from bottle import abort, redirect, request, response, static_file, template

from app.db import (add_post, add_token, add_user, check_password, count_posts, delete_token, find_posts, find_posts_of,
                    find_token_user, find_user, set_about_me)
from app.pages import HERE, LOOKUP, render
from app.rules import find_mistakes, read_form, read_number

PAGE_SIZE = 20


def refuse_other_sites():
    """403 for a form that another site sends: the browser adds our cookie to that one too."""
    site = request.environ.get('HTTP_SEC_FETCH_SITE')  # request.headers would fail on what is not UTF-8
    origin = request.environ.get('HTTP_ORIGIN')
    if site:
        own = site in ('same-origin', 'none')
    else:
        own = not origin or origin.split('://')[-1] == request.urlparts.netloc
    if request.method == 'POST' and not own:
        abort(403, 'This form was sent by another site. Open the page here, and send it again.')


def load_user():
    """Set request.user: the user behind the cookie, or None."""
    request.user = find_token_user(request.get_cookie('token', ''))


def login_required(view):
    """Send those who are not logged in to the log-in page, and from there back to the view."""
    @functools.wraps(view)
    def wrapper(**args):
        if not request.user:
            redirect('/auth/login?' + urlencode({'next': request.path}), 303)
        return view(**args)
    return wrapper


def log_in(user):
    """Give the browser a token in a cookie that no script can read and no other site can send."""
    token = add_token(user['id'])['token']
    secure = request.urlparts.scheme == 'https'
    maxage = request.app.config['TOKEN_SECONDS']
    response.set_cookie('token', token, path='/', httponly=True, samesite='lax', secure=secure, maxage=maxage)


def register_form():
    return render('register', form={})


def register():
    form = read_form('username', 'email', 'password')
    mistakes = find_mistakes(form) or add_user(**form)
    if mistakes:
        return render('register', mistakes, form=form)
    log_in(find_user(form['username']))
    redirect('/', 303)


def login_form():
    return render('login', form={})


def login():
    form = read_form('username', 'password')
    user = find_user(form['username'])
    if not check_password(user, form['password']):
        return render('login', {'password': 'Wrong username or password.'}, form=form)
    log_in(user)
    path = request.query.next
    redirect(path if re.fullmatch(r'/(?![/\\])[!-~]*', path) else '/', 303)


def logout():
    delete_token(request.get_cookie('token', ''))
    response.delete_cookie('token', path='/')
    redirect('/auth/login', 303)


@login_required
def room(mistakes=None, body=''):
    page = read_number('page', 1, 10**15)
    posts = find_posts(page, PAGE_SIZE)
    return render('room', mistakes, body=body, posts=posts, page=page, older=page * PAGE_SIZE < count_posts())


@login_required
def say():
    body = read_form('body')['body'].strip()
    mistakes = find_mistakes({'body': body})
    if mistakes:
        return room(mistakes=mistakes, body=body)
    add_post(request.user['id'], body)
    redirect('/', 303)


@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1, 10**15)
    posts = find_posts_of(member['id'], page, PAGE_SIZE)
    return render('profile', member=member, posts=posts, page=page, older=page * PAGE_SIZE < member['post_count'])


@login_required
def edit_profile_form():
    return render('edit_profile', form=request.user)


@login_required
def edit_profile():
    form = read_form('about_me')
    mistakes = find_mistakes(form)
    if mistakes:
        return render('edit_profile', mistakes, form=form)
    set_about_me(request.user['id'], form['about_me'])
    redirect('/user/' + request.user['username'], 303)


def static(path):
    return static_file(path, root=str(HERE / 'static'))


MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address takes another method.',
    413: 'This is too much: send at most 100 KiB.',
    500: 'Something broke on our side. Try again in a minute.',
}


def show_error(error):
    """Answer any error with a page: its status, and what to do."""
    message = MESSAGES.get(error.status_code, error.body)
    return template('error', template_lookup=LOOKUP, status=error.status_line, message=message)
