"""Step 18: what a request costs must not grow with the data."""
import contextlib
import sqlite3
import threading

import pytest

from checks import fail, fill, items, let_others_post, path_of, run_both, trace

connect = sqlite3.connect  # the real one
FEW, MANY = 100, 10_000  # posts


class Meter:
    """Counts what SQLite does for the connections that are opened from now on."""

    def __init__(self, monkeypatch):
        self.steps, self.counts, self.whole, self.in_count = 0, 0, [], False
        monkeypatch.setattr(sqlite3, 'connect', self.connect)

    def connect(self, *args, **more):
        db = connect(*args, **more)
        db.set_progress_handler(self.tick, 1)
        db.set_authorizer(self.look)
        return db

    def tick(self):
        """SQLite calls this at each step of its own machine."""
        self.steps += 1

    def look(self, action, name, detail, *rest):
        """SQLite calls this for all that it finds in a statement: a select, a function, a column.

        A count(*) of a whole table reads the table, but no column of it.
        """
        if action == sqlite3.SQLITE_SELECT:
            self.in_count = False
        elif action == sqlite3.SQLITE_FUNCTION and detail == 'count':
            self.in_count = True
            self.counts += 1
        elif action == sqlite3.SQLITE_READ and detail == '' and self.in_count:
            self.whole.append(name)
        return sqlite3.SQLITE_OK


def room(make_chat, count):
    """Return an app with so many posts, half of them ann's."""
    chat = make_chat()
    for name in ('ann', 'bob'):
        chat.browser(name)
        fill(chat, count // 2, name)
    return chat


def open_again(make_chat, chat):
    """Return ann's browser and client on a new app with the same database, which it has opened."""
    again = make_chat(DATABASE=chat.database)
    browser, api = again.browser(), again.api()
    browser.log_in('ann')
    api.log_in('ann')
    browser.get('/', status=200)
    return browser, api


def cost(meter, client, path):
    """Return how many steps SQLite needs for a GET of a path."""
    client.get(path, status='*')  # what is prepared once
    meter.steps = 0
    client.get(path, headers=bearer(client), status=200)
    return meter.steps


def bearer(client):
    """Return the header with a client's token, if it has one."""
    token = getattr(client, 'token', None)
    return {'Authorization': f'Bearer {token}'} if token else {}


def check_constant(make_chat, monkeypatch, *paths):
    """Check that these paths cost about the same with few posts and with many."""
    costs = {path: [] for path in paths}
    for count in (FEW, MANY):
        chat = room(make_chat, count)
        with monkeypatch.context() as patch:
            meter = Meter(patch)
            browser, api = open_again(make_chat, chat)
            for path in paths:
                costs[path].append(cost(meter, api if path.startswith('/api') else browser, path))
    for path, (few, many) in costs.items():
        check_cost(path, few, many)


def check_cost(path, few, many):
    """Check that many posts cost about as much as few."""
    if many > 1.5 * few:
        fail(f'GET {path} to take about {few} steps of SQLite, with {FEW} or {MANY:,} posts',
             f'{few} steps with {FEW} posts, {many:,} with {MANY:,}')


# An index

def test_posts_of_somebody_who_says_little(make_chat, monkeypatch):
    """The posts of somebody who has written three cost the same, however many others there are."""
    costs = []
    for count in (FEW, MANY):
        chat = room(make_chat, count)
        chat.browser('eve')
        fill(chat, 3, 'eve')
        fill(chat, count, 'bob')
        with monkeypatch.context() as patch:
            meter = Meter(patch)
            browser, api = open_again(make_chat, chat)
            costs.append([cost(meter, browser, '/user/eve'),
                          cost(meter, api, '/api/users/3/posts')])
    for path, few, many in zip(['/user/eve', '/api/users/3/posts'], *costs):
        check_cost(path, few, many)


# The order of an index

def test_posts_of_somebody_who_says_much(make_chat, monkeypatch):
    """No page sorts all posts of a user, to show the newest ones."""
    chat = room(make_chat, MANY)
    meter = Meter(monkeypatch)
    browser, api = open_again(make_chat, chat)
    for client, path in [(browser, '/user/ann'), (api, '/api/users/1/posts')]:
        steps = cost(meter, client, path)
        if steps > 5 * MANY // 2:
            fail(f'at most five steps of SQLite for each of the {MANY // 2:,} posts of GET {path}',
                 f'{steps / (MANY // 2):.1f} steps for each')


# A log-in

def test_log_in(make_chat, monkeypatch):
    """Logging in costs the same, however many tokens there are."""
    chat = make_chat()
    chat.browser('ann')
    few = cost_of_log_in(make_chat, monkeypatch, chat)
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into token select n, 1, '2999-01-01T00:00:00Z' from number""", MANY)
    many = cost_of_log_in(make_chat, monkeypatch, chat)
    if many > 1.5 * few:
        fail(f'about {few} steps of SQLite to log in, also with {MANY:,} tokens', f'{many:,} steps')


def cost_of_log_in(make_chat, monkeypatch, chat):
    """Return how many steps SQLite needs when ann logs in."""
    with monkeypatch.context() as patch:
        meter = Meter(patch)
        browser, _ = open_again(make_chat, chat)
        meter.steps = 0
        browser.log_in('ann')
        return meter.steps


# A total

def test_total(make_chat, monkeypatch):
    """The total of the posts follows when one is added, changed or deleted: nobody counts them."""
    chat = room(make_chat, FEW)
    meter = Meter(monkeypatch)
    browser, api = open_again(make_chat, chat)
    browser.get('/', status=200)
    api.ask('POST', '/api/posts', {'body': 'one more'}, 201)
    api.ask('PUT', '/api/posts/101', {'body': 'changed'})
    assert api.ask('GET', '/api/posts')['_meta']['total_items'] == FEW + 1
    api.ask('DELETE', '/api/posts/101', status=204)
    assert api.ask('GET', '/api/posts')['_meta']['total_items'] == FEW
    check_not_counted(meter, 'post')


def test_total_of_users(make_chat, monkeypatch):
    """The total of the users follows when somebody registers: nobody counts them."""
    chat = room(make_chat, FEW)
    meter = Meter(monkeypatch)
    _, api = open_again(make_chat, chat)
    api.register('eve')
    assert api.ask('GET', '/api/users')['_meta']['total_items'] == 3
    check_not_counted(meter, 'user')


def check_not_counted(meter, table):
    """Check that no request counts all rows of a table."""
    if table in meter.whole:
        fail(f'no count(*) of the table {table}', f'{meter.whole.count(table)} of them')


# The posts of each user

def test_profile(make_chat, monkeypatch):
    """A profile and a user cost the same, however much they have written."""
    check_constant(make_chat, monkeypatch, '/user/ann', '/api/users/1', '/api/users')


def test_post_count_is_right(make_chat, monkeypatch):
    """The post_count of each user follows when posts are added and deleted, by whomever."""
    chat = room(make_chat, FEW)
    ann, eve = chat.api(), chat.api('eve')
    ann.log_in('ann')
    counts = [user['post_count'] for user in items(ann.ask('GET', '/api/users'))]
    assert counts == [FEW // 2, FEW // 2, 0, 0, 0]
    eve.ask('POST', '/api/posts', {'body': 'hello'}, 201)
    assert ann.ask('GET', path_of(eve.user))['post_count'] == 1
    eve.ask('DELETE', '/api/posts/101', status=204)
    assert ann.ask('GET', path_of(eve.user))['post_count'] == 0
    chat.rows('delete from post where user_id = 1 and id > 10')
    assert ann.ask('GET', '/api/users/1')['post_count'] == 10
    meter = Meter(monkeypatch)
    open_again(make_chat, chat)[1].ask('GET', '/api/users/1')
    check_no_count(meter, 'a user')


def check_no_count(meter, what):
    """Check that no statement has a count(*) in it."""
    if meter.counts:
        fail(f'no count(*) for {what}', f'{meter.counts} of them')


# A file that is older

OLD = """
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
"""


@pytest.fixture
def old_database(tmp_path):
    """A database as step 04 left it, with two posts of one user."""
    path = tmp_path / 'old.db'
    db = connect(path)
    db.executescript('pragma journal_mode = wal;' + OLD)
    db.close()
    return path


def check_totals(make_chat, database, monkeypatch, total):
    """Check that an old database has so many posts, and that it has been counted once for all."""
    api = make_chat(DATABASE=database).api('ann')
    assert api.ask('GET', '/api/posts')['_meta']['total_items'] == total
    assert api.ask('GET', '/api/users/1')['post_count'] == total
    meter = Meter(monkeypatch)
    open_again(make_chat, make_chat(DATABASE=database))[1].ask('GET', '/api/users/1')
    check_no_count(meter, 'a database that is opened again')


def test_old_database(make_chat, old_database, monkeypatch):
    """A database that is older than the totals: it gets them when it is opened, once."""
    check_totals(make_chat, old_database, monkeypatch, 2)


def test_old_database_in_use(make_chat, old_database, monkeypatch):
    """Others post while an old database gets its totals: these posts are counted, too."""
    let_others_post(monkeypatch, old_database)
    chat = make_chat(DATABASE=old_database)
    chat.browser().register('eve')
    monkeypatch.undo()
    (total,), = chat.rows('select count(*) from post')
    check_totals(make_chat, old_database, monkeypatch, total)


def test_old_database_is_opened_twice(make_chat, old_database, monkeypatch):
    """Two apps open an old database at the same moment: both work, all is counted once."""
    both = threading.Barrier(2)

    def wait(sql):
        """Make each thread wait for the other when it begins, and when it makes a table."""
        if sql.lower().lstrip().startswith(('begin', 'create table')):
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)

    chats = [make_chat(DATABASE=old_database) for _ in range(2)]
    trace(monkeypatch, wait)
    run_both(lambda chat: chat.browser().register(f'eve{chats.index(chat)}'), *chats)
    monkeypatch.undo()
    check_totals(make_chat, old_database, monkeypatch, 2)


# Skip before you join

def test_pages_far_back(make_chat, monkeypatch):
    """A page far back still skips all posts before it, but joins none of them with its author."""
    chat = room(make_chat, MANY)
    meter = Meter(monkeypatch)
    browser, api = open_again(make_chat, chat)
    for client, path in [(browser, f'/?page={MANY // 40}'), (api, f'/api/posts?page={MANY // 20}')]:
        steps = cost(meter, client, path)
        if steps > 3 * MANY // 2:
            fail(f'at most three steps of SQLite for each post that GET {path} skips',
                 f'{steps / (MANY // 2):.1f} steps for each')


def test_pages_far_back_of_a_profile(make_chat, monkeypatch):
    """The same holds for the posts of one user."""
    chat = room(make_chat, MANY)
    meter = Meter(monkeypatch)
    browser, _ = open_again(make_chat, chat)
    steps = cost(meter, browser, f'/user/ann?page={MANY // 80}')
    if steps > 4 * MANY // 4:
        fail('at most four steps of SQLite for each post that a page of a profile skips',
             f'{steps / (MANY // 4):.1f} steps for each')
