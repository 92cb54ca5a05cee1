"""What several test files share."""
import contextlib
import hashlib
import importlib
import os
import re
import runpy
import sqlite3
import sys
import threading
import time
from unittest import mock

from answers import fail, summary
from patience import in_background

BAD_NUMBERS = ['0', '-1', '1.5', 'x', '', '+1', '%2B1', '%D9%A3', '1%D9%A3', '%C2%B2', '%ff',
               '9' * 30, '9' * 5000]
LONG_EMAIL = 'a' * 243 + '@example.com'  # 255 characters
NO_TEXTS = [None, 1, ['x'], 'nul\0@x.example', '\ud800@x.example']


# Values

def check_times(*moments):
    """Check that these values are times in UTC."""
    for moment in moments:
        if not re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', str(moment)):
            fail('a time in UTC, such as 2026-01-31T12:00:00Z', moment)


def check_now(moment):
    """Check that a value is the time now, in UTC."""
    check_times(moment)
    now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time()))  # gmtime() may lag
    early = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 300))
    if not early <= moment <= now:
        fail(f'the time now in UTC, {now}', moment)


def retry_after(answer):
    """Return the seconds in the header Retry-After of an answer."""
    seconds = answer.headers.get('Retry-After')
    if seconds not in map(str, range(1, 3601)):
        fail('the header Retry-After with a number of seconds', f'Retry-After: {seconds}')
    return int(seconds)


# Logging in

def session(chat, browser):
    """Return the cookie with the token, as http.cookiejar keeps it."""
    hashes = {row[0] for row in chat.rows('select hash from token')}
    for cookie in browser.cookiejar:
        cookie.value = cookie.value.strip('"')
        if hashlib.sha256(cookie.value.encode()).hexdigest() in hashes:
            return cookie
    fail('a cookie with a token whose SHA-256 is in the table token',
         ', '.join(browser.cookies) or 'no cookie')


def lifetime(cookie):
    """Return for how many seconds a browser keeps a cookie, to the nearest hundred.

    It is 0 if that is only until the browser is closed.
    """
    return round(cookie.expires - time.time(), -2) if cookie.expires else 0


def token_lifetime(chat):
    """Return for how many seconds the newest token is good, to the nearest hundred."""
    sql = "select strftime('%s', max(expires_at)) - strftime('%s', 'now') from token"
    return round(chat.rows(sql)[0][0], -2)


def check_logged_out(browser, answer):
    """Check that an answer sends the browser to the log-in page."""
    if answer.status_int != 303 or browser.redirected(answer).split('?')[0] != '/auth/login':
        fail('a redirect to /auth/login, because nobody is logged in here', summary(answer))


def count_hashes(monkeypatch):
    """Return a list that gets the (n, r, p) of each scrypt from now on."""
    costs, scrypt = [], hashlib.scrypt

    def count(*args, **values):
        costs.append(tuple(values.get(name) for name in 'nrp'))
        return scrypt(*args, **values)
    replace_scrypt(monkeypatch, count)
    return costs


def replace_scrypt(monkeypatch, function):
    """Put a function in place of hashlib.scrypt, also where a module has imported its name."""
    scrypt = hashlib.scrypt
    for module in list(sys.modules.values()):
        if getattr(module, '__dict__', {}).get('scrypt') is scrypt:
            monkeypatch.setattr(module, 'scrypt', function)


def together(monkeypatch):
    """Make two threads wait for each other when they hash a password and when they insert a row.

    So looking first and writing later fails. (In vain only if the app lets one in at a time.)
    """
    barrier, scrypt = threading.Barrier(2), hashlib.scrypt

    def meet(seconds):
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)

    def hash_together(*args, **more):
        meet(2)
        return scrypt(*args, **more)

    is_insert = re.compile(r'\s*insert\b', re.IGNORECASE).match
    replace_scrypt(monkeypatch, hash_together)
    trace(monkeypatch, lambda sql: meet(0.5) if is_insert(sql) else None)


def trace(monkeypatch, function):
    """Call a function with each SQL statement of the connections that are opened from now on."""
    connect = sqlite3.connect

    def connect_traced(*args, **more):
        db = connect(*args, **more)
        db.set_trace_callback(function)
        return db
    monkeypatch.setattr(sqlite3, 'connect', connect_traced)


def let_others_post(monkeypatch, database):
    """Let another program post before each statement of the app, as long as nobody is writing."""
    connect = sqlite3.connect

    def post(sql):
        other = connect(database, timeout=0, isolation_level=None)
        with contextlib.closing(other), contextlib.suppress(sqlite3.OperationalError):
            other.execute("insert into post (user_id, body, created_at) values (1, 'many', '')")
    trace(monkeypatch, post)


def in_between(monkeypatch, function, *values):
    """Call a function in another thread when an app begins to make what its old database lacks.

    By then, the app has found out that it is not there.
    """
    left = [function]

    def call(sql):
        if left and sql.lower().lstrip().startswith(('begin', 'savepoint', 'create virtual')):
            in_background(left.pop(), *values).result()
    trace(monkeypatch, call)


def run_both(function, one, two):
    """Call a function with two values at the same time. Return what it returns."""
    calls = [in_background(function, value) for value in (one, two)]
    return [call.result() for call in calls]


# Posts and crashes

def fill(chat, count, username='ann', text=''):
    """Add posts straight to the database: this text, and then a number. `1` is the oldest."""
    columns = chat.columns('post')
    author, value = ('username', '?') if 'username' in columns else \
        ('user_id', '(select id from user where username = ?)')  # from 03 on
    chat.rows(f"""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into post ({author}, body, created_at)
        select {value}, ? || n, '2026-01-01T00:00:00Z' from number order by n""",
        count, username, text)


OLD = f"""
pragma journal_mode = wal;
create table user (id integer primary key autoincrement,
    username text not null unique collate nocase, email text not null unique collate nocase,
    password_hash text not null, about_me text not null default '', created_at text not null);
create table post (id integer primary key autoincrement, user_id integer not null references user,
    body text not null, created_at text not null);
create table token (hash text primary key, user_id integer not null references user,
    expires_at text not null);
insert into user (username, email, password_hash, created_at)
    values ('old', 'old@example.com', '2$salt$', '2026-01-01T00:00:00Z');
insert into post (user_id, body, created_at)
    values (1, 'old tea', '2026-01-01T00:00:00Z'), (1, 'old coffee', '2026-01-01T00:00:00Z');
insert into token values ('{hashlib.sha256(b"old").hexdigest()}', 1, '2999-01-01T00:00:00Z');
"""


def old_database(folder):
    """Return the path of a database as step 04 left it: with a user, two posts and a token."""
    with contextlib.closing(sqlite3.connect(folder / 'old.db')) as db:
        db.executescript(OLD)
    return folder / 'old.db'


def open_old(make_chat, database):
    """Return an API client of the old user, on a new app with an old database."""
    api = make_chat(DATABASE=database).api()
    api.authorization = 'Bearer', 'old'
    return api


def break_posts(chat):
    """Make each query of the posts fail ("no such table"), also if the app makes tables again."""
    chat.rows('drop table post')
    chat.rows('create view post as select * from nowhere')


def check_crash(answer, caplog):
    """Check that the log has the traceback, and the answer does not."""
    for word in ('Traceback', 'OperationalError', 'no such table'):
        if word in answer.text:
            fail('an answer without the traceback and the exception, which are for the log',
                 f'{word} in the answer')
        if word not in answer.errors + caplog.text:
            fail('the traceback in the log (the environment wsgi.errors, or the module logging)',
                 f'a log without {word}')


def setting(step, name, **environ):
    """Return a setting as it is in this environment: without arguments, the default."""
    others = {key: value for key, value in os.environ.items() if not key.startswith('CHAT_')}
    with mock.patch.dict(os.environ, {**others, **environ}, clear=True):
        names = runpy.run_path(next(step.folder.glob('config.py'), step.folder / 'chat.py'))
    return {**names, **vars(names.get('Config', object))}.get(name)


# The API

def imported(module, name):
    """Return what has this name in a module of the app."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        fail(f'the name {name} in {module}', error)


def first_user(chat):
    """Return an API client of a new user, whose id is 1. The ids of all others are beyond 1000."""
    api = chat.api()
    api.register('eve')
    api.log_in('eve')
    chat.rows("update sqlite_sequence set seq = 1000 where name = 'user'")
    return api


def follow(api, item, name):
    """Follow a link of a representation. Return the JSON of the answer."""
    return api.get(item['_links'][name] or fail(f'a link {name}', 'null')).json
