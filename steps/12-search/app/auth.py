"""Register, log in, log out."""
import functools
import re

from bottle import abort, request, response

from app.blueprint import Blueprint, url_for
from app.db import add_token, add_user, delete_token, find_token_user, find_user
from app.limits import failed_login, remove_failure
from app.pages import redirect_to, render
from app.security import check_password
from app.validation import read_form, validate

bp = Blueprint('auth')


@bp.before_app_request
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
            return redirect_to(url_for('auth.login_form', next=request.path))
        return view(**args)
    return wrapper


def authenticate(username, password):
    """Return the user with this username and password, or None. Too many wrong passwords are answered with 429."""
    with failed_login(username) as failure:  # counted before the slow hash, so that guesses at the same moment count too
        user = find_user(username)
        if check_password(user, password):
            remove_failure(failure)
            return user


def login_user(user):
    """Give the browser a new token, in a cookie that scripts can't read."""
    response.set_cookie('token', add_token(user['id'])['token'], path='/', maxage=request.app.config['TOKEN_SECONDS'],
                        httponly=True, samesite='lax', secure=request.urlparts.scheme == 'https')


@bp.route('/register')
def register_form():
    return render('register', form={})


@bp.route('/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    errors = validate(form) or add_user(**form)
    if errors:
        return render('register', errors, form=form)
    return redirect_to(url_for('auth.login_form', registered=1))


@bp.route('/login')
def login_form():
    return render('login', form={})


@bp.route('/login', 'POST')
def login():
    form = read_form('username', 'password')
    user = authenticate(form['username'], form['password'])
    if not user:
        return render('login', {'password': 'Wrong username or password.'}, form=form)
    login_user(user)
    path = request.query.next
    return redirect_to(path if re.fullmatch(r'/(?![/\\])[!-~]*', path) else url_for('main.room'))


@bp.route('/logout', 'POST')
def logout():
    delete_token(request.get_cookie('token', ''))
    response.delete_cookie('token', path='/')
    return redirect_to(url_for('auth.login_form'))
