"""Fuzzing: thousands of random requests get no 500. This is for CI: `pip install hypothesis`, then `pytest tests/kit/fuzz.py`."""
import hashlib
import itertools
import json
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps import STEPS, Chat

PATHS = ['GET /', 'POST /', 'GET /auth/login', 'POST /auth/login', 'POST /auth/register', 'POST /auth/logout', 'GET /user/{}', 'POST /profile',
         'GET /search', 'GET /static/{}', 'GET /{}', 'GET /api/{}', 'GET /api/users', 'POST /api/users', 'GET /api/users/{}', 'PUT /api/users/{}',
         'GET /api/users/{}/posts', 'GET /api/posts', 'POST /api/posts', 'GET /api/posts/{}', 'PUT /api/posts/{}', 'DELETE /api/posts/{}',
         'POST /api/tokens', 'DELETE /api/tokens', 'GET /api/search']
PATHS_WITH_BODY = [path for path in PATHS if path.startswith('P')]  # these come twice as often
VALID = {'username': 'carol', 'email': 'carol@example.com', 'password': 'correct horse', 'about_me': 'hi', 'body': 'hello'}
TYPES = ['application/json', 'multipart/form-data; boundary=b', 'multipart/form-data; boundary=b; charset=x', '']
PART = '--b\r\nContent-Disposition: form-data; name="body"\r\n\r\né\r\n--b--\r\n'
TEXT = st.text(max_size=300) | st.sampled_from(['', '1', '0', '-1', '9' * 18, '9' * 30, '²', 'ann', '"tea', 'a AND', '*', '\0', '\ud800', '\ud800'])
JSON = st.recursive(st.none() | st.integers() | st.floats() | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=3)

IDS = st.just('1') | TEXT
QUERIES = st.fixed_dictionaries({'q': TEXT}, optional={'page': IDS, 'per_page': IDS, 'next': TEXT})
HEADER = st.sampled_from(['Basic YW5uOmNvcnJlY3QgaG9yc2U=', 'Basic YW5uOu2ggA==', 'Basic YW5u', 'Bearer', 'text/html;q=x', 'http://[', 'é'])
HEADERS = st.just({}) | st.dictionaries(st.sampled_from(['Authorization', 'Cookie', 'Accept', 'Origin', 'Sec-Fetch-Site', 'Host']), HEADER, max_size=2)
FIELDS = st.just(VALID) | st.fixed_dictionaries({}, optional={name: st.just(value) | TEXT | JSON for name, value in VALID.items()})
ODD = st.none() | st.tuples(st.sampled_from(TYPES), st.text(max_size=99) | JSON.map(json.dumps) | st.sampled_from(['[' * 5000, PART]))

addresses = map(str, itertools.count())  # each request comes from another one, so that no limit for wrong passwords is reached


def test_no_500(tmp_path_factory):
    """Every request, valid or not, is answered: under /api with JSON, elsewhere with a page."""
    chat = Chat(STEPS[-1], tmp_path_factory.getbasetemp() / 'fuzz.db')
    chat.browser('ann')

    @settings(max_examples=2000, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(PATHS + PATHS_WITH_BODY), IDS, QUERIES, HEADERS, FIELDS, ODD)
    def ask(path, id, query, headers, fields, odd):
        chat.rows("insert or ignore into post values (1, 1, 'hello', '')")  # the request before may have deleted it, or ended the token
        chat.rows("insert or ignore into token values (?, 1, '9')", hashlib.sha256(b'ann').hexdigest())
        method, path = path.split()
        path = path.format(quote(id, safe='', errors='surrogatepass'))  # half a character becomes bytes that are no UTF-8
        form = 'application/x-www-form-urlencoded', urlencode(fields, errors='surrogatepass')
        kind, body = odd or ((TYPES[0], json.dumps(fields)) if path.startswith('/api/') else form)
        headers = {'Authorization': 'Bearer ann', 'Cookie': 'token=ann', **headers, 'Content-Type': kind}
        answer = chat.browser().request(f'{path}?{urlencode(query, errors="surrogatepass")}', method=method, headers=headers, body=body.encode(),
                                        environ={'REMOTE_ADDR': next(addresses)}, status='*')
        assert answer.status_int < 500, answer.errors
        if not path.startswith('/api/'):
            assert answer.content_type == 'text/html'
        elif answer.status_int != 204:
            assert isinstance(answer.json, dict)
    ask()
