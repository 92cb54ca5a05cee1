"""Step 01: a chat room. Register, log in, post, read, tell something about yourself."""
import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import datetime, timezone

import pytest

from clients import PASSWORD, Unexpected, summary

UTC = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'
LONG_EMAIL = 'a' * 243 + '@example.com'  # 255 characters


# Register

def test_register(chat, browser):
    """Who registers can log in, and is a row in the table user."""
    browser.register('ann')
    browser.log_in('ann')
    assert browser.get('/', status=200).html.find('a', href='/user/ann')
    assert chat.rows('select username, email, about_me from user') == [('ann', 'ann@example.com', '')]


@pytest.mark.parametrize('field, values', {
    'username': ['', 'a' * 65, 'ann smith', 'änn', 'ann\n', 'ann/../bob', 'ann\0'],
    'email': ['', 'ann', '@example.com', 'ann@', 'a@b@c', LONG_EMAIL, 'ann\0@example.com'],
    'password': ['', 'seven77', 'x' * 257, 'correct\0horse'],
}.items())
def test_register_mistake(chat, browser, field, values):
    """A field that breaks its rule: 400, the form again with what was typed, and nobody is registered."""
    good = {'username': 'ann', 'email': 'ann@example.com', 'password': PASSWORD}
    for value in values:
        page = browser.post('/auth/register', {**good, field: value}, status=400).html
        assert field in page.find(class_='mistake').get_text()
        for other in {'username', 'email'} - {field}:
            assert page.find('input', {'name': other})['value'] == good[other]
        assert not page.find('input', {'name': 'password'}).get('value')
    assert chat.rows('select * from user') == []


def test_register_limits(browser):
    """The shortest and the longest of everything are welcome."""
    for username, email, password in [
        ('a', 'a@b', '8 chars!'), ('b' * 64, LONG_EMAIL[1:], 'x' * 256), ('A.b_c-9', 'ü@exämple.com', 'pässwörd 🙂'),
    ]:
        browser.register(username, password, email=email)
        browser.log_in(username, password)


@pytest.mark.parametrize('more', [{'username': 'ANN'}, {'email': 'Ann@Example.COM'}])
def test_register_taken(chat, browser, more):
    """A username or an email that is taken, whatever the case: 400, and the form says which."""
    browser.register('ann')
    page = browser.post('/auth/register', {'username': 'bob', 'email': 'bob@x', 'password': PASSWORD, **more}, status=400)
    assert list(more)[0] in page.html.find(class_='mistake').get_text()
    assert len(chat.rows('select * from user')) == 1


def test_register_at_once(chat, monkeypatch):
    """Of two who register one name at the same moment, exactly one gets it."""
    chat.browser('bob')
    together(monkeypatch)
    answers = []

    def register(email):
        fields = {'username': 'ann', 'email': email, 'password': PASSWORD}
        answers.append(chat.browser().post('/auth/register', fields, status='*').status_int)
    run_both(register, 'one@example.com', 'two@example.com')
    assert sorted(answers) == [303, 400]
    assert len(chat.rows("select * from user where username = 'ann'")) == 1


def together(monkeypatch):
    """Let each thread wait for the other where passwords are hashed: whoever looks first and writes later is caught."""
    barrier, scrypt = threading.Barrier(2), hashlib.scrypt

    def wait(*args, **more):
        try:
            barrier.wait(0.5)
        except threading.BrokenBarrierError:
            pass
        return scrypt(*args, **more)
    monkeypatch.setattr(hashlib, 'scrypt', wait)


def run_both(function, *values):
    threads = [threading.Thread(target=function, args=[value]) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_password_is_hashed(chat):
    """The database has no password, and two people with one password have two hashes."""
    chat.browser('ann')
    chat.browser('bob')
    hashes = [row[0] for row in chat.rows('select password_hash from user')]
    assert len(set(hashes)) == 2
    assert not any(PASSWORD in text for text in hashes)


# Log in, log out

def test_login_required(browser):
    """Who is not logged in is sent to the log-in page."""
    browser.register('ann')
    browser.reset()
    for path in ['/', '/user/ann', '/profile']:
        assert browser.redirected(browser.get(path)).startswith('/auth/login')


def test_login_required_to_post(chat, browser):
    """Who is not logged in can't write either."""
    browser.register('ann')
    browser.reset()
    for path, field in [('/', 'body'), ('/profile', 'about_me')]:
        assert browser.redirected(browser.post(path, {field: 'hello'})).startswith('/auth/login')
    assert chat.rows('select * from post') == []


def test_login_mistake(browser):
    """A wrong name or password: 400, one text for both, and nobody is logged in."""
    browser.register('ann')
    browser.reset()
    texts = set()
    for username, password in [
        ('ann', 'wrong horse'), ('ann', ''), ('nobody', PASSWORD), ('', ''), ('ann\0', PASSWORD), ('ann', PASSWORD + ' '),
    ]:
        page = browser.post('/auth/login', {'username': username, 'password': password}, status=400)
        texts.add(page.html.find(class_='mistake').get_text())
        assert not page.html.find('input', {'name': 'password'}).get('value')
        assert browser.redirected(browser.get('/')).startswith('/auth/login')
    assert len(texts) == 1


def test_login_keeps_the_name(browser):
    """After a wrong password the username need not be typed again."""
    page = browser.post('/auth/login', {'username': 'ann', 'password': 'wrong horse'}, status=400)
    assert page.html.find('input', {'name': 'username'})['value'] == 'ann'


def test_login_costs_the_same(browser, monkeypatch):
    """An unknown name costs as much hashing as a wrong password: the time must not tell who is here."""
    browser.register('ann')
    costs, scrypt = [], hashlib.scrypt

    def count(*args, n, r, p, **more):
        costs.append((n, r, p))
        return scrypt(*args, n=n, r=r, p=p, **more)
    monkeypatch.setattr(hashlib, 'scrypt', count)
    browser.post('/auth/login', {'username': 'ann', 'password': 'wrong horse'}, status=400)
    browser.post('/auth/login', {'username': 'nobody', 'password': 'wrong horse'}, status=400)
    assert costs == [(2, 8, 5), (2, 8, 5)]


def set_cookie(response):
    """Return the Set-Cookie header of an answer in small letters; '' without one."""
    return response.headers.get('Set-Cookie', '').lower()


def test_cookie(chat, browser):
    """The cookie is out of reach for scripts and other sites, and good for the whole site."""
    browser.register('ann')
    browser.reset()
    cookie = set_cookie(browser.log_in('ann'))
    assert 'httponly' in cookie and 'samesite=lax' in cookie and 'path=/;' in cookie + ';'
    assert 'secure' not in cookie


def test_cookie_over_https(browser):
    """Over https the cookie is never sent without it."""
    browser.register('ann')
    browser.extra_environ = {'wsgi.url_scheme': 'https'}
    assert 'secure' in set_cookie(browser.log_in('ann'))


def test_cookie_is_not_in_the_database(chat, ann):
    """The database keeps the SHA-256 of the token: who reads the file can't log in with it."""
    token = list(ann.cookies.values())[0].strip('"')
    hashes = [row[0] for row in chat.rows('select hash from token')]
    assert hashlib.sha256(token.encode()).hexdigest() in hashes


def test_logout(ann):
    """Logging out ends the token: even a copy of the cookie opens nothing."""
    cookies = dict(ann.cookies)
    assert ann.redirected(ann.post('/auth/logout')) == '/auth/login'
    for name, value in cookies.items():
        ann.set_cookie(name, value.strip('"'))
    assert ann.redirected(ann.get('/')).startswith('/auth/login')


def test_wrong_cookie(browser, ann):
    """A cookie that no log-in gave opens nothing."""
    name = list(ann.cookies)[0]
    for cookie in ['', 'nonsense', 'ü', 'a' * 3000]:
        answer = browser.get('/', headers={'Cookie': f'{name}={cookie}'.encode().decode('latin-1')})
        assert browser.redirected(answer).startswith('/auth/login')


def test_login_expires(chat, ann):
    """A token that has expired opens nothing."""
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z'")
    assert ann.redirected(ann.get('/')).startswith('/auth/login')


def test_login_leads_back(browser):
    """Who is sent to the log-in page gets to the page that was asked for."""
    browser.register('ann')
    browser.reset()
    path = browser.redirected(browser.get('/profile'))
    assert browser.redirected(browser.log_in('ann', path=path)) == '/profile'


def test_login_leads_to_no_other_site(browser):
    """`next` is followed to a path of this site only; anything else leads to the room."""
    browser.register('ann')
    for path in ['https://evil.example/', '//evil.example', '/\\evil.example', '/%09/evil.example', '%20//evil.example', 'evil',
                 '\\\\evil', 'javascript:alert(1)', '/%0d%0aX:1', '/%0a/evil.example', '///evil.example', '']:
        assert browser.redirected(browser.log_in('ann', path='/auth/login?next=' + path)) == '/', path


# Post and read

def test_post(ann):
    """What is posted is in the room, newest first."""
    assert ann.redirected(ann.say('first')) == '/'
    ann.say('second')
    assert ann.room() == ['second', 'first']


def test_post_has_author_and_time(chat, ann):
    """A post shows who wrote it, with a link to the profile, and when."""
    ann.say('hello')
    post = ann.get('/').html.select_one('.posts')
    assert post.find('a', href='/user/ann').get_text() == 'ann'
    assert re.fullmatch(UTC, post.find('time')['datetime'])
    assert post.find('time')['datetime'] == chat.rows('select created_at from post')[0][0]


def test_post_is_shown_as_typed(ann):
    """Any text is shown as it was typed, and none of it becomes HTML."""
    texts = ['ü 你好 🙂 \u202e', '<script>alert(1)</script>', '"\'&amp;{{1}}', '% end', "'; drop table post; --", 'a' * 500]
    for text in texts:
        ann.say(text)
    assert ann.room() == texts[::-1]
    assert not ann.get('/').html.find('script')


def test_post_is_trimmed(chat, ann):
    """Space around a post is dropped, and does not count."""
    ann.say('  \n' + 'a' * 500 + '\t ')
    assert chat.rows('select body from post') == [('a' * 500,)]


def test_post_mistake(chat, ann):
    """An empty or too long post: 400, and the room again with what was typed."""
    for body, typed in [('', ''), ('   \n', ''), ('a' * 501, 'a' * 501), ('nul\0', 'nul')]:
        page = ann.post('/', {'body': body}, status=400).html
        assert 'body' in page.find(class_='mistake').get_text()
        assert page.find('input', {'name': 'body'})['value'].startswith(typed)
    assert chat.rows('select * from post') == []


def fill(chat, count, username='ann'):
    """Put posts into the database: `1` is the oldest."""
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into post (user_id, body, created_at)
        select user.id, n, '2026-01-01T00:00:00Z' from number, user where username = ? order by n""", count, username)


def test_pages(chat, ann):
    """The room shows 20 posts a page; links lead to older and newer ones, and end where these end."""
    fill(chat, 41)
    assert ann.room() == [str(number) for number in range(41, 21, -1)]
    first = ann.get('/')
    assert not first.html.find('a', rel='prev')
    second = ann.get('/' + first.html.find('a', rel='next')['href'])
    third = ann.get('/' + second.html.find('a', rel='next')['href'])
    assert [item.get_text() for item in third.html.select('.posts .body')] == ['1']
    assert third.html.find('a', rel='prev')['href'] == '?page=2'
    assert not third.html.find('a', rel='next')


def test_pages_end_evenly(chat, ann):
    """Where the posts fill their pages exactly, there is no link to an empty one."""
    fill(chat, 20)
    assert not ann.get('/').html.find('a', rel='next')


BAD_NUMBERS = ['0', '-1', '1.5', 'x', '', '%D9%A3', '1e3', '+1', ' 1', '9' * 30, '9' * 5000, '%00', '%ff']


def test_bad_page(ann):
    """A page number that is none: 400."""
    for page in BAD_NUMBERS:
        ann.get(f'/?page={page}', status=400)
        ann.get(f'/user/ann?page={page}', status=400)


def test_page_past_the_end(ann):
    """A page after the last one is empty, and no error."""
    ann.say('hello')
    assert ann.room('?page=1000') == []
    ann.get(f'/?page={10**12}', status=200)
    ann.get(f'/user/ann?page={10**12}', status=200)


# Profiles

def test_profile(chat, ann):
    """A profile has what its owner says, since when they are here, and their posts only."""
    ann.post('/profile', {'about_me': 'I like <b>tea</b>.'}, status=303)
    ann.say('from ann')
    bob = chat.browser('bob')
    bob.say('from bob')
    page = bob.get('/user/ann').html
    assert 'I like <b>tea</b>.' in page.get_text()
    assert [item.get_text() for item in page.select('.posts .body')] == ['from ann']
    assert page.find('time')['datetime'] == chat.rows('select created_at from user')[0][0]
    assert not page.find('a', href='/profile')


def test_profile_in_any_case(ann):
    """A name leads to its profile, whatever the case."""
    assert ann.get('/user/ANN').html.find('h1').get_text() == 'ann'


def test_unknown_profile(ann):
    """The profile of somebody who is not here: 404."""
    for name in ['nobody', '%00', '%c3%bc', "'--", 'a' * 2000, 'ann/', '..%2f']:
        ann.get('/user/' + name, status=404)


def test_profile_pages(chat, ann):
    """A profile has pages like the room."""
    fill(chat, 21)
    page = ann.get('/user/ann')
    assert len(page.html.select('.posts .body')) == 20
    page = ann.get('/user/ann' + page.html.find('a', rel='next')['href'])
    assert [item.get_text() for item in page.html.select('.posts .body')] == ['1']
    assert not page.html.find('a', rel='next')
    chat.rows('delete from post where id = 21')
    assert not ann.get('/user/ann').html.find('a', rel='next')


def test_edit_profile(chat, ann):
    """What you say about yourself can be changed; the form shows what it is now."""
    chat.browser('bob')
    assert ann.redirected(ann.post('/profile', {'about_me': 'a' * 140})) == '/user/ann'
    assert ann.get('/profile').html.find('input', {'name': 'about_me'})['value'] == 'a' * 140
    ann.post('/profile', {'about_me': ''}, status=303)
    assert chat.rows('select about_me from user') == [('',), ('',)]


def test_edit_profile_mistake(chat, ann):
    """Too much about yourself: 400, the form again with what was typed, and nothing is changed."""
    for text, typed in [('a' * 141, 'a' * 141), ('nul\0', 'nul')]:
        page = ann.post('/profile', {'about_me': text}, status=400).html
        assert 'about_me' in page.find(class_='mistake').get_text()
        assert page.find('input', {'name': 'about_me'})['value'].startswith(typed)
    assert chat.rows('select about_me from user') == [('',)]


# Other sites, broken requests, errors

FORMS = [('/', {'body': 'hi'}), ('/profile', {'about_me': 'hi'}), ('/auth/logout', {}),
         ('/auth/login', {'username': 'ann', 'password': PASSWORD}),
         ('/auth/register', {'username': 'bob', 'email': 'bob@example.com', 'password': PASSWORD})]


FOREIGN = [{'Sec-Fetch-Site': 'cross-site'}, {'Sec-Fetch-Site': 'same-site'}, {'Origin': 'https://evil.example'},
           {'Origin': 'null'}, {'Origin': '\xff'}, {'Sec-Fetch-Site': '\xff'},
           {'Origin': 'http://localhost.evil.example'}, {'Origin': 'http://['},
           {'Sec-Fetch-Site': 'cross-site', 'Origin': 'http://localhost:80'}]


@pytest.mark.parametrize('path, fields', FORMS)
def test_form_of_another_site(chat, ann, path, fields):
    """A form that another site sends: 403, and nothing has happened."""
    tables = ['user', 'post', 'token']
    before = [chat.rows(f'select * from {table}') for table in tables]
    for headers in FOREIGN:
        ann.post(path, fields, headers, status=403)
    assert [chat.rows(f'select * from {table}') for table in tables] == before


def test_form_of_this_site(ann):
    """A form of our own pages is welcome."""
    for headers in [{'Sec-Fetch-Site': 'same-origin'}, {'Sec-Fetch-Site': 'none'}, {'Origin': 'http://localhost:80'}]:
        ann.post('/', {'body': 'hello'}, headers, status=303)
    assert ann.room() == ['hello'] * 3
    ann.get('/', headers={'Sec-Fetch-Site': 'cross-site'}, status=200)  # a link there may lead here


def part(value, header=''):
    """Return a multipart form with the one field body."""
    return b'--b\r\nContent-Disposition: form-data; name="body"' + header.encode() + b'\r\n\r\n' + value + b'\r\n--b--\r\n'


BROKEN = [
    ('multipart/form-data', part(b'x')),
    ('multipart/form-data; boundary=b', part(b'x')[:40]),
    ('multipart/form-data; boundary=b', part(b'\xff')),
    ('multipart/form-data; boundary=b; charset=odd', part(b'x')),
    ('multipart/form-data; boundary=b', part(b'x', '; filename="x"')),
    ('application/x-www-form-urlencoded', b'body=%ff%fe'),
    ('application/json', b'{"body": "x"}'),
    ('', b''),
]


def test_broken_form(ann):
    """A form that can't be read is the sender's mistake, 400, or is read as far as it goes: it is no crash."""
    for content_type, body in BROKEN:
        answer = ann.request('/', method='POST', body=body, headers={'Content-Type': content_type}, status='*')
        if answer.status_int not in (303, 400):
            raise Unexpected('status 400', summary(answer))


def test_huge_form(chat, ann):
    """A form of more than 100 KiB: 413."""
    ann.post('/', {'body': 'a' * 103_000}, status=413)
    assert chat.rows('select * from post') == []


def test_unknown_path(browser):
    """A path that is not there: 404, as a page that leads back."""
    page = browser.get('/nothing/<b>here', status=404)
    assert page.content_type == 'text/html' and '<b>here' not in page.text
    assert page.html.find('a', href='/')


def test_wrong_method(browser):
    """A method that a path does not have: 405, and Allow says which it has."""
    answer = browser.get('/auth/logout', status=405)
    assert 'POST' in answer.headers.get('Allow', '')
    browser.request('/', method='DELETE', status=405)


def test_crash(chat, ann, caplog):
    """Something unforeseen: 500, a page without a traceback; the log has the traceback."""
    chat.rows('drop table post')
    page = ann.get('/', status=500)
    assert page.content_type == 'text/html'
    assert 'Traceback' not in page.text and 'no such table' not in page.text
    log = page.errors + caplog.text
    assert 'Traceback' in log and 'no such table' in log


# The pages themselves

def test_pages_are_whole(ann):
    """Each page says its language and title, fits a phone, has its stylesheet, and a label for every field."""
    for path, status in [('/', 200), ('/auth/login', 200), ('/auth/register', 200), ('/profile', 200), ('/user/ann', 200), ('/nothing', 404)]:
        page = ann.get(path, status=status)
        html = page.html
        assert page.content_type == 'text/html' and page.charset.lower() == 'utf-8'
        assert html.html['lang'] and html.title.get_text() and html.find('meta', {'name': 'viewport'})
        for field in html.select('input'):
            assert html.find('label', {'for': field['id']})
        assert ann.get(html.find('link', rel='stylesheet')['href'], status=200).content_type == 'text/css'


def test_static_is_no_way_out(browser):
    """Nothing but the static files can be read as one."""
    for path in ['../chat.db', '..%2fchat.py', '../../config.py', 'nothing.css', '%2e%2e/%2e%2e/config.py', '']:
        assert browser.get('/static/' + path, status='*').status_int in (403, 404)


def test_head(browser):
    """HEAD answers like GET, without the body."""
    answer = browser.head('/auth/login', status=200)
    assert answer.body == b''


# The database

def test_schema(chat, browser):
    """The tables and columns are those that every step shares."""
    browser.get('/auth/login')
    browser.register('ann')
    columns = {table: [row[1] for row in chat.rows(f'pragma table_info({table})')] for table in ('user', 'post', 'token')}
    assert columns == {
        'user': ['id', 'username', 'email', 'password_hash', 'about_me', 'created_at'],
        'post': ['id', 'user_id', 'body', 'created_at'],
        'token': ['hash', 'user_id', 'expires_at'],
    }
    assert chat.rows('pragma journal_mode') == [('wal',)]


def test_times(chat, ann):
    """All times are UTC, in ISO 8601, and end in Z."""
    ann.say('hello')
    times = chat.rows('select created_at from user union select created_at from post union select expires_at from token')
    assert all(re.fullmatch(UTC, time) for time, in times)
    now = datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    assert chat.rows('select created_at from user where created_at > ?', now) == []


def test_ids_are_not_used_again(chat, ann):
    """The id of a post that is gone is not given to another."""
    ann.say('one')
    ann.say('two')
    chat.rows('delete from post where id = 2')
    ann.say('three')
    assert chat.rows('select id, body from post') == [(1, 'one'), (3, 'three')]


# The server

def start(step, folder, **environ):
    """Start the app as its user would, from another folder."""
    environ = {**os.environ, 'CHAT_HOST': '127.0.0.1', 'CHAT_DB': str(folder / 'chat.db'), 'CHAT_PORT': '0',
               'CHAT_TOKEN_SECONDS': '3600', 'CHAT_PASSWORD_COST': '2', 'CHAT_THREADS': '4', **environ}
    return subprocess.Popen([sys.executable, '-B', str(step.start)], cwd=folder, env=environ, encoding='utf-8',
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_start(step, tmp_path):
    """The app starts from any folder, and serves."""
    process, port = serve(step, tmp_path)
    try:
        assert urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=5).status == 200
    finally:
        stop(process)


def test_cannot_start(step, tmp_path):
    """A database or a port that it can't have is told in one line, with status 1."""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        no_port = start(step, tmp_path, CHAT_PORT=str(port))
        no_file = start(step, tmp_path, CHAT_DB=str(tmp_path / 'nothing' / 'chat.db'), CHAT_PORT='0')
        try:
            for process, word in [(no_port, str(port)), (no_file, 'chat.db')]:
                errors = process.communicate(timeout=20)[1].strip().splitlines()
                if process.returncode != 1 or 'Traceback' in ''.join(errors) or word not in errors[-1]:
                    raise Unexpected(f'exit status 1, and a line about {word}', '\n'.join(errors[-3:]))
        finally:
            stop(no_port)
            stop(no_file)


def serve(step, folder):
    """Start the app on a free port; return the process and the port, once it answers."""
    for _ in range(3):  # somebody else may take the port just now
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        process = start(step, folder, CHAT_PORT=str(port))
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
