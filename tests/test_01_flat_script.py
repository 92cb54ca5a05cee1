"""Step 01: register, log in, post and read, in stages."""
import random
import re
import socket
import sqlite3
import time
from datetime import datetime, timezone

import pytest

from checks import (
    LONG_EMAIL, break_posts, check_crash, check_logged_out, check_no_html, check_page, check_refused, check_times,
    count_hashes, lifetime, run_both, send, serve, session, together,
)
from clients import PASSWORD, address, bodies, error, fail, summary, value

STAGES = {  # first test of the stage: what the stage adds
    'test_register_page': 'stage 1, a page',
    'test_schema': 'stage 2, register',
    'test_login_page': 'stage 3, log in and log out',
    'test_post': 'stage 4, post and read',
}


# Stage 1: a page

def test_register_page(browser):
    """GET /auth/register shows a form with the fields username, email and password."""
    page = browser.get('/auth/register', status=200)
    assert {name: value(page, name) for name in ('username', 'email', 'password')} == {'username': '', 'email': '', 'password': ''}


def test_stylesheet(browser):
    """The pages link to their stylesheet, which is served from /static."""
    page = browser.get('/auth/register', status=200)
    link = page.html.find('link', rel='stylesheet')
    if not link or not address(page, link).startswith('/static/'):
        fail('a <link rel="stylesheet"> to a file in /static', link or 'no such link')
    assert browser.get(address(page, link), status=200).content_type == 'text/css'


def test_path_traversal(browser):
    """Nothing outside the folder of static files can be read."""
    for path in ['../chat.db', '..%2fchat.py', '../../config.py', 'nothing.css', '%2e%2e/%2e%2e/config.py', '']:
        browser.get('/static/' + path, status=[404, 403, 400])


def test_head(browser):
    """HEAD answers like GET, without a body."""
    assert browser.head('/auth/register', status=200).text == ''


def test_wrong_method(browser):
    """A method that a path does not have: 405, and the Allow header names those that it has."""
    answer = browser.request('/auth/register', method='DELETE', status=405)
    assert 'GET' in answer.headers.get('Allow', 'no header Allow')


def test_start(step, tmp_path):
    """The app starts from any folder and serves its pages."""
    with serve(step, tmp_path) as server:
        status = send(server, '/auth/register').status
        if status != 200:
            fail('status 200', f'status {status}')


# Stage 2: register

def test_schema(chat, browser):
    """The tables and columns are the same in every step, and the database is in WAL mode."""
    browser.register('ann')
    columns = {table: {row[1] for row in chat.rows(f'pragma table_info({table})')} for table in ('user', 'post', 'token')}
    if not any(columns.values()):
        fail('the tables user, post and token in the database that the setting DATABASE names', 'no table there: did the app open another file?')
    assert columns == {
        'user': {'id', 'username', 'email', 'password_hash', 'about_me', 'created_at'},
        'post': {'id', 'user_id', 'body', 'created_at'},
        'token': {'hash', 'user_id', 'expires_at'},
    }
    assert chat.rows('pragma journal_mode')[0][0] == 'wal', 'a database in WAL mode: the journal_mode wal'


def test_register(chat, browser):
    """Registering adds a row to the table user and redirects with 303 to the login page, which says so."""
    login = browser.redirected(browser.register('ann'))
    first, later = (browser.get(path, status=200).html.get_text() for path in (login, '/auth/login'))
    if first == later:
        fail('a log-in page that says that you are registered, after the redirect only', f'the same page as without registering\nThe redirect went to {login}')
    browser.register('bob')
    assert chat.rows('select username, email, about_me from user') == [
        ('ann', 'ann@example.com', ''), ('bob', 'bob@example.com', '')]


def test_password_is_hashed(chat, browser):
    """The database has hashes instead of passwords, with a salt: the same password gives two different hashes."""
    browser.register('ann')
    browser.register('bob')
    hashes = [row[0] for row in chat.rows('select password_hash from user')]
    if PASSWORD in str(hashes):
        fail('a hash in the column password_hash', f'the password itself: {hashes[0]}')
    if hashes[0] == hashes[1]:
        fail('two hashes that differ, although both chose the same password', 'the same hash twice: is there a random salt in it?')


def test_password_hash_cost(browser, monkeypatch):
    """Passwords are hashed by scrypt with r=8, p=5 and the n of the settings."""
    costs = count_hashes(monkeypatch)
    browser.register('ann')
    assert [f'n={n}, r={r}, p={p}' for n, r, p in costs] == ['n=2, r=8, p=5'], 'one hash, by hashlib.scrypt with n=2 (the setting PASSWORD_COST), r=8, p=5'


def test_register_limits(chat, browser):
    """The shortest and the longest values are accepted, and stored as they were typed."""
    users = [('a', 'a@b', '8 chars!'), ('b' * 64, LONG_EMAIL[1:], 'x' * 256), ('A.b_c-9', 'ü@exämple.com', 'pässwörd 🙂')]
    for username, email, password in users:
        browser.register(username, password, email=email)
        assert chat.rows('select username, email from user order by id desc limit 1') == [(username, email)]


@pytest.mark.parametrize('more', [{'username': 'BOB'}, {'email': 'Bob@Example.COM'}])
def test_register_taken(chat, browser, more):
    """A username or an email that is taken, in upper or lower case: 400, and the form says which one."""
    browser.register('ann')
    browser.register('bob')
    page = browser.register('eve', status=400, **more)
    name, = more
    error(page, name)
    assert value(page, name) == more[name]
    assert [row[0] for row in chat.rows('select username from user order by id')] == ['ann', 'bob']


def test_race_condition(chat, browser, monkeypatch):
    """If two people register the same name at the same moment, exactly one of them gets it."""
    browser.register('bob')
    together(monkeypatch)
    answers = run_both(lambda email: chat.browser().register('ann', email=email, status='*'), 'one@example.com', 'two@example.com')
    if sorted(answer.status_int for answer in answers) != [303, 400]:
        fail('status 303 for one of the two, and 400 for the other', '\n'.join(map(summary, answers)))
    assert [row[0] for row in chat.rows('select username from user order by id')] == ['bob', 'ann']


def test_cannot_start(step, tmp_path):
    """If the database or the port can't be had, the app says so in one line and exits with status 1."""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        settings = {'CHAT_PORT': str(taken.getsockname()[1]), 'CHAT_DB': str(tmp_path / 'nothing' / 'chat.db'), 'CHAT_HOST': '192.0.2.1'}
        check_refused(step, tmp_path, *settings.items())


# Stage 3: log in and log out

def test_login_page(browser):
    """GET /auth/login shows a form with the fields username and password."""
    page = browser.get('/auth/login', status=200)
    assert {name: value(page, name) for name in ('username', 'password')} == {'username': '', 'password': ''}


def test_login(browser):
    """Logging in sets a cookie and redirects to the room, which shows your name."""
    for name in ('bob', 'ann', 'eve'):
        browser.register(name)
    assert browser.redirected(browser.log_in('ann')).split('?')[0] == '/'
    page = browser.get('/', status=200)
    assert re.search(r'\bann\b', page.html.get_text()), \
        'your name, ann, on the page (its header shows request.user: is @login_required between the route and the view?)'


def test_login_with_any_password(browser):
    """The longest password, and one that is not ASCII, can log in. A username is the same in upper and lower case."""
    for username, password in [('ann', 'x' * 256), ('bob', 'pässwörd 🙂')]:
        browser.register(username, password)
        browser.log_in(username.upper(), password)


def test_login_required(browser):
    """Without logging in, the room redirects to the login page, and shows nothing."""
    browser.register('ann')
    answer = browser.get('/')
    check_logged_out(browser, answer)
    if '<form' in answer.text:
        fail('a redirect and no page', 'a redirect and the page of the room, as if the redirect were not returned')


def test_login_mistake(browser):
    """A wrong username or password: 400, the same message for both, and you are not logged in."""
    browser.register('ann')
    browser.register('bob', 'battery staple')
    texts = set()
    for username, password in [
        ('ann', 'wrong horse'), ('ann', 'battery staple'), ('ann', ''), ('ann', PASSWORD + ' '), ('nobody', PASSWORD), ('', ''),
        ('ann\0', PASSWORD), ('_nn', PASSWORD), ('a%', PASSWORD),
    ]:
        page = browser.post('/auth/login', {'username': username, 'password': password}, status=400)
        texts.add(error(page, 'username', 'password'))
        assert value(page, 'password') == '', 'an empty field for the password'
        check_logged_out(browser, browser.get('/'))
    if len(texts) > 1:
        fail('the same message for a wrong username and a wrong password', '\n'.join(sorted(texts)))


def test_login_keeps_the_username(browser):
    """After a wrong password, the username is still in the form. None of it becomes HTML."""
    for username in ['ann', '"><script>alert(1)</script>', "' onfocus='alert(1)"]:
        page = browser.post('/auth/login', {'username': username, 'password': 'wrong horse'}, status=400)
        assert value(page, 'username') == username
        check_no_html(page, 'script, [onfocus]')


def test_password_in_the_query_string(browser):
    """A username and a password in the query string log nobody in, because addresses end up in logs."""
    browser.register('ann')
    path = f'/auth/login?username=ann&password={PASSWORD.replace(" ", "+")}'
    browser.post(path, status=400)
    browser.get(path, status=200)
    check_logged_out(browser, browser.get('/'))


def test_cookie_flags(chat, browser):
    """The cookie is HttpOnly and SameSite=Lax, its path is /, and it expires with the token."""
    browser.register('ann')
    sent = '\n'.join(browser.log_in('ann').headers.getall('Set-Cookie'))
    cookie = session(chat, browser)
    if not cookie.has_nonstandard_attr('HttpOnly') or (cookie.get_nonstandard_attr('SameSite') or '').lower() != 'lax' or cookie.path != '/':
        fail('a cookie with HttpOnly, SameSite=Lax and Path=/', sent)
    if lifetime(cookie) != 3600 or cookie.secure:
        fail('a cookie that lasts 3600 seconds, without Secure over plain HTTP', sent)


def test_cookie_over_https(chat, browser):
    """Over HTTPS the cookie is Secure, so it is never sent over plain HTTP."""
    browser.register('ann')
    browser.extra_environ = {'wsgi.url_scheme': 'https'}
    sent = '\n'.join(browser.log_in('ann').headers.getall('Set-Cookie'))
    if not session(chat, browser).secure:
        fail('a cookie with Secure', sent)


def test_token_is_hashed(chat, ann):
    """The database has the SHA-256 of the token in the cookie, not the token itself."""
    if session(chat, ann).value in str(chat.rows('select * from token')):
        fail('the SHA-256 of the token in the table token', 'the token itself is there too')


def test_token_is_random(make_chat, monkeypatch):
    """A token can't be guessed: each has 128 bits or more, and neither the user nor the time nor a count tells them."""
    monkeypatch.setattr(time, 'time', lambda now=time.time(): now)
    tokens = []
    for chat in (make_chat(), make_chat()):
        random.seed(1)  # so that two apps would make the same tokens of anything but the system's randomness
        browser = chat.browser('ann')
        tokens += [session(chat, browser).value for _ in range(20) if browser.log_in('ann')]
    for token in tokens:
        if len(token) < 22 or len(set(token)) <= 10:
            fail('a token of 128 random bits or more, such as secrets.token_urlsafe(32)', token)
    if min(len({token[:4] for token in tokens}), len({token[-4:] for token in tokens})) <= 30:
        fail('40 tokens that have nothing in common, such as those of secrets.token_urlsafe(32)', '\n'.join(sorted(tokens)[:2]))


def test_login_twice(chat, ann):
    """Logging in again, in another browser, ends no session: neither your own nor anybody else's."""
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    for browser in (ann, bob, phone):
        browser.get('/', status=200)


def test_logout(chat, ann):
    """Logging out deletes this token and the cookie, so even a copy of it opens nothing. It ends no other session. A GET, as from a link, logs nobody out."""
    cookie, bob, phone = session(chat, ann), chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    ann.get('/auth/logout', status='*')
    ann.get('/', status=200)
    ann.redirected(ann.post('/auth/logout'))
    if cookie.value in str(ann.cookies):
        fail('a browser without the cookie (the same path deletes it that set it)', 'it still has the cookie')
    ann.set_cookie(cookie.name, cookie.value)
    check_logged_out(ann, ann.get('/'))
    phone.get('/', status=200)
    bob.get('/', status=200)


def test_wrong_cookie(chat, browser, ann):
    """A cookie with anything but a token that the app gave opens nothing."""
    name = session(chat, ann).name
    for cookie in ['', 'nonsense', 'ü', 'a' * 3000, '1', 'ann']:
        check_logged_out(browser, browser.get('/', headers={'Cookie': f'{name}={cookie}'.encode().decode('latin-1')}))


def test_login_expires(chat, ann):
    """A token that has expired opens nothing. Other people stay logged in."""
    bob = chat.browser('bob')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z' where user_id = (select id from user where username = 'ann')")
    check_logged_out(ann, ann.get('/'))
    bob.get('/', status=200)


def test_host_is_not_trusted(chat):
    """The Host header is the client's to choose, so no answer repeats it, and one that is no host name does no harm."""
    browser, fields = chat.browser(), {'username': 'ann', 'email': 'ann@x', 'password': PASSWORD}
    posts = [('evil.example', f'/auth/{name}', fields) for name in ('register', 'login', 'logout')]
    for host, path, form in [('[', '/', None), ('evil.example', '/', None), *posts]:
        answer = browser.request(path, POST=form, headers={'Host': host}, status='*')
        if answer.status_int != 400:  # which refuses the Host
            browser.redirected(answer)
        if 'evil.example' in f'{answer.headers}{answer.text}':
            fail('an answer without the Host header evil.example', summary(answer))


# Stage 4: post and read

def test_post(chat, ann):
    """What you post is in the room, newest first, for everybody."""
    assert bodies(ann.get(ann.redirected(ann.say('first')), status=200)) == ['first']
    chat.browser('bob').say('second')
    assert ann.room() == ['second', 'first']


def test_post_has_author_and_time(chat, ann):
    """A post shows who wrote it and when."""
    chat.browser('bob').say('hello from bob')
    ann.say('hello')
    chat.rows("update post set created_at = '2026-02-03T04:05:06Z' where body = 'hello'")
    page = ann.get('/', status=200)
    items = page.html.select('.posts > *')
    texts = [item.get_text().replace('hello from bob', '') for item in items]
    assert len(items) == 2 and 'ann' in texts[0] and 'bob' in texts[1], 'two elements in .posts, one with the name ann, one with bob'
    assert [time['datetime'] for time in items[0].select('time[datetime]')] == ['2026-02-03T04:05:06Z']


def test_post_with_line_breaks(chat, ann):
    """Line breaks and spaces inside a post stay as they were typed."""
    ann.say('one\ntwo\n\n  three  four')
    assert chat.rows('select body from post') == [('one\ntwo\n\n  three  four',)]


def test_xss_and_sql_injection(ann):
    """Any text is shown as it was typed. None of it becomes HTML or SQL."""
    texts = ['a' * 500, '<script>alert(1)</script>', '"\'&amp;{{1}}', '% end', "'; drop table post; --", 'ü 你好 🙂 \u202e']
    for text in texts:
        ann.say(text)
    assert ann.room() == texts[::-1]
    check_no_html(ann.get('/'))


def test_login_required_to_post(chat, browser):
    """Without logging in, you can't post either."""
    check_logged_out(browser, browser.post('/', {'body': 'hello'}))
    assert chat.rows('select body from post') == []


def test_token_in_the_query_string(chat, browser, ann):
    """A token counts only in the cookie: not in the query string, and not in a form."""
    cookie = session(chat, ann)
    fields = {cookie.name: cookie.value, 'token': cookie.value, 'body': 'hello'}
    check_logged_out(browser, browser.get('/', fields))
    check_logged_out(browser, browser.post('/', fields))


def test_huge_form(chat, ann):
    """A form of more than 100 KiB: 413, whichever form it is."""
    for path, fields in [('/', {}), ('/auth/login', {'username': 'ann', 'password': PASSWORD}),
                         ('/auth/register', {'username': 'bob', 'email': 'bob@example.com', 'password': PASSWORD})]:
        ann.post(path, {**fields, 'body': 'a' * 103_000}, status=413)
    assert chat.rows('select body from post') == []


def test_connections(ann, monkeypatch):
    """A page opens at most one connection to the database, because opening takes much longer than reading."""
    opened, connect = [], sqlite3.connect
    monkeypatch.setattr(sqlite3, 'connect', lambda *args, **more: opened.append(args) or connect(*args, **more))
    ann.get('/', status=200)
    if len(opened) > 1:
        fail('at most one connection to the database for one page: later queries use the same', f'{len(opened)} connections for GET /')


def test_crash(chat, ann, caplog):
    """An unforeseen exception: 500, and a page without the traceback, which is in the log."""
    break_posts(chat)
    page = ann.get('/', status=500)
    assert page.content_type == 'text/html'
    check_crash(page, caplog)


def test_pages_are_accessible(chat, ann):
    """Each page has a language, a title, a viewport for phones, and a label for each field."""
    for browser, path in [(ann, '/'), (chat.browser(), '/auth/login'), (chat.browser(), '/auth/register')]:
        check_page(browser.get(path, status=200))


def test_error_is_announced(ann):
    """After a mistake, the page has another title, which says so, and the focus is on a field."""
    before = ann.get('/auth/login', status=200)
    page = ann.post('/auth/login', {'username': 'ann', 'password': 'wrong horse'}, status=400)
    if page.html.title == before.html.title:
        fail('a <title> that says that there is a mistake', before.html.title)
    if not page.html.select('[name=username][autofocus], [name=password][autofocus]'):
        fail('a field with autofocus', 'no such field')


@pytest.fixture
def far_east(monkeypatch):
    """A computer whose clock is nine hours ahead of UTC. (Windows has no tzset.)"""
    set_zone = getattr(time, 'tzset', lambda: None)
    monkeypatch.setenv('TZ', 'FAR-9')
    set_zone()
    yield
    monkeypatch.undo()
    set_zone()


def test_times(far_east, chat, ann):
    """All times are in UTC, in ISO 8601, and end in Z."""
    ann.say('hello')
    times = [row[0] for row in chat.rows('select created_at from user union select created_at from post')]
    check_times(*times, chat.rows('select expires_at from token')[0][0])
    now = datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    assert max(times) <= now, f'the time in UTC, at most {now}'


def test_ids_are_not_reused(chat, ann):
    """The id of a deleted post is never given to another one."""
    ann.say('one')
    ann.say('two')
    chat.rows('delete from post where id = 2')
    ann.say('three')
    assert chat.rows('select id, body from post') == [(1, 'one'), (3, 'three')]
