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

from checks import in_time, send, serve
from clients import PASSWORD, Client, Unexpected, fail, places, summary

BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'


def test_json_for_clients_that_prefer_it(chat, ann):
    """Content negotiation: an error outside /api is JSON for a client that prefers JSON."""
    api = chat.api()
    api.cookiejar = ann.cookiejar
    for accept in ['application/json', 'application/json, text/html;q=0.9', 'text/html;q=0.5, application/json', 'application/*']:
        for path, status in [('/nothing', 404), ('/auth/logout', 405), ('/user/nobody', 404)]:
            api.ask('GET', path, status=status, Accept=accept)
    chat.rows('drop table post')
    api.ask('GET', '/', status=500, Accept='application/json')


def test_a_page_for_all_others(chat, ann):
    """Everybody else gets a page. Under /api an error is JSON, whatever the client accepts."""
    chat.api().ask('GET', '/nothing', status=404, Accept='application/json')
    for accept in ['', BROWSER, '*/*', 'text/html', 'text/*', 'image/png', 'application/json;q=0', 'nonsense', ';;q=,', '\xff',
                   'text/html, application/json']:
        page = ann.get('/nothing', headers={'Accept': accept}, status=404)
        if page.content_type != 'text/html':
            fail('a page, text/html', summary(page))
        chat.api().ask('GET', '/api/nothing', status=404, Accept=accept)


@pytest.fixture(scope='module')
def server(step, tmp_path_factory):
    """The address of a server that runs the app, for all tests of this file because it takes time to start."""
    with serve(step, tmp_path_factory.mktemp('server')) as server:
        yield server


def run_client(step, monkeypatch, arguments, password=PASSWORD, typed=''):
    """Run client.py with this input. Return the message with which it ends, or '' if all went well."""
    if not (step.folder / 'client.py').exists():
        fail('client.py', f'no such file in {step}/')
    Client.last, Client.answer = f'python client.py {" ".join(arguments)}\n{repr(typed) if typed else ""}'.strip(), None  # what a failure shows
    monkeypatch.setattr(sys, 'argv', ['client.py', *arguments])
    monkeypatch.setattr(sys, 'stdin', io.StringIO(typed))
    monkeypatch.setattr(getpass, 'getpass', lambda *args: password)
    crashes, message = [], ''
    monkeypatch.setattr(threading, 'excepthook', crashes.append)
    try:
        in_time('a client that ends when its input ends', lambda: runpy.run_path(str(step.folder / 'client.py'), run_name='__main__'))
    except SystemExit as end:
        message = str(end.code or '')
    if crashes:
        crash, where = ''.join(traceback.format_exception(crashes[0].exc_value)), crashes[0].thread.name
        raise Unexpected('no exception', '\n'.join([crash.splitlines()[-1], *(places(crash) or [f'in {where}'])]), crash=True)
    return message


def test_client(step, server, monkeypatch, capsys):
    """The terminal client shows the last posts and posts what you type, without control characters."""
    for name in ['ann', 'bob']:
        fields = {'username': name, 'email': f'{name}@x', 'password': PASSWORD}
        assert send(server, '/api/users', json.dumps(fields), {'Content-Type': 'application/json'}).status == 201
    for name, typed in [('ann', 'hello\n\nbad \x1b[2J codes ü\n'), ('bob', 'hi ann\n')]:
        capsys.readouterr()
        assert run_client(step, monkeypatch, [name, server], typed=typed) == '', 'a client that ends without a message when its input ends'
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r'^\S+ ', '', line) for line in lines] == ['ann: hello', 'ann: bad  [2J codes ü', 'bob: hi ann']


def test_client_mistakes(step, server, monkeypatch, capsys):
    """A wrong password or a wrong address: the client ends with one line that says what to do."""
    assert 'password' in run_client(step, monkeypatch, ['ann', server], password='wrong horse')
    for address in [server + '/nothing', 'http://127.0.0.1:9', 'nonsense', 'http://']:
        assert 'address' in run_client(step, monkeypatch, ['ann', address])
