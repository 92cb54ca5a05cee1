"""Step 15: search, for people and for programs."""
import contextlib
import hashlib
import shutil
import sqlite3
import threading
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

from checks import (
    BAD_NUMBERS, check_item, check_logged_out, check_no_html, check_no_link, check_page, fill,
    follow, items, link, run_both,
)
from clients import bodies, error, fail, field, links, value

OLD = """
create table user (
    id integer primary key autoincrement,
    username text not null unique collate nocase,
    email text not null unique collate nocase,
    password_hash text not null,
    about_me text not null default '',
    created_at text not null
);
create table post (
    id integer primary key autoincrement,
    user_id integer not null references user,
    body text not null,
    created_at text not null
);
create table token (
    hash text primary key,
    user_id integer not null references user,
    expires_at text not null
);
insert into user (username, email, password_hash, created_at)
values ('old', 'old@example.com', '2$salt$', '2026-01-01T00:00:00Z');
insert into post (user_id, body, created_at)
values (1, 'old tea', '2026-01-01T00:00:00Z'), (1, 'old coffee', '2026-01-01T00:00:00Z');
"""
TOKEN = 'a token of the user old'
CAFE, CAKE = 'It is time for a Café', "Don't panic, eat 🍰"
POSTS = ['Tea time', 'I like tea', CAFE, CAKE, 'teas near 100 trees', 'and not a body', 'phở']


rooms = {}  # step: the database of a room with POSTS, because it takes long to fill one


@pytest.fixture
def room(step, make_chat, tmp_path):
    """A room in which bob and eve have written by turns, but not ann, who came in between."""
    if step not in rooms:
        chat = make_chat()
        bob, _, eve = chat.browser('bob'), chat.browser('ann'), chat.browser('eve')
        for number, body in enumerate(POSTS):
            [bob, eve][number % 2].say(body)
        chat.rows('pragma wal_checkpoint(truncate)')
        rooms[step] = chat.database
    return make_chat(DATABASE=shutil.copy(rooms[step], tmp_path / 'room.db'))


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
    return [item['body'] for item in items(ask(api, q))]


def search(browser, q, **more):
    """Return the page with what was found."""
    return browser.get('/search?' + urlencode({'q': q, **more}), status=200)


def check_found(page, q, *expected):
    """Check the posts on a page, and what its field shows."""
    assert bodies(page) == [*expected]
    assert value(page, 'q') == q, f'the field q with {q!r}, which was typed'


# A word, in the API

def test_search_posts(api):
    """GET /api/search: the posts with the word, newest first, as GET /api/posts shows them."""
    answer = ask(api, 'tea')
    assert items(answer) == [api.ask('GET', f'/api/posts/{id}') for id in (2, 1)]
    assert answer['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 1, 'total_items': 2}


ALL_WORDS = {
    'two words': ('time tea', ['Tea time']),
    'two words of different posts': ('like time', []),
    'the beginning of a word': ('te', []),
    'the end of a word': ('ea', []),
    'a number': ('100 trees', ['teas near 100 trees']),
    'blanks': ('  tea  like ', ['I like tea']),
}


@pytest.mark.parametrize('q, expected', ALL_WORDS.values(), ids=ALL_WORDS)
def test_search_all_words(api, q, expected):
    """All words have to be in the same post, in any order. They are whole words."""
    assert found(api, q) == expected


CAFES = ['cafe', 'CAFE', 'Café', 'CAFÉ', 'cafe\u0301', 'ti\u0301me CA\u0301FE']
SPELLINGS = {q.encode('ascii', 'backslashreplace').decode(): (q, CAFE) for q in CAFES}
SPELLINGS['two accents on a letter'] = ('pho', 'phở')


@pytest.mark.parametrize('q, expected', SPELLINGS.values(), ids=SPELLINGS)
def test_search_any_case_and_accent(api, q, expected):
    """Upper and lower case are the same, and so are letters with and without accents."""
    assert found(api, q) == [expected]


def test_search_needs_a_token(room):
    """GET /api/search without a token: 401."""
    room.api().ask('GET', '/api/search?q=tea', status=401)


# The page

def test_search_page(ann):
    """GET /search shows a form. It sends its field q with GET."""
    page = ann.get('/search', status=200)
    check_page(page)
    form = field(page, 'q').find_parent('form')
    is_search = page.html.select('form[role=search], [role=search] form, search form')
    if not is_search or form.get('method', 'get').lower() != 'get':
        fail('a form with role="search" and the method GET', str(form)[:200])
    assert urljoin('/search', form.get('action') or '') == '/search', \
        'a form that is sent to /search'
    check_found(page, '')


@pytest.mark.parametrize('path', ['/', '/user/bob', '/profile', '/search?q=tea', '/nothing'])
def test_every_page_leads_to_search(ann, path):
    """The header of every page has a link to /search."""
    assert links(ann.get(path, status='*'), '/search'), 'a link to /search'


def test_login_page_leads_to_search(browser):
    """The header has the link also if nobody is logged in."""
    assert links(browser.get('/auth/login', status=200), '/search'), 'a link to /search'


def test_search_on_the_page(room, ann):
    """What was found is shown as in the room. The field keeps what was typed."""
    page = search(ann, 'TEA')
    check_found(page, 'TEA', 'I like tea', 'Tea time')
    shown = page.html.select('.posts > *')
    times = dict(room.rows('select id, created_at from post'))
    no_row = 'that of a row, but there is none: is a commit missing?'
    for element, name, id in zip(shown, ['eve', 'bob'], [2, 1]):
        assert name in element.get_text()
        found_times = [time['datetime'] for time in element.select('time[datetime]')]
        assert found_times == [times.get(id, no_row)]
    assert len(shown) == 2, 'two elements in .posts, one for each post'
    check_found(search(ann, 'Café'), 'Café', CAFE)


def test_nothing_found(ann):
    """If nothing is found, the page says so."""
    pages = ann.get('/search', status=200), search(ann, 'nothing')
    form, page = ((page.html.find('main') or page.html).get_text().split() for page in pages)
    if len(page) <= len(form) + 2:
        fail('a sentence that says that nothing was found', ' '.join(page))


def test_search_needs_a_login(browser):
    """Logged out, the page leads to the log-in page."""
    check_logged_out(browser, browser.get('/search?q=tea'))


# What people type

TEA = ['I like tea', 'Tea time']
QUERIES = [  # what somebody types, and what that finds
    ('"tea', TEA), ('tea*', TEA), ('-tea', TEA), ('(tea', TEA), ('{tea}', TEA), ('tea\\', TEA),
    ('"time tea"', ['Tea time']), ('tea -time', ['Tea time']), ('tea,time', ['Tea time']),
    ('time/tea', ['Tea time']), ('time_tea', ['Tea time']), ('^like', ['I like tea']),
    ('NOT', ['and not a body']), ('body:', ['and not a body']), ('NEAR(', ['teas near 100 trees']),
    ("don't", [CAKE]), ('a', ['and not a body', CAFE]),
    ('tea AND like', []), ('tea OR panic', []), ('te*', []), ('_ea', []), ('%', []),
    ('body:tea', []), ("'; drop table post; --", []), ('x' * 100, []),
]


@pytest.mark.parametrize('q, expected', QUERIES, ids=[q[:30] for q, _ in QUERIES])
def test_query_is_text(api, q, expected):
    """Nothing that people type is an operator: signs only separate words."""
    assert found(api, q) == expected


def test_search_shows_text(room, ann):
    """What was found, and what was typed, is shown as text. None of it becomes HTML."""
    text = '"><script>alert(1)</script>'
    room.browser('eva').say(text)
    page = search(ann, text)
    check_found(page, text, text)
    check_no_html(page)


SIGNS = ['"', '""', '*', '-', "'", '()', '...', '?!', '" "', '\u200b']


@pytest.mark.parametrize('q', SIGNS, ids=ascii)
def test_search_for_punctuation(ann, api, q):
    """Nothing but punctuation: no posts, and no error."""
    assert found(api, q) == []
    assert bodies(search(ann, q)) == []


@pytest.mark.parametrize('q', ['🍰', 'panic 🍰', '🍰' * 100],
                         ids=['alone', 'beside a word', 'a hundred'])
def test_search_for_emoji(ann, api, q):
    """An emoji is no error, alone or beside a word."""
    texts = found(api, q)
    if texts not in ([], [CAKE]):
        fail(f'no posts, or the one with it: {CAKE}', texts)
    assert bodies(search(ann, q)) == texts


NO_WORDS = {'no query string': '', 'empty': 'q=', 'a blank': 'q=+', 'blanks': 'q=%20%09',
            'another name': 'words=tea'}
BROKEN = {'101 characters': 'q=' + 'x' * 101, 'NUL': 'q=a%00b',
          'half a character': 'q=%ed%a0%80', 'no UTF-8': 'q=%ff'}
BAD_QUERIES = {**NO_WORDS, **BROKEN}


@pytest.mark.parametrize('query', BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_search_validation(api, query):
    """No words, more than 100 characters, NUL or what is no text: 400, which names q."""
    assert 'q' in api.ask('GET', '/api/search?' + query, status=400)['message']


@pytest.mark.parametrize('query', NO_WORDS.values(), ids=NO_WORDS)
def test_search_for_nothing_on_the_page(ann, query):
    """The page without words is the form alone."""
    page = ann.get('/search?' + query, status=200)
    field(page, 'q')
    assert bodies(page) == []


@pytest.mark.parametrize('query', BROKEN.values(), ids=BROKEN)
def test_search_validation_on_the_page(ann, query):
    """Too long, with a NUL, or no text: 400 and the form again, with a message."""
    page = ann.get('/search?' + query, status=400)
    error(page, 'q')
    assert bodies(page) == []


def test_bad_page_numbers(ann, api):
    """A page that is no number from 1 on: 400."""
    for number in BAD_NUMBERS:
        api.ask('GET', '/api/search?q=tea&page=' + number, status=400)
        api.ask('GET', '/api/search?q=tea&per_page=' + number, status=400)
        ann.get('/search?q=tea&page=' + number, status=400)
    api.ask('GET', '/api/search?q=tea&per_page=101', status=400)


# Old posts and changed posts

def test_changed_posts(room, api):
    """A changed post is found by its new words only, a deleted one not at all."""
    eve = room.api()
    eve.log_in('eve')

    def find_all():
        return {word: found(api, word) for word in ('tea', 'like', 'milk')}
    eve.ask('PUT', '/api/posts/2', {'body': 'I like milk'})
    assert find_all() == {'tea': ['Tea time'], 'like': ['I like milk'], 'milk': ['I like milk']}
    eve.ask('DELETE', '/api/posts/2', status=204)
    assert find_all() == {'tea': ['Tea time'], 'like': [], 'milk': []}


def old_database(folder):
    """Make a database as step 14 left it, with two posts, and a user who is logged in."""
    path = folder / 'old.db'
    db = sqlite3.connect(path)
    db.executescript('pragma journal_mode = wal;' + OLD)
    hash = hashlib.sha256(TOKEN.encode()).hexdigest()
    db.execute("insert into token values (?, 1, '2099-01-01T00:00:00Z')", [hash])
    db.commit()
    db.close()
    return path


def test_old_database(make_chat, tmp_path):
    """Posts that are older than the index are found as well as new ones, after a restart, too."""
    chat = make_chat(DATABASE=old_database(tmp_path))
    ann = chat.browser('ann')
    ann.say('new tea')
    assert bodies(search(ann, 'tea')) == ['new tea', 'old tea']
    again = make_chat(DATABASE=chat.database).browser()
    again.log_in('ann')
    assert bodies(search(again, 'tea')) == ['new tea', 'old tea']


def test_old_database_is_opened_twice(make_chat, tmp_path, monkeypatch):
    """Two apps open an old database at the same moment: no error, and each post is found once."""
    path, connect = old_database(tmp_path), sqlite3.connect
    both, said = threading.Barrier(2), threading.Event()

    def wait(sql):
        """Let both make the index together, and the triggers only after the other's post."""
        if sql.lower().startswith('create virtual table'):
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)
        elif sql.lower().startswith('create trigger'):
            said.wait(0.5)
            said.set()

    def connect_and_wait(*args, **more):
        db = connect(*args, **more)
        db.set_trace_callback(wait)
        return db

    def client(chat):
        api = chat.api()
        api.token = TOKEN
        return api

    def say(chat):
        client(chat).ask('POST', '/api/posts', {'body': 'new tea'}, 201)
        said.set()

    chats = [make_chat(DATABASE=path) for _ in range(2)]
    monkeypatch.setattr(sqlite3, 'connect', connect_and_wait)
    run_both(say, *chats)
    monkeypatch.undo()
    assert found(client(chats[0]), 'tea') == ['new tea', 'new tea', 'old tea']


# More than one page

def numbers(first, last):
    """Return the texts of posts that fill() has made, from the newest on."""
    return [f'many & {number}' for number in range(first, last - 1, -1)]


def test_search_pages_of_the_api(room, api):
    """The links of a collection keep q, percent-encoded, and lead through all pages."""
    fill(room, 25, 'bob', 'many & ')
    texts, path = [], '/api/search?' + urlencode({'q': 'many &'})
    while path and len(texts) < 40:
        answer = api.ask('GET', path)
        check_item(answer['_meta'], total_items=25, total_pages=3)
        texts += [item['body'] for item in items(answer)]
        query = parse_qs(urlsplit(str(link(answer, 'self'))).query)
        assert query.get('q') == ['many &'], 'a link self with q=many+%26'
        path = link(answer, 'next')
    assert texts == numbers(25, 1)
    texts = [item['body'] for item in items(follow(api, answer, 'prev'))]
    assert texts == numbers(15, 6)
    answer = ask(api, 'many &', page=2, per_page=4)
    assert [item['body'] for item in items(answer)] == numbers(21, 18)
    assert answer['_meta'] == {'page': 2, 'per_page': 4, 'total_pages': 7, 'total_items': 25}
    assert 'q=' not in link(api.ask('GET', '/api/posts'), 'self')


def test_search_past_the_end(ann, api):
    """A page past the end has no posts, and is no error."""
    for page in (2, 10**12):
        answer = ask(api, 'tea', page=page)
        assert items(answer) == []
        meta = {'page': page, 'per_page': 10, 'total_pages': 1, 'total_items': 2}
        assert answer['_meta'] == meta
        check_found(search(ann, 'tea', page=page), 'tea')


def test_search_pages_of_the_page(room, ann):
    """20 posts a page. The links to older and newer posts keep what was typed."""
    fill(room, 41, 'bob', 'many & ')
    pages = [search(ann, 'many &')]
    for _ in range(2):
        pages.append(ann.follow(pages[-1], 'next'))
    for page, first, last in zip(pages, [41, 21, 1], [22, 2, 1]):
        check_found(page, 'many &', *numbers(first, last))
    check_no_link(pages[0], 'prev')
    check_no_link(pages[2], 'next')
    assert bodies(ann.follow(pages[2], 'prev')) == bodies(pages[1])
    room.rows("delete from post where body = 'many & 1'")
    check_no_link(search(ann, 'many &', page=2), 'next')
