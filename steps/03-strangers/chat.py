"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import functools
import hashlib
import os
import re
import secrets
import sqlite3
import sys
import threading
import time
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIServer

from bottle import Bottle, MultipartError, abort, request, response, run, static_file, template
from sqlite_utils import Database

HERE = Path(__file__).resolve().parent
DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
HOST = os.environ.get('CHAT_HOST', '127.0.0.1')
if ':' in HOST:
    sys.exit(f'CHAT_HOST is {HOST!r}. It must be a name or an IPv4 address, such as 127.0.0.1.')
PORT = os.environ.get('CHAT_PORT', '8080')
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
create index if not exists post_user_id on post (user_id);
create table if not exists token (
    hash text primary key,
    user_id integer not null references user,
    expires_at text not null
);
"""
SELECT_USER = 'select *, (select count(*) from post where user_id = user.id) as post_count from user '
SELECT_POSTS = 'select post.*, username from post join user on user.id = user_id '

local = threading.local()


def open_db(path):
    """Return a connection to the database file, with its tables created if they are missing."""
    db = Database(sqlite3.connect(path, isolation_level=None))  # each statement is a transaction of its own
    db.conn.row_factory = sqlite3.Row  # rows that can be read like dicts
    db.executescript('pragma foreign_keys = on; pragma synchronous = normal')
    db.execute('pragma mmap_size = 268435456')  # read up to 256 MiB of the file as memory, which is quick on pages far back
    db.enable_wal()
    db.executescript(SCHEMA)
    if '_counts' not in db.table_names():
        db.execute('begin immediate')  # other connections wait here until commit
        db.table('user').enable_counts()
        db.table('post').enable_counts()
        db.commit()
    return db


def get_db():
    """Return this thread's own connection, because by default sqlite3 lets no other thread use it."""
    if not hasattr(local, 'db'):
        local.db = open_db(DATABASE)
    return local.db


def utc_now(seconds=0):
    """Return the time now, or some seconds from now, in UTC as ISO 8601."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def hash_password(password, salt=None, cost=None):
    """Return 'cost$salt$hash', which is all that check_password needs later."""
    salt, cost = salt or secrets.token_hex(16), cost or PASSWORD_COST
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(cost), r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


def add_user(username, email, password):
    """Add a user. Return {field: message} if the username or the email is taken, else {}."""
    user = {'username': username, 'email': email, 'password_hash': hash_password(password), 'created_at': utc_now()}
    try:
        get_db().table('user').insert(user)
    except sqlite3.IntegrityError as error:
        field = str(error).split('.')[-1]  # as in 'UNIQUE constraint failed: user.email'
        return {field: f'This {field} is taken. Choose another.'}
    return {}


def find_user(username):
    """Return the user with this name and their post_count, or None."""
    return get_db().execute(SELECT_USER + 'where username = ?', [username]).fetchone()


def set_about_me(user_id, about_me):
    """Change the text about a user."""
    get_db().execute('update user set about_me = ? where id = ?', [about_me, user_id])


def check_password(user, password):
    """Return True if this is the user's password. If there is no user, take just as long to return False."""
    stored = user['password_hash'] if user else f'{PASSWORD_COST}$salt$'
    cost, salt, _ = stored.split('$')
    return secrets.compare_digest(stored, hash_password(password, salt, cost))


def hash_token(token):
    """Return the SHA-256 of a token: the database keeps nothing else, so reading it lets nobody log in."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_token(user_id):
    """Return a new random token for this user."""
    token, expires_at = secrets.token_urlsafe(32), utc_now(TOKEN_SECONDS)
    get_db().table('token').insert({'hash': hash_token(token), 'user_id': user_id, 'expires_at': expires_at})
    return token


def find_token_user(token):
    """Return the user to whom a token belongs, or None."""
    sql = 'select user.* from token join user on user.id = user_id where hash = ? and expires_at > ?'
    return get_db().execute(sql, [hash_token(token), utc_now()]).fetchone()


def delete_token(token):
    """Delete a token, so that it opens nothing any more."""
    get_db().table('token').delete_where('hash = ?', [hash_token(token)])


def find_posts(page, per_page):
    """Return one page of all posts, newest first, each with its author's username."""
    sql = SELECT_POSTS + 'where post.id <= (select id from post order by id desc limit 1 offset ?) order by post.id desc limit ?'
    return get_db().execute(sql, [(page - 1) * per_page, per_page]).fetchall()


def find_posts_of(user_id, page, per_page):
    """Return one page of a user's posts, newest first."""
    sql = SELECT_POSTS + 'where user_id = ? order by post.id desc limit ? offset ?'
    return get_db().execute(sql, [user_id, per_page, (page - 1) * per_page]).fetchall()


def count_posts():
    """Return how many posts there are. Triggers keep this number up to date."""
    return get_db().cached_counts(['post'])['post']


def add_post(user, body):
    """Add a post by this user."""
    get_db().table('post').insert({'user_id': user['id'], 'body': body, 'created_at': utc_now()})


# Validation

BAD_CHARACTERS = r'[\0\ud800-\udfff]'  # NUL, where many programs end a text, and lone surrogates, which UTF-8 can't write

RULES = {  # field: (pattern of a valid value, message for any other)
    'username': ('[A-Za-z0-9][A-Za-z0-9._-]{0,63}', 'Use 1 to 64 letters (a to z), digits, dots, dashes or underscores, a letter or digit first.'),
    'email': (r'(?=.{3,254}$)[^@\s]+@[^@\s]+', 'Enter an address with one @ inside, at most 254 characters.'),
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


# The pages

def read_form(*fields):
    """Return {field: text} from the form in the request."""
    try:
        return {field: getattr(request.forms, field).encode().decode() for field in fields}
    except (LookupError, MultipartError, ValueError):  # an unknown charset, a broken form, bytes that don't fit, or half a character
        abort(400, 'This form cannot be read. Send it as UTF-8.')


def read_number(name, default, most=10**15):
    """Return a number from the query string, 1 to most, or answer 400."""
    text = request.query.get(name, str(default))
    if not re.fullmatch('[0-9]{1,16}', text) or not 1 <= int(text) <= most:
        abort(400, f'{name} must be a whole number from 1 to {most}.')
    return int(text)


LOOKUP = [str(HERE / 'templates')]  # always this one list: Bottle's template cache depends on its identity


def render(name, errors=None, **values):
    """Return a page. A form with errors is shown again, with status 400."""
    if errors:
        response.status = 400
    return template(name, template_lookup=LOOKUP, user=getattr(request, 'user', None), errors=errors or {}, **values)


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)


@app.hook('before_request')
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
    response.set_cookie('token', add_token(user['id']), path='/', maxage=TOKEN_SECONDS,
                        httponly=True, samesite='lax', secure=request.urlparts.scheme == 'https')


@app.route('/auth/register')
def register_form():
    return render('register', form={})


@app.route('/auth/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    errors = validate(form) or add_user(**form)
    if errors:
        return render('register', errors, form=form)
    return redirect_to('/auth/login?registered=1')


@app.route('/auth/login')
def login_form():
    return render('login', form={})


@app.route('/auth/login', 'POST')
def login():
    form = read_form('username', 'password')
    user = find_user(form['username'])
    if not check_password(user, form['password']):
        return render('login', {'password': 'Wrong username or password.'}, form=form)
    login_user(user)
    path = request.query.next
    return redirect_to(path if re.fullmatch(r'/(?![/\\])[!-~]*', path) else '/')


@app.route('/auth/logout', 'POST')
def logout():
    delete_token(request.get_cookie('token', ''))
    response.delete_cookie('token', path='/')
    return redirect_to('/auth/login')


def render_room(errors=None, body=''):
    page = read_number('page', 1)
    posts = find_posts(page, PAGE_SIZE)
    return render('room', errors, body=body, posts=posts, page=page, older=page * PAGE_SIZE < count_posts())


@app.route('/')
@login_required
def room():
    return render_room()


@app.route('/', 'POST')
@login_required
def say():
    body = read_form('body')['body'].strip()
    errors = validate({'body': body})
    if errors:
        return render_room(errors, body)
    add_post(request.user, body)
    return redirect_to('/')


@app.route('/user/<username>')
@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1)
    posts = find_posts_of(member['id'], page, PAGE_SIZE)
    return render('profile', member=member, posts=posts, page=page, older=page * PAGE_SIZE < member['post_count'])


@app.route('/profile')
@login_required
def edit_profile_form():
    return render('edit_profile', form=request.user)


@app.route('/profile', 'POST')
@login_required
def edit_profile():
    form = read_form('about_me')
    errors = validate(form)
    if errors:
        return render('edit_profile', errors, form=form)
    set_about_me(request.user['id'], form['about_me'])
    return redirect_to('/user/' + request.user['username'])


@app.route('/static/<path:path>')
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


app.default_error_handler = show_error


class Server(ThreadingMixIn, WSGIServer):  # a thread for each connection, because browsers keep some open for later
    daemon_threads = True  # so that Ctrl-C doesn't wait for them


if __name__ == '__main__':
    try:
        open_db(DATABASE)
        run(app, host=HOST, port=PORT, server_class=Server)
    except (OSError, OverflowError, ValueError, sqlite3.Error) as error:
        sys.exit(f'Cannot serve {DATABASE} on {HOST}:{PORT}: {error}. Change CHAT_HOST or CHAT_PORT, or CHAT_DB (in tasks.py: --db FILE) '
                 'to a file on a disk of this machine: in a shared or network folder, SQLite fails with "disk I/O error".')
