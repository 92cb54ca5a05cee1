"""Step 11: every error under /api is JSON. (clients.Api checks the form of each error.)"""
import json

import bottle
import pytest

from checks import case, fill, imported
from clients import PASSWORD

JSON = 'application/json'


def send(chat, body, status, content_type=JSON):
    """Send a body to POST /api/users. Check that it is refused with a status."""
    chat.api().post('/api/users', body, content_type=content_type, status=status)


# Errors as JSON

@pytest.mark.parametrize('path', ['/api/nothing', '/api/users/', '/api/users/0', '/api/%C3%BC'])
def test_unknown_path(chat, path):
    """An unknown path under /api, and a bad id: 404, as JSON."""
    chat.api('ann').get(path, status=404)


@pytest.mark.parametrize('method, path, allowed', [
    ('DELETE', '/api/users', ['GET', 'POST']),
    ('POST', '/api/posts/1', ['GET', 'PUT', 'DELETE']),
])
def test_wrong_method_as_json(chat, method, path, allowed):
    """A method that a path does not have: 405, as JSON, with the Allow header."""
    answer = chat.api().request(path, method=method, status=405)
    for other in allowed:
        assert other in answer.headers.get('Allow', 'no header Allow')


# Which paths are the API's?

def test_paths_of_the_api(chat):
    """/api itself belongs to the API, too. A page whose name begins like that is a page."""
    chat.api().get('/api', status=404)
    chat.api().get('/api/', status=404)
    for page in ('/apis', '/api-docs/users', '/user/api/'):
        assert chat.browser().get(page, status=404).content_type == 'text/html'


# What clients send

@pytest.mark.parametrize('body', [
    b'{"username": ', b'{"username": "\xff"}', '{"x": "UTF-16"}'.encode('utf-16'),
], ids=case)
def test_broken_body(chat, body):
    """A body that is not JSON in UTF-8: 400."""
    send(chat, body, 400)


def test_huge_body(chat):
    """A body of more than 100 KiB: 413."""
    send(chat, b'{}'.ljust(102_401), 413)


# What isn't declared as JSON

@pytest.mark.parametrize('content_type', ['', 'text/json', 'application/jsonx'], ids=repr)
def test_content_type(chat, content_type):
    """A body whose Content-Type is not application/json: 415."""
    send(chat, b'{}', 415, content_type)


@pytest.mark.parametrize('content_type', ['application/json; charset=utf-8', 'Application/JSON'])
def test_content_type_with_charset(chat, content_type):
    """A Content-Type may be in upper case and may have a charset: then the body is read."""
    send(chat, b'{"username": ', 400, content_type)


# What isn't an object

DEEP = b'[' * 50_000 + b']' * 50_000


@pytest.mark.parametrize('body', [b'', b'[]', b'"x"', b'null', DEEP], ids=case)
def test_bad_body(chat, body):
    """A body that is not a JSON object: 400."""
    send(chat, body, 400)


@pytest.mark.modules
def test_read_json(chat):
    """read_json returns the object that is in the body."""
    read_json = imported('app.api.body', 'read_json')
    request = chat.api().RequestClass.blank('/api/users', POST=b'{"x": 1}', content_type=JSON)
    bottle.request.bind(request.environ)
    assert read_json() == {'x': 1}


def test_largest_body(chat):
    """A body of exactly 100 KiB is read, and found not to be an object."""
    send(chat, b'[]'.ljust(102_400), 400)


HUGE = json.dumps({'username': 'ann', 'email': 'ann@x', 'password': PASSWORD}).ljust(102_401)


@pytest.mark.parametrize('headers, body', [
    ({'CONTENT_LENGTH': '999999999'}, '{}'),
    ({'HTTP_TRANSFER_ENCODING': 'chunked'}, f'{len(HUGE):x}\r\n{HUGE}\r\n0\r\n\r\n'),
], ids=['a length', 'chunked'])
def test_length(chat, headers, body):
    """Too much is refused, whether a client says so at first or not."""
    request = chat.api().RequestClass.blank('/api/users', POST=body, content_type=JSON)
    del request.environ['CONTENT_LENGTH']
    request.environ.update(headers)
    chat.api().do_request(request, [413, 400, 411])


# Every view that takes a body

@pytest.mark.parametrize('route', ['PUT /api/users/2', 'POST /api/posts', 'PUT /api/posts/1'])
def test_every_body(chat, route):
    """Every route that takes a body reads it, and refuses it as POST /api/users does."""
    api = chat.api('ann')  # the second user
    fill(chat, 1)
    method, path = route.split()
    api.request(path, method=method, body=b'[]', content_type=JSON, status=400)
    api.request(path, method=method, body=b'{}', content_type='text/plain', status=415)
    api.request(path, method=method, body=b'{}'.ljust(102_401), content_type=JSON, status=413)
