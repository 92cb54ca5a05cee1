"""Step 04: a session is a random token."""
import random
import re
import time

from answers import fail
from checks import (
    check_logged_out, check_times, count_hashes, lifetime, session, token_lifetime, trace,
)
from clients import PASSWORD
from pages import check_mistake, check_page, links, value


def is_logged_in(browser, username='', path='/auth/register', **more):
    """Return True if a page shows this name, and a button to log out."""
    html = browser.get(path, status=200, **more).html
    button = html.select('form[action="/auth/logout"]')
    return bool(button and re.search(rf'\b{username}\b', html.get_text()))


# A page to log in

def test_login_page(browser):
    """GET /auth/login shows an empty form. The header has links to log in and to register."""
    page = browser.get('/auth/login', status=200)
    check_page(page)
    assert links(page, '/auth/register', 'header'), 'no link to /auth/register in the header'
    assert links(page, '/auth/login', 'header'), 'no link to /auth/login in the header'
    assert [value(page, 'username'), value(page, 'password')] == ['', '']


# The right password

def test_login(browser):
    """The right password, whatever it is, leads to the room. ANN is ann."""
    browser.register('ann', ' 8chars! ')
    browser.register('bob', 'pässwörd 🙂')
    answer = browser.log_in('ANN', ' 8chars! ')
    assert browser.redirected(answer) == '/'
    browser.log_in('bob', 'pässwörd 🙂')


def test_login_after_another_cost(make_chat):
    """Who registered when hashes had another cost can still log in."""
    cheap = make_chat(PASSWORD_COST=2)
    cheap.browser('ann')
    dear = make_chat(PASSWORD_COST=4, DATABASE=cheap.database)
    dear.browser().log_in('ann')


def test_login_mistake(browser):
    """A wrong username or password: 400, and the form with a message, which keeps the username."""
    browser.register('ann')
    before = browser.get('/auth/login', status=200)
    for username, password in [('ann', 'wrong horse'), ('ann', PASSWORD + ' '), ('_nn', PASSWORD),
                               ('"><script>1</script>\' onfocus=\'1', 'x')]:
        page = browser.log_in(username, password, status=400)
        check_mistake(page, before, 'username', 'password')
        assert value(page, 'username') == username


def test_login_mistakes_look_alike(browser):
    """A wrong username and a wrong password look the same, so they don't tell which names exist."""
    browser.register('ann')
    known, unknown = [' '.join(browser.log_in(name, 'wrong', status=400).html.get_text().split())
                      for name in ('ann', 'eve')]
    if known.replace('ann', 'eve') != unknown:
        fail('the same page for a wrong password and for a wrong username', f'{known}\n{unknown}')


# A clock

def test_user_enumeration(browser, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so the time tells nothing."""
    browser.register('ann')
    hashes = count_hashes(monkeypatch)
    browser.log_in('ann', 'wrong', status=400)
    browser.log_in('nobody', 'wrong', status=400)
    assert len(hashes) == 2, 'not one hash for ann, and one for nobody'
    assert hashes == [(2, 8, 5), (2, 8, 5)]  # the costs: n, which the tests set, r and p


# A ticket

def test_token_table(chat, browser):
    """The database has a table of tokens, each with a hash, a user and a time."""
    browser.register('ann')
    chat.rows('select hash, user_id, expires_at from token')


# A cookie

def test_token_is_hashed(chat, ann):
    """Logging in puts a token into a cookie, and its SHA-256 into the table token."""
    token = session(chat, ann).value
    assert chat.rows('select username from user join token on user.id = user_id') == [('ann',)]
    assert token not in str(chat.rows('select * from token'))


def test_token_is_random(make_chat, monkeypatch):
    """A token can't be guessed: it has 128 bits or more, and no name, time or count in it."""
    now, tokens = time.time(), []
    monkeypatch.setattr(time, 'time', lambda: now)
    for chat in (make_chat(), make_chat()):
        random.seed(1)  # so tokens that are not from the system's randomness come twice
        tokens.append(session(chat, chat.browser('ann')).value)
    one, two = tokens
    assert len(one) >= 22, f'{one} has fewer than 22 characters'
    assert one[:4] != two[:4], f'the tokens are alike: {tokens}'
    assert one[-4:] != two[-4:], f'the tokens are alike: {tokens}'


def test_cookie_flags(browser):
    """The cookie is HttpOnly and SameSite=Lax, its path is /, and over HTTPS it is Secure."""
    browser.register('ann')
    for scheme, is_secure in [('http', False), ('https', True)]:
        browser.extra_environ = {'wsgi.url_scheme': scheme}
        cookies = browser.log_in('ann').headers.getall('Set-Cookie')
        flags = '; '.join(cookies).lower().split('; ')
        assert 'httponly' in flags
        assert 'samesite=lax' in flags
        assert 'path=/' in flags
        assert ('secure' in flags) == is_secure, f'whether the cookie is Secure, over {scheme}'


def test_token_seconds(far_east, chat, ann):
    """The token and its cookie are good for an hour: 3600 seconds, the setting TOKEN_SECONDS."""
    assert lifetime(session(chat, ann)) == 3600
    assert token_lifetime(chat) == 3600
    check_times(*chat.rows('select expires_at from token')[0])


# Who is it?

def test_pages_show_who_is_logged_in(chat, browser, ann):
    """A page shows the name of whoever sends a token that the app gave, and only in the cookie."""
    assert is_logged_in(ann, 'ann'), 'ann is not logged in: her name is not on the page'
    cookie = session(chat, ann)
    hashed, = chat.rows('select hash from token')[0]
    for text in ['Ã¼', hashed]:  # in UTF-8, the first is ü
        headers = {'Cookie': f'{cookie.name}={text}'}
        assert not is_logged_in(browser, headers=headers), f'the cookie {text} logs somebody in'
    path = f'/auth/login?{cookie.name}={cookie.value}'
    assert not is_logged_in(browser, path=path), 'a token in the address logs somebody in'


def test_token_expires(chat, ann):
    """A session ends when its token expires. All others go on, even your own."""
    hashed, = chat.rows('select hash from token')[0]
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z' where hash = ?", hashed)
    found = [is_logged_in(ann), is_logged_in(bob, 'bob'), is_logged_in(phone, 'ann')]
    assert found == [False, True, True]


# Only you post as you

def test_login_required(chat, browser):
    """Without logging in, you neither see the room nor post."""
    browser.register('ann')
    answer = browser.get('/')
    check_logged_out(browser, answer)
    assert '<form' not in answer.text, 'a redirect with a page (is the redirect returned?)'
    check_logged_out(browser, browser.post('/', {'username': 'ann', 'body': 'hello'}))
    assert chat.rows('select body from post') == []


def test_post_as_somebody_else(chat, ann):
    """A post belongs to whoever is logged in. The form asks for no name, and none counts."""
    assert ann.get('/', status=200).html.select('[name=username]') == []
    ann.post('/', {'username': 'zoe', 'body': 'hello'}, status=303)
    assert chat.rows('select username from user join post on user.id = user_id') == [('ann',)]


def test_who_is_asked_once(make_chat, monkeypatch):
    """Who is logged in costs one query for a page, and none for the stylesheet."""
    statements = []
    trace(monkeypatch, statements.append)
    ann = make_chat().browser('ann')
    statements.clear()
    ann.get('/', status=200)
    ann.get('/static/style.css', status=200)
    queries = [sql for sql in statements if re.match(r'(?is)\s*select\b.*\btoken\b', sql)]
    assert len(queries) == 1, 'not one query of token for a page'


# Back to where you were

def test_next(browser):
    """Logging in leads to the path in `next`, that of the page for which one had to log in."""
    browser.register('ann')
    assert 'next=' in browser.redirected(browser.get('/'))
    answer = browser.log_in('ann', path='/auth/login?next=%2Fauth%2Fregister')
    assert browser.redirected(answer) == '/auth/register'


# Log out

def test_logout(chat, ann):
    """Logging out, by a POST, ends this session, even for a copy of the cookie, and no other."""
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    cookie = session(chat, ann)
    ann.get('/auth/logout', status=[404, 405])
    ann.get('/', status=200)
    check_logged_out(ann, ann.post('/auth/logout'))
    assert cookie.value not in str(ann.cookies)  # the path is that which set it
    assert 'next=' not in ann.redirected(ann.post('/auth/logout'))  # not back to a log-out
    ann.set_cookie(cookie.name, cookie.value)
    check_logged_out(ann, ann.get('/'))
    bob.get('/', status=200)
    phone.get('/', status=200)
