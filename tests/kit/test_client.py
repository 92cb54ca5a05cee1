"""final/client.py at addresses that aren't a chat room: it sends nothing elsewhere, and ends with a line."""
import io
import runpy
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from suite import FOLDERS

TOKEN = '200 OK', '{"token": "secret"}'


@pytest.fixture
def chat(monkeypatch):
    """A function that runs the client at a server with these answers; it returns the client's last words."""
    def application(environ, start_response):
        status, body = answers.pop(0) if answers else ('200 OK', '{}')
        start_response(status, [('Location', f'http://localhost:{server.server_port}/elsewhere')])
        return [body.encode()]

    def run(*wanted):
        answers[:] = wanted
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(FOLDERS[-1] / 'client.py'), run_name='__main__')
        return end.value.code
    answers = []
    monkeypatch.setattr(WSGIRequestHandler, 'log_message', lambda *_: None)
    with make_server('127.0.0.1', 0, application) as server:
        monkeypatch.setattr('getpass.getpass', lambda: 'correct horse')
        monkeypatch.setattr(sys, 'stdin', io.StringIO())
        monkeypatch.setattr(sys, 'argv', ['client.py', 'ann', f'http://127.0.0.1:{server.server_port}'])
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield run
        server.shutdown()


def test_redirect(chat):
    """The token goes to the address that was typed, and to no other, whatever that says."""
    assert chat(TOKEN, ('307 Temporary Redirect', '')).startswith('HTTPError: HTTP Error 307')


@pytest.mark.parametrize('status', ['200 OK', '400 Bad Request'])
@pytest.mark.parametrize('body', ['[]', '{"token": 5}', '<p>', '[' * 99999], ids=['list', 'number', 'HTML', 'deep'])
def test_other_json(chat, status, body):
    """Where JSON of another shape comes, or none, the client ends with a line, and not with a traceback."""
    says = chat((status, body))
    assert says.endswith('. Is this the address of a chat room?') and '\n' not in says
