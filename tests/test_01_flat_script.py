"""Step 01: register, log in, post and read, in stages."""
import hashlib
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest

from clients import PASSWORD, Unexpected, address, bodies, error, summary, value

STAGES = {  # first test of the stage: what the stage adds
    'test_register_page': 'stage 1, a page',
    'test_schema': 'stage 2, register',
    'test_login_page': 'stage 3, log in and log out',
    'test_post': 'stage 4, post and read',
}
UTC = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'
LONG_EMAIL = 'a' * 243 + '@example.com'  # 255 characters


# Stage 1: a page

def test_register_page(browser):
    """GET /auth/register shows a form with the fields username, email and password."""
    page = browser.get('/auth/register', status=200)
    assert [value(page, name) for name in ('username', 'email', 'password')] == ['', '', '']


def test_stylesheet(browser):
    """The pages link to their stylesheet, which is served from /static."""
    page = browser.get('/auth/register', status=200)
    assert browser.get(stylesheet(page), status=200).content_type == 'text/css'


def stylesheet(page):
    """Return the address of a page's stylesheet."""
    link = page.html.find('link', rel='stylesheet')
    if not link or not address(page, link).startswith('/static/'):
        raise Unexpected('a <link rel="stylesheet"> to a file in /static', str(link))
    return address(page, link)


def test_path_traversal(browser):
    """Nothing outside the folder of static files can be read."""
    browser.get(stylesheet(browser.get('/auth/register')), status=200)
    for path in ['../chat.db', '..%2fchat.py', '../../config.py', 'nothing.css', '%2e%2e/%2e%2e/config.py', '']:
        answer = browser.get('/static/' + path, status='*')
        if answer.status_int not in (400, 403, 404):
            raise Unexpected('status 404', summary(answer), crash=answer.status_int == 500)


def test_head(browser):
    """HEAD answers like GET, without a body."""
    assert browser.head('/auth/register', status=200).body == b''


def test_wrong_method(browser):
    """A method that a path does not have: 405, and the Allow header names those that it has."""
    answer = browser.request('/auth/register', method='DELETE', status=405)
    assert 'GET' in answer.headers.get('Allow', '')


def start(step, folder, **environ):
    """Start the app from another folder. Return the process."""
    environ = {**os.environ, 'CHAT_HOST': '127.0.0.1', 'CHAT_DB': str(folder / 'chat.db'), 'CHAT_PORT': '0',
               'CHAT_TOKEN_SECONDS': '3600', 'CHAT_PASSWORD_COST': '2', **environ}
    return subprocess.Popen([sys.executable, '-B', str(step.folder / 'chat.py')], cwd=folder, env=environ, encoding='utf-8',
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_start(step, tmp_path):
    """The app starts from any folder and serves its pages."""
    process, port = serve(step, tmp_path)
    try:
        assert urllib.request.urlopen(f'http://127.0.0.1:{port}/auth/register', timeout=5).status == 200
    finally:
        stop(process)


def serve(step, folder, **environ):
    """Start the app on a free port. Return the process and the port when it accepts connections."""
    for _ in range(3):  # another program may take the port in the meantime
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        process = start(step, folder, CHAT_PORT=str(port), **environ)
        for _ in range(500):
            if process.poll() is not None:
                break
            try:
                socket.create_connection(('127.0.0.1', port), timeout=5).close()
                return process, port
            except OSError:
                time.sleep(0.02)
        process.kill()
        errors = process.communicate()[1]
    raise Unexpected(f'a server on port {port}', errors.strip()[-500:] or 'nothing')


def stop(process):
    process.kill()
    process.communicate()


# Stage 2: register

def test_schema(chat, browser):
    """The tables and columns are the same in every step, and the database is in WAL mode."""
    browser.register('ann')
    columns = {table: {row[1] for row in chat.rows(f'pragma table_info({table})')} for table in ('user', 'post', 'token')}
    assert columns == {
        'user': {'id', 'username', 'email', 'password_hash', 'about_me', 'created_at'},
        'post': {'id', 'user_id', 'body', 'created_at'},
        'token': {'hash', 'user_id', 'expires_at'},
    }
    assert chat.rows('pragma journal_mode') == [('wal',)]


def test_register(chat, browser):
    """Registering adds a row to the table user and redirects with 303 to the login page, which says so."""
    login = browser.redirected(browser.register('ann'))
    first, later = (browser.get(path, status=200).html.get_text() for path in (login, '/auth/login'))
    if first == later:
        raise Unexpected('a log-in page that says that you are registered', 'the page without it')
    browser.register('bob')
    assert chat.rows('select username, email, about_me from user') == [
        ('ann', 'ann@example.com', ''), ('bob', 'bob@example.com', '')]
    assert all(re.fullmatch(UTC, row[0]) for row in chat.rows('select created_at from user'))


def test_password_is_hashed(chat, browser):
    """The database has hashes instead of passwords, with a salt: the same password gives two different hashes."""
    browser.register('ann')
    browser.register('bob')
    hashes = [row[0] for row in chat.rows('select password_hash from user')]
    assert len(set(hashes)) == 2
    assert not any(PASSWORD in text for text in hashes)


def test_password_hash_cost(browser, monkeypatch):
    """Passwords are hashed by scrypt with r=8, p=5 and the n of the settings."""
    costs = count_hashes(monkeypatch)
    browser.register('ann')
    assert costs == [(2, 8, 5)]


def count_hashes(monkeypatch):
    """Return a list that gets the (n, r, p) of each scrypt from now on."""
    costs, scrypt = [], hashlib.scrypt

    def count(*args, n, r, p, **more):
        costs.append((n, r, p))
        return scrypt(*args, n=n, r=r, p=p, **more)
    replace_scrypt(monkeypatch, count)
    return costs


def replace_scrypt(monkeypatch, function):
    """Put a function in place of hashlib.scrypt, also where a module has imported it by its name."""
    scrypt = hashlib.scrypt
    for module in list(sys.modules.values()):
        if getattr(module, '__dict__', {}).get('scrypt') is scrypt:
            monkeypatch.setattr(module, 'scrypt', function)


def test_register_limits(chat, browser):
    """The shortest and the longest values are accepted, and stored as they were typed."""
    users = [('a', 'a@b', '8 chars!'), ('b' * 64, LONG_EMAIL[1:], 'x' * 256), ('A.b_c-9', 'ü@exämple.com', 'pässwörd 🙂')]
    for username, email, password in users:
        browser.register(username, password, email=email)
    assert chat.rows('select username, email from user') == [user[:2] for user in users]


@pytest.mark.parametrize('more', [{'username': 'BOB'}, {'email': 'Bob@Example.COM'}])
def test_register_taken(chat, browser, more):
    """A username or an email that is taken, in upper or lower case: 400, and the form says which one."""
    browser.register('ann')
    browser.register('bob')
    page = browser.post('/auth/register', {'username': 'eve', 'email': 'eve@x', 'password': PASSWORD, **more}, status=400)
    name, = more
    assert error(page, name) and value(page, name) == more[name]
    assert len(chat.rows('select * from user')) == 2


def test_race_condition(chat, browser, monkeypatch):
    """If two people register the same name at the same moment, exactly one of them gets it."""
    browser.register('bob')
    together(monkeypatch)
    answers = []

    def register(email):
        fields = {'username': 'ann', 'email': email, 'password': PASSWORD}
        answers.append(chat.browser().post('/auth/register', fields, status='*').status_int)
    run_both(register, 'one@example.com', 'two@example.com')
    assert sorted(answers) == [303, 400]
    assert len(chat.rows("select * from user where username = 'ann'")) == 1


def together(monkeypatch):
    """Make each thread wait for the other when it hashes a password, so that looking first and writing later fails."""
    barrier, scrypt = threading.Barrier(2), hashlib.scrypt

    def wait(*args, **more):
        try:
            barrier.wait(0.5)
        except threading.BrokenBarrierError:
            pass
        return scrypt(*args, **more)
    replace_scrypt(monkeypatch, wait)


def run_both(function, *values):
    threads = [threading.Thread(target=function, args=[value]) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_cannot_start(step, tmp_path):
    """If the database or the port can't be had, the app says so in one line and exits with status 1."""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = str(taken.getsockname()[1])
        check_refused(step, tmp_path, {port: {'CHAT_PORT': port}, 'chat.db': {'CHAT_DB': str(tmp_path / 'nothing' / 'chat.db')},
                                       'CHAT_HOST': {'CHAT_HOST': '::1'}}, may_start='CHAT_HOST')


def check_refused(step, folder, environs, may_start=None):
    """Check that the app does not start with these settings, {word: settings}, and says so in one line that has the word.

    Return True if it starts with those that some apps can use and others can't.
    """
    started = False
    processes = [(word, start(step, folder, **environ)) for word, environ in environs.items()]
    try:
        for word, process in processes:
            try:
                errors = process.communicate(timeout=5)[1].strip().splitlines() or ['']
            except subprocess.TimeoutExpired:
                if word == may_start:
                    started = True
                    continue
                errors = ['it starts']
            if process.returncode != 1 or 'Traceback' in ''.join(errors) or word not in errors[-1]:
                raise Unexpected(f'exit status 1, and a line about {word}', '\n'.join(errors[-3:]))
    finally:
        for _, process in processes:
            stop(process)
    return started


# Stage 3: log in and log out

def test_login_page(browser):
    """GET /auth/login shows a form with the fields username and password."""
    page = browser.get('/auth/login', status=200)
    assert [value(page, name) for name in ('username', 'password')] == ['', '']


def test_login(browser):
    """Logging in sets a cookie and redirects to the room, which shows your name."""
    for name in ('bob', 'ann', 'eve'):
        browser.register(name)
    assert browser.redirected(browser.log_in('ann')).split('?')[0] == '/'
    check_name(browser)


def check_name(browser):
    """Check that the room shows the name of Ann, whose browser it is."""
    page = browser.get('/', status=200)
    if not re.search(r'\bann\b', page.html.get_text()):
        raise Unexpected('your name, ann', summary(page))


def test_login_at_the_limits(browser):
    """The longest password, and one that is not ASCII, can log in."""
    for username, password in [('ann', 'x' * 256), ('bob', 'pässwörd 🙂')]:
        browser.register(username, password)
        browser.log_in(username, password)


def test_login_in_any_case(browser):
    """A username is the same in upper and lower case."""
    browser.register('bob')
    browser.register('ann')
    browser.log_in('ANN')
    check_name(browser)


def test_login_required(browser):
    """Without logging in, the room redirects to the login page, and shows nothing."""
    browser.register('ann')
    answer = browser.get('/')
    assert browser.redirected(answer).startswith('/auth/login')
    if b'<form' in answer.body:
        raise Unexpected('a redirect and no page', 'a redirect and the page of the room, as if the redirect were not returned')


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
        assert not value(page, 'password')
        assert browser.redirected(browser.get('/')).startswith('/auth/login')
    assert len(texts) == 1


def test_login_keeps_the_username(browser):
    """After a wrong password, the username is still in the form. None of it becomes HTML."""
    for username in ['ann', '"><script>alert(1)</script>', "' onfocus='alert(1)"]:
        page = browser.post('/auth/login', {'username': username, 'password': 'wrong horse'}, status=400)
        assert value(page, 'username') == username
        assert not page.html.select('script, [onfocus]')


def test_password_in_the_query_string(browser):
    """A username and a password in the query string log nobody in, because addresses end up in logs."""
    browser.register('ann')
    path = f'/auth/login?username=ann&password={PASSWORD.replace(" ", "+")}'
    browser.post(path, status=400)
    browser.get(path, status=200)
    assert browser.redirected(browser.get('/')).startswith('/auth/login')


def set_cookie(response, name=''):
    """Return the Set-Cookie header of an answer, for the cookie of this name or the first, in lower case, or ''."""
    headers = [value for header, value in response.headers.items() if header.lower() == 'set-cookie']
    return next((header.lower() for header in headers if header.startswith(name)), '')


def session(chat, browser):
    """Return the name and the value of the cookie with the token."""
    hashes = {row[0] for row in chat.rows('select hash from token')}
    for name, value in browser.cookies.items():
        if hashlib.sha256(value.strip('"').encode()).hexdigest() in hashes:
            return name, value.strip('"')
    raise Unexpected('a cookie with a token whose SHA-256 is in the table token', ', '.join(browser.cookies) or 'no cookie')


def flags(cookie):
    """Return {attribute: value} of a Set-Cookie header."""
    return dict(part.strip().partition('=')[::2] for part in cookie.split(';')[1:])


def lifetime(cookie):
    """Return for how many seconds a browser keeps a cookie, or 0 if only until it is closed."""
    values = flags(cookie)
    if 'max-age' in values:
        return int(values['max-age'])
    return round(parsedate_to_datetime(values['expires']).timestamp() - time.time(), -1) if 'expires' in values else 0


def test_cookie_flags(chat, browser):
    """The cookie is HttpOnly and SameSite=Lax, its path is /, and it expires with the token."""
    browser.register('ann')
    answer = browser.log_in('ann')
    cookie = set_cookie(answer, session(chat, browser)[0])
    if not {'httponly', 'samesite', 'path'} <= set(flags(cookie)) or flags(cookie)['samesite'] != 'lax' or flags(cookie)['path'] != '/':
        raise Unexpected('a cookie with HttpOnly, SameSite=Lax and Path=/', cookie)
    if lifetime(cookie) != 3600 or 'secure' in flags(cookie):
        raise Unexpected('a cookie that lasts 3600 seconds, without Secure over plain HTTP', cookie)


def test_cookie_over_https(chat, browser):
    """Over HTTPS the cookie is Secure, so it is never sent over plain HTTP."""
    browser.register('ann')
    browser.log_in('ann')
    name = session(chat, browser)[0]
    browser.extra_environ = {'wsgi.url_scheme': 'https'}
    cookie = set_cookie(browser.log_in('ann'), name)
    if 'secure' not in flags(cookie):
        raise Unexpected('a cookie with Secure', cookie)


def test_token_is_hashed(chat, ann):
    """The database has the SHA-256 of the token in the cookie, not the token itself."""
    assert session(chat, ann)[1] not in str(chat.rows('select * from token'))


def test_token_is_random(make_chat, monkeypatch):
    """A token can't be guessed: each has 128 bits or more, and neither the user nor the time nor a count tells them."""
    monkeypatch.setattr(time, 'time', lambda now=time.time(): now)
    tokens = []
    for chat in (make_chat(), make_chat()):
        random.seed(1)  # so that two apps would make the same tokens of anything but the system's randomness
        browser = chat.browser('ann')
        name, _ = session(chat, browser)
        tokens += [browser.cookies[name].strip('"') for _ in range(20) if browser.log_in('ann')]
    assert len(set(tokens)) == 40
    assert all(len(set(token)) > 10 for token in tokens) and min(map(len, tokens)) >= 22
    starts, ends = {token[:4] for token in tokens}, {token[-4:] for token in tokens}
    assert len(starts) > 30 and len(ends) > 30


def test_login_twice(chat, ann):
    """Logging in again, in another browser, ends no session: neither your own nor anybody else's."""
    bob, phone = chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    for browser in (ann, bob, phone):
        browser.get('/', status=200)


def test_logout(chat, ann):
    """Logging out deletes this token and the cookie, so even a copy of it opens nothing. It ends no other session. A GET, as from a link, logs nobody out."""
    (name, token), bob, phone = session(chat, ann), chat.browser('bob'), chat.browser()
    phone.log_in('ann')
    ann.get('/auth/logout', status='*')
    ann.get('/', status=200)
    ann.redirected(ann.post('/auth/logout'))
    if token in str(ann.cookies):
        raise Unexpected('a browser without the cookie (the same path deletes it that set it)', 'it still has the cookie')
    ann.set_cookie(name, token)
    assert ann.redirected(ann.get('/')).startswith('/auth/login')
    phone.get('/', status=200)
    bob.get('/', status=200)


def test_wrong_cookie(chat, browser, ann):
    """A cookie with anything but a token that the app gave opens nothing."""
    name = session(chat, ann)[0]
    for cookie in ['', 'nonsense', 'ü', 'a' * 3000, '1', 'ann']:
        answer = browser.get('/', headers={'Cookie': f'{name}={cookie}'.encode().decode('latin-1')})
        assert browser.redirected(answer).startswith('/auth/login')


def test_login_expires(chat, ann):
    """A token that has expired opens nothing. Other people stay logged in."""
    bob = chat.browser('bob')
    ann.get('/', status=200)
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z' where user_id = (select id from user where username = 'ann')")
    assert ann.redirected(ann.get('/')).startswith('/auth/login')
    bob.get('/', status=200)


def test_host_is_not_trusted(chat):
    """The Host header is the client's to choose, so no answer repeats it, and one that is no host name does no harm."""
    for host, name in [('evil.example', 'ann'), ('[', 'bob')]:
        fields = {'username': name, 'email': f'{name}@example.com', 'password': PASSWORD}
        answers = [chat.browser().get('/', headers={'Host': host}, status='*')]
        for path in ['register'] if host == '[' else ['register', 'login', 'logout']:  # WebTest's cookies can't belong to [
            answers.append(chat.browser().post(f'/auth/{path}', fields, {'Host': host}, status='*'))
        for answer in answers:
            if answer.status_int != 400:  # which refuses the Host
                chat.browser().redirected(answer)
            if 'evil.example' in f'{answer.headers}{answer.text}':
                raise Unexpected('an answer without the Host header evil.example', summary(answer))


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
    if len(items) != 2 or 'ann' not in texts[0] or 'bob' not in texts[1]:
        raise Unexpected('two elements in .posts, one with the name ann, one with bob', summary(page))
    assert [time['datetime'] for time in items[0].select('time[datetime]')] == ['2026-02-03T04:05:06Z']
    assert re.fullmatch(UTC, chat.rows("select created_at from post where body != 'hello'")[0][0])


def test_post_with_line_breaks(chat, ann):
    """Line breaks and spaces inside a post stay as they were typed."""
    ann.say('one\ntwo\n\n  three  four')
    assert chat.rows('select body from post') == [('one\ntwo\n\n  three  four',)]


def test_xss_and_sql_injection(ann):
    """Any text is shown as it was typed. None of it becomes HTML or SQL."""
    texts = ['ü 你好 🙂 \u202e', '<script>alert(1)</script>', '"\'&amp;{{1}}', '% end', "'; drop table post; --", 'a' * 500]
    for text in texts:
        ann.say(text)
    assert ann.room() == texts[::-1]
    assert not ann.get('/').html.find('script')


def test_login_required_to_post(chat, browser):
    """Without logging in, you can't post either, and no posts come with the redirect."""
    assert browser.redirected(browser.post('/', {'body': 'hello'})).startswith('/auth/login')
    assert chat.rows('select * from post') == []
    chat.browser('ann').say('secret')
    answer = browser.get('/')
    assert browser.redirected(answer).startswith('/auth/login') and 'secret' not in answer.text


def test_token_in_the_query_string(chat, browser, ann):
    """A token counts only in the cookie: not in the query string, and not in a form."""
    name, token = session(chat, ann)
    fields = {name: token, 'token': token, 'body': 'hello'}
    assert browser.redirected(browser.get('/', fields)).startswith('/auth/login')
    assert browser.redirected(browser.post('/', fields)).startswith('/auth/login')


def test_huge_form(chat, ann):
    """A form of more than 100 KiB: 413."""
    ann.post('/', {'body': 'a' * 103_000}, status=413)
    assert chat.rows('select * from post') == []


def test_crash(chat, ann, caplog):
    """An unforeseen exception: 500, and a page without the traceback, which is in the log."""
    break_posts(chat)
    page = ann.get('/', status=500)
    assert page.content_type == 'text/html'
    check_crash(page, caplog)


def break_posts(chat):
    """Make every query of the posts fail, also for an app that makes missing tables again."""
    chat.rows('drop table post')
    chat.rows('create view post as select * from nowhere')


def check_crash(answer, caplog):
    """Check that the log has the traceback, and the answer does not."""
    assert 'Traceback' not in answer.text and 'OperationalError' not in answer.text and 'no such table' not in answer.text
    log = answer.errors + caplog.text
    assert 'Traceback' in log and 'OperationalError' in log


def test_pages_are_accessible(chat, ann):
    """Each page has a language, a title, a viewport for phones, and a label for each field."""
    for browser, path in [(ann, '/'), (chat.browser(), '/auth/login'), (chat.browser(), '/auth/register')]:
        check_page(browser.get(path, status=200))


def check_page(page):
    """Check what every page must have."""
    html = page.html
    assert page.content_type == 'text/html' and page.charset.lower() == 'utf-8'
    assert html.html.get('lang') and html.title.get_text() and html.find('meta', {'name': 'viewport'})
    for field in html.select('input, textarea, select'):
        own = field.find_parent('label') or field.get('aria-label') or field.get('aria-labelledby')
        if field.get('type') not in ('hidden', 'submit', 'button', 'image', 'reset') and not own:
            if not field.get('id') or not html.find('label', {'for': field['id']}):
                raise Unexpected(f'a label for the field {field.get("name")}', 'no label')


def test_error_is_announced(ann):
    """After a mistake, the page has another title, which says so, and the focus is on a field."""
    title = ann.get('/auth/login', status=200).html.title.get_text()
    page = ann.post('/auth/login', {'username': 'ann', 'password': 'wrong horse'}, status=400)
    if page.html.title.get_text() == title:
        raise Unexpected('a <title> that says that there is a mistake', title)
    if not page.html.select('[name=username][autofocus], [name=password][autofocus]'):
        raise Unexpected('a field with autofocus', 'no such field')


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
    times = chat.rows('select created_at from user union select created_at from post union select expires_at from token')
    assert all(re.fullmatch(UTC, time) for time, in times)
    now = datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    assert chat.rows('select created_at from user where created_at > ?', now) == []


def test_ids_are_not_reused(chat, ann):
    """The id of a deleted post is never given to another one."""
    ann.say('one')
    ann.say('two')
    chat.rows('delete from post where id = 2')
    ann.say('three')
    assert chat.rows('select id, body from post') == [(1, 'one'), (3, 'three')]
