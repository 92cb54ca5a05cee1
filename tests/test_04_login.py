"""Step 04: a session is a random token."""
import calendar
import random
import re
import sqlite3
import time

import pytest

from checks import (
    check_logged_out, check_no_html, check_page, check_times, count_hashes, lifetime, session,
)
from clients import PASSWORD, error, fail, links, summary, value


def shows(browser, username):
    """Return True if a page shows this name, as all do when this user is logged in."""
    text = browser.get('/auth/register', status=200).html.get_text()
    return re.search(rf'\b{username}\b', text) is not None


def mistake(browser, username, password, **more):
    """Try to log in with a wrong username or password. Return the page."""
    fields = {'username': username, 'password': password, **more}
    return browser.post('/auth/login', fields, status=400)


# A page to log in

def test_login_page(browser):
    """GET /auth/login shows an empty form with the fields username and password."""
    page = browser.get('/auth/login', status=200)
    check_page(page)
    values = {name: value(page, name) for name in ('username', 'password')}
    assert values == {'username': '', 'password': ''}


def test_registered(browser):
    """After registering, the log-in page says that it has worked. At other times it doesn't."""
    path = browser.redirected(browser.register('ann'))
    first, later = (browser.get(path, status=200) for path in (path, '/auth/login'))
    assert path.split('?')[0] == '/auth/login'
    if first.html.get_text() == later.html.get_text():
        fail('a log-in page that says that you are registered, after the redirect only',
             f'the same page as without registering\nThe redirect went to {path}')


def test_links_to_log_in(browser):
    """Without logging in, each page has links to log in and to register."""
    for page in [browser.get(path, status=200) for path in ('/auth/register', '/auth/login')]:
        for path in ('/auth/login', '/auth/register'):
            assert links(page, path, 'header'), f'a link to {path} in the header'


# The right password

def test_login(browser):
    """The right password leads to the room."""
    for username in ('bob', 'ann', 'eve'):
        browser.register(username, f'the password of {username}')
    answer = browser.log_in('ann', 'the password of ann')
    assert browser.redirected(answer).split('?')[0] == '/'


@pytest.mark.parametrize('password', ['8 chars!', 'x' * 256, 'pässwörd 🙂'],
                         ids=['8 characters', '256 characters', 'not ASCII'])
def test_login_with_any_password(browser, password):
    """Any password can be used. A username is the same in upper and lower case."""
    browser.register('ann', password)
    browser.log_in('ANN', password)


@pytest.mark.parametrize('mistakes', [
    pytest.param([('ann', 'wrong horse'), ('ann', ''), ('ann', PASSWORD + ' '),
                  ('ann', PASSWORD.upper())], id='a wrong password'),
    pytest.param([('ann', 'battery staple')], id="somebody else's password"),
    pytest.param([('nobody', PASSWORD), ('', PASSWORD), ('', ''), ('ann\0', PASSWORD)],
                 id='a name that nobody has'),
    pytest.param([('_nn', PASSWORD), ('a%', PASSWORD)], id='a pattern in place of a name'),
])
def test_login_mistake(browser, mistakes):
    """A wrong username or password: 400, and the form again with a message."""
    browser.register('ann')
    browser.register('bob', 'battery staple')
    for username, password in mistakes:
        page = mistake(browser, username, password)
        assert error(page, 'username', 'password'), 'a message for the field username or password'
        assert value(page, 'password') == '', 'an empty field for the password'


def test_login_mistakes_look_alike(browser):
    """A wrong username and a wrong password look the same, so they don't tell which names exist."""
    browser.register('ann')
    wrong_password, unknown_name = (
        ' '.join(mistake(browser, username, 'wrong horse').html.get_text().split())
        for username in ('ann', 'eve'))
    if wrong_password.replace('ann', 'eve') != unknown_name:
        fail('the same page for a wrong password and for a username that nobody has',
             f'{wrong_password}\n{unknown_name}')


def test_login_keeps_the_username(browser):
    """After a mistake, the username is still in the form. None of it becomes HTML."""
    browser.register('ann')
    for username in ['ann', '"><script>alert(1)</script>', "' onfocus='alert(1)"]:
        page = mistake(browser, username, 'wrong horse')
        assert value(page, 'username') == username
        check_no_html(page, 'script, [onfocus]')


def test_login_mistake_is_announced(browser):
    """After a mistake, the page has another title, which says so, and the focus is on a field."""
    before, page = browser.get('/auth/login', status=200), mistake(browser, 'ann', 'wrong horse')
    if page.html.title == before.html.title:
        fail('a <title> that says that there is a mistake', before.html.title)
    assert page.html.select('[name=username][autofocus], [name=password][autofocus]'), \
        'a field with autofocus'


def test_password_in_the_query_string(browser):
    """A username and a password in the query string count for nothing: addresses end up in logs."""
    browser.register('ann')
    path = f'/auth/login?username=ann&password={PASSWORD.replace(" ", "+")}'
    browser.post(path, status=400)
    browser.get(path, status=200)
    assert not browser.cookies, 'no cookie'


def test_huge_login(browser):
    """A form of more than 100 KiB: 413."""
    browser.register('ann')
    fields = {'username': 'ann', 'password': PASSWORD, 'more': 'a' * 103_000}
    browser.post('/auth/login', fields, status=413)


# A clock

def test_user_enumeration(browser, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so the time tells nothing."""
    browser.register('ann')
    costs = count_hashes(monkeypatch)
    for username in ('ann', 'nobody'):
        mistake(browser, username, 'wrong horse')
    if costs != [(2, 8, 5), (2, 8, 5)]:
        fail('two hashes, both with n=2, r=8, p=5: one for a wrong password, one for a username '
             'that nobody has',
             '\n'.join(f'a hash with n={n}, r={r}, p={p}' for n, r, p in costs) or 'no hash')


# A ticket

def test_token_table(chat, browser):
    """The table token has the same columns in every step."""
    browser.register('ann')
    columns = [row[1] for row in chat.rows('pragma table_info(token)')]
    assert sorted(columns) == ['expires_at', 'hash', 'user_id']


# A cookie

def test_login_sets_a_cookie(chat, ann):
    """Logging in adds a row to the table token, and puts the token into a cookie."""
    session(chat, ann)
    names = 'select username from token join user on user.id = user_id'
    assert chat.rows(names) == [('ann',)]


def test_token_is_hashed(chat, ann):
    """The database has the SHA-256 of the token in the cookie, not the token itself."""
    if session(chat, ann).value in str(chat.rows('select * from token')):
        fail('the SHA-256 of the token in the table token', 'the token itself is there too')


def test_token_is_random(make_chat, monkeypatch):
    """A token can't be guessed: it has 128 bits or more, and no name, time or count in it."""
    monkeypatch.setattr(time, 'time', lambda now=time.time(): now)
    tokens = []
    for chat in (make_chat(), make_chat()):
        random.seed(1)  # so tokens that are not from the system's randomness come twice
        browser = chat.browser('ann')
        tokens += [session(chat, browser).value for _ in range(20) if browser.log_in('ann')]
    for token in tokens:
        if len(token) < 22 or len(set(token)) <= 10:
            fail('a token of 128 random bits or more, such as secrets.token_urlsafe(32)', token)
    if min(len({token[:4] for token in tokens}), len({token[-4:] for token in tokens})) <= 30:
        fail('40 tokens that have nothing in common, such as those of secrets.token_urlsafe(32)',
             '\n'.join(sorted(tokens)[:2]))


def test_cookie_flags(chat, browser):
    """The cookie is HttpOnly and SameSite=Lax, and its path is /."""
    browser.register('ann')
    sent = '\n'.join(browser.log_in('ann').headers.getall('Set-Cookie'))
    cookie = session(chat, browser)
    if not cookie.has_nonstandard_attr('HttpOnly') or cookie.path != '/' \
            or (cookie.get_nonstandard_attr('SameSite') or '').lower() != 'lax':
        fail('a cookie with HttpOnly, SameSite=Lax and Path=/', sent)
    if cookie.secure:
        fail('a cookie without Secure over plain HTTP, which the browser would not send', sent)


def test_cookie_over_https(chat, browser):
    """Over HTTPS the cookie is Secure, so it is never sent over plain HTTP."""
    browser.register('ann')
    browser.extra_environ = {'wsgi.url_scheme': 'https'}
    sent = '\n'.join(browser.log_in('ann').headers.getall('Set-Cookie'))
    if not session(chat, browser).secure:
        fail('a cookie with Secure', sent)


def test_token_seconds(far_east, chat, browser):
    """The token and its cookie are good for an hour: 3600 seconds, the setting TOKEN_SECONDS."""
    browser.register('ann')
    sent = '\n'.join(browser.log_in('ann').headers.getall('Set-Cookie'))
    if lifetime(session(chat, browser)) != 3600:
        fail('a cookie that the browser keeps for 3600 seconds', sent)
    expires_at = chat.rows('select expires_at from token')[0][0]
    check_times(expires_at)
    seconds = calendar.timegm(time.strptime(expires_at, '%Y-%m-%dT%H:%M:%SZ')) - time.time()
    if not 3500 < seconds <= 3600:
        fail('an expires_at that is 3600 seconds from now', f'{round(seconds)} seconds from now')


# Who is it?

def test_pages_show_who_is_logged_in(ann, browser):
    """A page shows the name of the user who is logged in, and a button to log out."""
    for path in ('/auth/register', '/auth/login'):
        page = ann.get(path, status=200)
        assert re.search(r'\bann\b', page.html.get_text()), f'the name ann on the page {path}'
        assert page.html.select('form[action="/auth/logout"]'), \
            f'a form on the page {path} that sends POST /auth/logout'
    page = browser.get('/auth/login', status=200)
    assert not page.html.select('[action="/auth/logout"]'), 'no button to log out for a stranger'


def test_login_twice(chat, ann):
    """Logging in again, in another browser, ends no session: not yours, and nobody else's."""
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    assert [shows(ann, 'ann'), shows(bob, 'bob'), shows(phone, 'ann')] == [True] * 3, \
        'three browsers in which somebody is logged in'


def test_wrong_cookie(chat, browser, ann):
    """A cookie with anything but a token that the app gave logs nobody in."""
    name = session(chat, ann).name
    hashed = chat.rows('select hash from token')[0][0]
    for cookie in ['', 'nonsense', 'ü', 'a' * 3000, '1', 'ann', hashed]:
        header = f'{name}={cookie}'.encode().decode('latin-1')
        page = browser.get('/auth/login', headers={'Cookie': header}, status=200)
        assert not page.html.select('[action="/auth/logout"]'), \
            f'a page for a stranger, for the cookie {cookie[:70]}'


def test_token_in_the_query_string(chat, browser, ann):
    """A token in the query string logs nobody in: addresses end up in logs."""
    cookie = session(chat, ann)
    fields = {cookie.name: cookie.value, 'token': cookie.value}
    page = browser.get('/auth/login', fields, status=200)
    assert not page.html.select('[action="/auth/logout"]'), 'a page for a stranger'


def test_token_expires(chat, ann):
    """A token that has expired logs nobody in. Other people stay logged in."""
    bob = chat.browser('bob')
    assert shows(ann, 'ann'), 'the name ann on the page'
    chat.rows("""update token set expires_at = '2020-01-01T00:00:00Z'
                 where user_id = (select id from user where username = 'ann')""")
    assert not shows(ann, 'ann'), 'a page for a stranger'
    assert shows(bob, 'bob'), 'the name bob on the page'


# Only you post as you

def test_login_required(browser):
    """Without logging in, the room redirects to the log-in page, and shows nothing."""
    browser.register('ann')
    answer = browser.get('/')
    check_logged_out(browser, answer)
    if '<form' in answer.text:
        fail('a redirect and no page',
             'a redirect and the page of the room, as if the redirect were not returned')


def test_room_shows_who_is_logged_in(chat, ann):
    """After logging in, the room is there, with your name. An author's name is beside each post."""
    chat.browser('bob').say('hello')
    page = ann.get('/', status=200)
    for name, selector in [('ann', 'header'), ('bob', '.posts')]:
        text = ' '.join(part.get_text() for part in page.html.select(selector))
        assert re.search(rf'\b{name}\b', text), f'the name {name} in {selector}'


def test_login_required_to_post(chat, browser):
    """Without logging in, you can't post either, whoever you say you are."""
    browser.register('ann')
    check_logged_out(browser, browser.post('/', {'username': 'ann', 'body': 'hello'},
                                           status=[303, 400]))
    assert chat.rows('select body from post') == []


def test_post_as_somebody_else(chat, ann):
    """A post belongs to whoever is logged in, whatever name comes with it."""
    chat.add_user('bob')
    ann.post('/', {'username': 'bob', 'body': 'hello'}, status=303)
    assert chat.rows('select username from post join user on user.id = user_id') == [('ann',)]


def test_token_in_a_form(chat, browser, ann):
    """A token in a form lets nobody post."""
    cookie = session(chat, ann)
    fields = {cookie.name: cookie.value, 'token': cookie.value, 'body': 'hello'}
    check_logged_out(browser, browser.post('/', fields))
    assert chat.rows('select body from post') == []


def test_no_name_to_type(ann):
    """The form of the room asks for no name."""
    page = ann.get('/', status=200)
    assert not page.html.select('[name=username]'), 'no field with the name username'


def test_odd_host(browser):
    """A Host header that is no host name does no harm."""
    answer = browser.get('/', headers={'Host': '['}, status=[303, 400])
    if answer.status_int == 303:
        check_logged_out(browser, answer)


def test_who_is_asked_once(make_chat, monkeypatch):
    """Who is logged in costs one query for a page, and none for the stylesheet."""
    statements = trace(monkeypatch)
    ann = make_chat().browser('ann')
    assert shows(ann, 'ann'), 'the name ann on the page'
    for path, most in [('/auth/register', 1), ('/', 1), ('/static/style.css', 0)]:
        statements.clear()
        ann.get(path, status=200)
        queries = [sql for sql in statements if re.match(r'(?is)\s*select\b.*\btoken\b', sql)]
        if len(queries) > most:
            fail(f'at most {most} queries of the table token for GET {path}', len(queries))


def trace(monkeypatch):
    """Return a list that gets each statement of the connections that are opened from now on."""
    statements, connect = [], sqlite3.connect

    def connect_traced(*args, **more):
        db = connect(*args, **more)
        db.set_trace_callback(statements.append)
        return db
    monkeypatch.setattr(sqlite3, 'connect', connect_traced)
    return statements


# Back to where you were

def test_next(browser):
    """Logging in leads back to the page for which one had to log in."""
    browser.register('ann')
    path = browser.redirected(browser.get('/'))
    if 'next=' not in path:
        fail('a redirect to /auth/login?next=…, with the path of the room', f'Location: {path}')
    answer = browser.submit(browser.get(path, status=200), username='ann', password=PASSWORD)
    assert browser.redirected(answer) == '/'


def test_next_is_followed(browser):
    """Logging in leads to the path that `next` in the query string names."""
    browser.register('ann')
    page = browser.get('/auth/login?next=%2Fauth%2Fregister', status=200)
    answer = browser.submit(page, username='ann', password=PASSWORD)
    assert browser.redirected(answer) == '/auth/register'


# Log out

def test_logout(chat, ann):
    """Logging out ends the session: even a copy of the cookie opens nothing any more."""
    cookie = session(chat, ann)
    ann.get('/', status=200)
    path = ann.redirected(ann.post('/auth/logout'))
    ann.get(path, status=200)
    ann.set_cookie(cookie.name, cookie.value)
    check_logged_out(ann, ann.get('/'))


def test_logout_deletes_the_cookie(chat, ann):
    """After logging out, the browser doesn't have the cookie any more."""
    cookie = session(chat, ann)
    ann.post('/auth/logout', status=303)
    if cookie.value in str(ann.cookies):
        fail('a browser without the cookie (the same path deletes it that set it)',
             'it still has the cookie')


def test_logout_here_only(chat, ann):
    """Logging out ends no other session: not yours in another browser, and nobody else's."""
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    ann.post('/auth/logout', status=303)
    for browser in (phone, bob):
        browser.get('/', status=200)


def test_logout_of_a_stranger(browser):
    """Logging out without having logged in leads to the log-in page, too."""
    check_logged_out(browser, browser.post('/auth/logout', status=303))


def test_no_logout_by_a_link(ann):
    """A GET of /auth/logout, as from a link, logs nobody out."""
    ann.get('/auth/logout', status=[404, 405])
    assert shows(ann, 'ann'), 'the name ann on the page'
    ann.post('/auth/logout', status=303)


@pytest.mark.parametrize('path', ['/', '/auth/login', '/auth/logout'])
def test_redirects_without_host(chat, path):
    """The Host header is the client's to choose, so no redirect repeats it."""
    browser, host = chat.browser(), {'Host': 'evil.example'}
    browser.register('ann')
    fields = {'username': 'ann', 'password': PASSWORD}
    answer = browser.post(path, fields, host) if path != '/' else browser.get(path, headers=host)
    browser.redirected(answer)
    if 'evil.example' in f'{answer.headers}{answer.text}':
        fail('an answer without the Host header evil.example', summary(answer))
