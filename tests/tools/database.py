"""The database of a step: what start brings along, what an old schema has left, and --demo for an empty room."""
import contextlib
import re
import sqlite3
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

COLUMNS = {  # those that step 03 makes; later steps only add tables
    'user': {'id', 'username', 'email', 'password_hash', 'about_me', 'created_at'},
    'post': {'id', 'user_id', 'body', 'created_at'},
}


def open_database(path):
    """Return a connection that closes at the end of a `with`."""
    return contextlib.closing(sqlite3.connect(path))


def bring(old, new):
    """Copy a database if it has the tables of step 03; return whether it has."""
    try:
        with open_database(old) as source:
            for table, columns in COLUMNS.items():
                if columns - {row[1] for row in source.execute(f'pragma table_info({table})')}:
                    return False
            with open_database(new) as target:
                source.backup(target)  # with what is still in the -wal
    except sqlite3.Error:
        return False
    return True


def find_old_tables(code, database):
    """Return the names of the tables in a database that are not as the SCHEMA in the code of an app has them."""
    new = re.findall(r'create table if not exists ((\w+).*?);', code, re.DOTALL)
    with contextlib.suppress(sqlite3.Error), open_database(database if database.exists() else ':memory:') as db:
        old = dict(db.execute("select name, sql from sqlite_master where type = 'table'"))
        return [name for sql, name in new if name in old and sql.split() != old[name].split()[2:]]
    return []


# --demo

PASSWORD = 'chat-demo'
POSTS = [
    ('ann', 'Good morning! Is anybody here?'),
    ('bob', 'Here. Is this the room of the workshop?'),
    ('ann', 'It is. We start with one file, and end with a JSON API.'),
    ('eve', 'Can I write in <b>bold</b>?'),
    ('bob', 'We see what you typed, and so it should be.'),
    ('ann', 'Step 03 in ten minutes. Get a coffee ☕'),
]


def fill_room(address, database):
    """Let a few people post in an empty room: under their names (01, 02), registered (03), or logged in."""
    browsers = {name: build_opener(ProxyHandler({}), HTTPCookieProcessor()) for name, _ in POSTS}
    password = ''
    try:
        if has_rows(database):
            return print('There are people or posts in the room already: no demo.')
        for name, browser in browsers.items():
            fields = {'username': name, 'email': f'{name}@example.com', 'password': PASSWORD}
            if send(browser, f'{address}/auth/register', **fields):
                password = f' The password of each is {PASSWORD}.'
            send(browser, f'{address}/auth/login', **fields)
        for name, body in POSTS:
            send(browsers[name], f'{address}/', username=name, body=body)
        send(browsers['ann'], f'{address}/profile', about_me='I lead the workshop.')
        print(f'In the room: ann, bob and eve.{password}')
    except (OSError, sqlite3.Error) as error:  # work/ may not be that far
        print(f'The demo ends early: {getattr(error, "url", database)}: {error}.')


def has_rows(database):
    """Return True if somebody has registered or posted in a database."""
    if not database.exists():
        return False
    with open_database(database) as db:
        tables = [name for name, in db.execute("select name from sqlite_master where name in ('user', 'post')")]
        return any(db.execute(f'select count(*) from {name}').fetchone()[0] for name in tables)


def send(browser, url, **fields):
    """Send a form; return False if the app has no such page yet."""
    try:
        browser.open(url, urlencode(fields).encode(), timeout=10).close()
    except HTTPError as error:
        if error.code != 404:
            raise
        return False
    return True
