"""tasks.py run, and the database of a step: tables that an old schema has left, and --demo, which lets a few people talk in an empty room."""
import contextlib
import re
import sqlite3
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener


def find_old_tables(code, database):
    """Return the names of the tables in a database that are not as the SCHEMA in the code of an app has them."""
    schema = re.search(r'SCHEMA = """(.*?)"""', code, re.DOTALL)
    with contextlib.suppress(sqlite3.Error):
        if schema and database.exists():
            new, old = read_tables(':memory:', schema[1]), read_tables(database)
            return [name for name in new if old.get(name, new[name]) != new[name]]
    return []


def read_tables(database, sql=''):
    """Return {name: SQL} of the tables in a database, after it has run some SQL."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.executescript(sql)
        rows = db.execute("select name, sql from sqlite_master where type = 'table'").fetchall()
        return {name: ' '.join(text.split()) for name, text in rows}


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


def fill(address, database):
    """Register a few people, and let each of them post, if nobody has registered yet."""
    try:
        if count_users(database):
            return print('There are people in the room already: no demo.')
        browsers = {name: register(address, name) for name in ('ann', 'bob', 'eve')}
        for name, body in POSTS:
            send(browsers[name], f'{address}/', body=body)
        with contextlib.suppress(HTTPError):  # step 01 has no profiles yet
            send(browsers['ann'], f'{address}/profile', about_me='I lead the workshop.')
        print(f'In the room: ann, bob and eve. The password of each is {PASSWORD}.')
    except (OSError, sqlite3.Error) as error:  # work/ may not be that far
        print(f'The demo ends early: {getattr(error, "url", database)}: {error}.')


def count_users(database):
    """Return how many people have registered."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute('select count(*) from user').fetchone()[0]


def register(address, name):
    """Return the browser of somebody who has registered and logged in."""
    browser = build_opener(HTTPCookieProcessor())
    send(browser, f'{address}/auth/register', username=name, email=f'{name}@example.com', password=PASSWORD)
    send(browser, f'{address}/auth/login', username=name, password=PASSWORD)
    return browser


def send(browser, url, **fields):
    """Send a form."""
    browser.open(url, urlencode(fields).encode(), timeout=10).close()
