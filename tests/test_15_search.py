"""Step 15: search, for people and for programs."""
import contextlib
import sqlite3
import threading
from urllib.parse import urlencode, urljoin

import pytest

from checks import (
    BAD_NUMBERS, check_logged_out, check_no_html, check_no_link, check_page, fill, follow, items,
    let_others_post, link, run_both, trace,
)
from clients import bodies, error, fail, field, links, value

CAFE, CAKE, NEAR = 'It is time for a Café', "Don't panic, eat 🍰", 'teas near trees'
POSTS = ['Tea time', 'I like tea', CAFE, CAKE, NEAR, 'and not a body', 'phở']


@pytest.fixture
def room(chat):
    """A room in which bob and eve have written by turns, but not ann."""
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


def ask(api, q, **more):
    """Search with the API."""
    return api.ask('GET', '/api/search?' + urlencode({'q': q, **more}))


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


def test_search_all_words(api):
    """All words have to be in the same post, in any order. They are whole words."""
    for q, expected in [('time tea', ['Tea time']), ('  tea  like ', ['I like tea']),
                        ('like time', []), ('te', [])]:
        assert found(api, q) == expected


def test_search_any_case_and_accent(api):
    """Upper and lower case are the same, and so are letters with and without accents."""
    for q in ['CAFE', 'CAFÉ', 'ti\u0301me CA\u0301FE']:
        assert found(api, q) == [CAFE]
    assert found(api, 'pho') == ['phở']


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
    assert urljoin('/search', form.get('action') or '') == '/search', 'a form sent to /search'
    check_found(page, '')


def test_every_page_leads_to_search(room, ann):
    """The header of every page has a link to /search, also if nobody is logged in."""
    for path in ('/', '/user/bob', '/profile', '/nothing'):
        assert links(ann.get(path, status='*'), '/search'), 'a link to /search'
    assert links(room.browser().get('/auth/login'), '/search'), 'a link to /search'


def test_search_on_the_page(ann):
    """What was found is shown as in the room. The field keeps what was typed."""
    page = search(ann, 'PHỞ')
    check_found(page, 'PHỞ', 'phở')
    shown, in_room = (page.html.select_one('.posts > *') for page in (page, ann.get('/')))
    assert shown.get_text().split() == in_room.get_text().split()


def test_nothing_found(ann):
    """If nothing is found, the page says so."""
    pages = ann.get('/search', status=200), search(ann, 'nothing')
    form, page = ((page.html.find('main') or page.html).get_text().split() for page in pages)
    if len(page) <= len(form) + 2:
        fail('a sentence that says that nothing was found', ' '.join(page))


def test_search_needs_a_login(browser):
    """Logged out, the page leads to the log-in page, and that back to the same search."""
    browser.register('ann')
    for path in ['/search?q=tea%26+%3F&page=2', '/search?q=tea', '/search']:
        answer = browser.get(path)
        check_logged_out(browser, answer)
        assert browser.redirected(browser.log_in('ann', path=browser.redirected(answer))) == path
        browser.post('/auth/logout')


# What people type

TEA, TIME = ['I like tea', 'Tea time'], ['Tea time']
QUERIES = [  # what somebody types, and what that finds
    ('"tea', TEA), ('(tea', TEA), ('{tea}', TEA), ('-tea', TEA), ('tea\\', TEA), ('^tea', TEA),
    ('"time tea"', TIME), ('tea -time', TIME), ('tea,time', TIME), ('time_tea', TIME),
    ('NOT', ['and not a body']), ('NEAR(', [NEAR]), ("don't", [CAKE]), ('te*', []),
    ('tea AND like', []), ('tea OR panic', []), ('body:tea', []), ('x' * 100, []),
]


def test_query_is_text(api):
    """Nothing that people type is an operator: signs only separate words."""
    for q, expected in QUERIES:
        assert found(api, q) == expected


TEN = 'one two three four five six seven eight nine ten'


def test_ten_words_count(ann, api):
    """Only the first ten different words count. The same word is one, however often it stands."""
    ann.say(TEN)
    for q, expected in [(f'{TEN} more', [TEN]), ('tea ' * 12 + 'more', []), (f'more {TEN}', [])]:
        assert found(api, q) == bodies(search(ann, q)) == expected


def test_search_shows_text(ann):
    """What was found, and what was typed, is shown as text. None of it becomes HTML."""
    text = '"><script>alert(1)</script>'
    ann.say(text)
    page = search(ann, text)
    check_found(page, text, text)
    check_no_html(page)


def test_search_for_punctuation(ann, api):
    """Nothing but punctuation: no posts, and no error. An emoji is no error, either."""
    for q in ['"', '*', "'", '()', '...', '%', '" "', '\u200b']:
        assert found(api, q) == []
        assert bodies(search(ann, q)) == []
    for q in ['🍰', 'panic 🍰', '🍰' * 100]:
        assert found(api, q) == bodies(search(ann, q))


NO_WORDS = ['', 'q=+%09']
BROKEN = ['q=' + 'x' * 101, 'q=a%00b', 'q=%ed%a0%80', 'q=%ff']


def test_search_validation(api):
    """No words, more than 100 characters, NUL or what is no text: 400, which names q."""
    for query in NO_WORDS + BROKEN:
        assert 'q' in api.ask('GET', '/api/search?' + query, status=400)['message']


def test_search_for_nothing_on_the_page(ann):
    """The page without words is the form alone."""
    for query in NO_WORDS:
        page = ann.get('/search?' + query, status=200)
        assert not page.html.select('.posts, .empty'), 'the form, and no list of posts'


def test_search_validation_on_the_page(ann):
    """Too long, with a NUL, or no text: 400 and the form again, with a message."""
    for query in BROKEN:
        page = ann.get('/search?' + query, status=400)
        error(page, 'q')
        assert bodies(page) == []


def test_bad_page_numbers(ann, api):
    """A page that is no number from 1 on: 400."""
    for number in BAD_NUMBERS:
        api.ask('GET', '/api/search?q=tea&page=' + number, status=400)
        ann.get('/search?q=tea&page=' + number, status=400)
    api.ask('GET', '/api/search?q=tea&per_page=101', status=400)


# Old posts and changed posts

def test_changed_posts(room, api):
    """A changed post is found by its new words only, a deleted one not at all."""
    eve = room.api()
    eve.log_in('eve')
    eve.ask('PUT', '/api/posts/2', {'body': 'I like milk'})
    assert [found(api, word) for word in ('tea', 'milk')] == [['Tea time'], ['I like milk']]
    eve.ask('DELETE', '/api/posts/2', status=204)
    assert [found(api, word) for word in ('tea', 'milk')] == [['Tea time'], []]


@pytest.fixture
def old(make_chat, tmp_path):
    """A function that returns ann's client on a new app with a database of step 14."""
    chat, path = make_chat(), tmp_path / 'old.db'
    token = chat.api('ann').log_in('ann')['token']
    chat.browser('bob').say('old tea')
    db = sqlite3.connect(path, isolation_level=None)
    db.execute('pragma journal_mode = wal')
    db.execute('attach ? as new', [str(chat.database)])
    for name in ('user', 'post', 'token'):
        (sql,) = db.execute('select sql from new.sqlite_master where name = ?', [name]).fetchone()
        db.execute(sql)
        db.execute(f'insert into {name} select * from new.{name}')
    db.close()

    def open_old():
        api = make_chat(DATABASE=path).api()
        api.token = token
        return api
    return open_old


def test_old_database(old):
    """Posts that are older than the index are found as well as new ones, after a restart, too."""
    api = old()
    api.ask('POST', '/api/posts', {'body': 'new tea'}, 201)
    assert found(api, 'tea') == ['new tea', 'old tea']
    assert found(old(), 'tea') == ['new tea', 'old tea']


def test_old_database_is_opened_twice(old, monkeypatch):
    """Two apps open an old database at the same moment: no error, and each post is found once."""
    both, said = threading.Barrier(2), threading.Event()

    def wait(sql):
        """Let both make the index together, and the triggers only after the other's post."""
        if sql.lower().startswith('create virtual table'):
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)
        elif sql.lower().startswith('create trigger'):
            said.wait(0.5)
            said.set()

    def say(api):
        api.ask('POST', '/api/posts', {'body': 'new tea'}, 201)
        said.set()

    one, two = old(), old()
    trace(monkeypatch, wait)
    run_both(say, one, two)
    monkeypatch.undo()
    assert found(one, 'tea') == ['new tea', 'new tea', 'old tea']


def test_post_while_others_post(room, make_chat, api, monkeypatch):
    """A post that is the first thing a thread does is stored, while others post: no error."""
    let_others_post(monkeypatch, room.database)
    again = make_chat(DATABASE=room.database).api()
    again.ask('POST', '/api/posts', {'body': 'mine'}, 201, Authorization=f'Bearer {api.token}')
    assert found(api, 'mine') == ['mine']


# More than one page

def test_search_pages_of_the_api(room, api):
    """The links of a collection keep q, percent-encoded, and lead through all pages."""
    fill(room, 25, 'bob', 'many ')
    first = ask(api, '& many', per_page=9)
    second = follow(api, first, 'next')
    third = follow(api, second, 'next')
    posts = items(first) + items(second) + items(third)
    assert [post['body'] for post in posts] == [f'many {number}' for number in range(25, 0, -1)]
    assert link(third, 'next') is None
    assert follow(api, third, 'prev') == follow(api, second, 'self') == second
    assert second['_meta'] == {'page': 2, 'per_page': 9, 'total_pages': 3, 'total_items': 25}
    assert items(ask(api, 'many', page=10**12)) == []


def test_search_pages_of_the_page(room, ann):
    """20 posts a page, none past the end. The links to others keep what was typed."""
    fill(room, 40, 'bob', 'many ')
    texts = [f'many {number}' for number in range(40, 0, -1)]
    newest = search(ann, '& many')
    check_found(newest, '& many', *texts[:20])
    check_no_link(newest, 'prev')
    oldest = ann.follow(newest, 'next')
    check_found(oldest, '& many', *texts[20:])
    check_no_link(oldest, 'next')
    check_found(ann.follow(oldest, 'prev'), '& many', *texts[:20])
    check_found(search(ann, 'many', page=10**12), 'many')
