"""Step 11: limits, for a stranger who does not stop."""
import contextlib
import hashlib
import importlib
import os
import socket
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest

from clients import PASSWORD, Unexpected, basic, summary, watch
from test_01_flat_script import check_refused, run_both, serve, set_cookie, stop

HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most


def retry_after(answer):
    """Return the seconds in the header Retry-After of an answer."""
    text = answer.headers.get('Retry-After', '')
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        raise Unexpected('the header Retry-After with a number of seconds', f'Retry-After: {text or "none"}')
    return int(text)


# Wrong passwords

def guess(browser, username, password='wrong horse', **headers):
    """Log in on the page. Return the answer."""
    headers = {name.replace('_', '-'): value for name, value in headers.items()}
    return browser.post('/auth/login', {'username': username, 'password': password}, headers, status='*')


def guess_until_refused(browser, username, **headers):
    """Guess passwords until the answer is 429. Return it."""
    for _ in range(HANDFUL + 1):
        answer = guess(browser, username, **headers)
        if answer.status_int == 429:
            return answer
    raise Unexpected(f'status 429 after {HANDFUL} wrong passwords or fewer', summary(answer))


def test_login_limit(chat, browser):
    """More wrong passwords than a person types: 429 with Retry-After, even for the right one. Three are forgiven."""
    for name in ('ann', 'bob'):
        chat.browser(name)
    for _ in range(3):
        assert guess(browser, 'bob').status_int == 400
    assert guess(browser, 'bob', PASSWORD).status_int == 303
    answer = guess_until_refused(browser, 'ann')
    assert retry_after(answer) and answer.content_type == 'text/html'
    assert guess(browser, 'ann', PASSWORD).status_int == 429
    assert guess(browser, 'ANN', PASSWORD).status_int == 429


def test_login_limit_of_the_api(chat, browser):
    """The API counts wrong passwords together with the pages, and answers 429 as JSON."""
    for name in ('ann', 'bob'):
        chat.browser(name)
    guess_until_refused(browser, 'ann')
    api = chat.api()
    api.ask('POST', '/api/tokens', status=429, Authorization=basic('ann', PASSWORD))
    retry_after(api.response)
    for _ in range(HANDFUL):
        api.ask('POST', '/api/tokens', status='*', Authorization=basic('bob', 'wrong horse'))
    api.ask('POST', '/api/tokens', status=429, Authorization=basic('bob', PASSWORD))
    assert guess(browser, 'bob', PASSWORD).status_int == 429


def test_login_limit_of_unknown_names(browser):
    """An unknown username is limited in the same way, so 429 doesn't tell who is registered."""
    guess_until_refused(browser, 'nobody')


def test_right_passwords_do_not_count(chat, browser):
    """Somebody who logs in often with the right password is never refused."""
    chat.browser('ann')
    guess(browser, 'ann')
    guess(browser, 'ann')
    for _ in range(25):
        assert guess(browser, 'ann', PASSWORD).status_int == 303
        chat.api().log_in('ann')
    guess_until_refused(browser, 'ann')


def test_errors_do_not_count(chat, browser, monkeypatch):
    """A login that the server couldn't check is not a wrong password."""
    chat.browser('ann')
    with monkeypatch.context() as broken:
        broken.setattr(hashlib, 'scrypt', None)
        for _ in range(HANDFUL):
            assert guess(browser, 'ann').status_int == 500
    assert guess(browser, 'ann', PASSWORD).status_int == 303
    guess_until_refused(browser, 'ann')


def test_login_limit_is_for_one_name_and_address(chat, browser):
    """Neither other users, nor the same user at another address, nor open sessions and tokens are locked out."""
    ann, api, bob = chat.browser('ann'), chat.api(), chat.browser('bob')
    api.log_in('ann')
    guess_until_refused(browser, 'ann')
    assert guess(browser, 'bob', PASSWORD).status_int == 303
    elsewhere = chat.browser()
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    assert guess(elsewhere, 'ann', PASSWORD).status_int == 303
    for client in (ann, bob):
        client.get('/', status=200)
    api.ask('GET', '/api/users')


def test_login_limit_and_forged_address(chat, browser):
    """A header can't pretend another address: it is the connection's that counts."""
    chat.browser('ann')
    for number in range(HANDFUL + 1):
        answer = guess(browser, 'ann', X_Forwarded_For=f'192.0.2.{number}')
    assert answer.status_int == 429


def test_login_limit_passes(chat, browser, monkeypatch):
    """After the time in Retry-After, the right password is welcome again."""
    chat.browser('ann')
    seconds = retry_after(guess_until_refused(browser, 'ann'))
    for clock in ('time', 'monotonic'):
        monkeypatch.setattr(time, clock, lambda now=getattr(time, clock): now() + seconds)
    assert guess(browser, 'ann', PASSWORD).status_int == 303


def test_login_limit_for_guesses_at_once(chat, monkeypatch):
    """Of thirty guesses at the same moment, a handful is hashed. The others are refused without waiting for a core."""
    chat.browser('ann')
    chat.browser('bob')
    monkeypatch.setattr(hashlib, 'scrypt', slow := SlowHash())
    answers, arrived = [], threading.Semaphore(0)

    def run(number):
        answers.append(guess(chat.browser(), 'ann').status_int)
        arrived.release()
    threads = [threading.Thread(target=run, args=[number]) for number in range(30)]
    for thread in threads:
        thread.start()
    refused = all(arrived.acquire(timeout=3) for _ in range(30 - HANDFUL))
    slow.go.set()
    for thread in threads:
        thread.join()
    if not refused:
        raise Unexpected(f'status 429 for all but {HANDFUL} of thirty guesses', 'they wait to be hashed')
    assert answers.count(400) <= HANDFUL and answers.count(429) == 30 - answers.count(400)


# Too many passwords at once

class SlowHash:
    """In place of scrypt: it takes until it is released. It counts how many run at the same time."""

    def __init__(self):
        self.go, self.running, self.most, self.lock = threading.Event(), 0, 0, threading.Lock()
        self.scrypt = hashlib.scrypt

    def __call__(self, *args, **more):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.go.wait(20)
        with self.lock:
            self.running -= 1
        return self.scrypt(*args, **more)


def register_at_once(chat, count):
    """Start threads that register. Return them, the list of their answers and an event that the first 503 sets."""
    answers, refused = [], threading.Event()

    def register(number):
        fields = {'username': f'user{number}', 'email': f'{number}@x', 'password': PASSWORD}
        answers.append(chat.browser().post('/auth/register', fields, status='*'))
        if answers[-1].status_int == 503:
            refused.set()
    threads = [threading.Thread(target=register, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads, answers, refused


def test_hashing_limit(chat, ann, monkeypatch):
    """No more passwords are hashed at once than there are cores. A few wait, the others get 503 with Retry-After."""
    monkeypatch.setattr(hashlib, 'scrypt', slow := SlowHash())
    threads, answers, refused = register_at_once(chat, 100)
    in_time = refused.wait(5)
    if in_time:
        ann.get('/', status=200)  # whoever hashes nothing is not kept waiting
    slow.go.set()
    for thread in threads:
        thread.join()
    if not in_time:
        raise Unexpected('status 503 for some of a hundred people who register at once', 'all of them wait')
    assert slow.most <= (os.cpu_count() or 1)
    assert {answer.status_int for answer in answers} == {303, 503}
    assert all(retry_after(answer) for answer in answers if answer.status_int == 503)
    served = sum(answer.status_int == 303 for answer in answers)
    assert served >= 30 and len(chat.rows("select * from user where username like 'user%'")) == served
    sys.modules.pop('config', None)
    threads = importlib.import_module('config').Config.THREADS
    assert threads >= served + 8, 'more threads than may hash or wait for it'


def test_class_is_welcome(chat, ann, monkeypatch):
    """A class of thirty that registers in the same second is not refused."""
    monkeypatch.setattr(hashlib, 'scrypt', slow := SlowHash())
    threads, answers, _ = register_at_once(chat, 30)
    slow.go.set()
    for thread in threads:
        thread.join()
    assert [answer.status_int for answer in answers] == [303] * 30
    assert slow.most <= (os.cpu_count() or 1)


# A database that can't work

connect = sqlite3.connect  # the real one


@contextlib.contextmanager
def locked(monkeypatch, path):
    """Another program writes for longer than anybody waits."""
    monkeypatch.setattr(sqlite3, 'connect', lambda database, **more: connect(database, **{**more, 'timeout': 0.05}))
    other = connect(path, isolation_level=None)
    other.execute('begin immediate')
    yield
    other.close()


@contextlib.contextmanager
def read_only(monkeypatch, path):
    """The file can't be written."""
    monkeypatch.setattr(sqlite3, 'connect', lambda database, **more: connect(f'file:{path}?mode=ro', **{**more, 'uri': True}))
    yield


@contextlib.contextmanager
def full(monkeypatch, path):
    """There is no room for another page of the database."""
    def connect_full(database, **more):
        db = connect(database, **more)
        db.execute('pragma max_page_count = 1')
        return db
    monkeypatch.setattr(sqlite3, 'connect', connect_full)
    yield


@pytest.mark.parametrize('trouble', [locked, read_only, full])
def test_database_trouble(make_chat, monkeypatch, caplog, trouble):
    """A database that is locked, read-only or full: 503 with Retry-After for those who write. It gets well by itself."""
    first = make_chat()
    first.browser('ann').say('a' * 500)
    chat = make_chat(DATABASE=first.database)
    browser, api = chat.browser(), chat.api()
    browser.log_in('ann')
    api.log_in('ann')
    again = make_chat(DATABASE=first.database)  # an app that has no connection yet
    for client in (browser, api):
        client.app = watch(again.app)
    with trouble(monkeypatch, first.database):
        room = browser.get('/', status=200)
        assert room.html.select('.posts .body')
        for _ in range(9):  # until the database is full
            answer = browser.post('/', {'body': 'b' * 500}, status='*')
            if answer.status_int != 303:
                break
        if answer.status_int != 503:
            raise Unexpected('status 503', summary(answer))
        assert retry_after(answer) and answer.content_type == 'text/html'
        log = answer.errors + caplog.text
        assert len(answer.errors.strip().splitlines()) <= 1 and 'Traceback' not in log and str(503) in log
        api.ask('POST', '/api/posts', {'body': 'c' * 500}, '*')
        if api.response.status_int != 503:
            raise Unexpected('status 503', summary(api.response))
        retry_after(api.response)
        monkeypatch.undo()
    browser.say('well again')
    assert browser.room()[0] == 'well again'


# Headers

def test_security_headers(chat, ann):
    """Every response has the security headers, errors and redirects too. What is personal is not stored."""
    api = chat.api('bob')
    answers = [ann.get('/'), ann.get('/auth/login'), ann.get('/static/style.css'), chat.browser().get('/'), ann.get('/nothing', status=404),
               ann.request('/', method='DELETE', status=405), ann.post('/', {'body': ''}, status=400), chat.browser().get('/auth/login', headers={'Host': '['}, status=200)]
    for method, path, status in [('GET', '/api/users', 200), ('GET', '/api/nothing', 404), ('POST', '/api/users', 415)]:
        api.ask(method, path, status=status)
        answers.append(api.response)
    chat.api().ask('POST', '/api/tokens', status=401)
    chat.rows('drop table post')
    answers.append(ann.get('/', status=500))
    for answer in answers:
        headers = answer.headers
        assert headers.get('X-Content-Type-Options') == 'nosniff', answer.request.path
        policy = headers.get('Content-Security-Policy', '')
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, answer.request.path
        assert 'unsafe' not in policy and '*' not in policy
        assert "style-src 'self'" in policy and "img-src 'self'" in policy and "form-action 'none'" not in policy
        assert headers.get('Referrer-Policy') in ('same-origin', 'no-referrer', 'strict-origin', 'strict-origin-when-cross-origin')
        if not answer.request.path.startswith('/static/'):
            assert headers.get('Cache-Control') == 'no-store', answer.request.path


def test_nothing_is_inline(ann):
    """No page has a script or a style in it, because the Content-Security-Policy allows none."""
    assert ann.get('/').headers.get('Content-Security-Policy')
    for path in ['/', '/profile', '/user/ann', '/nothing']:
        html = ann.get(path, status='*').html
        assert not html.select('script, style, [style], [onclick], [onload]')
        assert not [tag for tag in html.select('[href], [src]') if tag.get('href', tag.get('src', '')).startswith('data:')]


# The server

@pytest.fixture(scope='module')
def port(step, tmp_path_factory):
    """The port of a server that runs the app, for all tests of this file because it takes time to start."""
    process, port = serve(step, tmp_path_factory.mktemp('server'))
    yield port
    stop(process)


def test_no_threads(step, tmp_path):
    """A server without threads would listen and never answer: it doesn't start, and says why in one line."""
    check_refused(step, tmp_path, {'CHAT_THREADS': {'CHAT_THREADS': '0'}})


def test_server(port):
    """The server is made for production: a slow client keeps nobody waiting, and no header tells the server's name."""
    with socket.create_connection(('127.0.0.1', port)) as slow:
        slow.sendall(b'GET / HTTP/1.1\r\n')
        response = urllib.request.urlopen(f'http://127.0.0.1:{port}/auth/login', timeout=5)
    server = response.headers.get('Server')
    if server:
        raise Unexpected('no header Server', f'Server: {server}')


def post(port, path, address, **fields):
    """Send a form to a server, with the headers that a proxy adds for a client at this address. Return the answer."""
    headers = {'X-Forwarded-For': address, 'X-Forwarded-Proto': 'https'}
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', urlencode(fields).encode(), headers)
    try:
        return urllib.request.build_opener(NoRedirect).open(request, timeout=5)
    except urllib.error.HTTPError as error:
        return error


def test_proxy(step, tmp_path):
    """With CHAT_PROXY, the proxy's headers tell the client's address, and whether the client came by HTTPS."""
    process, port = serve(step, tmp_path, CHAT_PROXY='127.0.0.1')
    try:
        post(port, '/auth/register', '192.0.2.1', username='ann', email='ann@x', password=PASSWORD)
        for _ in range(HANDFUL + 1):
            status = post(port, '/auth/login', '192.0.2.1', username='ann', password='wrong horse').status
        if status != 429:
            raise Unexpected('status 429 for the client at 192.0.2.1', f'status {status}')
        answer = post(port, '/auth/login', '192.0.2.2', username='ann', password=PASSWORD)
        if answer.status != 303:
            raise Unexpected('status 303 for the client at 192.0.2.2', f'status {answer.status}')
        assert 'secure' in set_cookie(answer)
    finally:
        stop(process)


def test_forged_proxy(port):
    """Without CHAT_PROXY, these headers are a client's own, and change nothing."""
    for number in range(HANDFUL + 1):
        answer = post(port, '/auth/login', f'192.0.2.{number}', username='ann', password='wrong horse')
    if answer.status != 429:
        raise Unexpected('status 429 for a client that pretends another address each time', f'status {answer.status}')


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
