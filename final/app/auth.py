"""Register, log in, log out."""
import functools
import re

from bottle import abort, request, response

from app.blueprint import Blueprint, url_for
from app.db import add_token, add_user, delete_token, find_user
from app.limits import login_attempt
from app.pages import current_user, redirect_to, render
from app.security import check_password, hash_password
from app.validation import read_form, read_token, validate

bp = Blueprint('auth')


@bp.before_app_request
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
            path = (request.path + '?' + request.query_string).rstrip('?')
            return redirect_to(url_for('auth.login_form', next=path))
        return view(**args)
    return wrapper


def authenticate(username, password):
    """Return the user with this username and password, or None."""
    user = find_user(username)
    with login_attempt(username) as attempt:  # counted before the slow hash
        correct = check_password(user, password, request.app.config['PASSWORD_COST'])
        attempt.failed = not correct
    return user if correct else None


def login_user(user):
    """Give the browser a new token, in a cookie that scripts can't read."""
    response.set_cookie('token', add_token(user)['token'],
                        path='/', maxage=request.app.config['TOKEN_SECONDS'],
                        httponly=True, samesite='lax', secure=request.urlparts.scheme == 'https')


@bp.route('/register')
def register_form():
    return render('register', form={})


@bp.route('/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    errors = validate(form)
    if not errors:
        password_hash = hash_password(form['password'], request.app.config['PASSWORD_COST'])
        errors = add_user(form['username'], form['email'], password_hash)
    if errors:
        return render('register', errors, form=form)
    return redirect_to(url_for('auth.login_form', registered=1))


@bp.route('/login')
def login_form():
    return render('login', form={}, registered='registered' in request.query)


@bp.route('/login', 'POST')
def login():
    form = read_form('username', 'password')
    user = authenticate(form['username'], form['password'])
    if not user:
        errors = {'password': 'Wrong username or password.'}
        return render('login', errors, form=form, registered=False)
    login_user(user)
    path = request.query.next
    return redirect_to(path if is_local_path(path) else url_for('main.room'))


@bp.route('/logout', 'POST')
def logout():
    delete_token(read_token())
    response.delete_cookie('token', path='/')
    return redirect_to(url_for('auth.login_form'))
