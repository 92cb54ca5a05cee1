"""Step 07: every error under /api is JSON. (Api.ask checks the form of each error.)"""
import json

import pytest
import webob

from checks import fill, make_api
from clients import PASSWORD, Unexpected

JSON = 'application/json'


@pytest.mark.parametrize('path', ['/api/nothing', '/api', '/api/', '/api/users/', '/api/users/1/nothing', '/api/%C3%BC'])
def test_unknown_path(chat, path):
    """An unknown path under /api: 404, as JSON. Elsewhere it is still a page."""
    make_api(chat).ask('GET', path, status=404)
    assert chat.browser().get('/apis', status=404).content_type == 'text/html'


def test_bad_id(chat):
    """An id that is not a number from 1 up, or is too long: 404. Only the digits 0 to 9 count."""
    api = make_api(chat)
    chat.add_user('clara')
    chat.rows("update user set id = 13 where username = 'clara'")  # the number that int() reads in 1%D9%A3
    for id in ['0', '-1', '1.0', 'x', '%D9%A3', '1%D9%A3', '9223372036854775808', '1' + '0' * 5000, '%20 1', '+1', '1e1', '0x1', '%00']:
        for path in ['/api/users/', '/api/posts/']:
            api.ask('GET', path + id, status=404)


def test_wrong_method(chat):
    """A method that a path does not have: 405, as JSON, with the Allow header."""
    api = make_api(chat)
    for method, path, *allowed in [('DELETE', '/api/users', 'GET', 'POST'), ('POST', '/api/posts/1', 'GET', 'PUT', 'DELETE'),
                                   ('GET', '/api/tokens', 'POST', 'DELETE'), ('PATCH', '/api/users/1', 'GET', 'PUT')]:
        api.ask(method, path, status=405)
        for other in allowed:
            assert other in api.response.headers.get('Allow', 'no header Allow')


BODIES = {
    'empty': b'', 'not JSON': b'{"username": ', 'not UTF-8': b'{"username": "\xff"}', 'UTF-16': '{"username": "x"}'.encode('utf-16'),
    'UTF-16 without a BOM': '{"username": "x"}'.encode('utf-16-le'), 'a list': b'[]', 'a string': b'"x"', 'null': b'null',
    'a number': b'1', 'a form': b'username=ann', 'two objects': b'{}{}', 'a thousand lists deep': b'[' * 1000 + b']' * 1000,
    'lists that never end': b'[' * 50_000, 'a thousand objects deep': b'{"a":' * 1000 + b'1' + b'}' * 1000 + b']',
}


@pytest.mark.parametrize('body', BODIES.values(), ids=BODIES)
def test_bad_body(chat, body):
    """A body that is not a JSON object: 400."""
    chat.api().ask('POST', '/api/users', body, 400, Content_Type=JSON)


@pytest.mark.parametrize('content_type', ['', 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'text/json'])
def test_content_type(chat, content_type):
    """A body whose Content-Type is not application/json: 415."""
    chat.api().ask('POST', '/api/users', b'{"username": "ann"}', 415, Content_Type=content_type)


def test_content_type_with_charset(chat):
    """A Content-Type may be in upper case and may have a charset: then the body is read, and found not to be an object."""
    for content_type in ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8']:
        chat.api().ask('POST', '/api/users', b'[]', 400, Content_Type=content_type)


def test_huge_body(chat):
    """A body of more than 100 KiB: 413. One of exactly 100 KiB is read."""
    chat.api().ask('POST', '/api/users', b'[]'.ljust(102_401), 413)
    chat.api().ask('POST', '/api/users', b'[]'.ljust(102_400), 400)


@pytest.mark.parametrize('method, path', [('PUT', '/api/users/{}'), ('POST', '/api/posts'), ('PUT', '/api/posts/1')])
def test_every_body(chat, method, path):
    """Every route that takes a body reads it, and refuses it as POST /api/users does."""
    api = make_api(chat)
    if not api.user:
        chat.add_user('ann')
    fill(chat, 1)
    path = path.format(chat.rows("select id from user where username = 'ann'")[0][0])
    for status, body, content_type in [(400, b'[]', JSON), (400, b'{"body"', JSON), (400, b'', JSON), (415, b'{"body": "x"}', 'text/plain'), (413, b'{}'.ljust(102_401), JSON)]:
        api.ask(method, path, body, status, Content_Type=content_type)


USER = json.dumps({'username': 'ann', 'email': 'ann@x', 'password': PASSWORD}).encode().ljust(102_401)
CHUNK = b'%x\r\n%s\r\n0\r\n\r\n' % (len(USER), USER)  # as from a client that doesn't know the length beforehand


@pytest.mark.parametrize('headers, body, statuses', [
    ({'CONTENT_LENGTH': 'abc'}, b'{}', [400]), ({'CONTENT_LENGTH': '-1'}, b'{}', [400]), ({'CONTENT_LENGTH': '999999999'}, b'{}', [413]),
    ({'HTTP_TRANSFER_ENCODING': 'chunked'}, CHUNK, [413, 400, 411]),
], ids=['no number', 'negative', 'huge', 'chunked'])
def test_length_is_missing_or_wrong(chat, headers, body, statuses):
    """A length that makes no sense: 400. More than 100 KiB are refused, whether the client says so beforehand or not."""
    environ = webob.Request.blank('/api/users', method='POST', content_type=JSON, body=body).environ
    environ.pop('CONTENT_LENGTH')
    answers = []
    b''.join(chat.app({**environ, **headers}, lambda line, headers, error=None: answers.append(line)))
    if int(answers[0][:3]) not in statuses:
        raise Unexpected(f'status {statuses[0]}', answers[0])
