"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import hashlib
import os
import secrets
import sqlite3
import threading
import time
from pathlib import Path

from bottle import Bottle, request, response, run, static_file, template
from sqlite_utils import Database

HERE = Path(__file__).resolve().parent
TEMPLATES = [str(HERE / 'templates')]
DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
HOST, PORT = os.environ.get('CHAT_HOST', '127.0.0.1'), os.environ.get('CHAT_PORT', '8080')
PASSWORD_COST = 2**14  # scrypt's n, as OWASP recommends

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
"""

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


def utc_now():
    """Return the time now in UTC as ISO 8601."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())


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
    """Return the user with this name, or None."""
    return get_db().execute('select * from user where username = ?', [username]).fetchone()


def find_posts():
    """Return all posts, newest first, each with its author's username."""
    sql = 'select post.*, username from post join user on user.id = user_id order by post.id desc'
    return get_db().execute(sql).fetchall()


def add_post(user, body):
    """Add a post by this user."""
    post = {'user_id': user['id'], 'body': body, 'created_at': utc_now()}
    get_db().table('post').insert(post)


# Security

def hash_password(password, cost):
    """Return 'cost$salt$hash', which is all that is needed to check the password later."""
    salt = secrets.token_hex(16)
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=cost, r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


# What clients send

def read_form(*fields):
    """Return {field: text} from the form in the request."""
    return {field: getattr(request.forms, field) for field in fields}


# The pages

def render(name, errors=None, **values):
    """Return a page. A form with errors is shown again, with status 400."""
    if errors:
        response.status = 400
    values.update(errors=errors or {})
    return template(name, template_lookup=TEMPLATES, **values)


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)


# The views

@app.route('/auth/register')
def register_form():
    return render('register', form={})


@app.route('/auth/register', 'POST')
def register():
    form = read_form('username', 'email', 'password')
    password_hash = hash_password(form['password'], PASSWORD_COST)
    errors = add_user(form['username'], form['email'], password_hash)
    if errors:
        return render('register', errors, form=form)
    return redirect_to('/')


@app.route('/')
def room():
    return render('room', form={}, posts=find_posts())


@app.route('/', 'POST')
def say():
    form = read_form('username', 'body')
    user = find_user(form['username'])
    if not user:
        errors = {'username': 'Register this name first.'}
        return render('room', errors, form=form, posts=find_posts())
    add_post(user, form['body'])
    return redirect_to('/')


@app.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))


if __name__ == '__main__':
    open_db(DATABASE)
    run(app, server='waitress', host=HOST, port=PORT)
