"""Step 18: what a request costs must not grow with the data."""
import sqlite3
from collections import Counter

from answers import fail
from checks import fill, in_between, let_others_post, old_database, open_old

FEW, MANY = 50, 2_000  # posts


def room(make_chat, count):
    """Return an app with so many posts of ann, and as many of bob. Eve has written three."""
    chat = make_chat()
    for name, posts in [('ann', count), ('eve', 3), ('bob', count)]:
        chat.browser(name)
        fill(chat, posts, name)
    return chat


def meter(monkeypatch):
    """Return a Counter of what SQLite does for the connections that are opened from now on."""
    counter, connect, in_count = Counter(), sqlite3.connect, False

    def step():
        """SQLite calls this at each step of its own machine."""
        counter['steps'] += 1

    def look(action, name, detail, *_):
        """SQLite calls this for each select, function and column of a statement."""
        nonlocal in_count
        if action == sqlite3.SQLITE_SELECT:
            in_count = False
        elif action == sqlite3.SQLITE_FUNCTION and detail == 'count':
            in_count = True
            counter['count(*)'] += 1
        elif action == sqlite3.SQLITE_READ and detail == '' and in_count:  # and no column of it
            counter[f'count(*) of the table {name}'] += 1
        return sqlite3.SQLITE_OK

    def connect_watched(*args, **more):
        db = connect(*args, **more)
        db.set_progress_handler(step, 1)
        db.set_authorizer(look)
        return db
    monkeypatch.setattr(sqlite3, 'connect', connect_watched)
    return counter


def log_in(make_chat, chat, path='/api'):
    """Return ann's client of the API, or her browser, on a new app with the same database."""
    again = make_chat(DATABASE=chat.database)
    client = again.api() if path.startswith('/api') else again.browser()
    client.log_in('ann')
    return client


def cost(counter, request, *values):
    """Return how many steps SQLite needs for a request, when it has been made once before."""
    request(*values)
    before = counter['steps']
    request(*values)
    return counter['steps'] - before


def check_constant(make_chat, monkeypatch, *paths):
    """Check that these paths cost about the same with few posts and with many."""
    chats = room(make_chat, FEW), room(make_chat, MANY)
    counter = meter(monkeypatch)
    for path in paths:
        few, many = (cost(counter, log_in(make_chat, chat, path).get, path) for chat in chats)
        if many > 1.5 * few:
            fail(f'GET {path} to take about {few} steps of SQLite, also with many posts',
                 f'{few} steps with {2 * FEW} posts, {many:,} with {2 * MANY:,}')


def check_linear(make_chat, monkeypatch, most, posts, *paths):
    """Check that each path costs at most so many steps for each of so many posts."""
    chat = room(make_chat, MANY)
    counter = meter(monkeypatch)
    for path in paths:
        steps = cost(counter, log_in(make_chat, chat, path).get, path) / posts
        if steps > most:
            fail(f'at most {most} steps of SQLite for each of {posts:,} posts, for GET {path}',
                 f'{steps:.1f} steps for each')


def total(api, path='/api/posts'):
    """Return how many items there are in a collection of the API."""
    return api.get(path).json['_meta']['total_items']


# An index

def test_posts_of_somebody_who_says_little(make_chat, monkeypatch):
    """The posts of somebody who has written three cost the same, however many others there are."""
    check_constant(make_chat, monkeypatch, '/user/eve', '/api/users/2/posts')


# The order of an index

def test_posts_of_somebody_who_says_much(make_chat, monkeypatch):
    """No page sorts all posts of a user, to show the newest ones."""
    check_linear(make_chat, monkeypatch, 5, MANY, '/user/ann', '/api/users/1/posts')


# A log-in

def test_log_in(make_chat, monkeypatch):
    """Logging in costs the same, however many tokens there are."""
    chat = make_chat()
    chat.browser().register('ann')
    counter = meter(monkeypatch)
    few = cost(counter, log_in(make_chat, chat).log_in, 'ann')
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into token select n, 1, '2999-01-01T00:00:00Z' from number""", MANY)
    many = cost(counter, log_in(make_chat, chat).log_in, 'ann')
    assert many <= 1.5 * few, f'{few} steps of SQLite to log in, with {MANY:,} tokens {many:,}'


# A total

def test_total(make_chat, monkeypatch):
    """Totals follow when posts are added, changed or deleted, and users added: nobody counts."""
    chat = room(make_chat, FEW)
    counter = meter(monkeypatch)
    log_in(make_chat, chat, '/').get('/', status=200)
    api = log_in(make_chat, chat)
    api.register('zoe')
    assert total(api, '/api/users') == 4
    path = api.post_json('/api/posts', {'body': 'one more'}, status=201).json['_links']['self']
    api.put_json(path, {'body': 'changed'})
    assert total(api) == 2 * FEW + 4
    api.delete(path, status=204)
    assert total(api) == 2 * FEW + 3
    assert not counter['count(*) of the table post'], 'the posts are counted'
    assert not counter['count(*) of the table user'], 'the users are counted'


# The posts of each user

def test_profile(make_chat, monkeypatch):
    """A profile and a user cost the same, however much they have written."""
    check_constant(make_chat, monkeypatch, '/user/ann', '/api/users/1', '/api/users')


def test_post_count_is_right(make_chat, monkeypatch):
    """The post_count of each user follows when posts are added and deleted, by whomever."""
    chat = room(make_chat, FEW)
    zoe = chat.api('zoe')

    def counts():
        return [user['post_count'] for user in zoe.get('/api/users').json['items']]
    assert counts() == [FEW, 3, FEW, 0, 0, 0]
    path = zoe.post_json('/api/posts', {'body': 'hello'}, status=201).json['_links']['self']
    assert counts() == [FEW, 3, FEW, 0, 1, 0]
    zoe.delete(path, status=204)
    chat.rows('delete from post where user_id = 1 and id > 10')
    assert counts() == [10, 3, FEW, 0, 0, 0]
    counter = meter(monkeypatch)
    log_in(make_chat, chat).get('/api/users/1')
    assert not counter['count(*)'], 'something is counted'


# A file that is older

def check_totals(make_chat, monkeypatch, database, expected):
    """Check that an old database has so many posts, and that it has been counted once for all."""
    old = open_old(make_chat, database)
    assert total(old) == expected
    assert old.get('/api/users/1').json['post_count'] == expected
    counter = meter(monkeypatch)
    open_old(make_chat, database).get('/api/users/1')
    assert not counter['count(*)'], 'something is counted'


def test_old_database(make_chat, tmp_path, monkeypatch):
    """An old database gets the totals when it is opened, once, although others post meanwhile."""
    database = old_database(tmp_path)
    let_others_post(monkeypatch, database)
    chat = make_chat(DATABASE=database)
    chat.browser().register('eve')
    monkeypatch.undo()
    (count,), = chat.rows('select count(*) from post')
    check_totals(make_chat, monkeypatch, database, count)


def test_old_database_is_opened_twice(make_chat, tmp_path, monkeypatch):
    """Two apps open an old database at the same moment: both work, all is counted once."""
    database = old_database(tmp_path)
    one, two = open_old(make_chat, database), open_old(make_chat, database)
    in_between(monkeypatch, two.get, '/api/users')
    one.get('/api/users')
    check_totals(make_chat, monkeypatch, database, 2)


# Skip before you join

def test_pages_far_back(make_chat, monkeypatch):
    """A page far back still skips all posts before it, but joins none of them with its author."""
    paths = f'/?page={MANY // 20}', f'/api/posts?page={MANY // 10}'
    check_linear(make_chat, monkeypatch, 3, MANY, *paths)


def test_pages_far_back_of_a_profile(make_chat, monkeypatch):
    """Nor does a page far back of a profile: three steps for each post skipped, not four."""
    check_linear(make_chat, monkeypatch, 3.8, MANY // 2, f'/user/ann?page={MANY // 40}')
