"""A chat room in one file: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import functools
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIServer

from bottle import Bottle, abort, redirect, request, response, run, static_file, template
from sqlite_utils import Database

HERE = Path(__file__).resolve().parent
DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
HOST = os.environ.get('CHAT_HOST', '127.0.0.1')
PORT = os.environ.get('CHAT_PORT', '8080')
TOKEN_SECONDS = int(os.environ.get('CHAT_TOKEN_SECONDS', '3600'))
PASSWORD_COST = int(os.environ.get('CHAT_PASSWORD_COST', '16384'))  # scrypt's n, as OWASP advises
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
    """Return a connection to the database file; the first one makes the tables."""
    db = Database(path)
    db.execute('pragma foreign_keys = on')
    db.execute('pragma synchronous = normal')
    if not db.table_names():
        db.enable_wal()
        db.executescript(SCHEMA)
        db.table('user').enable_counts()
        db.table('post').enable_counts()
    return db


def get_db():
    """Return this thread's connection: SQLite wants one for each thread."""
    if not hasattr(local, 'db'):
        local.db = open_db(DATABASE)
    return local.db


def utc(seconds=0):
    """Return the time so many seconds from now, as ISO 8601 in UTC."""
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%SZ')


def hash_password(password, salt=None, cost=None):
    """Return scrypt's hash of a password, in one text with what is needed to check it."""
    salt, cost = salt or secrets.token_hex(16), cost or PASSWORD_COST
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(cost), r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


def check_password(user, password):
    """True if the user has this password. Without a user it is False, and takes as long."""
    known = user['password_hash'] if user else f'{PASSWORD_COST}$salt$'
    cost, salt, _ = known.split('$')
    return hmac.compare_digest(known, hash_password(password, salt, cost))


def add_user(username, email, password):
    """Add a user. Return the mistakes, as find_mistakes does: a name or an email may be taken."""
    sql = 'insert into user (username, email, password_hash, created_at) values (?, ?, ?, ?)'
    try:
        get_db().execute(sql, [username, email, hash_password(password), utc()])
    except sqlite3.IntegrityError as error:
        return find_taken(error)
    return {}


def find_taken(error):
    """Return the mistake behind an error like "UNIQUE constraint failed: user.email"."""
    field = str(error).split('.')[-1]
    return {field: f'{field} is taken: choose another.'}


def find_user(username):
    """Return the user of this name, with a post_count, or None."""
    return next(get_db().query(SELECT_USER + 'where username = ?', [username]), None)


def set_about_me(user_id, about_me):
    """Change what a user says of themselves."""
    get_db().execute('update user set about_me = ? where id = ?', [about_me, user_id])


def find_posts(page, per_page):
    """Return a page of everybody's posts, newest first, each with its author's username."""
    limits = [per_page, (page - 1) * per_page]
    return list(get_db().query(SELECT_POSTS + 'order by post.id desc limit ? offset ?', limits))


def find_posts_of(user_id, page, per_page):
    """Return a page of one user's posts, newest first."""
    values = [user_id, per_page, (page - 1) * per_page]
    return list(get_db().query(SELECT_POSTS + 'where user_id = ? order by post.id desc limit ? offset ?', values))


def count_posts():
    """Return how many posts there are; triggers keep the number, for count(*) reads every row."""
    return get_db().cached_counts(['post'])['post']


def add_post(user_id, body):
    """Add a post of this user."""
    sql = 'insert into post (user_id, body, created_at) values (?, ?, ?)'
    get_db().execute(sql, [user_id, body, utc()])


def hash_token(token):
    """Return what the database keeps of a token: who reads the file can't log in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_token(user_id):
    """Return a new token for this user, a random text, and when it expires."""
    token, expires_at = secrets.token_urlsafe(32), utc(TOKEN_SECONDS)
    get_db().execute('delete from token where expires_at <= ?', [utc()])
    get_db().execute('insert into token values (?, ?, ?)', [hash_token(token), user_id, expires_at])
    return {'token': token, 'expires_at': expires_at}


def find_token_user(token):
    """Return the user that a token stands for, or None."""
    sql = 'select user.* from token join user on user.id = user_id where hash = ? and expires_at > ?'
    return next(get_db().query(sql, [hash_token(token), utc()]), None)


def delete_token(token):
    """End a token."""
    get_db().execute('delete from token where hash = ?', [hash_token(token)])


# What may be typed in

NO_TEXT = r'[\0\ud800-\udfff]'  # NUL and halves of surrogate pairs: SQLite and UTF-8 have no place for them

RULES = {  # field: the pattern of a good value, and how to say it
    'username': ('[A-Za-z0-9._-]{1,64}', '1 to 64 letters (a to z), digits, dots, dashes or underscores'),
    'email': (r'(?=.{3,254}$)[^@\s]+@[^@\s]+', 'an address with one @ inside, at most 254 characters'),
    'password': ('.{8,256}', '8 to 256 characters'),
    'about_me': ('.{0,140}', 'at most 140 characters'),
    'body': ('.{1,500}', '1 to 500 characters'),
}


def find_mistakes(values):
    """Return {field: a sentence} for each of the values that breaks its rule."""
    mistakes = {}
    for field, value in values.items():
        pattern, rule = RULES[field]
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL) or re.search(NO_TEXT, value):
            mistakes[field] = f'{field} must be {rule}.'
    return mistakes


def read_number(name, default, most):
    """Return a number from the query, 1 to most; 400 if it is anything else."""
    text = request.query.get(name, str(default))
    if not re.fullmatch('[0-9]{1,16}', text) or not 1 <= int(text) <= most:
        abort(400, f'{name} must be a whole number from 1 to {most}.')
    return int(text)


def read_form(*fields):
    """Return {field: text} of the form that the request brings; 400 if it can't be read."""
    try:
        return {field: getattr(request.forms, field) for field in fields}
    except (LookupError, ValueError):  # a multipart form may be in pieces, or name any charset
        abort(400, 'This form cannot be read. Send it as UTF-8.')


# The pages

LOOKUP = [str(HERE / 'templates')]  # one list for good: Bottle's template cache goes by its identity


def render(name, mistakes=None, **values):
    """Return a page. With mistakes to show on its form, the status is 400."""
    response.status = 400 if mistakes else 200
    return template(name, template_lookup=LOOKUP, user=request.user, mistakes=mistakes or {}, **values)


@app.hook('before_request')
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


@app.hook('before_request')
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
    response.set_cookie('token', token, path='/', httponly=True, samesite='lax', secure=secure, maxage=TOKEN_SECONDS)


@app.route('/auth/register')
def register_form():
    return render('register', form={})


@app.route('/auth/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    mistakes = find_mistakes(form) or add_user(**form)
    if mistakes:
        return render('register', mistakes, form=form)
    log_in(find_user(form['username']))
    redirect('/', 303)


@app.route('/auth/login')
def login_form():
    return render('login', form={})


@app.route('/auth/login', 'POST')
def login():
    form = read_form('username', 'password')
    user = find_user(form['username'])
    if not check_password(user, form['password']):
        return render('login', {'password': 'Wrong username or password.'}, form=form)
    log_in(user)
    path = request.query.next
    redirect(path if re.fullmatch(r'/(?![/\\])[!-~]*', path) else '/', 303)


@app.route('/auth/logout', 'POST')
def logout():
    delete_token(request.get_cookie('token', ''))
    response.delete_cookie('token', path='/')
    redirect('/auth/login', 303)


@app.route('/')
@login_required
def room(mistakes=None, body=''):
    page = read_number('page', 1, 10**15)
    posts = find_posts(page, PAGE_SIZE)
    return render('room', mistakes, body=body, posts=posts, page=page, older=page * PAGE_SIZE < count_posts())


@app.route('/', 'POST')
@login_required
def say():
    body = read_form('body')['body'].strip()
    mistakes = find_mistakes({'body': body})
    if mistakes:
        return room(mistakes=mistakes, body=body)
    add_post(request.user['id'], body)
    redirect('/', 303)


@app.route('/user/<username>')
@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1, 10**15)
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
    mistakes = find_mistakes(form)
    if mistakes:
        return render('edit_profile', mistakes, form=form)
    set_about_me(request.user['id'], form['about_me'])
    redirect('/user/' + request.user['username'], 303)


@app.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))


# The errors

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


app.default_error_handler = show_error


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection: browsers open some that they keep for later."""

    daemon_threads = True


if __name__ == '__main__':
    try:
        open_db(DATABASE)
        run(app, host=HOST, port=PORT, server_class=Server)
    except sqlite3.Error as error:
        sys.exit(f'Cannot open the database {DATABASE}: {error}. Set CHAT_DB to a file that you may write.')
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f'Cannot serve on {HOST}, port {PORT}: {error}. Set CHAT_HOST or CHAT_PORT to another.')
