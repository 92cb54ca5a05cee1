"""Who is it? Register, log in, log out."""
import functools
import re

from bottle import abort, redirect, request, response

from app.api import is_api
from app.blueprint import Blueprint
from app.db import add_token, add_user, check_password, delete_token, find_token_user, find_user
from app.pages import render
from app.rules import find_mistakes, read_form

bp = Blueprint('auth')


@bp.before_request
def refuse_other_sites():
    """403 for a form that another site sends: the browser adds our cookie to that one too."""
    site = request.environ.get('HTTP_SEC_FETCH_SITE')  # request.headers would fail on what is not UTF-8
    origin = request.environ.get('HTTP_ORIGIN')
    if site:
        own = site in ('same-origin', 'none')
    else:
        own = not origin or origin.split('://')[-1] == request.urlparts.netloc
    if request.method == 'POST' and not own and not is_api():
        abort(403, 'This form was sent by another site. Open the page here, and send it again.')


@bp.before_request
def load_user():
    """Set request.user: the user behind the cookie, or None."""
    request.user = find_token_user(request.get_cookie('token', ''))


def login_required(view):
    """Send those who are not logged in to the log-in page, and from there back to the view."""
    @functools.wraps(view)
    def wrapper(**args):
        if not request.user:
            redirect(request.app.get_url('auth.login', next=request.path), 303)
        return view(**args)
    return wrapper


def log_in(user):
    """Give the browser a token in a cookie that no script can read and no other site can send."""
    token = add_token(user['id'])['token']
    secure = request.urlparts.scheme == 'https'
    maxage = request.app.config['TOKEN_SECONDS']
    response.set_cookie('token', token, path='/', httponly=True, samesite='lax', secure=secure, maxage=maxage)


@bp.route('/register')
def register_form():
    return render('register', form={})


@bp.route('/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    mistakes = find_mistakes(form) or add_user(**form)
    if mistakes:
        return render('register', mistakes, form=form)
    log_in(find_user(form['username']))
    redirect(request.app.get_url('main.room'), 303)


@bp.route('/login')
def login_form():
    return render('login', form={})


@bp.route('/login', 'POST')
def login():
    form = read_form('username', 'password')
    user = find_user(form['username'])
    if not check_password(user, form['password']):
        return render('login', {'password': 'Wrong username or password.'}, form=form)
    log_in(user)
    path = request.query.next
    redirect(path if re.fullmatch(r'/(?![/\\])[!-~]*', path) else request.app.get_url('main.room'), 303)


@bp.route('/logout', 'POST')
def logout():
    delete_token(request.get_cookie('token', ''))
    response.delete_cookie('token', path='/')
    redirect(request.app.get_url('auth.login'), 303)
