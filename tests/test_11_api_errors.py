"""Step 11: every error under /api is JSON. (clients.Api checks the form of each error.)"""
import pytest

from checks import fill, imported

JSON = 'application/json'
DEEP = b'[' * 50_000 + b']' * 50_000


def send(chat, body, status, content_type=JSON):
    """Send a body to POST /api/users. Check that it is refused with a status."""
    chat.api().post('/api/users', body, content_type=content_type, status=status)


# Errors as JSON

def test_unknown_path(chat):
    """An unknown path under /api, and a bad id: 404, as JSON."""
    ann = chat.api('ann')
    for path in ('/api/nothing', '/api/users/', '/api/users/0', '/api/%C3%BC'):
        ann.get(path, status=404)


def test_wrong_method_as_json(chat):
    """A method that a path does not have: 405, as JSON, with the Allow header."""
    answer = chat.api().post('/api/posts/1', status=405)
    for method in ('GET', 'PUT', 'DELETE'):
        assert method in answer.headers.get('Allow', 'no header Allow')


# Which paths are the API's?

def test_paths_of_the_api(chat):
    """/api itself belongs to the API, too. A page whose name begins like that is a page."""
    chat.api().get('/api', status=404)
    chat.api().get('/api/', status=404)
    for page in ('/nothing', '/apis', '/api-docs/users', '/user/api/'):
        assert chat.browser().get(page, status=404).content_type == 'text/html'


# What clients send

def test_broken_body(chat):
    """A body that is not JSON in UTF-8: 400."""
    send(chat, b'{"username": ', 400)
    send(chat, b'{"username": "\xff"}', 400)
    send(chat, '{"username": "ann"}'.encode('utf-16'), 400)


def test_huge_body(chat):
    """A body of more than 100 KiB: 413."""
    send(chat, b'{}'.ljust(102_401), 413)


# What isn't declared as JSON

def test_content_type(chat):
    """A body that is not declared as application/json: 415. A charset, or upper case, is fine."""
    send(chat, 'no JSON', 415, '')
    send(chat, 'no JSON', 415, 'application/jsonx')
    send(chat, 'no JSON', 400, 'application/json; charset=utf-8')
    send(chat, 'no JSON', 400, 'Application/JSON')


# What isn't an object

def test_bad_body(chat):
    """A body that is not a JSON object, even if it has exactly 100 KiB: 400."""
    for body in (b'', b'[]', b'"x"', b'null', DEEP, b'[]'.ljust(102_400)):
        send(chat, body, 400)


@pytest.mark.modules
def test_read_json(chat):
    """read_json returns the object that is in the body."""
    chat.app.route('/api/read', 'POST', imported('app.api.body', 'read_json'))
    assert chat.api().post_json('/api/read', {'x': 1}).json == {'x': 1}


# Every view that takes a body

def test_every_body(chat):
    """Every route that takes a body refuses it as POST /api/users does. Others need none."""
    ann = chat.api('ann')  # the second user
    fill(chat, 1)
    for request, path in [(ann.put, '/api/users/2'), (ann.post, '/api/posts'),
                          (ann.put, '/api/posts/1')]:
        request(path, b'[]', content_type=JSON, status=400)
        request(path, b'not declared as JSON', content_type='text/plain', status=415)
    chat.api().post('/api/tokens', status=[401, 501])
    ann.delete('/api/posts/1', status=[204, 501])
