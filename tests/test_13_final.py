"""Final: ready for real clients."""
import getpass
import io
import json
import runpy
import sys
import urllib.request

import pytest

from clients import PASSWORD, Unexpected
from test_01_flat_script import serve, stop

BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'


def test_json_for_clients_that_prefer_it(chat, ann):
    """Content negotiation: an error outside /api is JSON for a client that prefers JSON."""
    for accept in ['application/json', 'application/json, text/html;q=0.9', 'text/html;q=0.5, application/json', 'application/*']:
        answer = ann.get('/nothing', headers={'Accept': accept}, status=404)
        if answer.content_type != 'application/json':
            raise Unexpected(f'JSON for Accept: {accept}', answer.content_type)
        assert set(json.loads(answer.text)) == {'error', 'message'}
        assert ann.get('/auth/logout', headers={'Accept': accept}, status=405).content_type == 'application/json'
        assert ann.get('/user/nobody', headers={'Accept': accept}, status=404).content_type == 'application/json'


def test_a_page_for_all_others(chat, ann):
    """Everybody else gets a page. Under /api an error is JSON, whatever the client accepts."""
    for accept in ['', BROWSER, '*/*', 'text/html', 'text/*', 'image/png', 'application/json;q=0', 'nonsense', ';;q=,', '\xff',
                   'text/html, application/json']:
        assert ann.get('/nothing', headers={'Accept': accept}, status=404).content_type == 'text/html'
        chat.api().ask('GET', '/api/nothing', status=404, Accept=accept)
    chat.rows('drop table post')
    assert ann.get('/', headers={'Accept': 'application/json'}, status=500).content_type == 'application/json'


@pytest.fixture(scope='module')
def server(step, tmp_path_factory):
    """The address of a server that runs the app, for all tests of this file because it takes time to start."""
    process, port = serve(step, tmp_path_factory.mktemp('server'))
    yield f'http://127.0.0.1:{port}'
    stop(process)


def run_client(step, monkeypatch, arguments, password=PASSWORD, typed=''):
    """Run client.py with this input. Return its last message or exit status, 0 if all went well."""
    if not (step.folder / 'client.py').exists():
        raise Unexpected('client.py', f'no such file in {step}/')
    monkeypatch.setattr(sys, 'argv', ['client.py', *arguments])
    monkeypatch.setattr(sys, 'stdin', io.StringIO(typed))
    monkeypatch.setattr(getpass, 'getpass', lambda *args: password)
    try:
        runpy.run_path(str(step.folder / 'client.py'), run_name='__main__')
    except SystemExit as end:
        return end.code or 0
    return 0


def test_client(step, server, monkeypatch, capsys):
    """The terminal client shows the last posts and posts what you type, without control characters."""
    for name in ['ann', 'bob']:
        fields = {'username': name, 'email': f'{name}@x', 'password': PASSWORD}
        request = urllib.request.Request(f'{server}/api/users', json.dumps(fields).encode(), {'Content-Type': 'application/json'})
        urllib.request.urlopen(request, timeout=5)
    assert run_client(step, monkeypatch, ['ann', server], typed='hello\n\nbad \x1b[2J codes ü\n') == 0
    capsys.readouterr()
    assert run_client(step, monkeypatch, ['bob', server], typed='hi ann\n') == 0
    shown = [line.split(' ', 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert shown == ['ann: hello', 'ann: bad  [2J codes ü', 'bob: hi ann']


def test_client_mistakes(step, server, monkeypatch, capsys):
    """A wrong password or a wrong address: the client ends with one line that says what to do."""
    assert 'password' in str(run_client(step, monkeypatch, ['ann', server], password='wrong horse'))
    for address in [server + '/nothing', 'http://127.0.0.1:9', 'nonsense', 'http://']:
        assert 'address' in str(run_client(step, monkeypatch, ['ann', address]))
