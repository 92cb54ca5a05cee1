"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import os
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

app = Bottle()


# The database

SCHEMA = """
create table if not exists post (
    id integer primary key autoincrement,
    username text not null,
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


def find_posts():
    """Return all posts, newest first."""
    return get_db().execute('select * from post order by id desc').fetchall()


def add_post(username, body):
    """Add a post by this user."""
    sql = 'insert into post (username, body, created_at) values (?, ?, ?)'
    get_db().execute(sql, [username, body, utc_now()])


# The pages

def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)


@app.route('/')
def room():
    return template('room', template_lookup=TEMPLATES, posts=find_posts())


@app.route('/', 'POST')
def say():
    add_post(request.forms.username, request.forms.body)
    return redirect_to('/')


@app.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))


if __name__ == '__main__':
    open_db(DATABASE)
    run(app, server='waitress', host=HOST, port=PORT)
