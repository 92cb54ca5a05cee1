"""The database: users, their posts and their tokens."""
import secrets
import sqlite3
import time

from bottle import request
from sqlite_utils import Database

from app.security import hash_token

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
    local = request.app.local
    if not hasattr(local, 'db'):
        local.db = open_db(request.app.config['DATABASE'])
    return local.db


def utc_now(seconds=0):
    """Return the time now, or some seconds from now, in UTC as ISO 8601."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def add_user(username, email, password_hash, about_me=''):
    """Add a user. Return {field: message} if the username or the email is taken, else {}."""
    user = {'username': username, 'email': email, 'password_hash': password_hash,
            'about_me': about_me, 'created_at': utc_now()}
    try:
        get_db().table('user').insert(user)
    except sqlite3.IntegrityError as error:
        return taken_error(error)
    return {}


def taken_error(error):
    """Return {field: message} for an error such as 'UNIQUE constraint failed: user.email'."""
    field = str(error).split('.')[-1]
    return {field: f'This {field} is taken. Choose another.'}


def find_user(username):
    """Return the user with this name and their post_count, or None."""
    return get_db().execute(SELECT_USER + 'where username = ?', [username]).fetchone()


def find_user_by_id(id):
    """Return the user with this id and their post_count, or None."""
    return get_db().execute(SELECT_USER + 'where id = ?', [id]).fetchone()


def find_users(page, per_page):
    """Return one page of users, in the order of their ids."""
    sql = SELECT_USER + 'order by id limit ? offset ?'
    return get_db().execute(sql, [per_page, (page - 1) * per_page]).fetchall()


def count_users():
    """Return how many users there are."""
    return get_db().table('user').count


def change_user(id, values):
    """Change some fields of a user. Return errors as add_user does."""
    try:
        get_db().table('user').update(id, values)
    except sqlite3.IntegrityError as error:
        return taken_error(error)
    return {}


def add_token(user):
    """Return a new random token for this user, as {'token', 'expires_at'}."""
    token, expires_at = secrets.token_urlsafe(32), utc_now(request.app.config['TOKEN_SECONDS'])
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
