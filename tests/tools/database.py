"""The database of a step: what start brings along, what an old schema has left, and --demo for an empty room."""
import contextlib
import re
import sqlite3
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

# what step 03 makes; later steps only add tables
COLUMNS = 'username, email, password_hash, about_me, user.created_at, user_id, body, post.created_at'


def read(path):
    """Return a connection to a database that must be there; it closes at the end of a `with`."""
    return contextlib.closing(sqlite3.connect(f'{path.as_uri()}?mode=ro', uri=True))


def bring(old, new):
    """Copy a database if it has the tables of step 03; return True if it has."""
    with contextlib.suppress(sqlite3.Error), read(old) as source:
        source.execute(f'select {COLUMNS} from user, post')
        with contextlib.closing(sqlite3.connect(new)) as target:
            source.backup(target)  # with what is still in the -wal
        return True
    return False


def find_old_tables(code, path):
    """Return the names of the tables in a database that are not as the SCHEMA in the code of an app has them."""
    with contextlib.suppress(sqlite3.Error), read(path) as db:
        old = dict(db.execute("select name, sql from sqlite_master where type = 'table'"))
        new = re.findall(r'create table if not exists ((\w+).*?);', code, re.DOTALL)
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


def fill_room(address):
    """Let a few people post: under their names (01, 02), registered (03), or logged in. Say how to log in as them."""
    browsers = {name: build_opener(ProxyHandler({}), HTTPCookieProcessor()) for name, _ in POSTS}
    for name, browser in browsers.items():
        fields = {'username': name, 'email': f'{name}@example.com', 'password': PASSWORD}
        has_accounts = send(browser, f'{address}/auth/register', **fields)
        send(browser, f'{address}/auth/login', **fields)
    for name, body in POSTS:
        send(browsers[name], f'{address}/', username=name, body=body)
    send(browsers['ann'], f'{address}/profile', about_me='I lead the workshop.')
    return 'In the room: ann, bob and eve.' + f' The password of each is {PASSWORD}.' * has_accounts


def send(browser, url, **fields):
    """Send a form; return False if the app has no such page yet."""
    try:
        browser.open(url, urlencode(fields).encode(), timeout=20).close()
    except HTTPError as error:
        if error.code != 404:
            raise
        return False
    return True


def has_rows(path):
    """Return True if somebody has registered or posted in a database."""
    with contextlib.suppress(sqlite3.Error), read(path) as db:
        return any(db.execute(f'select 1 from {table}').fetchone() for table in ('post', 'user'))
