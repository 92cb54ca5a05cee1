"""Nonsense, thousands of times: no 500, no HTML under /api, and answers as openapi.json describes them.

For CI, for it needs schemathesis: `pip install schemathesis`, then `pytest tests/kit/fuzz.py`. The seeds are fixed.
"""
import json
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from apps import STEPS, Chat

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
DESCRIPTION = (Path(__file__).parent / 'openapi.json').read_bytes()
FIXED = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
room = []  # the app under fuzz, made once


def chat():
    """Return the finished app, with two people in it, and a post of each."""
    if not room:
        folder = Path(__import__('tempfile').mkdtemp())
        room.append(Chat(STEPS[-1], folder / 'chat.db'))
        room[0].browser('ann').say('hello')
        room[0].browser('bob').say('hello')
        room.append(room[0].api())
        room[1].log_in('ann')
    return room[0]


def app(environ, start_response):
    """The finished app, and its description beside it."""
    if environ['PATH_INFO'] == '/openapi.json':
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [DESCRIPTION]
    return chat().app(environ, start_response)


schema = schemathesis.openapi.from_wsgi('/openapi.json', app)
schema.config.generation.update(modes=list(schemathesis.GenerationMode))


@schema.parametrize()
@settings(FIXED, max_examples=150)
def test_api(case):
    """Whatever is sent, right or wrong: an answer that openapi.json describes."""
    chat()
    if case.path != '/api/tokens':
        case.headers = {**(case.headers or {}), 'Authorization': f'Bearer {room[1].token}'}
    if case.operation.label.startswith('PUT /api/users') and isinstance(case.body, dict):
        case.body.pop('password', None)  # a new password is no harm, but it costs a token
    case.call_and_validate(checks=CHECKS)


TEXT = st.text(st.characters(exclude_categories=['Cs']), max_size=600)
FIELDS = st.dictionaries(st.sampled_from(['username', 'email', 'password', 'about_me', 'body', 'x']), TEXT, max_size=5)


@settings(FIXED, max_examples=300)
@given(st.sampled_from(['/', '/auth/login', '/auth/register', '/profile']), FIELDS)
def test_forms(path, fields):
    """Whatever is typed into a form: the page after it, or the form again; never a 500."""
    browser = chat().browser()
    browser.log_in('bob')
    answer = browser.post(path, fields, content_type='application/x-www-form-urlencoded', status='*')
    assert answer.status_int in (303, 400), answer.status
    assert answer.content_type == 'text/html'


@settings(FIXED, max_examples=300)
@given(TEXT, TEXT)
def test_addresses(path, query):
    """Whatever is asked for: a page, or an error page; JSON below /api."""
    from urllib.parse import quote
    address = '/' + quote(path[:60].lstrip('/')) + '?page=' + quote(query[:60]) + '&next=' + quote(query)
    browser = chat().browser()
    browser.log_in('bob')
    for prefix in ('', '/user', '/api', '/api/users', '/static', '/auth'):
        answer = browser.get(prefix + address, status='*')
        assert answer.status_int < 500, answer.errors
        if (prefix + address).startswith('/api/'):
            json.loads(answer.text)


@settings(FIXED, max_examples=300)
@given(st.sampled_from(['/', '/auth/login', '/api/users', '/api/posts', '/api/tokens']), st.sampled_from(['GET', 'POST', 'PUT', 'DELETE', 'PATCH']),
       st.binary(max_size=300), st.sampled_from(['application/json', 'multipart/form-data; boundary=b', 'text/plain', 'application/x-www-form-urlencoded', '']),
       st.dictionaries(st.sampled_from(['Authorization', 'Cookie', 'Accept', 'Origin', 'Sec-Fetch-Site', 'Host']),
                       st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=['Cc']), max_size=60), max_size=3))
def test_requests(path, method, body, content_type, headers):
    """Whatever bytes and headers come: no 500."""
    answer = chat().browser().request(path, method=method, body=body, headers={**headers, 'Content-Type': content_type}, status='*')
    assert answer.status_int < 500, answer.errors
