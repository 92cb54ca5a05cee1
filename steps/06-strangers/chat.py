"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import functools
import hashlib
import os
import re
import secrets
import sqlite3
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from bottle import Bottle, abort, request, response, run, static_file, template
from sqlite_utils import Database

HERE = Path(__file__).resolve().parent
TEMPLATES = [str(HERE / 'templates')]
DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
HOST, PORT = os.environ.get('CHAT_HOST', '127.0.0.1'), os.environ.get('CHAT_PORT', '8080')
TOKEN_SECONDS = 3600
PASSWORD_COST = 2**14  # scrypt's n, as OWASP recommends
PAGE_SIZE = 20

app = Bottle()


# The database

SCHEMA = """
create table if not exists user (
    id integer primary key autoincrement,
    username text not null unique collate nocase,
    email text not null unique collate nocase,
    password_hash text not null,
    about_me text not null default '',
    created_at text not null
);
create table if not exists post (
    id integer primary key autoincrement,
    user_id integer not null references user,
    body text not null,
    created_at text not null
);
create table if not exists token (
    hash text primary key,
    user_id integer not null references user,
    expires_at text not null
);
"""
SELECT_USER = 'select *, (select count(*) from post where user_id=user.id) as post_count from user '
SELECT_POSTS = 'select post.*, username from post join user on user.id = user_id '

local = threading.local()


def open_db(path):
    """Return a connection to the database file, with its tables created if they are missing."""
    db = Database(path)
    db.conn.row_factory = sqlite3.Row  # rows that can be read like dicts
    db.enable_wal()
    db.execute('pragma foreign_keys = on')  # SQLite checks `references` only if it is told so
    db.executescript(SCHEMA)
    return db


def get_db():
    """Return this thread's own connection, because sqlite3 lets no other thread use it."""
    if not hasattr(local, 'db'):
        local.db = open_db(DATABASE)
    return local.db


def utc_now(seconds=0):
    """Return the time now, or some seconds from now, in UTC as ISO 8601."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def add_user(username, email, password_hash):
    """Add a user. Return {field: message} if the username or the email is taken, else {}."""
    user = {'username': username, 'email': email, 'password_hash': password_hash,
            'created_at': utc_now()}
    try:
        get_db().table('user').insert(user)
    except sqlite3.IntegrityError as error:
        field = str(error).split('.')[-1]  # as in 'UNIQUE constraint failed: user.email'
        return {field: f'This {field} is taken. Choose another.'}
    return {}


def find_user(username):
    """Return the user with this name and their post_count, or None."""
    return get_db().execute(SELECT_USER + 'where username = ?', [username]).fetchone()


def change_user(id, values):
    """Change some fields of a user."""
    get_db().table('user').update(id, values)


def add_token(user):
    """Return a new random token for this user, as {'token', 'expires_at'}."""
    token, expires_at = secrets.token_urlsafe(32), utc_now(TOKEN_SECONDS)
    row = {'hash': hash_token(token), 'user_id': user['id'], 'expires_at': expires_at}
    get_db().table('token').insert(row)
    return {'token': token, 'expires_at': expires_at}


def find_token_user(token):
    """Return the user to whom a token belongs, or None."""
    sql = """select user.* from token join user on user.id = user_id
             where hash = ? and expires_at > ?"""
    return get_db().execute(sql, [hash_token(token), utc_now()]).fetchone()


def delete_token(token):
    """Delete a token, so that nobody can use it any more."""
    get_db().table('token').delete_where('hash = ?', [hash_token(token)])


def find_posts(page, per_page):
    """Return one page of all posts, newest first, each with its author's username."""
    sql = SELECT_POSTS + 'order by post.id desc limit ? offset ?'
    return get_db().execute(sql, [per_page, (page - 1) * per_page]).fetchall()


def find_posts_of(user_id, page, per_page):
    """Return one page of a user's posts, newest first."""
    sql = SELECT_POSTS + 'where user_id = ? order by post.id desc limit ? offset ?'
    return get_db().execute(sql, [user_id, per_page, (page - 1) * per_page]).fetchall()


def count_posts():
    """Return how many posts there are."""
    return get_db().table('post').count


def add_post(user, body):
    """Add a post by this user."""
    post = {'user_id': user['id'], 'body': body, 'created_at': utc_now()}
    get_db().table('post').insert(post)


# Security

def hash_password(password, cost, salt=None):
    """Return 'cost$salt$hash', which is all that is needed to check the password later."""
    salt = salt or secrets.token_hex(16)
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=cost, r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


def check_password(user, password, cost):
    """Return True if this is the user's password. If there is no user, take just as long."""
    stored = user['password_hash'] if user else f'{cost}$salt$'
    stored_cost, salt, _ = stored.split('$')
    return secrets.compare_digest(stored, hash_password(password, int(stored_cost), salt))


def hash_token(token):
    """Return the SHA-256 of a token, which is all that the database keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()


# What clients send

BAD_CHARACTERS = r'[\0\ud800-\udfff]'  # NUL, and halves of characters (surrogates): no UTF-8
RULES = {  # field: (pattern of a valid value, message for any other)
    'username': ('[A-Za-z0-9][A-Za-z0-9._-]{0,63}',
                 'Use 1 to 64 letters (a to z), digits, dots, dashes or underscores, '
                 'a letter or digit first.'),
    'email': (r'(?=.{3,254}$)[^@\s]+@[^@\s]+',
              'Enter an address with one @ inside, at most 254 characters.'),
    'password': ('.{8,256}', 'Use 8 to 256 characters.'),
    'about_me': ('.{0,140}', 'Use at most 140 characters.'),
    'body': ('.{1,500}', 'Use 1 to 500 characters.'),
}


def validate(values):
    """Return {field: message} for each value that is not valid."""
    errors = {}
    for field, value in values.items():
        pattern, message = RULES[field]
        if not re.fullmatch(pattern, value, re.DOTALL) or re.search(BAD_CHARACTERS, value):
            errors[field] = message
    return errors


FORM_TYPE = 'application/x-www-form-urlencoded(; ?charset=utf-8)?'


def read_form(*fields):
    """Return {field: text} from the form in the request, or answer 400 if it can't be read."""
    if not re.fullmatch(FORM_TYPE, request.content_type):
        abort(400, 'Send this form as application/x-www-form-urlencoded, in UTF-8.')
    try:
        form = request.forms.decode()
    except UnicodeError:
        abort(400, 'This form is not UTF-8.')
    return {field: form.get(field, '') for field in fields}


def read_token():
    """Return the token in the Cookie header, or '' if there is none, or more than one."""
    tokens = re.findall('(?:^|; *)token=([^;]*)', request.environ.get('HTTP_COOKIE', ''))
    return tokens[0] if len(tokens) == 1 else ''


def read_number(name, default, most=10**15):
    """Return a number from the query string, 1 to most, or answer 400."""
    text = request.query.get(name, str(default))
    if not re.fullmatch('[0-9]{1,16}', text) or not 1 <= int(text) <= most:
        abort(400, f'{name} must be a whole number from 1 to {most}.')
    return int(text)


# The pages

def current_user():
    """Return the user who is logged in, or None."""
    if not hasattr(request, 'user'):  # ask the database once a request
        request.user = find_token_user(read_token())
    return request.user


def render(name, errors=None, **values):
    """Return a page. A form with errors is shown again, with status 400."""
    if errors:
        response.status = 400
    values.update(user=current_user(), errors=errors or {})
    return template(name, template_lookup=TEMPLATES, **values)


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)


# The views

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
                        path='/', maxage=TOKEN_SECONDS,
                        httponly=True, samesite='lax', secure=request.urlparts.scheme == 'https')


@app.route('/auth/register')
def register_form():
    return render('register', form={})


@app.route('/auth/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    errors = validate(form)
    if not errors:
        password_hash = hash_password(form['password'], PASSWORD_COST)
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
    if not check_password(user, form['password'], PASSWORD_COST):
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


# The errors

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


if __name__ == '__main__':
    open_db(DATABASE)
    run(app, server='waitress', host=HOST, port=PORT)
