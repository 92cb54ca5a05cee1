"""Step 09: authentication with tokens. Basic gets a token, Bearer uses it."""
import hashlib
from datetime import datetime, timezone
from urllib.parse import urlencode

import pytest

from checks import ROUTES, check_logged_out, check_times, count_hashes, first_user, items, path_of
from clients import PASSWORD, basic

OPEN = [('POST', '/api/users'), ('POST', '/api/tokens')]
FORM = 'application/x-www-form-urlencoded'


# Get a token

def test_get_token(chat):
    """POST /api/tokens with a username and a password returns a token, and when it expires. The database has the token's SHA-256."""
    api = chat.api('ann')
    answer = api.log_in('ann')
    assert sorted(answer) == ['expires_at', 'token']
    hashes = [row[0] for row in chat.rows('select hash from token')]
    assert hashlib.sha256(api.token.encode()).hexdigest() in hashes, 'the SHA-256 of the token in the column hash of the table token'
    check_times(answer['expires_at'])
    wait = datetime.fromisoformat(answer['expires_at'].replace('Z', '+00:00')) - datetime.now(timezone.utc)
    assert round(wait.total_seconds(), -2) == 3600, 'a token that expires in 3600 seconds (the setting TOKEN_SECONDS)'
    assert api.ask('GET', path_of(api.user))['username'] == 'ann'


def test_tokens_differ(chat):
    """Each token is a new one, and ends no other: neither yours nor anybody else's."""
    bob, api, again = chat.api('bob'), chat.api('ann'), chat.api()
    again.log_in('ann')
    assert len({bob.token, api.token, again.token}) == 3, 'three tokens that differ'
    for client in (bob, api, again):
        client.ask('GET', '/api/users')


def test_get_token_with_any_password(chat):
    """A password may have colons, and letters that are not ASCII."""
    for username, password in [('ann', 'pass:word:'), ('bob', 'pässwörd 🙂')]:
        chat.api().register(username, password=password)
        chat.api().log_in(username, password)


BAD_BASIC = [
    '', basic('ann', 'wrong horse'), basic('ann', ''), basic('nobody', PASSWORD), basic('', ''), basic('ann', PASSWORD + 'x'),
    'Basic', 'Basic ', 'Basic !!!', 'Basic YW5u', 'Basic /////w==', 'Basic \xff', 'Bearer ' + basic('ann', PASSWORD)[6:],
    basic('ann\0', PASSWORD), basic('_nn', PASSWORD), basic('ann', 'battery staple'),
]


def test_get_token_mistake(chat):
    """A wrong or malformed username or password: 401, and the WWW-Authenticate header asks for Basic."""
    chat.api('ann')
    chat.api().register('bob', password='battery staple')
    for header in BAD_BASIC:
        api = chat.api()
        api.ask('POST', '/api/tokens', status=401, Authorization=header)
        api.header('WWW-Authenticate', 'Basic')


def test_remote_user(chat):
    """A user whom only the server names (REMOTE_USER) has sent no password: 401."""
    chat.api('ann')
    api = chat.api()
    api.extra_environ = {'REMOTE_USER': 'ann'}
    api.ask('POST', '/api/tokens', status=401)


def test_password_elsewhere(chat):
    """A username and a password count only in the Authorization header: not in the query string, in JSON or in a form."""
    chat.api('ann')
    fields = {'username': 'ann', 'password': PASSWORD}
    for query, body, content_type in [(fields, None, ''), ({}, fields, 'application/json'), ({}, urlencode(fields).encode(), FORM)]:
        chat.api().ask('POST', '/api/tokens?' + urlencode(query), body, 401, Content_Type=content_type)


def test_user_enumeration(chat, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so the time doesn't tell who is registered."""
    chat.api('ann')
    costs = count_hashes(monkeypatch)
    for name in ['ann', 'nobody']:
        chat.api().ask('POST', '/api/tokens', status=401, Authorization=basic(name, 'wrong horse'))
    assert costs == [(2, 8, 5)] * 2, 'two hashes with the same (n, r, p), one for each of the two names'


# Use it

@pytest.mark.parametrize('method, path', [route for route in ROUTES if route not in OPEN])
def test_token_required(chat, method, path):
    """All routes but two: 401 without a valid token, and the WWW-Authenticate header asks for Bearer."""
    token = chat.api('ann').token
    for header in ['', 'Bearer', 'Bearer ', 'Bearer nonsense', 'Bearer ' + 'a' * 5000, 'Bearer \xff', token, f'Basic {token}',
                   f'Token {token}', f'Bearer {token}x', f'Bearer {token} x', f'Bearer {token[:-1]}', basic('ann', PASSWORD)]:
        api = chat.api()
        api.ask(method, path, {} if method in ('POST', 'PUT') else None, 401, Authorization=header)
        api.header('WWW-Authenticate', 'Bearer')


def test_token_elsewhere(chat):
    """A token counts only in the Authorization header: not in the query string, another header, JSON or a form."""
    token = chat.api('ann').token
    fields = {'token': token, 'access_token': token, 'authorization': f'Bearer {token}'}
    api = chat.api()
    api.ask('GET', '/api/users?' + urlencode(fields), status=401)
    api.ask('GET', '/api/users', status=401, X_Token=token, X_Auth_Token=token, X_Access_Token=token)
    api.ask('PUT', '/api/users/1', fields, 401)
    api.ask('POST', '/api/posts', urlencode(fields).encode(), 401, Content_Type=FORM)
    api.ask('DELETE', '/api/tokens', fields, 401)


def test_scheme_in_any_case(chat):
    """The name of an authentication scheme may be in upper or lower case."""
    api = chat.api('ann')
    api.ask('GET', '/api/users', Authorization=f'bearer {api.token}')
    api.ask('POST', '/api/tokens', Authorization=basic('ann', PASSWORD).replace('Basic', 'basic'))


@pytest.mark.parametrize('moment', ['now', '2020-01-01'])
def test_expired_token(chat, moment):
    """A token that has expired, even in this second: 401. Other tokens are still valid."""
    api, bob = chat.api('ann'), chat.api('bob')
    chat.rows("update token set expires_at = strftime('%Y-%m-%dT%H:%M:%SZ', ?) where user_id = ?", moment, api.user['id'])
    api.ask('GET', '/api/users', status=401)
    bob.ask('GET', '/api/users')


def test_expired_tokens_are_deleted(chat):
    """Expired tokens don't stay in the database forever: a new token deletes them, and no others."""
    old, api, bob = chat.api('old'), chat.api('ann'), chat.api('bob')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z' where user_id = ?", old.user['id'])
    api.log_in('ann')
    assert chat.rows("select * from token where expires_at < '2021'") == []
    assert len(chat.rows('select * from token')) == 3, 'three tokens that have not expired'
    bob.ask('GET', '/api/users')


def test_cookie_is_no_token(chat, ann):
    """The API does not accept the cookie of a page."""
    chat.api('bob')
    ann.get('/api/users', status=401)


def test_token_is_no_cookie(chat):
    """The pages accept neither a Bearer token nor Basic authentication."""
    api = chat.api('ann')
    browser = chat.browser()
    for header in [f'Bearer {api.token}', basic('ann', PASSWORD)]:
        check_logged_out(browser, browser.get('/', headers={'Authorization': header}))


# Revoke it

def test_revoke_token(chat):
    """DELETE /api/tokens: 204 without a body. That token is invalid at once; all others are still valid."""
    bob, one, two = chat.api('bob'), chat.api('ann'), chat.api()
    two.log_in('ann')
    page = chat.browser()
    page.log_in('ann')
    one.ask('DELETE', '/api/tokens', status=204)
    assert one.response.body == b''
    one.ask('GET', '/api/users', status=401)
    one.ask('DELETE', '/api/tokens', status=401)
    two.ask('GET', '/api/users')
    bob.ask('GET', '/api/users')
    page.get('/', status=200)


def test_new_password_ends_tokens(chat):
    """A new password ends all other tokens and sessions of this user, and nobody else's."""
    bob, api, thief, browser = chat.api('bob'), chat.api('ann'), chat.api(), chat.browser()
    thief.log_in('ann')
    browser.log_in('ann')
    api.ask('PUT', path_of(api.user), {'password': 'another horse'})
    thief.ask('GET', '/api/users', status=401)
    check_logged_out(browser, browser.get('/'))
    api.ask('GET', '/api/users')
    bob.ask('GET', '/api/users')


def test_other_changes_keep_tokens(chat):
    """A change of anything but the password, or one that is not valid, ends no token."""
    api, again = chat.api('ann'), chat.api()
    again.log_in('ann')
    api.ask('PUT', path_of(api.user), {'about_me': 'tea', 'email': 'ann@tea.example'})
    api.ask('PUT', path_of(api.user), {'password': 'short'}, 400)
    again.ask('GET', '/api/users')


# Authorization

def test_register_needs_no_token(chat):
    """Anyone may register."""
    chat.api('ann')
    chat.api().register('bob')


def test_email_is_private(chat):
    """Users see their own email, alone and in a collection, and nobody else's, not even the first user."""
    clients = first_user(chat), chat.api('ann'), chat.api('bob')
    for api in clients:
        name = api.user['username']
        assert api.ask('GET', path_of(api.user))['email'] == f'{name}@example.com'
        assert [user['email'] for user in items(api.ask('GET', '/api/users')) if 'email' in user] == [f'{name}@example.com']
        assert api.ask('PUT', path_of(api.user), {})['email'] == f'{name}@example.com'
        for other in set(clients) - {api}:
            assert 'email' not in api.ask('GET', path_of(other.user))


def test_update_somebody_else(chat):
    """PUT of another user: 403, and nothing changes, even for the first user. PUT of a user who does not exist: 404."""
    clients = first_user(chat), chat.api('ann'), chat.api('bob')
    before = chat.rows('select * from user')
    for api in clients:
        for other in set(clients) - {api}:
            for values in [{'about_me': 'tea'}, {'password': 'another horse'}, {}]:
                api.ask('PUT', path_of(other.user), values, 403)
    assert chat.rows('select * from user') == before
    clients[0].ask('PUT', '/api/users/99', {'about_me': 'tea'}, 404)
