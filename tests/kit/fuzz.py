"""Fuzzing: thousands of random requests get no 500. In CI: it needs hypothesis."""
import hashlib
import itertools
import json
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps import STEPS, Chat

ROUTES = ['GET /', 'POST /', 'POST /auth/login', 'POST /auth/register', 'GET /user/{}', 'POST /profile', 'GET /search',
          'GET /static/{}', 'GET /{}', 'GET /api/{}', 'GET /api/search', 'POST /api/users', 'PUT /api/users/{}',
          'GET /api/users/{}/posts', 'POST /api/posts', 'PUT /api/posts/{}', 'POST /api/tokens']
VALID = {'username': 'carol', 'email': 'carol@example.com', 'password': 'correct horse', 'about_me': '', 'body': 'hi'}
HEADERS = [{}, {'Authorization': 'Basic YW5uOu2ggA=='}, {'Cookie': 'a/b=1'}, {'Origin': 'http://['},
           {'Content-Type': 'multipart/form-data; boundary=b'}]
TEXT = st.text(max_size=300) | st.sampled_from(['', '9' * 30, '²', 'ann', '"tea', 'a AND', '\0', '\ud800'])
IDS = st.just('1') | TEXT
QUERIES = st.fixed_dictionaries({'q': TEXT}, optional={'page': IDS, 'per_page': IDS, 'next': TEXT})
VALUES = TEXT | st.sampled_from([None, True, 2**70, [], {}])
BODIES = [None] * 9 + ['[' * 5000, '{"body": "\\ud800"}', 'no JSON']


def test_no_500(tmp_path):
    """Every request, valid or not, is answered: under /api with JSON, elsewhere with a page."""
    chat = Chat(STEPS[-1], tmp_path / 'chat.db')
    chat.browser('ann')
    chat.rows("insert into token values (?, 1, '9')", hashlib.sha256(b'ann').hexdigest())
    chat.rows("insert into post values (1, 1, 'hello', '')")
    addresses = map(str, itertools.count())  # each request has another one: no limit is reached

    @settings(max_examples=2000, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))
    @given(*map(st.sampled_from, [ROUTES, HEADERS, BODIES, [*VALID]]), VALUES, IDS, QUERIES)
    def ask(route, headers, body, field, value, id, query):
        method, path = route.format(quote(id, safe='', errors='surrogatepass')).split()
        is_api, fields = path.startswith('/api/'), {**VALID, field: value}
        kind = 'application/json' if is_api else 'application/x-www-form-urlencoded'
        body = body or (json.dumps(fields) if is_api else urlencode(fields, errors='surrogatepass'))
        path += '?' + urlencode(query, errors='surrogatepass')
        headers = {'Authorization': 'Bearer ann', 'Cookie': 'token=ann', 'Content-Type': kind, **headers}
        answer = chat.browser().request(path, method=method, body=body.encode(), headers=headers, status='*',
                                        environ={'REMOTE_ADDR': next(addresses)})
        assert answer.status_int < 500, answer.errors
        assert answer.content_type == ('application/json' if is_api else 'text/html') or answer.status_int == 204
    ask()
