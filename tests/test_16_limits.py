"""Step 11: limits, for a stranger who does not stop."""
import contextlib
import gc
import hashlib
import itertools
import os
import re
import socket
import sqlite3
import sys
import threading
import time
import tracemalloc
from collections import Counter
from concurrent.futures import wait
from urllib.parse import urlencode, urlsplit

import pytest

from apps import SETTINGS
from checks import PATIENCE, check_refused, in_background, in_time, replace_scrypt, send, serve
from clients import PASSWORD, Unexpected, basic, fail, summary, watch

FORM = 'application/x-www-form-urlencoded'
HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most
THREADS = SETTINGS['THREADS']  # of the server
CROWD = 100  # people who log in at the same time: more than may wait
CORES = os.cpu_count() or 1


def retry_after(answer):
    """Return the seconds in the header Retry-After of an answer."""
    text = answer.headers.get('Retry-After', '')
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        raise Unexpected('the header Retry-After with a number of seconds', f'Retry-After: {text or "none"}')
    return int(text)


# Wrong passwords

def guess(browser, username, password='wrong horse', status='*', why='', headers={}):
    """Log in on the page, and check the status if one is expected. Return the answer."""
    answer = browser.post('/auth/login', {'username': username, 'password': password}, headers, status='*')
    if status not in ('*', answer.status_int):
        raise Unexpected(f'status {status}: {why}', summary(answer), crash=answer.status_int == 500)
    return answer


def most():
    """Return how many wrong passwords are forgiven: as many as the app's own FAILURES says, or else a handful."""
    failures = getattr(sys.modules.get('app.limits'), 'FAILURES', HANDFUL)
    return min(HANDFUL, failures) if isinstance(failures, int) else HANDFUL


def guess_until_refused(browser, username):
    """Guess passwords until the answer is 429. Return it."""
    for _ in range(most() + 1):
        answer = guess(browser, username)
        if answer.status_int == 429:
            return answer
    raise Unexpected(f'status 429 after {most()} wrong passwords', summary(answer))


def test_login_limit(chat, browser):
    """More wrong passwords than a person types: 429 with Retry-After, even for the right one, and for unknown names. Three are forgiven."""
    for name in ('ann', 'bob'):
        chat.browser(name)
    for _ in range(3):
        guess(browser, 'bob', 'wrong horse', 400, 'three wrong passwords are forgiven')
    guess(browser, 'bob', PASSWORD, 303, 'the right password after three wrong ones')
    for name in ('ann', 'nobody'):
        answer = guess_until_refused(browser, name)
        retry_after(answer)
        assert answer.content_type == 'text/html'
        for same in (name, name.upper()):
            guess(browser, same, PASSWORD, 429, 'even for the right password, after too many wrong ones')


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
    guess(browser, 'bob', PASSWORD, 429, 'after too many wrong passwords in the API')


def test_right_passwords_do_not_count(chat, browser):
    """Somebody who logs in often with the right password is never refused."""
    chat.browser('ann')
    guess(browser, 'ann')
    guess(browser, 'ann')
    for _ in range(25):
        guess(browser, 'ann', PASSWORD, 303, 'right passwords do not count')
        chat.api().log_in('ann')
    guess_until_refused(browser, 'ann')


def test_errors_do_not_count(chat, browser, monkeypatch):
    """A login that the server couldn't check is not a wrong password, and it leaves its place to others."""
    chat.browser('ann')

    def fail_often():
        for number in range(THREADS):
            guess(browser, 'ann' if number < HANDFUL else f'user{number}', 'wrong horse', 500, 'hashing fails here, and its exception must come through (is there a raise at the end of each except?)')
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        in_time('a place to hash on for each login, because the one before gave it back when hashing failed', fail_often)
    guess(browser, 'ann', PASSWORD, 303, 'logins that failed by an error of the server do not count')
    guess_until_refused(browser, 'ann')


def test_login_limit_is_for_one_name_and_address(chat, browser):
    """Neither other users, nor the same user at another address, nor open sessions and tokens are locked out."""
    ann, api, bob = chat.browser('ann'), chat.api(), chat.browser('bob')
    api.log_in('ann')
    guess_until_refused(browser, 'ann')
    guess(browser, 'bob', PASSWORD, 303, 'another user at the same address')
    elsewhere = chat.browser()
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    guess(elsewhere, 'ann', PASSWORD, 303, 'the same user at another address')
    for client in (ann, bob):
        client.get('/', status=200)
    api.ask('GET', '/api/users')


def test_login_limit_and_other_logins(chat, browser):
    """Right passwords of other users in between forgive no wrong ones."""
    chat.browser('ann')
    chat.browser('bob')
    for _ in range(most()):
        guess(browser, 'ann')
        guess(browser, 'bob', PASSWORD, 303, 'a right password')
    guess(browser, 'ann', PASSWORD, 429, f'{most()} wrong passwords for ann, with right ones for bob in between')


def test_login_limit_and_forged_address(chat, browser):
    """A header can't pretend another address: it is the connection's that counts."""
    chat.browser('ann')
    for number in range(HANDFUL):
        guess(browser, 'ann', headers={'X-Forwarded-For': f'192.0.2.{number}'})
    guess(browser, 'ann', PASSWORD, 429, 'the address of the connection is the same each time', {'X-Forwarded-For': '192.0.2.99'})


def later(monkeypatch, seconds):
    """Put the clocks forward. From now on they tick when somebody looks at them, however long a test takes."""
    for clock in ('time', 'monotonic'):
        ticks = itertools.count(1000 * (getattr(time, clock)() + seconds))
        monkeypatch.setattr(time, clock, lambda ticks=ticks: next(ticks) / 1000)


def test_login_limit_passes(chat, browser, monkeypatch):
    """After the time in Retry-After, and not long before, the right password is welcome again."""
    chat.browser('ann')
    later(monkeypatch, 0)
    for _ in range(3):
        guess(browser, 'ann')
    later(monkeypatch, 25)
    answer = guess_until_refused(browser, 'ann')
    seconds = retry_after(answer)
    if seconds > 10:
        later(monkeypatch, seconds - 10)
        answer = guess(browser, 'ann', PASSWORD, 429, f'until the {seconds} seconds in Retry-After have passed, which is when the oldest failure is forgiven')
    later(monkeypatch, retry_after(answer))
    guess(browser, 'ann', PASSWORD, 303, 'the seconds in Retry-After have passed')


def test_login_limit_keeps_no_long_names(chat, browser):
    """Names of any length don't fill the memory."""
    guess_until_refused(browser, 'nobody')
    tracemalloc.start()
    for number in range(20):
        guess(browser, f'{number}'.ljust(100_000, 'x'))
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    if kept > 1_000_000:
        fail('less than 1 MB of memory kept after guesses with twenty names of 100 KB', f'{kept / 1e6:.1f} MB')


def test_login_limit_for_guesses_at_once(chat, monkeypatch):
    """Of thirty guesses at the same moment, a handful is hashed. The others are refused without waiting for a core."""
    chat.browser('ann')
    with Crowd(monkeypatch, 30, lambda number: guess(chat.browser(), 'ann')) as crowd:
        crowd.wait_for(429, 30 - most(), f'status 429 for all but {most()} of thirty guesses, while these are hashed')
    if set(crowd.statuses()) != {400, 429} or crowd.statuses().count(400) > most():
        fail(f'status 400 for at most {most()} of thirty guesses, 429 for the others', crowd.told())


# Too many passwords at once

class Crowd:
    """Threads that make a request each, while scrypt takes until the block ends. It counts how many scrypts run at the same time."""

    def __init__(self, monkeypatch, count, request):
        self.go, self.changed, self.running, self.most = threading.Event(), threading.Condition(), 0, 0
        self.scrypt = hashlib.scrypt
        replace_scrypt(monkeypatch, self.hash)
        self.futures = [in_background(request, number) for number in range(count)]
        for future in self.futures:
            future.add_done_callback(lambda _: self.count(0))

    def hash(self, *args, **more):
        self.count(1)
        self.go.wait(3 * PATIENCE)
        self.count(-1)
        return self.scrypt(*args, **more)

    def count(self, more):
        with self.changed:
            self.running += more
            self.most = max(self.most, self.running)
            self.changed.notify_all()

    def answers(self):
        return [future.result() for future in self.futures if future.done()]

    def statuses(self):
        return [answer.status_int for answer in self.answers()]

    def told(self):
        """Return what came, in words."""
        return ', '.join(f'{count} times {status}' for status, count in sorted(Counter(self.statuses()).items())) or 'no answer'

    def wait_for(self, status, count, what):
        """Wait until this status came so often. The others hash, or wait for it: they come back only when the block ends."""
        def decided():
            return self.statuses().count(status) >= count or self.running + len(self.statuses()) == len(self.futures)
        with self.changed:
            self.changed.wait_for(decided, PATIENCE)
        if self.statuses().count(status) < count:
            fail(what, f'{self.told()}; {self.running} hash at the same time, on {CORES} cores')

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.go.set()
        if wait(self.futures, PATIENCE).not_done and not failure:
            fail('an answer for everybody, because each gives back the place where it hashed', f'{self.told()}; the others wait for ever')
        if self.most > CORES and not failure:
            fail(f'at most {CORES} passwords hashed at the same time, one on each core', f'{self.most} at the same time')


def test_hashing_limit(chat, ann, monkeypatch):
    """No more passwords are hashed at once than there are cores. A few wait, the others get 503 with Retry-After."""
    places = THREADS - 8
    with Crowd(monkeypatch, CROWD, lambda number: chat.browser().register(f'user{number}', status='*')) as crowd:
        crowd.wait_for(503, 1, f'status 503 for some of {CROWD} people who register at once')
        in_time('a page at once, for somebody who hashes nothing', lambda: ann.get('/', status=200))
        crowd.wait_for(503, CROWD - places, f'status 503 for all but {places} of {CROWD} people who register at once, so that 8 of {THREADS} threads are free')
    assert sorted(set(crowd.statuses())) == [303, 503]
    for answer in crowd.answers():
        if answer.status_int == 503:
            retry_after(answer)
    registered = chat.rows("select count(*) from user where username like 'user%'")[0][0]
    assert registered == crowd.statuses().count(303), f'{crowd.statuses().count(303)} new users, one for each status 303'


def test_refused_logins_do_not_count(chat, browser, monkeypatch):
    """A login that gets 503, because too many log in at once, is not a wrong password."""
    chat.browser('ann')
    with Crowd(monkeypatch, CROWD, lambda number: guess(chat.browser(), f'user{number}')) as crowd:
        crowd.wait_for(503, 1, f'status 503 for some of {CROWD} people who log in at once')
        for _ in range(HANDFUL + 1):
            in_time('status 503 at once', lambda: guess(browser, 'ann', PASSWORD, 503, 'too many log in at the same time'))
    guess(browser, 'ann', PASSWORD, 303, 'logins that got 503 do not count')


def test_class_is_welcome(chat, ann, monkeypatch):
    """A class of thirty that registers in the same second is not refused."""
    with Crowd(monkeypatch, 30, lambda number: chat.browser().register(f'user{number}', status='*')) as crowd:
        pass
    assert sorted(crowd.statuses()) == [303] * 30, 'status 303 for all thirty'


# A database that can't work

connect = sqlite3.connect  # the real one


def locked(database, **more):
    """Nobody waits for another program that writes."""
    return connect(database, **{**more, 'timeout': 0.05})


def read_only(database, **more):
    """The file can't be written."""
    return connect(f'file:{database}?mode=ro', **{**more, 'uri': True})


def full(database, **more):
    """There is no room for another page of the database."""
    db = connect(database, **more)
    db.execute('pragma max_page_count = 1')
    return db


@pytest.mark.parametrize('trouble', [locked, read_only, full])
def test_database_trouble(make_chat, monkeypatch, caplog, trouble):
    """A database that is locked, read-only or full: 503 with Retry-After for those who write. It gets well by itself."""
    first = make_chat()
    browser, api = first.browser('ann'), first.api()
    browser.say('a' * 500)
    api.log_in('ann')
    again = make_chat(DATABASE=first.database)  # an app that has no connection yet
    for client in (browser, api):
        client.app = watch(again.app)
    other = connect(first.database, isolation_level=None)
    other.execute('begin immediate' if trouble == locked else 'begin')
    monkeypatch.setattr(sqlite3, 'connect', trouble)
    assert browser.room() == ['a' * 500]
    for _ in range(9):  # until the database is full
        answer = browser.post('/', {'body': 'b' * 500}, status=[503, 303])
        if answer.status_int == 503:
            break
    retry_after(answer)
    assert answer.content_type == 'text/html'
    log = answer.errors + caplog.text
    if len(answer.errors.strip().splitlines()) > 1 or 'Traceback' in log or '503' not in log:
        fail('one line in the log, with 503', '\n'.join(log.strip().splitlines()[-3:]) or 'no line')
    api.ask('POST', '/api/posts', {'body': 'c' * 500}, 503)
    retry_after(api.response)
    monkeypatch.undo()
    other.close()
    browser.say('well again')
    assert browser.room()[:1] == ['well again']


def test_log_injection(make_chat, monkeypatch, caplog):
    """Log injection: a path with a line break or a control character writes no line of its own into the log."""
    first = make_chat()
    ann = first.browser('ann')
    ann.app = watch(make_chat(DATABASE=first.database).app)

    def refuse(database, **more):
        raise sqlite3.OperationalError('database is locked')
    with monkeypatch.context() as trouble:
        trouble.setattr(sqlite3, 'connect', refuse)
        ann.get('/', status=503)
        answer = ann.get('/user/%0A503%20forged%0D503%20forged%1B%5B2J', status='*')
    log = answer.errors + caplog.text
    if re.search(r'[\r\n]503 forged|\x1b', log):
        raise Unexpected('a path in the log without its line breaks and control characters (as !r writes it)', log)


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
        check_headers(answer)


POLICY = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "frame-ancestors 'none'"]
HEADERS = [  # name, what it has to be, the same in words
    ('X-Content-Type-Options', 'nosniff', 'nosniff'),
    *(('Content-Security-Policy', f'.*{part}.*', f'... {part} ...') for part in POLICY),
    ('Content-Security-Policy', r"(?!.*(unsafe|\*|form-action 'none')).*", "<without unsafe, * and form-action 'none'>"),
    ('Referrer-Policy', 'same-origin|no-referrer|strict-origin(-when-cross-origin)?', 'same-origin'),
    ('Cache-Control', 'no-store', 'no-store'),
]


def check_headers(answer):
    """Check the security headers of one answer."""
    for name, pattern, words in HEADERS:
        value = answer.headers.get(name, 'none')
        if not re.fullmatch(pattern, value) and (name != 'Cache-Control' or not answer.request.path.startswith('/static/')):
            none = '' if 'Content-Security-Policy' in answer.headers else ' (does create_app return add_headers(app)?)'
            fail(f'the header {name}: {words} on the answer to {answer.request.method} {answer.request.path}, {answer.status}', f'{name}: {value}{none}')


def test_nothing_is_inline(ann):
    """No page has a script or a style in it, because the Content-Security-Policy allows none."""
    check_headers(ann.get('/'))
    for path in ['/', '/profile', '/user/ann', '/nothing']:
        page = ann.get(path, status='*')
        inline = page.html.select('script, style, [style], [onclick], [onload], [href^="data:"], [src^="data:"]')
        assert [str(tag)[:100] for tag in inline] == []


# The server

def test_no_threads(step, tmp_path):
    """A server without threads would listen and never answer: it doesn't start, and says why in one line."""
    check_refused(step, tmp_path, ('CHAT_THREADS', '0'))


SLOW = """
import hashlib, time

def scrypt(*args, **more):
    while True:
        time.sleep(1)

hashlib.scrypt = scrypt
"""


def test_server(step, tmp_path):
    """The server is made for production: slow clients, and thirty who wait for a hash, keep nobody waiting. No header tells its name."""
    (tmp_path / 'sitecustomize.py').write_text(SLOW, encoding='utf-8')  # Python imports it when it starts
    path = os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')]).strip(os.pathsep)
    with serve(step, tmp_path, PYTHONPATH=path) as server, contextlib.ExitStack() as sockets:
        for number in range(31):
            body = urlencode({'username': f'user{number}', 'email': f'{number}@x', 'password': PASSWORD})
            request = f'POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n{body}'.encode()
            client = sockets.enter_context(socket.create_connection(('127.0.0.1', urlsplit(server).port)))
            client.sendall(request if number else request[:20])  # the first one is slow
        answer = send(server, '/auth/login')
    if 'Server' in answer.headers:
        fail('no header Server', f'Server: {answer.headers["Server"]}')


def post(server, path, address, **fields):
    """Send a form to a server, with the headers that a proxy adds for a client at this address. Return the status, and the cookie."""
    answer = send(server, path, urlencode(fields), {'Content-Type': FORM, 'X-Forwarded-For': address, 'X-Forwarded-Proto': 'https'})
    return answer.status, str(answer.headers.get('Set-Cookie'))


def test_proxy(step, tmp_path):
    """With CHAT_PROXY, the proxy's headers tell the client's address, and whether the client came by HTTPS."""
    with serve(step, tmp_path, CHAT_PROXY='127.0.0.1') as server:
        post(server, '/auth/register', '192.0.2.1', username='ann', email='ann@x', password=PASSWORD)
        for _ in range(HANDFUL + 1):
            status, _ = post(server, '/auth/login', '192.0.2.1', username='ann', password='wrong horse')
        assert status == 429, 'status 429 for the client at 192.0.2.1'
        status, cookie = post(server, '/auth/login', '192.0.2.2', username='ann', password=PASSWORD)
        assert status == 303, 'status 303 for the client at 192.0.2.2'
        assert 'secure' in cookie.lower(), 'a cookie with Secure, because the client came by HTTPS'


@pytest.mark.parametrize('proxy', [{}, {'CHAT_PROXY': '192.0.2.9'}], ids=['without a proxy', 'beside a proxy'])
def test_forged_proxy(step, tmp_path, proxy):
    """From anybody but the proxy in CHAT_PROXY, these headers are a client's own, and change nothing."""
    with serve(step, tmp_path, **proxy) as server:
        post(server, '/auth/register', '192.0.2.1', username='bob', email='bob@x', password=PASSWORD)
        status, cookie = post(server, '/auth/login', '192.0.2.1', username='bob', password=PASSWORD)
        assert status == 303
        assert 'secure' not in cookie.lower(), 'a cookie without Secure, because the client came by HTTP'
        for number in range(HANDFUL + 1):
            status, _ = post(server, '/auth/login', f'192.0.2.{number}', username='ann', password='wrong horse')
        assert status == 429, 'status 429 for a client that pretends another address each time'
