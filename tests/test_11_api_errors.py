"""Step 11: every error under /api is JSON. (Api.ask checks the form of each error.)"""
import importlib
import json

import bottle
import pytest

from checks import fill
from clients import PASSWORD

JSON = 'application/json'


# Errors as JSON

@pytest.mark.parametrize('path', ['/api/nothing', '/api/users/', '/api/users/0', '/api/%C3%BC'])
def test_unknown_path(chat, path):
    """An unknown path under /api, and a bad id: 404, as JSON."""
    chat.api('ann').ask('GET', path, status=404)


def test_wrong_method_as_json(chat):
    """A method that a path does not have: 405, as JSON, with the Allow header."""
    api = chat.api('ann')
    for method, path, *allowed in [('DELETE', '/api/users', 'GET', 'POST'),
                                   ('POST', '/api/posts/1', 'GET', 'PUT', 'DELETE')]:
        api.ask(method, path, status=405)
        for other in allowed:
            assert other in api.response.headers.get('Allow', 'no header Allow')


# Which paths are the API's?

@pytest.mark.parametrize('path', ['/api', '/api/'])
def test_paths_of_the_api(chat, path):
    """/api itself belongs to the API, too. A page whose name begins like that is a page."""
    chat.api('ann').ask('GET', path, status=404)
    for page in ('/apis', '/api-docs/users', '/user/api/'):
        assert chat.browser().get(page, status=404).content_type == 'text/html'


# What clients send

BROKEN = {'broken off': b'{"username": ', 'Latin-1': b'{"username": "\xff"}',
          'UTF-16': '{"username": "x"}'.encode('utf-16')}


@pytest.mark.parametrize('body', BROKEN.values(), ids=BROKEN)
def test_broken_body(chat, body):
    """A body that is not JSON in UTF-8: 400."""
    chat.api().ask('POST', '/api/users', body, 400, Content_Type=JSON)


def test_huge_body(chat):
    """A body of more than 100 KiB: 413."""
    chat.api().ask('POST', '/api/users', b'{}'.ljust(102_401), 413)


# What isn't declared as JSON

@pytest.mark.parametrize('content_type', ['', 'text/json', 'application/jsonx'], ids=repr)
def test_content_type(chat, content_type):
    """A body whose Content-Type is not application/json: 415."""
    chat.api().ask('POST', '/api/users', b'{}', 415, Content_Type=content_type)


@pytest.mark.parametrize('content_type', ['application/json; charset=utf-8', 'Application/JSON'])
def test_content_type_with_charset(chat, content_type):
    """A Content-Type may be in upper case and may have a charset: then the body is read."""
    chat.api().ask('POST', '/api/users', b'{"username": ', 400, Content_Type=content_type)


# What isn't an object

BODIES = {
    'empty': b'', 'a list': b'[]', 'a string': b'"x"', 'a number': b'1', 'null': b'null',
    'a thousand lists deep': b'[' * 1000 + b']' * 1000, 'lists that never end': b'[' * 50_000,
}


@pytest.mark.parametrize('body', BODIES.values(), ids=BODIES)
def test_bad_body(chat, body):
    """A body that is not a JSON object: 400."""
    chat.api().ask('POST', '/api/users', body, 400, Content_Type=JSON)


@pytest.mark.modules
def test_read_json(chat):
    """read_json returns the object that is in the body."""
    request = chat.api().RequestClass.blank('/api/users', POST=b'{"x": 1}', content_type=JSON)
    bottle.request.bind(request.environ)
    assert importlib.import_module('app.api.body').read_json() == {'x': 1}


def test_largest_body(chat):
    """A body of exactly 100 KiB is read, and found not to be an object."""
    chat.api().ask('POST', '/api/users', b'[]'.ljust(102_400), 400)


USER = {'username': 'ann', 'email': 'ann@x', 'password': PASSWORD}
HUGE = json.dumps(USER).encode().ljust(102_401)
CHUNK = b'%x\r\n%s\r\n0\r\n\r\n' % (len(HUGE), HUGE)  # from a client that knows no length yet
LENGTHS = {
    'no number': ({'CONTENT_LENGTH': 'abc'}, b'{}', [400]),
    'negative': ({'CONTENT_LENGTH': '-1'}, b'{}', [400]),
    'huge': ({'CONTENT_LENGTH': '999999999'}, b'{}', [413]),
    'chunked': ({'HTTP_TRANSFER_ENCODING': 'chunked'}, CHUNK, [413, 400, 411]),
}


@pytest.mark.parametrize('headers, body, statuses', LENGTHS.values(), ids=LENGTHS)
def test_length_is_missing_or_wrong(chat, headers, body, statuses):
    """A length that makes no sense: 400. Too much is refused, whether a client says so or not."""
    api = chat.api()
    api.lint = False  # it allows no such lengths
    request = api.RequestClass.blank('/api/users', method='POST', content_type=JSON, body=body)
    request.environ.pop('CONTENT_LENGTH')
    request.environ.update(headers)
    api.do_request(request, statuses)


# Every view that takes a body

@pytest.mark.parametrize('route', ['PUT /api/users/{}', 'POST /api/posts', 'PUT /api/posts/1'])
def test_every_body(chat, route):
    """Every route that takes a body reads it, and refuses it as POST /api/users does."""
    api = chat.api('ann')
    fill(chat, 1)
    method, path = route.format(api.user['id']).split()
    for status, body, content_type in [
        (400, b'[]', JSON), (400, b'{"body"', JSON), (400, b'', JSON),
        (415, b'{"body": "x"}', 'text/plain'), (413, b'{}'.ljust(102_401), JSON),
    ]:
        api.ask(method, path, body, status, Content_Type=content_type)
