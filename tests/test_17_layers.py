"""Step 17: a request passes through layers, and what holds for all views belongs into one."""
import contextlib
import re
import socket
import sqlite3
from urllib.parse import urlencode, urlsplit

import pytest

from checks import fail, send, serve
from clients import PASSWORD, Unexpected, watch

FORM = 'application/x-www-form-urlencoded'
HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most
connect = sqlite3.connect  # the real one


# A plugin

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


def check_retry_after(answer):
    """Check that an answer says when to try again."""
    text = answer.headers.get('Retry-After', '')
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        fail('the header Retry-After with a number of seconds', f'Retry-After: {text or "none"}')


def app_without_connection(make_chat, first, *clients):
    """Let clients of an app talk to another app on its database, which has opened no connection."""
    again = make_chat(DATABASE=first.database)
    for client in clients:
        client.app = watch(again.app)


@pytest.mark.parametrize('trouble', [locked, read_only, full])
def test_database_trouble(make_chat, monkeypatch, caplog, trouble):
    """A database that is locked, read-only or full: 503 with Retry-After for those who write.

    Reading goes on, the log has a line, and all is well again by itself. An error that will not
    pass by itself, as a mistake in the SQL is, is still a 500.
    """
    first = make_chat()
    ann, api = first.browser('ann'), first.api()
    ann.say('a' * 500)
    api.log_in('ann')
    app_without_connection(make_chat, first, ann, api)
    other = connect(first.database, isolation_level=None)
    other.execute('begin immediate' if trouble == locked else 'begin')
    monkeypatch.setattr(sqlite3, 'connect', trouble)
    assert ann.room() == ['a' * 500]
    for _ in range(9):  # until the database is full
        answer = ann.post('/', {'body': 'b' * 500}, status=[503, 303])
        if answer.status_int == 503:
            break
    check_retry_after(answer)
    assert answer.content_type == 'text/html'
    check_one_line(answer, caplog, '503')
    api.ask('POST', '/api/posts', {'body': 'c' * 500}, 503)
    check_retry_after(api.response)
    monkeypatch.undo()
    other.close()
    ann.say('well again')
    assert ann.room()[:1] == ['well again']
    first.rows('drop table post')
    ann.get('/', status=500)


def check_one_line(answer, caplog, word):
    """Check that the log has a line with a word, and no traceback."""
    log = answer.errors + caplog.text
    if len(answer.errors.strip().splitlines()) > 1 or 'Traceback' in log or word not in log:
        lines = '\n'.join(log.strip().splitlines()[-3:])
        fail(f'one line in the log, with {word}', lines or 'no line')


def test_log_injection(make_chat, monkeypatch, caplog):
    """A path with a line break or a control character writes no line of its own into the log."""
    first = make_chat()
    ann = first.browser('ann')
    app_without_connection(make_chat, first, ann)

    def refuse(database, **more):
        raise sqlite3.OperationalError('database is locked')
    with monkeypatch.context() as trouble:
        trouble.setattr(sqlite3, 'connect', refuse)
        ann.get('/', status=503)
        answer = ann.get('/user/%0A503%20forged%0D503%20forged%1B%5B2J', status='*')
    log = answer.errors + caplog.text
    if re.search(r'[\r\n]503 forged|\x1b', log):
        fail('a path in the log without its line breaks and control characters (as !r has it)', log)


# Middleware

POLICY = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "frame-ancestors 'none'"]
HEADERS = [  # name, what it has to be, the same in words
    ('X-Content-Type-Options', 'nosniff', 'nosniff'),
    *(('Content-Security-Policy', f'.*{part}.*', f'... {part} ...') for part in POLICY),
    ('Content-Security-Policy', r"(?!.*(unsafe|\*|form-action 'none')).*",
     "<without unsafe, * and form-action 'none'>"),
    ('Referrer-Policy', 'same-origin|no-referrer|strict-origin.*', 'same-origin'),
    ('Cache-Control', 'no-store', 'no-store'),
]


def check_headers(answer):
    """Check the security headers of one answer."""
    request = answer.request
    for name, pattern, words in HEADERS:
        value = answer.headers.get(name, 'none')
        is_static = request.path.startswith('/static/') and name == 'Cache-Control'
        if not re.fullmatch(pattern, value) and not is_static:
            where = f'{request.method} {request.path}, {answer.status}'
            fail(f'the header {name}: {words} on the answer to {where}', f'{name}: {value}')


def test_security_headers(chat, ann):
    """Every response of the app has the security headers. What is personal is not stored."""
    for path in ['/', '/auth/login', '/static/style.css']:
        check_headers(ann.get(path, status=200))
    check_headers(chat.browser().get('/', status=303))


def test_security_headers_on_errors(chat, ann):
    """Errors have the security headers, too: those of a view, of the router, and a crash."""
    check_headers(ann.post('/', {'body': ''}, status=400))
    check_headers(ann.get('/nothing', status=404))
    check_headers(ann.request('/', method='DELETE', status=405))
    chat.rows('drop table post')
    check_headers(ann.get('/', status=500))


def test_security_headers_of_the_api(chat):
    """Every response of the API has the security headers."""
    api = chat.api('bob')
    for method, path, status in [('GET', '/api/users', 200), ('GET', '/api/nothing', 404),
                                 ('POST', '/api/users', 415)]:
        api.ask(method, path, status=status)
        check_headers(api.response)
    nobody = chat.api()
    nobody.ask('POST', '/api/tokens', status=401)
    check_headers(nobody.response)


def test_nothing_is_inline(ann):
    """No page has a script or a style in it, because the Content-Security-Policy allows none."""
    check_headers(ann.get('/'))
    inline = 'script, style, [style], [onclick], [onload], [href^="data:"], [src^="data:"]'
    for path in ['/', '/profile', '/user/ann', '/nothing']:
        page = ann.get(path, status='*')
        assert [str(tag)[:100] for tag in page.html.select(inline)] == []


def test_access_log(ann, caplog):
    """The log has a line for each request, with its method, its path and its status."""
    caplog.set_level('INFO')
    for path, status in [('/', 200), ('/nothing', 404), ('/static/style.css', 200)]:
        caplog.clear()
        ann.get(path, status=status)
        lines = [line for line in caplog.text.splitlines() if path in line]
        if len(lines) != 1 or 'GET' not in lines[0] or str(status) not in lines[0]:
            fail(f'one line in the log with GET, {path} and {status}', caplog.text or 'no line')


def test_access_log_injection(ann, caplog):
    """A line break in a path doesn't begin a new line of the log."""
    caplog.set_level('INFO')
    ann.get('/user/%0AGET%20/forged%1B%5B2J', status=404)
    if re.search(r'[\r\n]GET /forged|\x1b', caplog.text) or 'forged' not in caplog.text:
        fail('one line in the log, with the line break of the path written as \\n', caplog.text)


# The server

def test_slow_client(step, tmp_path):
    """A slow client keeps nobody waiting. No header tells the server's name."""
    with serve(step, tmp_path) as server, contextlib.ExitStack() as sockets:
        for _ in range(70):
            address = '127.0.0.1', urlsplit(server).port
            sockets.enter_context(socket.create_connection(address)).sendall(b'POST /auth/log')
        answer = send(server, '/auth/login')
    if 'Server' in answer.headers:
        fail('no header Server', f'Server: {answer.headers["Server"]}')


def test_server_limits(step, tmp_path):
    """The server refuses headers of more than 8 KiB, and a body of a megabyte."""
    with serve(step, tmp_path) as server:
        assert send(server, '/auth/login', headers={'X': 'x' * 4000}).status == 200
        assert send(server, '/auth/login', headers={'X': 'x' * 20_000}).status == 431
        length = {'Content-Type': FORM, 'Content-Length': '1048576'}
        assert send(server, '/auth/login', 'username=ann', length).status == 413


def post(server, path, address, **fields):
    """Send a form to a server, with the headers of a proxy for a client at this address.

    Return the status, and the cookie.
    """
    headers = {'X-Forwarded-For': address, 'X-Forwarded-Proto': 'https'}
    answer = send(server, path, urlencode(fields), {'Content-Type': FORM, **headers})
    return answer.status, str(answer.headers.get('Set-Cookie'))


def register(server, address, username):
    """Register over HTTP."""
    fields = {'username': username, 'email': f'{username}@x', 'password': PASSWORD}
    status, _ = post(server, '/auth/register', address, **fields)
    assert status == 303


def test_proxy(step, tmp_path):
    """With CHAT_PROXY, the proxy's headers tell the client's address, and whether it is HTTPS."""
    with serve(step, tmp_path, CHAT_PROXY='127.0.0.1') as server:
        register(server, '192.0.2.1', 'ann')
        for _ in range(HANDFUL + 1):
            status, _ = post(server, '/auth/login', '192.0.2.1', username='ann', password='wrong')
        assert status == 429, 'status 429 for the client at 192.0.2.1'
        status, cookie = post(server, '/auth/login', '192.0.2.2', username='ann', password=PASSWORD)
        assert status == 303, 'status 303 for the client at 192.0.2.2'
        assert 'secure' in cookie.lower(), 'a cookie with Secure, because the client came by HTTPS'


def test_beside_a_proxy(step, tmp_path):
    """From anybody but the proxy in CHAT_PROXY, these headers are the client's own: no change."""
    with serve(step, tmp_path, CHAT_PROXY='192.0.2.9') as server:
        register(server, '192.0.2.1', 'bob')
        status, cookie = post(server, '/auth/login', '192.0.2.1', username='bob', password=PASSWORD)
        assert status == 303
        assert 'secure' not in cookie.lower(), 'a cookie without Secure: the client came by HTTP'
        for number in range(HANDFUL + 1):
            address = f'192.0.2.{number}'
            status, _ = post(server, '/auth/login', address, username='ann', password='wrong')
        assert status == 429, 'status 429 for a client that pretends another address each time'
        assert 'Server' not in send(server, '/').headers, 'no header Server'
