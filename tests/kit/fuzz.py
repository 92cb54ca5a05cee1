"""Fuzzing: thousands of random requests get no 500, no HTML under /api, and only answers that openapi.json describes.

This is for CI, because it needs schemathesis: `pip install schemathesis`, then `pytest tests/kit/fuzz.py`. The seeds are fixed.
"""
import itertools
import json
import tempfile
from pathlib import Path
from urllib.parse import quote

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (content_type_conformance, response_headers_conformance, response_schema_conformance,
                                               status_code_conformance)

from apps import STEPS, Chat

CHECKS = [not_a_server_error, content_type_conformance, response_headers_conformance, response_schema_conformance, status_code_conformance]
DESCRIPTION = (Path(__file__).parent / 'openapi.json').read_bytes()
FIXED = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
room = []  # the app under test, made once
addresses = itertools.count()  # each request comes from another one, so that no limit for wrong passwords is reached


def chat():
    """Return the finished app, with two users and a post of each."""
    if not room:
        folder = Path(tempfile.mkdtemp())
        room.append(Chat(STEPS[-1], folder / 'chat.db'))
        room[0].app = from_anywhere(room[0].app)
        room[0].browser('ann').say('hello')
        room[0].browser('bob').say('hello')
        room.append(room[0].api())
        room[1].log_in('ann')
    return room[0]


def from_anywhere(app):
    """Return an app in which each request comes from another address."""
    def middleware(environ, start_response):
        return app({**environ, 'REMOTE_ADDR': f'client {next(addresses)}'}, start_response)
    return middleware


def app(environ, start_response):
    """Answer like the finished app. At /openapi.json is its description."""
    if environ['PATH_INFO'] == '/openapi.json':
        start_response('200 OK', [('Content-Type', 'application/json')])
        return [DESCRIPTION]
    return chat().app(environ, start_response)


schema = schemathesis.openapi.from_wsgi('/openapi.json', app)
schema.config.generation.update(modes=list(schemathesis.GenerationMode))


@schema.parametrize()
@settings(FIXED, max_examples=150)
def test_api(case):
    """Every request, valid or not, gets an answer that openapi.json describes."""
    chat()
    if case.path != '/api/tokens':
        case.headers = {**(case.headers or {}), 'Authorization': f'Bearer {room[1].token}'}
    if case.operation.label.startswith('PUT /api/users') and isinstance(case.body, dict):
        case.body.pop('password', None)  # because a new password ends the other tokens
    case.call_and_validate(checks=CHECKS)


TEXT = st.text(st.characters(exclude_categories=['Cs']), max_size=600)
FIELDS = st.dictionaries(st.sampled_from(['username', 'email', 'password', 'about_me', 'body', 'x']), TEXT, max_size=5)


@settings(FIXED, max_examples=300)
@given(st.sampled_from(['/', '/auth/login', '/auth/register', '/profile']), FIELDS)
def test_forms(path, fields):
    """Every form, valid or not, gets a redirect or the form again; never 500."""
    browser = chat().browser()
    browser.log_in('bob')
    answer = browser.post(path, fields, content_type='application/x-www-form-urlencoded', status='*')
    assert answer.status_int in (303, 400), answer.status
    assert answer.content_type == 'text/html'


@settings(FIXED, max_examples=300)
@given(TEXT, TEXT)
def test_addresses(path, query):
    """Every address gets a page or an error page; under /api it gets JSON."""
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
    """No bytes and no headers lead to 500."""
    answer = chat().browser().request(path, method=method, body=body, headers={**headers, 'Content-Type': content_type}, status='*')
    assert answer.status_int < 500, answer.errors
