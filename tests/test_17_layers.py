"""Step 17: a request passes through layers, and what holds for all views belongs into one."""
import contextlib
import itertools
import os
import re
import socket
import sqlite3
import time
from urllib.parse import urlencode, urlsplit

import pytest

from answers import fail, watch
from checks import break_posts, retry_after
from clients import PASSWORD
from processes import check_refused, free_port, listens, send, serve, start, stop

FORM = {'Content-Type': 'application/x-www-form-urlencoded'}
HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most


# Try again in five seconds

connect = sqlite3.connect  # the real one


def locked(database, **more):
    """Nobody waits for another program that writes."""
    return connect(database, **{**more, 'timeout': 0})


def read_only(database, **more):
    """The file can't be written."""
    return connect(f'file:{database}?mode=ro', **{**more, 'uri': True})


def refuse(database, **more):
    """Nobody can even read."""
    raise sqlite3.OperationalError('database or disk is full')


@pytest.fixture
def trouble(make_chat, monkeypatch):
    """A function that gives a block ann's browser and API client, while her app has a problem."""
    @contextlib.contextmanager
    def trouble(problem):
        chat = make_chat()
        ann, api = chat.browser('ann'), chat.api()
        ann.say('hello')
        api.log_in('ann')
        ann.app = api.app = watch(make_chat(DATABASE=chat.database).app)
        with contextlib.closing(connect(chat.database, isolation_level=None)) as other:
            other.execute('begin immediate' if problem == locked else 'begin')
            with monkeypatch.context() as patch:
                patch.setattr(sqlite3, 'connect', problem)
                yield ann, api
    return trouble


def check_trouble(trouble, problem):
    """Check that ann can read, and that writing gets a 503 until the trouble is over."""
    with trouble(problem) as (ann, api):
        assert ann.room() == ['hello']
        answer = ann.post('/', {'body': 'anybody?'}, status=503)
        retry_after(answer)
        assert answer.content_type == 'text/html'
        retry_after(api.post_json('/api/posts', {'body': 'anybody?'}, status=503))
    answer = ann.post('/', {'body': 'well again'}, status='*')
    assert answer.status_int == 303, 'all is well again, and ann still cannot write (close_db?)'
    assert ann.room() == ['well again', 'hello']


def test_locked_database(trouble):
    """A locked database: 503 with Retry-After for those who write, and reading goes on."""
    check_trouble(trouble, locked)


# A mistake stays a mistake

def test_mistake_in_the_sql(chat, ann, trouble):
    """What doesn't pass by itself, as a mistake in the SQL, is a 500, and not a 503."""
    with trouble(locked) as (other, _):
        other.post('/', {'body': 'hello'}, status=503)
    break_posts(chat)
    ann.get('/', status=500)


def test_trouble_in_the_log(trouble, caplog):
    """The log has a line about a full database, with 503, whatever the path, and no traceback."""
    with trouble(refuse) as (ann, _):
        answer = ann.get('/user/ann%0A503%20forged', status=503)
    log = answer.errors + caplog.text
    assert '503 forged' in log
    assert '\n503 forged' not in log
    assert 'Traceback' not in log


# A new connection

def test_database_is_well_again(trouble):
    """A read-only database: 503, too. Later, those who were connected meanwhile write again."""
    check_trouble(trouble, read_only)


# Around the whole app

POLICY = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "frame-ancestors 'none'"]


def check_headers(answer):
    """Check the security headers of an answer."""
    assert answer.headers['X-Content-Type-Options'] == 'nosniff'
    assert answer.headers['Referrer-Policy'] == 'same-origin'
    for part in POLICY:
        assert part in answer.headers['Content-Security-Policy']
    assert 'unsafe' not in answer.headers['Content-Security-Policy']
    if not answer.request.path.startswith('/static/'):
        assert answer.headers['Cache-Control'] == 'no-store'


def test_security_headers(chat, ann):
    """Every response of the app has the security headers."""
    check_headers(chat.browser().get('/', status=303))
    check_headers(ann.get('/', status=200))
    check_headers(ann.get('/static/style.css', status=200))


def test_security_headers_on_errors(chat, ann):
    """Errors have the security headers, too: those of a view, of the router, and a crash."""
    check_headers(ann.post('/', {'body': ''}, status=400))
    check_headers(ann.get('/nothing', status=404))
    check_headers(ann.delete('/', status=405))
    break_posts(chat)
    check_headers(ann.get('/', status=500))


def test_security_headers_of_the_api(chat):
    """Every response of the API has the security headers."""
    api = chat.api('bob')
    check_headers(api.get('/api/users'))
    check_headers(api.get('/api/nothing', status=404))


# Who was here?

def check_access_log(client, caplog, path, status):
    """Ask for a path. Check that the log has one line about it, with the status."""
    caplog.set_level('INFO')
    caplog.clear()
    client.get(path, status=status)
    lines = [line for line in caplog.text.splitlines() if 'GET' in line and path in line]
    if len(lines) != 1 or not re.search(rf'\b{status}\b', lines[0]):
        fail(f'one line in the log with GET, {path} and {status}',
             '\n'.join(lines) or 'no such line')


def test_access_log(ann, caplog):
    """The log has a line for each request, with its method, its path and its status."""
    check_access_log(ann, caplog, '/profile', 200)


@pytest.mark.modules
def test_access_log_says_how_long(ann, caplog, monkeypatch):
    """The line has the client's address, and how many milliseconds the request took."""
    for clock in ('time', 'monotonic', 'perf_counter'):
        ticks = itertools.count(getattr(time, clock)(), 0.5)  # half a second at each look
        monkeypatch.setattr(time, clock, ticks.__next__)
    ann.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    check_access_log(ann, caplog, '/static/style.css', 200)
    assert '192.0.2.7' in caplog.text
    times = re.findall(r'(\d+)(?:\.\d+)? ms', caplog.text)
    assert times and int(times[0]) >= 500, 'the request took 500 ms or more'


def test_access_log_of_errors(chat, ann, caplog):
    """What no view has answered is in the log, too: an unknown path, and a crash."""
    check_access_log(ann, caplog, '/nothing', 404)
    check_access_log(chat.api(), caplog, '/api/users', 401)
    break_posts(chat)
    check_access_log(ann, caplog, '/user/ann', 500)


# A line that lies

def test_access_log_injection(ann, caplog):
    """A line break in a path doesn't begin a new line of the log."""
    caplog.set_level('INFO')
    ann.get('/user/ann%0AGET%20/forged', status=404)
    assert 'GET /forged' in caplog.text
    assert '\nGET /forged' not in caplog.text


def test_log_of_the_server(step, tmp_path):
    """The log shows requests, but not waitress' own messages, which have paths as they came."""
    port = free_port()
    process = start(step, tmp_path, CHAT_PORT=port)
    if listens(process, port):
        send(f'http://127.0.0.1:{port}', '/auth/login')
    log = stop(process)
    assert 'GET /auth/login' in log
    assert 'Serving on' not in log  # what waitress tells at first


# Clients that say nothing

@pytest.fixture(scope='module')
def server(step, tmp_path_factory):
    """A server for all these tests, and its folder. CHAT_PROXY is the address of nobody here."""
    folder = tmp_path_factory.mktemp('server')
    with serve(step, folder, CHAT_PROXY='192.0.2.9') as address:
        yield address, folder


def test_slow_clients(server):
    """Clients that send half a request keep nobody waiting. No header tells the server's name."""
    url = urlsplit(server[0])
    with contextlib.ExitStack() as sockets:
        for _ in range(120):
            client = sockets.enter_context(socket.create_connection((url.hostname, url.port)))
            client.sendall(b'POST /auth/log')
        answer = send(server[0], '/auth/login')
    assert 'Server' not in answer.headers, 'a header tells the name of the server'


def test_server_limits(server):
    """The server refuses headers of more than 8 KiB, and a body of a megabyte, but not 50 KB."""
    assert send(server[0], '/auth/login', headers={'X': 'x' * 20_000}).status == 431
    assert send(server[0], '/auth/login', 'username='.ljust(50_000, 'x'), FORM).status == 400
    headers = {**FORM, 'Content-Length': '1048576'}
    assert send(server[0], '/auth/login', 'username=ann', headers).status == 413


# Somebody on this machine

@pytest.mark.skipif(os.name == 'nt', reason='Windows keeps such rights elsewhere')
def test_private_database(server):
    """Nobody else on this machine may read a new database: it has emails and hashes."""
    modes = {oct(file.stat().st_mode & 0o777) for file in server[1].glob('chat.db*')}
    assert modes == {'0o600'}, 'others may read chat.db: is os.umask called before it is made?'


# Somebody in between

def post(server, path, address, username, password=PASSWORD):
    """Send a form to a server, with the headers of a proxy for a client at this address."""
    headers = {'X-Forwarded-For': address, 'X-Forwarded-Proto': 'https', **FORM}
    fields = {'username': username, 'email': f'{username}@x', 'password': password}
    return send(server, path, urlencode(fields), headers)


def test_proxy(step, tmp_path):
    """With CHAT_PROXY, the proxy's headers tell the client's address, and whether it is HTTPS."""
    with serve(step, tmp_path, CHAT_PROXY='127.0.0.1') as server:
        assert post(server, '/auth/register', '192.0.2.1', 'ann').status == 303
        for _ in range(HANDFUL + 1):
            answer = post(server, '/auth/login', '192.0.2.1', 'ann', 'wrong')
        assert answer.status == 429
        answer = post(server, '/auth/login', '192.0.2.2', 'ann')
        assert answer.status == 303
        assert 'secure' in str(answer.headers['Set-Cookie']).lower()  # it came by HTTPS


def test_beside_a_proxy(server):
    """From anybody but the proxy in CHAT_PROXY, the headers X-Forwarded-… change nothing."""
    assert post(server[0], '/auth/register', '192.0.2.1', 'bob').status == 303
    answer = post(server[0], '/auth/login', '192.0.2.1', 'bob')
    assert 'secure' not in str(answer.headers['Set-Cookie']).lower()  # it came by HTTP
    for number in range(HANDFUL + 1):
        answer = post(server[0], '/auth/login', f'192.0.2.{number}', 'ann', 'wrong')
    assert answer.status == 429
    assert 'Server' not in answer.headers, 'a header tells the name of the server'


def test_bad_proxy(step, tmp_path):
    """A proxy that is no IP address is never believed, and * believes all: no start, and a line."""
    check_refused(step, tmp_path, ('CHAT_PROXY', 'localhost'), ('CHAT_PROXY', '*'))


# A whole network

def test_ipv6_network(ann, browser):
    """Addresses of one IPv6 network (/64) count together, because one customer has all of them."""
    for number in range(HANDFUL + 1):
        browser.extra_environ = {'REMOTE_ADDR': f'2001:db8::{number:x}:1'}
        answer = browser.log_in('ann', 'wrong horse', status=[400, 429])
    assert answer.status_int == 429, 'the addresses of one network do not count together'
    for address in ['2001:db8:0:1::1', '::ffff:192.0.2.1', '::ffff:192.0.2.2']:
        browser.extra_environ = {'REMOTE_ADDR': address}
        for _ in range(3):
            browser.log_in('ann', 'wrong horse', status=400)  # here, nobody has failed so often


@pytest.mark.modules
def test_places_of_an_ipv6_network(chat, browser):
    """An IPv6 network has as many places to hash as one address, and no more: 503."""
    chat.app.hash_places.extend(['2001:db8::/64'] * 32)  # of 64 threads
    browser.extra_environ = {'REMOTE_ADDR': '2001:db8::1:1'}
    browser.register('eve', status=503)
    browser.extra_environ = {'REMOTE_ADDR': '2001:db8:0:1::1'}
    browser.register('eve', status=303)
