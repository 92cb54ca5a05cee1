"""Final: ready for real clients."""
import getpass
import io
import json
import re
import runpy
import sys
import threading
import traceback

import pytest

from checks import fail, in_time, send, serve
from clients import PASSWORD, Client, Unexpected, places, summary

BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'


# JSON for those who want it

@pytest.mark.parametrize('accept', [
    'application/json', 'application/json, text/html;q=0.9', 'text/html;q=0.5, application/json',
    'application/*',
])
def test_json_for_clients_that_prefer_it(chat, ann, accept):
    """Content negotiation: an error outside /api is JSON for a client that prefers JSON."""
    api = chat.api()
    api.cookiejar = ann.cookiejar
    for path, status in [('/nothing', 404), ('/auth/logout', 405), ('/user/nobody', 404)]:
        api.ask('GET', path, status=status, Accept=accept)


def test_json_after_a_crash(chat, ann):
    """After an unforeseen exception, too."""
    api = chat.api()
    api.cookiejar = ann.cookiejar
    chat.rows('drop table post')
    api.ask('GET', '/', status=500, Accept='application/json')


# A page for all others

@pytest.mark.parametrize('accept', [
    '', BROWSER, '*/*', 'text/html', 'text/*', 'image/png', 'application/json;q=0', 'nonsense',
    ';;q=,', '\xff', 'text/html, application/json',
], ids=repr)
def test_a_page_for_all_others(chat, ann, accept):
    """Everybody else gets a page. Under /api an error is JSON, whatever the client accepts."""
    chat.api().ask('GET', '/nothing', status=404, Accept='application/json')
    page = ann.get('/nothing', headers={'Accept': accept}, status=404)
    if page.content_type != 'text/html':
        fail('a page, text/html', summary(page))
    chat.api().ask('GET', '/api/nothing', status=404, Accept=accept)


# A client for the terminal

@pytest.fixture(scope='module')
def server(step, tmp_path_factory):
    """The address of a server that runs the app, for all tests: it takes time to start."""
    with serve(step, tmp_path_factory.mktemp('server')) as server:
        yield server


def run_client(step, monkeypatch, arguments, password=PASSWORD, typed=''):
    """Run client.py with this input. Return the message with which it ends, or ''."""
    if not (step.folder / 'client.py').exists():
        fail('client.py', f'no such file in {step}/')
    shown = f'python client.py {" ".join(arguments)}\n{repr(typed) if typed else ""}'
    Client.last, Client.answer = shown.strip(), None  # what a failure shows
    monkeypatch.setattr(sys, 'argv', ['client.py', *arguments])
    monkeypatch.setattr(sys, 'stdin', io.StringIO(typed))
    monkeypatch.setattr(getpass, 'getpass', lambda *args: password)
    crashes, message = [], ''
    monkeypatch.setattr(threading, 'excepthook', crashes.append)
    program = str(step.folder / 'client.py')
    try:
        in_time('a client that ends when its input ends',
                lambda: runpy.run_path(program, run_name='__main__'))
    except SystemExit as end:
        message = str(end.code or '')
    for crash in crashes:
        text = ''.join(traceback.format_exception(crash.exc_value))
        where = places(text) or [f'in {crash.thread.name}']
        raise Unexpected('no exception', '\n'.join([text.splitlines()[-1], *where]), crash=True)
    return message


def test_client(step, server, monkeypatch, capsys):
    """The terminal client shows the last posts and posts what you type.

    It leaves out control characters, which a terminal would obey.
    """
    for name in ['ann', 'bob']:
        fields = {'username': name, 'email': f'{name}@x', 'password': PASSWORD}
        headers = {'Content-Type': 'application/json'}
        assert send(server, '/api/users', json.dumps(fields), headers).status == 201
    for name, typed in [('ann', 'hello\n\nbad \x1b[2J codes ü\n'), ('bob', 'hi ann\n')]:
        capsys.readouterr()
        message = run_client(step, monkeypatch, [name, server], typed=typed)
        assert message == '', 'a client that ends without a message when its input ends'
    lines = capsys.readouterr().out.splitlines()
    texts = [re.sub(r'^\S+ ', '', line) for line in lines]
    assert texts == ['ann: hello', 'ann: bad  [2J codes ü', 'bob: hi ann']


def test_wrong_password(step, server, monkeypatch):
    """A wrong password: the client ends with one line that says what to do."""
    message = run_client(step, monkeypatch, ['ann', server], password='wrong horse')
    assert 'password' in message


@pytest.mark.parametrize('address', ['/nothing', 'http://127.0.0.1:9', 'nonsense', 'http://'])
def test_wrong_address(step, server, monkeypatch, address):
    """A wrong address: the client ends with one line that says what to do."""
    address = server + address if address.startswith('/') else address
    assert 'address' in run_client(step, monkeypatch, ['ann', address])
