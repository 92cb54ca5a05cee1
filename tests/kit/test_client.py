"""final/client.py at addresses that aren't a chat room: no password goes elsewhere, and no traceback is shown."""
import io
import runpy
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from suite import FOLDERS

TOKEN = '200 OK', '{"token": "secret"}'


@pytest.mark.parametrize('answers, says', [
    ([('302 Found', '')], 'HTTPError: HTTP Error 302'),
    ([TOKEN, ('307 Temporary Redirect', '')], 'HTTPError: HTTP Error 307'),
    ([('200 OK', '<p>')], 'JSONDecodeError: '),
    ([('200 OK', '[]')], 'TypeError: '),
    ([('400 Bad Request', '[]')], 'HTTPError: HTTP Error 400'),
    ([TOKEN, ('200 OK', '{"items": [{"id": 5}]}')], "KeyError: 'created_at'"),
])
def test_elsewhere(monkeypatch, answers, says):
    """Whatever an address answers, the client ends with a line, and sends nothing to another one."""
    def application(environ, start_response):
        status, body = next(queue, ('200 OK', '{}'))
        start_response(status, [('Location', f'http://localhost:{server.server_port}/elsewhere')])
        return [body.encode()]
    queue = iter(answers)
    monkeypatch.setattr(WSGIRequestHandler, 'log_message', lambda *_: None)
    monkeypatch.setattr('getpass.getpass', lambda: 'correct horse')
    monkeypatch.setattr(sys, 'stdin', io.StringIO())
    with make_server('127.0.0.1', 0, application) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        monkeypatch.setattr(sys, 'argv', ['client.py', 'ann', f'http://127.0.0.1:{server.server_port}'])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(FOLDERS[-1] / 'client.py'), run_name='__main__')
        server.shutdown()
    assert end.value.code.startswith(says) and '\n' not in end.value.code
