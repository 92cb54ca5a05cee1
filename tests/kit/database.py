"""tasks.py run, and the database of a step: tables that an old schema has left, and --demo, which lets a few people talk in an empty room."""
import contextlib
import re
import sqlite3
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener


def find_old_tables(code, database):
    """Return the names of the tables in a database that are not as the SCHEMA in the code of an app has them."""
    new = re.findall(r'create table if not exists ((\w+).*?);', code, re.DOTALL)
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database if database.exists() else ':memory:')) as db:
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


def fill(address, database):
    """Register a few people, and let each of them post, if nobody has registered yet."""
    def send(name, path, **fields):
        browsers[name].open(address + path, urlencode(fields).encode(), timeout=10).close()
    browsers = {name: build_opener(HTTPCookieProcessor()) for name in ('ann', 'bob', 'eve')}
    try:
        with contextlib.closing(sqlite3.connect(database)) as db:
            if db.execute('select count(*) from user').fetchone()[0]:
                return print('There are people in the room already: no demo.')
        for name in browsers:
            send(name, '/auth/register', username=name, email=f'{name}@example.com', password=PASSWORD)
            send(name, '/auth/login', username=name, password=PASSWORD)
        for name, body in POSTS:
            send(name, '/', body=body)
        with contextlib.suppress(HTTPError):  # step 01 has no profiles yet
            send('ann', '/profile', about_me='I lead the workshop.')
        print(f'In the room: ann, bob and eve. The password of each is {PASSWORD}.')
    except (OSError, sqlite3.Error) as error:  # work/ may not be that far
        print(f'The demo ends early: {getattr(error, "url", database)}: {error}.')
