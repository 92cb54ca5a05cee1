"""Step 12: search, for people and for programs."""
import contextlib
import sqlite3
import threading
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import sqlite_utils

from clients import PASSWORD, Unexpected, bodies, field, links, summary, value
from test_01_flat_script import check_page, run_both
from test_02_profiles import BAD_NUMBERS

OLD = """
create table user (id integer primary key autoincrement, username text not null unique collate nocase, email text not null unique collate nocase,
    password_hash text not null, about_me text not null default '', created_at text not null);
create table post (id integer primary key autoincrement, user_id integer not null references user, body text not null, created_at text not null);
create index post_user_id on post (user_id);
create table token (hash text primary key, user_id integer not null references user, expires_at text not null);
insert into user (username, email, password_hash, created_at) values ('old', 'old@example.com', '2$salt$', '2026-01-01T00:00:00Z');
insert into post (user_id, body, created_at) values (1, 'old tea', '2026-01-01T00:00:00Z'), (1, 'old coffee', '2026-01-01T00:00:00Z');
"""
POSTS = ['Tea time', 'I like tea', 'It is time for a Café', "Don't panic, eat 🍰", 'teas near 100 trees', 'and not a body']

STAGES = {  # the first test of a stage of the page
    'test_search_posts': 'stage 1, a plain word, in the API',
    'test_search_page': 'stage 2, the page',
    'test_query_is_text': 'stage 3, what people type',
    'test_changed_posts': 'stage 4, old databases and changed posts',
    'test_search_pages_of_the_api': 'stage 5, pages and links',
}


@pytest.fixture
def room(chat):
    """A room in which bob and eve have written by turns. Ann, who came in between, has written nothing."""
    bob, _, eve = chat.browser('bob'), chat.browser('ann'), chat.browser('eve')
    for number, body in enumerate(POSTS):
        [bob, eve][number % 2].say(body)
    return chat


@pytest.fixture
def ann(room):
    """Ann's browser."""
    browser = room.browser()
    browser.log_in('ann')
    return browser


@pytest.fixture
def api(room):
    """Ann's client of the API."""
    api = room.api()
    api.log_in('ann')
    return api


def ask(api, q, status=200, **more):
    """Search with the API. Return its answer."""
    return api.ask('GET', '/api/search?' + urlencode({'q': q, **more}), status=status)


def found(api, q):
    """Return the texts of the posts that the API finds."""
    return [item['body'] for item in ask(api, q)['items']]


def search(browser, q, **more):
    """Return the page with what was found."""
    return browser.get('/search?' + urlencode({'q': q, **more}), status=200)


# Stage 1: a plain word, in the API

def test_search_posts(api):
    """GET /api/search: the posts of everybody that have the word, newest first, as GET /api/posts shows them."""
    answer = ask(api, 'tea')
    assert answer['items'] == [api.ask('GET', f'/api/posts/{id}') for id in (2, 1)]
    assert answer['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 1, 'total_items': 2}


@pytest.mark.parametrize('q, expected', [
    ('time tea', ['Tea time']), ('like time', []), ('te', []), ('ea', []), ('100 trees', ['teas near 100 trees']), ('  tea  like ', ['I like tea']),
])
def test_search_all_words(api, q, expected):
    """All words have to be in the same post, in any order. They are whole words."""
    assert found(api, q) == expected


@pytest.mark.parametrize('q', ['cafe', 'CAFE', 'Café', 'CAFÉ', 'cafe\u0301', 'ti\u0301me CA\u0301FE'])
def test_search_any_case_and_accent(api, q):
    """Upper and lower case are the same, and so are letters with and without accents."""
    assert found(api, q) == ['It is time for a Café']


# Stage 2: the page

def test_search_page(ann):
    """GET /search shows a form. It sends its field q with GET."""
    page = ann.get('/search', status=200)
    check_page(page)
    form = field(page, 'q').find_parent('form')
    if not page.html.select('form[role=search], [role=search] form, search form') or form.get('method', 'get').lower() != 'get':
        raise Unexpected('a form with role="search" and the method GET', str(form)[:200])
    assert urljoin('/search', form.get('action') or '') == '/search' and value(page, 'q') == '' and bodies(page) == []


def test_every_page_leads_to_search(room, ann):
    """The header of every page has a link to /search."""
    for browser, path in [(ann, '/'), (ann, '/user/bob'), (ann, '/profile'), (ann, '/search?q=tea'), (ann, '/nothing'), (room.browser(), '/auth/login')]:
        page = browser.get(path, status='*')
        if not links(page, '/search'):
            raise Unexpected('a link to /search', summary(page))


def test_search_on_the_page(room, ann):
    """What was found is shown as in the room, newest first, with author and time. The field keeps what was typed."""
    page = search(ann, 'TEA')
    assert bodies(page) == ['I like tea', 'Tea time'] and value(page, 'q') == 'TEA'
    newest, older = page.html.select('.posts > *')
    assert 'eve' in newest.get_text() and 'bob' in older.get_text()
    assert older.find('time')['datetime'] == room.rows('select created_at from post where id = 1')[0][0]


def test_nothing_found(ann):
    """If nothing is found, the page says so."""
    form = ann.get('/search', status=200).html.find('main')
    page = search(ann, 'nothing').html.find('main')
    assert len(page.get_text().split()) > len(form.get_text().split()) + 2


def test_search_is_for_users(room, browser):
    """Without a token the API answers 401, and the page leads to the login."""
    room.api().ask('GET', '/api/search?q=tea', status=401)
    assert browser.redirected(browser.get('/search?q=tea')).startswith('/auth/login')


# Stage 3: what people type

@pytest.mark.parametrize('q, expected', [
    ('"tea', ['I like tea', 'Tea time']), ('"time tea"', ['Tea time']), ('tea*', ['I like tea', 'Tea time']), ('te*', []), ('-tea', ['I like tea', 'Tea time']),
    ('tea -time', ['Tea time']), ('(tea', ['I like tea', 'Tea time']), ('tea AND like', []), ('tea OR panic', []), ('NOT', ['and not a body']),
    ('NEAR(', ['teas near 100 trees']), ('body:', ['and not a body']), ('body:tea', []), ('tea,time', ['Tea time']), ('time/tea', ['Tea time']),
    ('^like', ['I like tea']), ('{tea}', ['I like tea', 'Tea time']), ('a', ['and not a body', 'It is time for a Café']), ("don't", ["Don't panic, eat 🍰"]),
    ("'; drop table post; --", []), ('x' * 100, []), ('time_tea', ['Tea time']), ('%', []), ('_ea', []), ('tea\\', ['I like tea', 'Tea time']),
])
def test_query_is_text(api, q, expected):
    """Nothing that people type is an operator: signs only separate words."""
    assert found(api, q) == expected


def test_search_shows_text(room, ann):
    """What was found, and what was typed, is shown as text. None of it becomes HTML."""
    text = '"><script>alert(1)</script>'
    room.rows("insert into post (user_id, body, created_at) values (1, ?, '2026-01-01T00:00:00Z')", text)
    page = search(ann, text)
    assert bodies(page) == [text] and value(page, 'q') == text
    assert not page.html.find('script')


@pytest.mark.parametrize('q', ['"', '""', '*', '-', "'", '()', '...', '?!', '" "', '\u200b'])
def test_search_for_punctuation(ann, api, q):
    """Nothing but punctuation: no posts, and no error."""
    assert found(api, q) == bodies(search(ann, q)) == []


def test_search_for_emoji(ann, api):
    """An emoji is no error, alone or beside a word."""
    for q in ['🍰', 'panic 🍰', '🍰' * 100]:
        assert set(found(api, q)) <= {POSTS[3]}
        search(ann, q)


@pytest.mark.parametrize('query', ['', 'q=', 'q=+', 'q=%20%09', 'q=' + 'x' * 101, 'q=a%00b', 'q=%ed%a0%80', 'q=%ff', 'words=tea'])
def test_search_validation(ann, api, query):
    """No words, more than 100 characters, NUL or what is no text: 400 in the API, which names q; the form again on the page."""
    assert 'q' in api.ask('GET', '/api/search?' + query, status=400)['message']
    page = ann.get('/search?' + query, status='*')
    if page.status_int not in (200, 400):
        raise Unexpected('status 200 or 400', summary(page))
    assert value(page, 'q') is not None and bodies(page) == []


@pytest.mark.parametrize('number', BAD_NUMBERS)
def test_bad_page_numbers(ann, api, number):
    """A page that is no number from 1 on: 400."""
    api.ask('GET', '/api/search?q=tea&page=' + number, status=400)
    api.ask('GET', '/api/search?q=tea&per_page=' + number, status=400)
    ann.get('/search?q=tea&page=' + number, status=400)


# Stage 4: old databases and changed posts

def test_changed_posts(room, api):
    """A changed post is found by its new words only, a deleted one not at all."""
    eve = room.api()
    eve.log_in('eve')
    eve.ask('PUT', '/api/posts/2', {'body': 'I like milk'})
    assert found(api, 'tea') == ['Tea time'] and found(api, 'like') == found(api, 'milk') == ['I like milk']
    eve.ask('DELETE', '/api/posts/2', status=204)
    assert found(api, 'milk') == [] and found(api, 'tea') == ['Tea time']


def old_database(folder):
    """Make a database as step 01 left it, with two posts."""
    path = folder / 'old.db'
    db = sqlite3.connect(path)
    db.executescript('pragma journal_mode = wal;' + OLD)
    db.close()
    return path


def test_old_database(make_chat, tmp_path):
    """A database that is older than the index: its posts are found as well as new ones, and after a restart."""
    chat = make_chat(DATABASE=old_database(tmp_path))
    ann = chat.browser('ann')
    ann.say('new tea')
    assert bodies(search(ann, 'tea')) == ['new tea', 'old tea']
    again = make_chat(DATABASE=chat.database).browser()
    again.log_in('ann')
    assert bodies(search(again, 'tea')) == ['new tea', 'old tea']


def test_old_database_is_opened_twice(make_chat, tmp_path, monkeypatch):
    """Two apps open the same old database at the same moment: nobody gets an error, and every post is found once."""
    path, connect, answers = old_database(tmp_path), sqlite3.connect, []
    opened, both = threading.Barrier(2), threading.Barrier(2)
    for table in ('user', 'post'):
        sqlite_utils.Database(path).table(table).enable_counts()  # as step 02 does, so that nobody has to wait for that

    def wait_at(barrier, seconds):
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)

    def wait(sql):
        """Make each thread wait for the other when it makes an index, so that looking first and writing later fails."""
        if sql.lower().startswith('create virtual table'):
            wait_at(both, 0.5)

    def connect_and_wait(*args, **more):
        wait_at(opened, 2)
        db = connect(*args, **more)
        db.set_trace_callback(wait)
        return db

    def register(chat):
        user = {'username': f'user{len(answers)}', 'email': 'user@example.com', 'password': PASSWORD}
        answers.append(chat.browser().post('/auth/register', user, status='*'))
    chats = [make_chat(DATABASE=path) for _ in range(2)]
    monkeypatch.setattr(sqlite3, 'connect', connect_and_wait)
    run_both(register, *chats)
    monkeypatch.undo()
    for answer in answers:
        if answer.status_int not in (303, 400):
            raise Unexpected('status 303 or 400 for both who register then', summary(answer))
    assert bodies(search(chats[0].browser('ann'), 'old')) == ['old coffee', 'old tea']


# Stage 5: pages and links

def fill(chat, count):
    """Add so many posts by bob with the word `many` straight to the database: the first one has the number 1."""
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into post (user_id, body, created_at)
        select user.id, 'many & ' || n, '2026-01-01T00:00:00Z' from number, user where username = 'bob' order by n""", count)


def test_search_pages_of_the_api(room, api):
    """The links of a collection keep q, percent-encoded, and lead through all pages."""
    fill(room, 25)
    numbers, path = [], '/api/search?' + urlencode({'q': 'many &'})
    while path:
        answer = api.ask('GET', path)
        assert answer['_meta']['total_items'] == 25 and answer['_meta']['total_pages'] == 3
        numbers += [int(item['body'].split()[-1]) for item in answer['items']]
        assert parse_qs(urlsplit(answer['_links']['self']).query).get('q') == ['many &']
        path = answer['_links']['next']
    assert numbers == list(range(25, 0, -1))
    assert [item['body'] for item in api.ask('GET', answer['_links']['prev'])['items']][0] == 'many & 15'
    assert '?q=' not in api.ask('GET', '/api/posts')['_links']['self']


def test_search_past_the_end(ann, api):
    """A page past the end has no posts, and is no error."""
    for page in (2, 10**12):
        answer = ask(api, 'tea', page=page)
        assert answer['items'] == [] and answer['_meta']['total_items'] == 2
        assert bodies(search(ann, 'tea', page=page)) == []


def test_search_pages_of_the_page(room, ann):
    """20 posts a page. The links to older and newer posts keep what was typed."""
    fill(room, 41)
    pages = [search(ann, 'many &')]
    assert not pages[0].html.find('a', rel='prev')
    for _ in range(2):
        pages.append(ann.follow(pages[-1], 'next'))
    assert [len(bodies(page)) for page in pages] == [20, 20, 1] and bodies(pages[2]) == ['many & 1']
    assert value(pages[2], 'q') == 'many &' and not pages[2].html.find('a', rel='next')
    assert bodies(ann.follow(pages[2], 'prev')) == bodies(pages[1])
