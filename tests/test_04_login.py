"""Step 04: a session is a random token."""
import random
import re
import time

import pytest

from checks import (
    check_logged_out, check_mistake, check_page, check_times, count_hashes, lifetime, session,
    trace,
)
from clients import PASSWORD, fail, links, value

AUTHOR = 'select username from {} join user on user.id = user_id'


def mistake(browser, username, password='wrong horse'):
    """Log in with a wrong username or password. Return the page."""
    fields = {'username': username, 'password': password}
    return browser.post('/auth/login', fields, status=400)


def is_logged_in(browser, username='', path='/auth/register', **more):
    """Return True if a page shows this name, and a button to log out."""
    html = browser.get(path, status=200, **more).html
    button = html.select('form[action="/auth/logout"]')
    return bool(button and re.search(rf'\b{username}\b', html.get_text()))


# A page to log in

def test_login_page(browser):
    """GET /auth/login shows an empty form. Each page has links to log in and to register."""
    for page in [browser.get(path, status=200) for path in ('/auth/register', '/auth/login')]:
        for path in ('/auth/login', '/auth/register'):
            assert links(page, path, 'header'), f'a link to {path} in the header'
    check_page(page)
    assert [value(page, 'username'), value(page, 'password')] == ['', '']


def test_registered(browser):
    """After registering, the log-in page says that it has worked. At other times it doesn't."""
    path = browser.redirected(browser.register('ann'))
    assert path.split('?')[0] == '/auth/login'
    first, later = (browser.get(path, status=200) for path in (path, '/auth/login'))
    if first.html.get_text() == later.html.get_text():
        fail('a page that says that you are registered', f'{path} is like /auth/login')


# The right password

def test_login(browser):
    """The right password, whatever it is, leads to the room. The case of the name is all one."""
    users = [('ann', ' 8chars! '), ('bob', 'x' * 256), ('eve', 'pässwörd 🙂')]
    for username, password in users:
        browser.register(username, password)
    for username, password in users:
        answer = browser.log_in(username.upper(), password)
        assert browser.redirected(answer).split('?')[0] == '/'


@pytest.mark.parametrize('mistakes', [
    [('ann', 'wrong horse'), ('ann', ''), ('ann', PASSWORD + ' ')],
    [('', ''), ('_nn', PASSWORD), ("' onfocus='1", 'x'), ('"><script>1</script>', 'x')],
], ids=['a wrong password', 'a wrong username'])
def test_login_mistake(browser, mistakes):
    """A wrong username or password: 400, and the form with a message, which keeps the username."""
    browser.register('ann')
    before = browser.get('/auth/login', status=200)
    for username, password in mistakes:
        page = mistake(browser, username, password)
        check_mistake(page, before, 'username', 'password')
        assert value(page, 'username') == username
    browser.post('/auth/login?username=ann&password=correct+horse', status=400)  # not in the form


def test_login_mistakes_look_alike(browser):
    """A wrong username and a wrong password look the same, so they don't tell which names exist."""
    browser.register('ann')
    pages = [' '.join(mistake(browser, username).html.get_text().split())
             for username in ('ann', 'eve')]
    if pages[0].replace('ann', 'eve') != pages[1]:
        fail('the same page for a wrong password and for a wrong username', '\n'.join(pages))


# A clock

def test_user_enumeration(browser, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so the time tells nothing."""
    browser.register('ann')
    costs = count_hashes(monkeypatch)
    for username in ('ann', 'nobody'):
        mistake(browser, username)
    assert costs == [(2, 8, 5)] * 2, \
        'two hashes with n=2, r=8, p=5: for a wrong password, and for a name that nobody has'


# A ticket

def test_token_table(chat, browser):
    """The table token has the same columns in every step."""
    browser.register('ann')
    columns = [row[1] for row in chat.rows('pragma table_info(token)')]
    assert sorted(columns) == ['expires_at', 'hash', 'user_id']


# A cookie

def test_token_is_hashed(chat, ann):
    """Logging in puts a token into a cookie, and its SHA-256 into the table token."""
    cookie = session(chat, ann)
    assert chat.rows(AUTHOR.format('token')) == [('ann',)]
    assert cookie.value not in str(chat.rows('select * from token')), 'only the SHA-256'


def test_token_is_random(make_chat, monkeypatch):
    """A token can't be guessed: it has 128 bits or more, and no name, time or count in it."""
    monkeypatch.setattr(time, 'time', lambda now=time.time(): now)
    tokens = []
    for chat in (make_chat(), make_chat()):
        random.seed(1)  # so tokens that are not from the system's randomness come twice
        browser = chat.browser('ann')
        tokens += [session(chat, browser).value for _ in range(20) if browser.log_in('ann')]
    starts, ends = {token[:4] for token in tokens}, {token[-4:] for token in tokens}
    if min(map(len, tokens)) < 22 or len(starts) <= 30 or len(ends) <= 30:
        fail('tokens such as those of secrets.token_urlsafe(32)', '\n'.join(sorted(tokens)[:2]))


@pytest.mark.parametrize('scheme', ['http', 'https'])
def test_cookie_flags(chat, browser, scheme):
    """The cookie is HttpOnly and SameSite=Lax, its path is /, and over HTTPS it is Secure."""
    browser.register('ann')
    browser.extra_environ = {'wsgi.url_scheme': scheme}
    sent = '; '.join(browser.log_in('ann').headers.getall('Set-Cookie')).lower().split('; ')
    known = ['httponly', 'path=/', 'samesite=lax', 'secure']
    assert [flag for flag in known if flag in sent] == known[:4 if scheme == 'https' else 3]


def test_token_seconds(far_east, chat, ann):
    """The token and its cookie are good for an hour: 3600 seconds, the setting TOKEN_SECONDS."""
    assert lifetime(session(chat, ann)) == 3600, 'a cookie that is kept for 3600 seconds'
    expires_at, seconds = chat.rows("""select expires_at, strftime('%s', expires_at)
                                       - strftime('%s', 'now') from token""")[0]
    check_times(expires_at)
    assert round(seconds, -2) == 3600, 'an expires_at that is 3600 seconds from now'


# Who is it?

def test_pages_show_who_is_logged_in(ann, browser):
    """A page shows the name of the user who is logged in, and a button to log out."""
    for path in ('/auth/register', '/auth/login'):
        assert is_logged_in(ann, 'ann', path), 'the name ann, and a form to /auth/logout'
    assert not is_logged_in(browser), 'no button to log out for a stranger'


def test_wrong_cookie(chat, browser, ann):
    """Only a token that the app gave, in the cookie, tells who you are: none in an address."""
    cookie = session(chat, ann)
    hashed = chat.rows('select hash from token')[0][0]
    for text in ['', 'ü', '1', 'ann', hashed]:
        headers = {'Cookie': f'{cookie.name}={text}'.encode().decode('latin-1')}
        assert not is_logged_in(browser, headers=headers), f'a stranger, for the cookie {text}'
    path = f'/auth/login?{cookie.name}={cookie.value}'
    assert not is_logged_in(browser, path=path), 'a page for a stranger'


def test_token_expires(chat, ann):
    """A session ends when its token expires. All others go on, even your own."""
    hashed = chat.rows('select hash from token')[0][0]
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    assert is_logged_in(ann, 'ann'), 'the name ann on the page'
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z' where hash = ?", hashed)
    found = [is_logged_in(ann), is_logged_in(bob, 'bob'), is_logged_in(phone, 'ann')]
    assert found == [False, True, True]


# Only you post as you

def test_login_required(browser):
    """Without logging in, the room redirects to the log-in page of this host. It shows nothing."""
    answer = browser.get('/', headers={'Host': 'evil.example'})
    check_logged_out(browser, answer)
    assert '<form' not in answer.text, 'a redirect and no page (is the redirect returned?)'
    browser.get('/', headers={'Host': '['}, status=[303, 400])


def test_login_required_to_post(chat, browser, ann):
    """Without logging in, you can't post either, whatever name or token is in the form."""
    cookie = session(chat, ann)
    fields = {'username': 'ann', cookie.name: cookie.value, 'body': 'hello'}
    check_logged_out(browser, browser.post('/', fields, status=[303, 400]))
    assert chat.rows('select body from post') == []


def test_post_as_somebody_else(chat, ann):
    """A post belongs to whoever is logged in. The form asks for no name, and none counts."""
    assert is_logged_in(ann, 'ann', '/'), 'ann on the page'
    page = ann.get('/', status=200)
    assert not page.html.select('[name=username]'), 'no field with the name username'
    chat.add_user('bob')
    ann.post('/', {'username': 'bob', 'body': 'hello'}, status=303)
    assert chat.rows(AUTHOR.format('post')) == [('ann',)]


def test_who_is_asked_once(make_chat, monkeypatch):
    """Who is logged in costs one query for a page, and none for the stylesheet."""
    statements = []
    trace(monkeypatch, statements.append)
    ann = make_chat().browser('ann')
    statements.clear()
    for path in ('/auth/register', '/', '/static/style.css'):
        ann.get(path, status=200)
    queries = [sql for sql in statements if re.match(r'(?is)\s*select\b.*\btoken\b', sql)]
    assert len(queries) == 2, 'two queries of token, one for each page'


# Back to where you were

def test_next(browser):
    """Logging in leads to the path in `next`, that of the page for which one had to log in."""
    browser.register('ann')
    path = browser.redirected(browser.get('/'))
    assert 'next=' in path, 'a redirect to /auth/login?next=…, with the path of the room'
    for path, goal in [(path, '/'), ('/auth/login?next=%2Fauth%2Fregister', '/auth/register')]:
        answer = browser.submit(browser.get(path, status=200), username='ann', password=PASSWORD)
        assert browser.redirected(answer) == goal


# Log out

def test_logout(chat, ann):
    """Logging out, by a POST, deletes the cookie. Even a copy of it opens nothing any more."""
    cookie = session(chat, ann)
    ann.get('/auth/logout', status=[404, 405])
    ann.get('/', status=200)
    for _ in range(2):  # the second one is a stranger's
        answer = ann.post('/auth/logout')
        check_logged_out(ann, answer)
        assert 'next=' not in answer.location, 'no next: nobody wants to be logged out again'
    assert cookie.value not in str(ann.cookies), 'no cookie (the path is that which set it)'
    ann.set_cookie(cookie.name, cookie.value)
    check_logged_out(ann, ann.get('/'))


def test_logout_here_only(chat, ann):
    """Logging out ends no other session: not yours in another browser, and nobody else's."""
    others = [chat.browser('bob'), chat.browser()]
    others[1].log_in('ann')
    ann.post('/auth/logout', status=303)
    for browser in others:
        browser.get('/', status=200)
