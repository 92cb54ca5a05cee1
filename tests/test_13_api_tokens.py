"""Step 13: authentication with tokens. Basic gets a token, Bearer uses it."""
import hashlib
from datetime import datetime, timezone
from urllib.parse import urlencode

import pytest

from checks import ROUTES, check_logged_out, check_times, count_hashes, first_user, items, path_of
from clients import PASSWORD, basic

OPEN = [('POST', '/api/users'), ('POST', '/api/tokens')]
FORM = 'application/x-www-form-urlencoded'


# A password buys a token

def test_get_token(chat):
    """POST /api/tokens, with username and password: a token, its expiry, and its hash in a row."""
    api = chat.api('ann')
    answer = api.log_in('ann')
    assert sorted(answer) == ['expires_at', 'token']
    hashes = [row[0] for row in chat.rows('select hash from token')]
    assert hashlib.sha256(api.token.encode()).hexdigest() in hashes, \
        'the SHA-256 of the token in the column hash of the table token'
    check_times(answer['expires_at'])
    end = datetime.fromisoformat(answer['expires_at'].replace('Z', '+00:00'))
    seconds = (end - datetime.now(timezone.utc)).total_seconds()
    assert round(seconds, -2) == 3600, \
        'a token that expires in 3600 seconds (the setting TOKEN_SECONDS)'
    assert api.ask('GET', path_of(api.user))['username'] == 'ann'


def test_tokens_differ(chat):
    """Each token is a new one, and ends no other: neither yours nor anybody else's."""
    bob, api, again = chat.api('bob'), chat.api('ann'), chat.api()
    bob.log_in('bob')
    api.log_in('ann')
    again.log_in('ann')
    assert len({bob.token, api.token, again.token}) == 3, 'three tokens that differ'
    for client in (bob, api, again):
        client.ask('GET', '/api/users/1')


@pytest.mark.parametrize('password', ['pass:word:', 'pässwörd 🙂'],
                         ids=['colons', 'letters outside ASCII'])
def test_get_token_with_any_password(chat, password):
    """A password may have colons, and letters that are not ASCII."""
    chat.api().register('ann', password=password)
    chat.api().log_in('ann', password)


def test_basic_in_any_case(chat):
    """The name of the scheme Basic may be in upper or lower case."""
    chat.api('ann')
    header = basic('ann', PASSWORD).replace('Basic', 'basic')
    chat.api().ask('POST', '/api/tokens', Authorization=header)


BAD_BASIC = {
    'no header': '',
    'wrong password': basic('ann', 'wrong horse'),
    'password of somebody else': basic('ann', 'battery staple'),
    'longer password': basic('ann', PASSWORD + 'x'),
    'empty password': basic('ann', ''),
    'unknown username': basic('nobody', PASSWORD),
    'nothing but a colon': basic('', ''),
    'scheme alone': 'Basic',
    'scheme and a blank': 'Basic ',
    'no base64': 'Basic !!!',
    'no colon': 'Basic YW5u',
    'no text': 'Basic /////w==',
    'no ASCII': 'Basic \xff',
    'another scheme': 'Bearer ' + basic('ann', PASSWORD)[6:],
    'NUL': basic('ann\0', PASSWORD),
    'wildcard': basic('_nn', PASSWORD),
}


@pytest.mark.parametrize('header', BAD_BASIC.values(), ids=BAD_BASIC)
def test_get_token_mistake(chat, header):
    """A wrong or malformed username or password: 401, and WWW-Authenticate asks for Basic."""
    chat.api('ann')
    chat.api().register('bob', password='battery staple')
    api = chat.api()
    api.ask('POST', '/api/tokens', status=401, Authorization=header)
    api.header('WWW-Authenticate', 'Basic')


def test_remote_user(chat):
    """A user whom only the server names (REMOTE_USER) has sent no password: 401."""
    chat.api('ann')
    api = chat.api()
    api.extra_environ = {'REMOTE_USER': 'ann'}
    api.ask('POST', '/api/tokens', status=401)


ANN = {'username': 'ann', 'password': PASSWORD}
ELSEWHERE = {
    'query string': ('?' + urlencode(ANN), None, ''),
    'JSON': ('', ANN, 'application/json'),
    'form': ('', urlencode(ANN).encode(), FORM),
}


@pytest.mark.parametrize('query, body, content_type', ELSEWHERE.values(), ids=ELSEWHERE)
def test_password_elsewhere(chat, query, body, content_type):
    """A username and a password count only in the Authorization header: elsewhere, 401."""
    chat.api('ann')
    chat.api().ask('POST', '/api/tokens' + query, body, 401, Content_Type=content_type)


def test_user_enumeration(chat, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so no time tells it."""
    chat.api('ann')
    costs = count_hashes(monkeypatch)
    for name in ['ann', 'nobody']:
        header = basic(name, 'wrong horse')
        chat.api().ask('POST', '/api/tokens', status=401, Authorization=header)
    assert costs == [(2, 8, 5)] * 2, \
        'two hashes with the same (n, r, p), one for each of the two names'


# A token opens a view

def test_token_opens_a_view(chat):
    """GET /api/users/<id> needs a token. With it, you see your own email."""
    api = chat.api('ann')
    stranger = chat.api()
    stranger.ask('GET', path_of(api.user), status=401)
    stranger.header('WWW-Authenticate', 'Bearer')
    api.log_in('ann')
    assert api.ask('GET', path_of(api.user))['email'] == 'ann@example.com'


def test_bearer_in_any_case(chat):
    """The name of the scheme Bearer may be in upper or lower case, but it must be there."""
    api = chat.api('ann')
    token = api.log_in('ann')['token']
    api.ask('GET', '/api/users/1', Authorization=f'bearer {token}')
    api.ask('GET', '/api/users/1', status=401, Authorization=token)


# Every view but two

BAD_BEARER = ['', 'Bearer', 'Bearer ', 'Bearer nonsense', 'Bearer ' + 'a' * 5000, 'Bearer \xff',
              '{token}', 'Basic {token}', 'Token {token}', 'Bearer {token}x', 'Bearer {token} x',
              'Bearer x{token}', 'Bearer {shorter}', basic('ann', PASSWORD)]


@pytest.mark.parametrize('method, path', [route for route in ROUTES if route not in OPEN])
def test_token_required(chat, method, path):
    """All routes but two: 401 without a valid token, and WWW-Authenticate asks for Bearer."""
    token = chat.api('ann').log_in('ann')['token']
    for header in BAD_BEARER:
        api = chat.api()
        body = {} if method in ('POST', 'PUT') else None
        header = header.format(token=token, shorter=token[:-1])
        api.ask(method, path, body, 401, Authorization=header)
        api.header('WWW-Authenticate', 'Bearer')


def test_register_needs_no_token(chat):
    """Anyone may register, and nobody else gets an answer: not even whether a user exists."""
    api = chat.api('ann')
    for path in ('/api/users', path_of(api.user), '/api/users/99'):
        chat.api().ask('GET', path, status=401)
    chat.api().ask('PUT', '/api/users/99', {}, status=401)
    chat.api().register('bob')


def test_token_elsewhere(chat):
    """A token counts only in the header Authorization: elsewhere, 401."""
    token = chat.api('ann').log_in('ann')['token']
    fields = {'token': token, 'access_token': token, 'authorization': f'Bearer {token}'}
    api = chat.api()
    api.ask('GET', '/api/users?' + urlencode(fields), status=401)
    api.ask('GET', '/api/users', status=401, X_Token=token, X_Auth_Token=token,
            X_Access_Token=token)
    api.ask('PUT', '/api/users/1', fields, 401)
    api.ask('POST', '/api/posts', urlencode(fields).encode(), 401, Content_Type=FORM)
    api.ask('DELETE', '/api/tokens', fields, 401)


# Not with the cookie

def test_cookie_is_no_token(chat, ann):
    """The API does not accept the cookie of a page."""
    chat.api('bob')
    ann.get('/', status=200)
    ann.get('/api/users', status=401)


def test_token_is_no_cookie(chat):
    """The pages accept neither a Bearer token nor Basic authentication."""
    token = chat.api('ann').log_in('ann')['token']
    browser = chat.browser()
    for header in [f'Bearer {token}', basic('ann', PASSWORD)]:
        check_logged_out(browser, browser.get('/', headers={'Authorization': header}))


# Only yourself

def test_update_somebody_else(chat):
    """PUT of another user: 403, unchanged, also for the first user. Of nobody: 404."""
    clients = first_user(chat), chat.api('ann'), chat.api('bob')
    before = chat.rows('select * from user')
    for api in clients:
        for other in set(clients) - {api}:
            for values in [{'about_me': 'tea'}, {'password': 'another horse'}, {}]:
                api.ask('PUT', path_of(other.user), values, 403)
    assert chat.rows('select * from user') == before
    clients[0].ask('PUT', '/api/users/99', {'about_me': 'tea'}, 404)


def test_email_is_private(chat):
    """Users see their own email, alone and in a collection, and nobody else's."""
    clients = first_user(chat), chat.api('ann'), chat.api('bob')
    for api in clients:
        own = f"{api.user['username']}@example.com"
        assert api.ask('GET', path_of(api.user))['email'] == own
        users = items(api.ask('GET', '/api/users'))
        assert [user['email'] for user in users if 'email' in user] == [own]
        assert api.ask('PUT', path_of(api.user), {})['email'] == own
        for other in set(clients) - {api}:
            assert 'email' not in api.ask('GET', path_of(other.user))


# Log out

def test_revoke_token(chat):
    """DELETE /api/tokens: 204, no body. That token is invalid at once, and no other."""
    bob, one, two = chat.api('bob'), chat.api('ann'), chat.api()
    for api, name in [(bob, 'bob'), (one, 'ann'), (two, 'ann')]:
        api.log_in(name)
    page = chat.browser()
    page.log_in('ann')
    one.ask('DELETE', '/api/tokens', status=204)
    assert one.response.body == b''
    one.ask('GET', '/api/users', status=401)
    one.ask('DELETE', '/api/tokens', status=401)
    two.ask('GET', '/api/users')
    bob.ask('GET', '/api/users')
    page.get('/', status=200)


# An hour later

@pytest.mark.parametrize('moment', ['now', '2020-01-01'])
def test_expired_token(chat, moment):
    """A token that has expired, even in this second: 401. Other tokens are still valid."""
    api, bob = chat.api('ann'), chat.api('bob')
    api.log_in('ann')
    bob.log_in('bob')
    chat.rows("""update token set expires_at = strftime('%Y-%m-%dT%H:%M:%SZ', ?)
                 where user_id = ?""", moment, api.user['id'])
    api.ask('GET', '/api/users', status=401)
    api.header('WWW-Authenticate', 'Bearer')
    bob.ask('GET', '/api/users')


def test_expired_tokens_are_deleted(chat):
    """Expired tokens don't stay in the database: a new token deletes them, and no others."""
    old, api, bob = chat.api('old'), chat.api('ann'), chat.api('bob')
    old.log_in('old')
    bob.log_in('bob')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z' where user_id = ?",
              old.user['id'])
    valid = chat.rows("select hash from token where expires_at > '2021'")
    api.log_in('ann')
    rows = chat.rows('select hash, expires_at from token')
    assert [time for _, time in rows if time < '2021'] == [], 'no expired token in the table token'
    assert len(rows) == len(valid) + 1, f'{len(valid)} tokens that have not expired, and a new one'
    bob.ask('GET', '/api/users')


# A new password

def test_new_password_ends_tokens(chat):
    """A new password ends all other tokens of this user: not that of the PUT, and nobody else's."""
    bob, api, thief = chat.api('bob'), chat.api('ann'), chat.api()
    for client, name in [(bob, 'bob'), (api, 'ann'), (thief, 'ann')]:
        client.log_in(name)
    api.ask('PUT', path_of(api.user), {'password': 'another horse'})
    thief.ask('GET', '/api/users', status=401)
    api.ask('GET', '/api/users')
    bob.ask('GET', '/api/users')


def test_other_changes_keep_tokens(chat):
    """A change of anything but the password, or one that is not valid, ends no token."""
    api, again = chat.api('ann'), chat.api()
    api.log_in('ann')
    again.log_in('ann')
    api.ask('PUT', path_of(api.user), {'about_me': 'tea', 'email': 'ann@tea.example'})
    api.ask('PUT', path_of(api.user), {'password': 'short'}, 400)
    again.ask('GET', '/api/users')


# A stolen token

def test_new_password_ends_sessions(chat):
    """A new password ends the user's sessions in browsers, too, and nobody else's."""
    api, thief, bob = chat.api('ann'), chat.browser(), chat.browser('bob')
    thief.log_in('ann')
    api.log_in('ann')
    api.ask('PUT', path_of(api.user), {'password': 'another horse'})
    check_logged_out(thief, thief.get('/'))
    bob.get('/', status=200)
