"""final/client.py at addresses that aren't a chat room, behind a proxy that doesn't reach this machine."""
import contextlib
import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from suite import FOLDERS, run

TOKEN = '{"token": "secret"}'


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def answer_with(answers):
    """Start a server with an answer for each request, (status, body); yield its port and the requests that come."""
    requests, answers = [], iter(answers)

    def application(environ, start_response):
        requests.append((environ['PATH_INFO'], environ.get('HTTP_AUTHORIZATION')))
        status, body = next(answers, ('200 OK', '{}'))
        where = f'http://localhost:{server.server_port}/elsewhere'
        start_response(status, [('Content-Type', 'application/json'), ('Location', where)])
        return [body.encode()]
    with make_server('127.0.0.1', 0, application, handler_class=Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True).start()
        yield server.server_port, requests
        server.shutdown()


def chat(port):
    """Run the client; return what it prints. Without a terminal, it reads the password from stdin."""
    environ = {**os.environ, 'http_proxy': 'http://127.0.0.1:9'}
    command = [sys.executable, '-W', 'ignore', FOLDERS[-1] / 'client.py', 'ann', f'http://127.0.0.1:{port}']
    output = run(command, env=environ, input='correct horse\n', start_new_session=True).stdout
    return output.partition('Password: ')[2].strip()


@pytest.mark.parametrize('answers', [
    [('302 Found', '')], [('200 OK', TOKEN), ('302 Found', '')], [('200 OK', TOKEN), ('307 Temporary Redirect', '')],
], ids=['password', 'token', '307'])
def test_redirect(answers):
    """The password and the token go to the address that was typed, and to no other, whatever that says."""
    with answer_with(answers) as (port, requests):
        output = chat(port)
        assert [path for path, _ in requests if 'elsewhere' in path] == []
    assert len(requests) >= len(answers) and output.startswith('HTTPError: HTTP Error 30')


@pytest.mark.parametrize('answers', [
    *[[('200 OK', body)] for body in ('[]', 'null', '5', '{"token": 5}', '"', '[' * 99999, '<p>')],
    *[[('400 Bad Request', body)] for body in ('[]', 'null', '{"message": 5}', '[' * 99999, '<p>')],
    *[[('200 OK', TOKEN), ('200 OK', body)] for body in (
        '[]', 'null', '{"items": 5}', '{"items": [5]}', '{"items": [{"id": "5"}]}', '{"items": [{"id": 5}]}',
        '{"items": [{"id": 5, "created_at": 5, "author": null}]}', '[' * 99999)],
], ids=lambda answers: f'{len(answers)} {answers[-1][0][:3]} {answers[-1][1][:40]}')
def test_other_json(answers):
    """Where JSON of another shape comes, or none, the client ends with a line, and not with a traceback."""
    with answer_with(answers) as (port, _):
        output = chat(port)
    assert '\n' not in output and (output == '5' or output.endswith('. Is this the address of a chat room?'))
