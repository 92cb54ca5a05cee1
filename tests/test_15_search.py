"""Step 12: search, for people and for programs."""
import contextlib
import sqlite3
import threading
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
import sqlite_utils

from checks import BAD_NUMBERS, check_item, check_logged_out, check_no_html, check_no_link, check_page, fill, follow, items, link, run_both
from clients import bodies, fail, field, links, summary, value

OLD = """
create table user (id integer primary key autoincrement, username text not null unique collate nocase, email text not null unique collate nocase,
    password_hash text not null, about_me text not null default '', created_at text not null);
create table post (id integer primary key autoincrement, user_id integer not null references user, body text not null, created_at text not null);
create index post_user_id on post (user_id);
create table token (hash text primary key, user_id integer not null references user, expires_at text not null);
insert into user (username, email, password_hash, created_at) values ('old', 'old@example.com', '2$salt$', '2026-01-01T00:00:00Z');
insert into post (user_id, body, created_at) values (1, 'old tea', '2026-01-01T00:00:00Z'), (1, 'old coffee', '2026-01-01T00:00:00Z');
"""
POSTS = ['Tea time', 'I like tea', 'It is time for a Café', "Don't panic, eat 🍰", 'teas near 100 trees', 'and not a body', 'phở']

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
    return [item['body'] for item in items(ask(api, q))]


def search(browser, q, **more):
    """Return the page with what was found."""
    return browser.get('/search?' + urlencode({'q': q, **more}), status=200)


def check_found(page, q, *expected):
    """Check the posts on a page, and what its field shows."""
    assert bodies(page) == [*expected]
    assert value(page, 'q') == q, f'the field q with {q!r}, which was typed'


# Stage 1: a plain word, in the API

def test_search_posts(api):
    """GET /api/search: the posts of everybody that have the word, newest first, as GET /api/posts shows them."""
    answer = ask(api, 'tea')
    assert items(answer) == [api.ask('GET', f'/api/posts/{id}') for id in (2, 1)]
    assert answer['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 1, 'total_items': 2}


def test_search_all_words(api):
    """All words have to be in the same post, in any order. They are whole words."""
    for q, *expected in [('time tea', 'Tea time'), ('like time',), ('te',), ('ea',), ('100 trees', 'teas near 100 trees'), ('  tea  like ', 'I like tea')]:
        assert found(api, q) == expected


def test_search_any_case_and_accent(api):
    """Upper and lower case are the same, and so are letters with and without accents, even with two accents."""
    for q in ['cafe', 'CAFE', 'Café', 'CAFÉ', 'cafe\u0301', 'ti\u0301me CA\u0301FE']:
        assert found(api, q) == ['It is time for a Café']
    assert found(api, 'pho') == ['phở']


# Stage 2: the page

def test_search_page(ann):
    """GET /search shows a form. It sends its field q with GET."""
    page = ann.get('/search', status=200)
    check_page(page)
    form = field(page, 'q').find_parent('form')
    if not page.html.select('form[role=search], [role=search] form, search form') or form.get('method', 'get').lower() != 'get':
        fail('a form with role="search" and the method GET', str(form)[:200])
    assert urljoin('/search', form.get('action') or '') == '/search', 'a form that is sent to /search'
    check_found(page, '')


def test_every_page_leads_to_search(room, ann):
    """The header of every page has a link to /search."""
    for browser, path in [(ann, '/'), (ann, '/user/bob'), (ann, '/profile'), (ann, '/search?q=tea'), (ann, '/nothing'), (room.browser(), '/auth/login')]:
        page = browser.get(path, status='*')
        assert links(page, '/search'), 'a link to /search'


def test_search_on_the_page(room, ann):
    """What was found is shown as in the room, newest first, with author and time. The field keeps what was typed."""
    page = search(ann, 'TEA')
    check_found(page, 'TEA', 'I like tea', 'Tea time')
    shown = page.html.select('.posts > *')
    times = dict(room.rows('select id, created_at from post'))
    for element, name, id in zip(shown, ['eve', 'bob'], [2, 1]):
        assert name in element.get_text()
        assert [time['datetime'] for time in element.select('time[datetime]')] == [times.get(id, 'that of a row, but there is none: is a commit missing?')]
    assert len(shown) == 2, 'two elements in .posts, one for each post'
    check_found(search(ann, 'Café'), 'Café', 'It is time for a Café')


def test_nothing_found(ann):
    """If nothing is found, the page says so."""
    form, page = ((page.html.find('main') or page.html).get_text().split() for page in (ann.get('/search', status=200), search(ann, 'nothing')))
    if len(page) <= len(form) + 2:
        fail('a sentence that says that nothing was found', ' '.join(page))


def test_search_is_for_users(room, browser):
    """Without a token the API answers 401, and the page leads to the login."""
    room.api().ask('GET', '/api/search?q=tea', status=401)
    check_logged_out(browser, browser.get('/search?q=tea'))


# Stage 3: what people type

TEA = ['I like tea', 'Tea time']
QUERIES = [  # what somebody types, and what that finds
    ('"tea', TEA), ('tea*', TEA), ('-tea', TEA), ('(tea', TEA), ('{tea}', TEA), ('tea\\', TEA),
    ('"time tea"', ['Tea time']), ('tea -time', ['Tea time']), ('tea,time', ['Tea time']), ('time/tea', ['Tea time']), ('time_tea', ['Tea time']),
    ('^like', ['I like tea']), ('NOT', ['and not a body']), ('body:', ['and not a body']), ('NEAR(', ['teas near 100 trees']),
    ("don't", ["Don't panic, eat 🍰"]), ('a', ['and not a body', 'It is time for a Café']), ('tea AND like', []), ('tea OR panic', []),
    ('te*', []), ('_ea', []), ('%', []), ('body:tea', []), ("'; drop table post; --", []), ('x' * 100, []),
]


def test_query_is_text(api):
    """Nothing that people type is an operator: signs only separate words."""
    for q, expected in QUERIES:
        assert found(api, q) == expected


def test_search_shows_text(room, ann):
    """What was found, and what was typed, is shown as text. None of it becomes HTML."""
    text = '"><script>alert(1)</script>'
    room.rows("insert into post (user_id, body, created_at) values (1, ?, '2026-01-01T00:00:00Z')", text)
    page = search(ann, text)
    check_found(page, text, text)
    check_no_html(page)


def test_search_for_punctuation(ann, api):
    """Nothing but punctuation: no posts, and no error."""
    for q in ['"', '""', '*', '-', "'", '()', '...', '?!', '" "', '\u200b']:
        assert found(api, q) == []
        assert bodies(search(ann, q)) == []


def test_search_for_emoji(ann, api):
    """An emoji is no error, alone or beside a word."""
    for q in ['🍰', 'panic 🍰', '🍰' * 100]:
        texts = found(api, q)
        if texts not in ([], [POSTS[3]]):
            fail(f'no posts, or the one with it: {POSTS[3]}', texts)
        assert bodies(search(ann, q)) == texts


def test_search_validation(ann, api):
    """No words, more than 100 characters, NUL or what is no text: 400 in the API, which names q; the form again on the page."""
    for query in ['', 'q=', 'q=+', 'q=%20%09', 'q=' + 'x' * 101, 'q=a%00b', 'q=%ed%a0%80', 'q=%ff', 'words=tea']:
        assert 'q' in api.ask('GET', '/api/search?' + query, status=400)['message']
        page = ann.get('/search?' + query, status=[200, 400])
        field(page, 'q')
        assert bodies(page) == []


def test_bad_page_numbers(ann, api):
    """A page that is no number from 1 on: 400."""
    for number in BAD_NUMBERS:
        api.ask('GET', '/api/search?q=tea&page=' + number, status=400)
        api.ask('GET', '/api/search?q=tea&per_page=' + number, status=400)
        ann.get('/search?q=tea&page=' + number, status=400)


# Stage 4: old databases and changed posts

def test_changed_posts(room, api):
    """A changed post is found by its new words only, a deleted one not at all."""
    eve = room.api()
    eve.log_in('eve')
    eve.ask('PUT', '/api/posts/2', {'body': 'I like milk'})
    assert [found(api, q) for q in ('tea', 'like', 'milk')] == [['Tea time'], ['I like milk'], ['I like milk']], \
        'Tea time for tea; I like milk for like and for milk, since the PUT'
    eve.ask('DELETE', '/api/posts/2', status=204)
    assert [found(api, q) for q in ('tea', 'like', 'milk')] == [['Tea time'], [], []], 'Tea time for tea; nothing for like and for milk, since the DELETE'


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
    path, connect, both = old_database(tmp_path), sqlite3.connect, threading.Barrier(2)
    for table in ('user', 'post'):
        sqlite_utils.Database(path).table(table).enable_counts()  # as step 02 does, so that nobody has to wait for that

    def wait(sql):
        """Make each thread wait for the other when it makes an index, so that looking first and writing later fails."""
        if sql.lower().startswith('create virtual table'):
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)

    def connect_and_wait(*args, **more):
        db = connect(*args, **more)
        db.set_trace_callback(wait)
        return db

    chats = [make_chat(DATABASE=path) for _ in range(2)]
    monkeypatch.setattr(sqlite3, 'connect', connect_and_wait)
    answers = run_both(lambda chat: chat.browser().register('eve', status='*'), *chats)
    monkeypatch.undo()
    for answer in answers:
        if answer.status_int not in (303, 400):
            fail('status 303 or 400 for both who register then', summary(answer))
    assert bodies(search(chats[0].browser('ann'), 'old')) == ['old coffee', 'old tea']


# Stage 5: pages and links

def test_search_pages_of_the_api(room, api):
    """The links of a collection keep q, percent-encoded, and lead through all pages."""
    fill(room, 25, 'bob', 'many & ')
    texts, path = [], '/api/search?' + urlencode({'q': 'many &'})
    while path and len(texts) < 40:
        answer = api.ask('GET', path)
        check_item(answer['_meta'], total_items=25, total_pages=3)
        texts += [item['body'] for item in items(answer)]
        assert parse_qs(urlsplit(str(link(answer, 'self'))).query).get('q') == ['many &'], 'a link self with q=many+%26'
        path = link(answer, 'next')
    assert texts == [f'many & {number}' for number in range(25, 0, -1)]
    assert [item['body'] for item in items(follow(api, answer, 'prev'))] == [f'many & {number}' for number in range(15, 5, -1)]
    answer = ask(api, 'many &', page=2, per_page=4)
    assert [item['body'] for item in items(answer)] == [f'many & {number}' for number in range(21, 17, -1)]
    assert answer['_meta'] == {'page': 2, 'per_page': 4, 'total_pages': 7, 'total_items': 25}
    assert 'q=' not in link(api.ask('GET', '/api/posts'), 'self')


def test_search_past_the_end(ann, api):
    """A page past the end has no posts, and is no error."""
    for page in (2, 10**12):
        answer = ask(api, 'tea', page=page)
        assert items(answer) == []
        assert answer['_meta'] == {'page': page, 'per_page': 10, 'total_pages': 1, 'total_items': 2}
        check_found(search(ann, 'tea', page=page), 'tea')


def test_search_pages_of_the_page(room, ann):
    """20 posts a page. The links to older and newer posts keep what was typed."""
    fill(room, 41, 'bob', 'many & ')
    pages = [search(ann, 'many &')]
    for _ in range(2):
        pages.append(ann.follow(pages[-1], 'next'))
    for page, first, last in zip(pages, [41, 21, 1], [21, 1, 0]):
        check_found(page, 'many &', *(f'many & {number}' for number in range(first, last, -1)))
    check_no_link(pages[0], 'prev')
    check_no_link(pages[2], 'next')
    assert bodies(ann.follow(pages[2], 'prev')) == bodies(pages[1])
    room.rows("delete from post where body = 'many & 1'")
    check_no_link(search(ann, 'many &', page=2), 'next')
