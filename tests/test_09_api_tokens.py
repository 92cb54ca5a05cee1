"""Step 09: a password buys a token, the token opens the rest."""
import hashlib
import re
from datetime import datetime, timedelta, timezone

import pytest

from clients import PASSWORD, basic
from test_01_flat_script import UTC
from test_06_api_blueprint import ROUTES

OPEN = [('POST', '/api/users'), ('POST', '/api/tokens')]


# Get a token

def test_get_token(chat):
    """POST /api/tokens with name and password: a token, and when it expires."""
    api = chat.api('ann')
    answer = api.log_in('ann')
    assert set(answer) == {'token', 'expires_at'}
    assert re.fullmatch(UTC, answer['expires_at'])
    wait = datetime.fromisoformat(answer['expires_at'].replace('Z', '+00:00')) - datetime.now(timezone.utc)
    assert timedelta(seconds=3500) < wait <= timedelta(seconds=3600)
    api.ask('GET', '/api/users/1')


def test_token_is_not_in_the_database(chat):
    """The database keeps the SHA-256 of the token."""
    token = chat.api('ann').token
    assert hashlib.sha256(token.encode()).hexdigest() in [row[0] for row in chat.rows('select hash from token')]


def test_tokens_differ(chat):
    """Each token is another, and a new one does not end the others."""
    api = chat.api('ann')
    first = api.token
    api.log_in('ann')
    assert api.token != first
    api.token = first
    api.ask('GET', '/api/users')


BAD_BASIC = [
    '', basic('ann', 'wrong horse'), basic('ann', ''), basic('nobody', PASSWORD), basic('', ''), basic('ann', PASSWORD + 'x'),
    'Basic', 'Basic ', 'Basic !!!', 'Basic YW5u', 'Basic /////w==', 'Basic \xff', 'Bearer ' + basic('ann', PASSWORD)[6:],
    basic('ann\0', PASSWORD),
]


def test_get_token_mistake(chat):
    """A wrong or malformed name or password: 401 that asks for Basic."""
    chat.api('ann')
    for header in BAD_BASIC:
        api = chat.api()
        api.ask('POST', '/api/tokens', status=401, Authorization=header)
        api.header('WWW-Authenticate', 'Basic')


def test_get_token_costs_the_same(chat, monkeypatch):
    """An unknown name costs as much hashing as a wrong password."""
    chat.api('ann')
    costs, scrypt = [], hashlib.scrypt
    monkeypatch.setattr(hashlib, 'scrypt', lambda *args, **more: costs.append(more.get('n')) or scrypt(*args, **more))
    for name in ['ann', 'nobody']:
        chat.api().ask('POST', '/api/tokens', status=401, Authorization=basic(name, 'wrong horse'))
    assert costs == [2, 2]


# Show it

@pytest.mark.parametrize('method, path', [route for route in ROUTES if route not in OPEN])
def test_token_required(chat, method, path):
    """Every route but two: 401 without a good token, that asks for Bearer, whatever else is right or wrong."""
    token = chat.api('ann').token
    for header in ['', 'Bearer', 'Bearer ', 'Bearer nonsense', 'Bearer ' + 'a' * 5000, 'Bearer \xff', token, f'Basic {token}',
                   f'Token {token}', f'Bearer {token}x', f'Bearer {token} x', basic('ann', PASSWORD)]:
        api = chat.api()
        api.ask(method, path, {} if method in ('POST', 'PUT') else None, 401, Authorization=header)
        api.header('WWW-Authenticate', 'Bearer')


def test_scheme_in_any_case(chat):
    """Authentication schemes have no case."""
    api = chat.api('ann')
    api.ask('GET', '/api/users', Authorization=f'bearer {api.token}')
    api.ask('POST', '/api/tokens', Authorization=basic('ann', PASSWORD).replace('Basic', 'basic'))


def test_expired_token(chat):
    """A token that has expired: 401."""
    api = chat.api('ann')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z'")
    api.ask('GET', '/api/users', status=401)


def test_token_that_never_was_good(make_chat):
    """A token that expires as it is given: 401."""
    chat = make_chat(TOKEN_SECONDS=0)
    chat.api('ann').ask('GET', '/api/users', status=401)


def test_cookie_is_no_token(chat, ann):
    """The API does not take the cookie."""
    chat.api('bob')
    ann.get('/api/users', status=401)


def test_token_is_no_cookie(chat):
    """The pages do not take Bearer."""
    api = chat.api('ann')
    browser = chat.browser()
    assert browser.redirected(browser.get('/', headers={'Authorization': f'Bearer {api.token}'})).startswith('/auth/login')


# Give it back

def test_revoke_token(chat):
    """DELETE /api/tokens: 204 without a body, and that token is dead at once, but no other."""
    chat.api('ann')
    one, two = chat.api(), chat.api()
    one.log_in('ann')
    two.log_in('ann')
    one.ask('DELETE', '/api/tokens', status=204)
    assert one.response.body == b''
    one.ask('GET', '/api/users', status=401)
    one.ask('DELETE', '/api/tokens', status=401)
    two.ask('GET', '/api/users')


def test_new_password_ends_tokens(chat):
    """After a change of password, whoever had another token or a cookie has to know the new one."""
    api, thief, browser = chat.api('ann'), chat.api(), chat.browser()
    thief.log_in('ann')
    browser.log_in('ann')
    api.ask('PUT', '/api/users/1', {'password': 'another horse'})
    thief.ask('GET', '/api/users', status=401)
    assert browser.redirected(browser.get('/')).startswith('/auth/login')
    api.ask('GET', '/api/users')


# Who may what

def test_register_needs_no_token(chat):
    """Anyone may register."""
    chat.api('ann')
    chat.api().register('bob')


def test_email_is_your_own_business(chat):
    """The email is shown to its owner, alone or in a collection, and to nobody else."""
    chat.api('bob')
    ann = chat.api('ann')
    assert ann.ask('GET', '/api/users/2')['email'] == 'ann@example.com'
    assert 'email' not in ann.ask('GET', '/api/users/1')
    assert [user.get('email') for user in ann.ask('GET', '/api/users')['items']] == [None, 'ann@example.com']
    assert ann.ask('PUT', '/api/users/2', {})['email'] == 'ann@example.com'


def test_update_somebody_else(chat):
    """A change of somebody else: 403, and nothing is changed; 404 if there is nobody."""
    bob, ann = chat.api('bob'), chat.api('ann')
    before = chat.rows('select * from user')
    for values in [{'about_me': 'tea'}, {'password': 'another horse'}, {}, {'username': None}]:
        ann.ask('PUT', '/api/users/1', values, 403)
        bob.ask('PUT', '/api/users/2', values, 403)
    assert chat.rows('select * from user') == before
    ann.ask('PUT', '/api/users/3', {'about_me': 'tea'}, 404)
