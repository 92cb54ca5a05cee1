"""Step 15: search, for people and for programs."""
import pytest

from checks import (
    check_logged_out, fill, follow, in_between, let_others_post, old_database, open_old,
)
from pages import bodies, check_no_html, check_no_link, check_page, error, links, value

LIKE, TIME, CAFE = 'I like tea', 'Tea time', 'It is time for a Café'
CAKE, NOT, NEAR = "Don't panic, eat 🍰", 'and not a body', 'teas near trees'


@pytest.fixture
def ann(chat):
    """Ann's browser. Bob and eve have written posts."""
    bob, eve = chat.browser('bob'), chat.browser('eve')
    bob.say(TIME)
    eve.say(LIKE)
    for body in (CAFE, CAKE, NOT, NEAR, 'phở'):
        bob.say(body)
    return chat.browser('ann')


@pytest.fixture
def api(chat, ann):
    """Ann's client of the API."""
    api = chat.api()
    api.log_in('ann')
    return api


def found(api, q):
    """Return the texts of the posts that the API finds."""
    return [item['body'] for item in api.get('/api/search', {'q': q}).json['items']]


def search(browser, q):
    """Return the page with what was found."""
    return browser.get('/search', {'q': q}, status=200)


# A word, in the API

def test_search_posts(api):
    """GET /api/search: the posts with the word, newest first, as GET /api/posts shows them."""
    posts = [api.get('/api/posts/2').json, api.get('/api/posts/1').json]
    page = api.get('/api/search?q=tea').json
    assert page['items'] == posts
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 1, 'total_items': 2}


def test_search_all_words(api):
    """All words have to be in the same post, in any order. They are whole words."""
    assert found(api, 'time tea') == [TIME]
    assert found(api, '  tea  like ') == [LIKE]
    assert found(api, 'like time') == found(api, 'te') == []


def test_search_any_case_and_accent(api):
    """Upper and lower case are the same, and so are letters with and without accents."""
    for q in ('CAFE', 'CAFÉ', 'ti\u0301me CA\u0301FE'):
        assert found(api, q) == [CAFE]
    assert found(api, 'pho') == ['phở']


def test_search_needs_a_token(chat):
    """GET /api/search without a token: 401."""
    chat.api().get('/api/search?q=tea', status=401)


# The page

def test_search_page(ann):
    """GET /search shows a form. It sends its field q with GET."""
    page = ann.get('/search', status=200)
    check_page(page)
    assert value(page, 'q') == ''
    form = next(form for form in page.forms.values() if 'q' in form.fields)
    form['q'] = 'tea'
    assert bodies(form.submit(status=200)) == [LIKE, TIME]


def test_every_page_leads_to_search(ann, browser):
    """The header of every page has a link to /search, also if nobody is logged in."""
    for page in (ann.get('/'), ann.get('/nothing', status=404), browser.get('/auth/login')):
        assert links(page, '/search'), 'no link to /search'


def test_search_on_the_page(ann):
    """What was found is shown as text. The field keeps what was typed."""
    ann.say('PHỞ <script>alert(1)</script>')
    page = search(ann, 'PHỞ')
    assert value(page, 'q') == 'PHỞ'
    assert bodies(page) == ['PHỞ <script>alert(1)</script>', 'phở']
    check_no_html(page)


def test_search_needs_a_login(browser):
    """Logged out, the page leads to the log-in page, and that back to the same search."""
    browser.register('ann')
    path = '/search?q=tea%26+%3F&page=2'
    answer = browser.get(path)
    check_logged_out(browser, answer)
    assert browser.redirected(browser.log_in('ann', path=browser.redirected(answer))) == path


# What people type

QUERIES = {  # what somebody types, and what that finds
    **dict.fromkeys(['"tea', '(tea', '-tea', '^tea'], [LIKE, TIME]),
    **dict.fromkeys(['"time tea"', 'tea -time', 'tea,time', 'time_tea'], [TIME]),
    'NOT': [NOT], 'NEAR(': [NEAR], "don't": [CAKE],
    **dict.fromkeys(['te*', 'tea AND like', 'tea OR panic', 'body:tea', 'x' * 100], []),
    **dict.fromkeys(['"', '*', '" "', '...'], []),
}


def test_query_is_text(ann, api):
    """Nothing that people type is an operator: signs only separate words."""
    assert {q: found(api, q) for q in QUERIES} == QUERIES
    assert bodies(search(ann, '...')) == []
    assert bodies(search(ann, '-tea')) == [LIKE, TIME]
    page = search(ann, '"><script>')
    assert value(page, 'q') == '"><script>'
    check_no_html(page)


def test_ten_words_count(ann, api):
    """Only the first ten different words count. The same word is one, however often it stands."""
    ten = 'one two three four five six seven eight nine ten'
    ann.say(ten)
    assert found(api, f'{ten} more') == [ten]
    assert found(api, f'more {ten}') == []
    assert found(api, 'ten ' * 12 + 'more') == []


NO_WORDS = ['', 'q=+%09', 'q=%c2%a0']
BROKEN = ['q=' + 'x' * 101, 'q=a%00b', 'q=%ed%a0%80', 'q=%ff', 'q=%a0']


def test_search_validation(api):
    """No words, more than 100 characters, NUL or what is no text: 400, which names q."""
    for query in NO_WORDS + BROKEN:
        assert 'q' in api.get('/api/search?' + query, status=400).json['message']


def test_search_validation_on_the_page(ann):
    """Without words, the page is the form alone. Too long or not UTF-8: 400, with a message."""
    for query in NO_WORDS:
        page = ann.get('/search?' + query, status=200)
        assert not page.html.select('.posts, .empty'), 'a list of posts, and not the form alone'
    for query in BROKEN:
        page = ann.get('/search?' + query, status=400)
        error(page, 'q')
        assert bodies(page) == []


def test_bad_page_numbers(ann, api):
    """A page that is no number from 1 on: 400."""
    for number in ('0', 'x', '9' * 30):
        api.get(f'/api/search?q=tea&page={number}', status=400)
        ann.get(f'/search?q=tea&page={number}', status=400)
    api.get('/api/search?q=tea&per_page=101', status=400)


# Old posts and changed posts

def test_changed_posts(chat, api):
    """A changed post is found by its new words only, a deleted one not at all."""
    eve = chat.api()
    eve.log_in('eve')
    eve.put_json('/api/posts/2', {'body': 'I like milk'})
    assert [found(api, word) for word in ('tea', 'milk')] == [[TIME], ['I like milk']]
    eve.delete('/api/posts/2', status=204)
    assert [found(api, word) for word in ('tea', 'milk')] == [[TIME], []]


def say(api, body):
    api.post_json('/api/posts', {'body': body}, status=201)


def test_old_database(make_chat, tmp_path):
    """Posts that are older than the index are found as well as new ones, after a restart, too."""
    database = old_database(tmp_path)
    api = open_old(make_chat, database)
    say(api, 'new tea')
    assert found(api, 'tea') == ['new tea', 'old tea']
    assert found(open_old(make_chat, database), 'tea') == ['new tea', 'old tea']


def test_old_database_is_opened_twice(make_chat, tmp_path, monkeypatch):
    """Two apps open an old database at the same moment: no error, and each post is found once."""
    database = old_database(tmp_path)
    one, two = open_old(make_chat, database), open_old(make_chat, database)
    in_between(monkeypatch, say, two, 'second tea')
    say(one, 'new tea')
    assert found(one, 'tea') == ['new tea', 'second tea', 'old tea']


def test_post_while_others_post(make_chat, tmp_path, monkeypatch):
    """Others post while an app makes the index, and before the first post of another: all lasts."""
    database = old_database(tmp_path)
    let_others_post(monkeypatch, database)
    say(open_old(make_chat, database), 'mine')
    say(open_old(make_chat, database), 'mine')
    monkeypatch.undo()
    api = open_old(make_chat, database)
    assert found(api, 'mine') == ['mine', 'mine']
    total = api.get('/api/posts').json['_meta']['total_items']
    many = api.get('/api/search?q=many').json['_meta']['total_items']
    assert many == total - 4, 'not found: what was said before the index had triggers'


# More than one page

def many(newest, oldest):
    """Return the bodies of the posts that `fill` has added, from the newest to the oldest."""
    return [f'many {number}' for number in range(newest, oldest - 1, -1)]


def test_search_pages_of_the_api(chat, api):
    """The links of a collection keep q, percent-encoded, and lead through all pages."""
    fill(chat, 25, 'bob', 'many ')
    first = api.get('/api/search?q=%26+many&per_page=20').json
    second = follow(api, first, 'next')
    assert [post['body'] for post in first['items'] + second['items']] == many(25, 1)
    assert second['_meta'] == {'page': 2, 'per_page': 20, 'total_pages': 2, 'total_items': 25}
    assert second['_links']['next'] is None
    assert follow(api, second, 'self') == second
    assert follow(api, second, 'prev') == first


def test_search_pages_of_the_page(chat, ann):
    """20 posts a page. The links to others keep what was typed."""
    fill(chat, 40, 'bob', 'many ')
    newest = search(ann, '& many')
    assert bodies(newest) == many(40, 21)
    check_no_link(newest, 'prev')
    oldest = ann.follow(newest, 'next')
    assert bodies(oldest) == many(20, 1)
    assert value(oldest, 'q') == '& many'
    check_no_link(oldest, 'next')
    assert bodies(ann.follow(oldest, 'prev')) == many(40, 21)
