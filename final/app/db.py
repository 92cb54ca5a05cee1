"""The database: users, their posts, their tokens."""
import hashlib
import hmac
import secrets
import sqlite3
from datetime import datetime, timedelta, timezone

from bottle import request
from sqlite_utils import Database

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
    local = request.app.local
    if not hasattr(local, 'db'):
        local.db = open_db(request.app.config['DATABASE'])
    return local.db


def utc(seconds=0):
    """Return the time so many seconds from now, as ISO 8601 in UTC."""
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%SZ')


def hash_password(password, salt=None, cost=None):
    """Return scrypt's hash of a password, in one text with what is needed to check it."""
    salt, cost = salt or secrets.token_hex(16), cost or request.app.config['PASSWORD_COST']
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(cost), r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


def check_password(user, password):
    """True if the user has this password. Without a user it is False, and takes as long."""
    known = user['password_hash'] if user else f"{request.app.config['PASSWORD_COST']}$salt$"
    cost, salt, _ = known.split('$')
    return hmac.compare_digest(known, hash_password(password, salt, cost))


def add_user(username, email, password, about_me=''):
    """Add a user. Return the mistakes, as find_mistakes does: a name or an email may be taken."""
    sql = 'insert into user (username, email, password_hash, about_me, created_at) values (?, ?, ?, ?, ?)'
    try:
        get_db().execute(sql, [username, email, hash_password(password), about_me, utc()])
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


def find_user_by_id(id):
    """Return the user with this id, with a post_count, or None."""
    return next(get_db().query(SELECT_USER + 'where id = ?', [id]), None)


def find_users(page, per_page):
    """Return a page of users, in the order of their ids."""
    return list(get_db().query(SELECT_USER + 'order by id limit ? offset ?', [per_page, (page - 1) * per_page]))


def count_users():
    """Return how many users there are."""
    return get_db().cached_counts(['user'])['user']


def change_user(id, values):
    """Change some fields of a user. Return the mistakes, as add_user does."""
    columns = {name: value for name, value in values.items() if name != 'password'}
    if 'password' in values:
        columns['password_hash'] = hash_password(values['password'])
    try:
        get_db().table('user').update(id, columns)
    except sqlite3.IntegrityError as error:
        return find_taken(error)
    return {}


def set_about_me(user_id, about_me):
    """Change what a user says of themselves."""
    get_db().execute('update user set about_me = ? where id = ?', [about_me, user_id])


def find_post(id):
    """Return the post with this id, with its author's username, or None."""
    return next(get_db().query(SELECT_POSTS + 'where post.id = ?', [id]), None)


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
    """Add a post of this user. Return its id."""
    sql = 'insert into post (user_id, body, created_at) values (?, ?, ?)'
    return get_db().execute(sql, [user_id, body, utc()]).lastrowid


def change_post(id, body):
    """Change what a post says."""
    get_db().execute('update post set body = ? where id = ?', [body, id])


def remove_post(id):
    """Remove a post; its id is never used again."""
    get_db().execute('delete from post where id = ?', [id])


def hash_token(token):
    """Return what the database keeps of a token: who reads the file can't log in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_token(user_id):
    """Return a new token for this user, a random text, and when it expires."""
    token, expires_at = secrets.token_urlsafe(32), utc(request.app.config['TOKEN_SECONDS'])
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


def delete_other_tokens(user_id, token):
    """End a user's tokens, all but this one."""
    get_db().execute('delete from token where user_id = ? and hash != ?', [user_id, hash_token(token)])
