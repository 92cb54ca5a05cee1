"""Fuzzing: thousands of random requests get no 500. In CI: it needs hypothesis."""
import hashlib
import itertools
import json
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps import STEPS, Chat

ROUTES = [
    'GET /', 'POST /', 'GET /auth/login', 'POST /auth/login', 'POST /auth/register', 'POST /auth/logout',
    'GET /user/{}', 'POST /profile', 'GET /search', 'GET /static/{}', 'GET /{}', 'GET /api/{}',
    'GET /api/users', 'POST /api/users', 'GET /api/users/{}', 'PUT /api/users/{}', 'GET /api/users/{}/posts',
    'GET /api/posts', 'POST /api/posts', 'GET /api/posts/{}', 'PUT /api/posts/{}', 'DELETE /api/posts/{}',
    'POST /api/tokens', 'DELETE /api/tokens', 'GET /api/search',
]
VALID = {'username': 'carol', 'email': 'carol@example.com', 'password': 'correct horse', 'about_me': '', 'body': 'hi'}
PART = '--b\r\nContent-Disposition: form-data; name="body"\r\n\r\né\r\n--b--\r\n'
MULTIPART = 'multipart/form-data; boundary=b'
BODIES = [*(('application/json', body) for body in ('[' * 5000, '7', '{}', '{"body": "\\ud800"}', 'no JSON')),
          (MULTIPART, PART), (f'{MULTIPART}; charset=x', PART), (MULTIPART, 'no part'), ('', 'no type')]
HEADERS = [
    ('Authorization', 'Basic YW5uOmNvcnJlY3QgaG9yc2U='), ('Authorization', 'Basic YW5uOu2ggA=='),
    ('Authorization', 'Basic YW5u'), ('Authorization', 'Bearer é'), ('Authorization', ''),
    ('Cookie', 'token=é'), ('Cookie', 'a/b=1'), ('Accept', 'text/html;q=x'), ('Origin', 'http://['),
    ('Sec-Fetch-Site', 'é'), ('Host', 'http://['),
]
ODD = ['', '0', '-1', '9' * 18, '9' * 30, '²', 'ann', '"tea', 'a AND', '\0', '\ud800']
TEXT = st.text(max_size=300) | st.sampled_from(ODD)
JSON = TEXT | st.sampled_from([None, True, 7, 2**70, [], {}, ['x'], '\0', '\ud800'])
IDS = st.just('1') | TEXT
QUERIES = st.fixed_dictionaries({'q': TEXT}, optional={'page': IDS, 'per_page': IDS, 'next': TEXT})
FIELDS = st.builds(lambda fields, name, value: {**fields, name: value},
                   st.sampled_from([VALID, {}]), st.sampled_from([*VALID]), JSON)
ODD_HEADERS = st.lists(st.sampled_from(HEADERS), max_size=1)
ODD_BODIES = st.sampled_from([None] * 9 + BODIES)


def test_no_500(tmp_path):
    """Every request, valid or not, is answered: under /api with JSON, elsewhere with a page."""
    chat = Chat(STEPS[-1], tmp_path / 'chat.db')
    chat.browser('ann')
    addresses = map(str, itertools.count())  # each request has another one: no limit is reached

    @settings(max_examples=2000, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(ROUTES), IDS, QUERIES, FIELDS, ODD_HEADERS, ODD_BODIES)
    def ask(route, id, query, fields, odd_headers, odd_body):
        # the request before may have deleted the post, or ended the token
        chat.rows("insert or ignore into post values (1, 1, 'hello', '')")
        chat.rows("insert or ignore into token values (?, 1, '9')", hashlib.sha256(b'ann').hexdigest())
        # half a character becomes bytes that are no UTF-8
        method, path = route.format(quote(id, safe='', errors='surrogatepass')).split()
        is_api = path.startswith('/api/')
        form = 'application/x-www-form-urlencoded', urlencode(fields, errors='surrogatepass')
        kind, body = odd_body or (('application/json', json.dumps(fields)) if is_api else form)
        headers = {'Authorization': 'Bearer ann', 'Cookie': 'token=ann', 'Content-Type': kind, **dict(odd_headers)}
        address = f'{path}?{urlencode(query, errors="surrogatepass")}'
        environ = {'REMOTE_ADDR': next(addresses)}
        answer = chat.browser().request(address, method=method, headers=headers, body=body.encode(),
                                        environ=environ, status='*')
        assert answer.status_int < 500, answer.errors
        if not is_api:
            assert answer.content_type == 'text/html'
        elif answer.status_int != 204:
            assert isinstance(answer.json, dict)
    ask()
