"""Step 13: authentication with tokens. Basic gets a token, Bearer uses it."""
import hashlib
import re
import threading
from concurrent.futures import wait
from datetime import datetime, timezone
from urllib.parse import urlencode

import pytest

from checks import (
    ROUTES, check_logged_out, check_times, count_hashes, first_user, items, path_of, trace,
)
from clients import PASSWORD, basic
from patience import in_background

OPEN = [('POST', '/api/users'), ('POST', '/api/tokens')]
FORM = 'application/x-www-form-urlencoded'


# A password buys a token

def test_get_token(chat):
    """POST /api/tokens, username and password: a new token, its expiry, its hash in a row."""
    api = chat.api('ann')
    first, answer = api.log_in('ann')['token'], api.log_in('ann')
    assert sorted(answer) == ['expires_at', 'token']
    assert answer['token'] != first, 'a new token for each log-in'
    hashes = [row[0] for row in chat.rows('select hash from token')]
    for token in (first, answer['token']):
        assert hashlib.sha256(token.encode()).hexdigest() in hashes, \
            'the SHA-256 of each token in the column hash of the table token'
    check_times(answer['expires_at'])
    end = datetime.fromisoformat(answer['expires_at'].replace('Z', '+00:00'))
    seconds = (end - datetime.now(timezone.utc)).total_seconds()
    assert round(seconds, -2) == 3600, \
        'a token that expires in 3600 seconds (the setting TOKEN_SECONDS)'


def test_any_password(chat):
    """A password may have colons and letters outside ASCII. Basic may be in lower case."""
    api, password = chat.api(), 'pass:wörd 🙂:'
    api.register('ann', password=password)
    for header in (basic('ann', password), basic('ann', password).replace('Basic', 'basic')):
        api.ask('POST', '/api/tokens', Authorization=header)


BAD_BASIC = {
    'no header': '',
    'wrong password': basic('ann', 'wrong horse'),
    'scheme alone': 'Basic',
    'scheme and a blank': 'Basic ',
    'no base64': 'Basic !!!',
    'no colon': 'Basic YW5u',
    'no text': 'Basic /////w==',
    'no ASCII': 'Basic \xff',
    'another scheme': 'Bearer ' + basic('ann', PASSWORD)[6:],
}


@pytest.mark.parametrize('header', BAD_BASIC.values(), ids=BAD_BASIC)
def test_get_token_mistake(chat, header):
    """A wrong or malformed username or password: 401, and WWW-Authenticate asks for Basic."""
    api = chat.api('ann')
    api.ask('POST', '/api/tokens', status=401, Authorization=header)
    api.header('WWW-Authenticate', 'Basic realm=')


def test_password_elsewhere(chat):
    """A username and a password count only in the header Authorization, as the client sent it."""
    chat.api('ann')
    api, fields = chat.api(), {'username': 'ann', 'password': PASSWORD}
    form = urlencode(fields)
    api.ask('POST', '/api/tokens?' + form, status=401)
    api.ask('POST', '/api/tokens', fields, 401)
    api.ask('POST', '/api/tokens', form.encode(), 401, Content_Type=FORM)
    api.extra_environ = {'REMOTE_USER': 'ann'}  # whom the server knows
    api.ask('POST', '/api/tokens', status=401)


def test_user_enumeration(chat, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so no time tells it."""
    api = chat.api('ann')
    costs = count_hashes(monkeypatch)
    for name in ['ann', 'nobody']:
        header = basic(name, 'wrong horse')
        api.ask('POST', '/api/tokens', status=401, Authorization=header)
    assert costs == [(2, 8, 5)] * 2, 'a hash for each of the names, with the same (n, r, p)'


# A token opens a view

def test_token_opens_a_view(chat):
    """GET /api/users/<id> needs a token. With it, you see your own email."""
    api, stranger = chat.api('ann'), chat.api()
    stranger.ask('GET', path_of(api.user), status=401)
    stranger.header('WWW-Authenticate', 'Bearer')
    assert api.ask('GET', path_of(api.user))['email'] == 'ann@example.com'
    stranger.ask('GET', path_of(api.user), status=401, Authorization=api.token)
    stranger.ask('GET', path_of(api.user), Authorization=f'bearer {api.token}')


# Every view but two

BAD_BEARER = ['', 'Bearer', 'Bearer nonsense', 'Bearer ' + 'a' * 5000, 'Bearer \xff',
              '{token}', 'Basic {token}', 'Bearer {token}x', 'Bearer {token} x',
              basic('ann', PASSWORD)]


@pytest.mark.parametrize('method, path', [route for route in ROUTES if route not in OPEN])
def test_token_required(chat, method, path):
    """All routes but two: 401 without a valid token, and WWW-Authenticate asks for Bearer."""
    token = chat.api('ann').token
    for header in BAD_BEARER:
        api = chat.api()
        api.ask(method, path, {}, 401, Authorization=header.format(token=token))
        api.header('WWW-Authenticate', 'Bearer ')


def test_register_needs_no_token(chat):
    """Anyone may register. Nobody else without a token learns whether a user exists."""
    api = chat.api()
    api.register('bob')
    api.ask('GET', '/api/users/99', status=401)
    api.ask('PUT', '/api/users/99', {}, 401)


def test_token_elsewhere(chat):
    """A token counts only in the header Authorization: elsewhere, 401."""
    token = chat.api('ann').token
    api, fields = chat.api(), {'token': token, 'access_token': token}
    api.ask('GET', '/api/users?' + urlencode(fields), status=401)
    api.ask('GET', '/api/users', status=401, X_Token=token)
    api.ask('PUT', '/api/users/1', fields, 401)
    api.ask('POST', '/api/posts', urlencode(fields).encode(), 401, Content_Type=FORM)


# Not with the cookie

def test_cookie_is_no_token(ann):
    """The API does not accept the cookie of a page."""
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
            for fields in [{'about_me': 'tea'}, {}, {'about_me': 1}]:
                api.ask('PUT', path_of(other.user), fields, 403)
        api.ask('PUT', '/api/users/99', {'about_me': 'tea'}, 404)
    assert chat.rows('select * from user') == before


def test_email_is_private(chat):
    """Users see their own email, alone and in a collection, and nobody else's."""
    eve, ann = first_user(chat), chat.api('ann')
    for api, other in [(eve, ann), (ann, eve)]:
        own = f"{api.user['username']}@example.com"
        assert api.ask('GET', path_of(api.user))['email'] == own
        assert api.ask('PUT', path_of(api.user), {})['email'] == own
        assert 'email' not in api.ask('GET', path_of(other.user))
        users = items(api.ask('GET', '/api/users'))
        assert [user['email'] for user in users if 'email' in user] == [own]


# Log out

def test_revoke_token(chat):
    """DELETE /api/tokens: 204, no body. That token is invalid at once, and no other."""
    bob, ann, again, page = chat.api('bob'), chat.api('ann'), chat.api(), chat.browser()
    again.log_in('ann')
    page.log_in('ann')
    ann.ask('DELETE', '/api/tokens', status=204)
    assert ann.response.body == b''
    ann.ask('GET', '/api/users', status=401)
    again.ask('GET', '/api/users')
    bob.ask('GET', '/api/users')
    page.get('/', status=200)


# An hour later

def test_expired_token(chat):
    """A token that has expired, even in this second: 401. Later ones are valid."""
    ann = chat.api('ann')
    chat.rows("update token set expires_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")
    ann.ask('GET', '/api/users', status=401)
    ann.header('WWW-Authenticate', 'Bearer')
    chat.api('bob').ask('GET', '/api/users')


def test_expired_tokens_are_deleted(chat):
    """Expired tokens don't stay in the database: a new token deletes them, and no others."""
    chat.api('ann')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z'")
    bob = chat.api('bob')
    chat.api().log_in('bob')
    times = [row[0] for row in chat.rows('select expires_at from token')]
    assert [time for time in times if time < '2021'] == [], 'no expired token in the table token'
    bob.ask('GET', '/api/users')


# A new password

def test_new_password_ends_tokens(chat):
    """A new password, and no other PUT, ends this user's other tokens, and nobody else's."""
    bob, ann, thief = chat.api('bob'), chat.api('ann'), chat.api()
    thief.log_in('ann')
    ann.ask('PUT', path_of(ann.user), {'about_me': 'tea', 'email': 'ann@tea.example'})
    taken = {'password': 'another horse', 'username': 'bob'}
    ann.ask('PUT', path_of(ann.user), taken, 400)
    thief.ask('GET', '/api/users')
    ann.ask('PUT', path_of(ann.user), {'password': 'another horse'})
    thief.ask('GET', '/api/users', status=401)
    ann.ask('GET', '/api/users')
    bob.ask('GET', '/api/users')


# A stolen token

def test_new_password_ends_sessions(chat):
    """A new password ends the user's sessions in browsers, too, and nobody else's."""
    ann, thief, bob = chat.api('ann'), chat.browser(), chat.browser('bob')
    thief.log_in('ann')
    ann.ask('PUT', path_of(ann.user), {'password': 'another horse'})
    check_logged_out(thief, thief.get('/'))
    bob.get('/', status=200)


# A log-in that takes its time

def log_in_meanwhile(monkeypatch, ann, log_in):
    """Let somebody log in, and ann change her password just before their token is added."""
    begun = threading.Event()

    def change(sql):
        if re.match(r'\s*(insert|replace)\b.*\btoken\b', sql, re.IGNORECASE) and not begun.is_set():
            begun.set()
            new = {'password': 'another horse'}
            wait([in_background(ann.ask, 'PUT', path_of(ann.user), new)], 2)
    trace(monkeypatch, change)  # the connections of threads that are new
    answer = in_background(log_in).result()
    assert begun.is_set(), 'an insert into the table token'
    return answer


def test_new_password_during_a_login(chat, monkeypatch):
    """If the password changes while somebody logs in with the old one, they are logged out."""
    ann, thief = chat.api('ann'), chat.browser()
    form = {'username': 'ann', 'password': PASSWORD}
    log_in_meanwhile(monkeypatch, ann, lambda: thief.post('/auth/login', form, status=[303, 400]))
    check_logged_out(thief, thief.get('/'))


def test_new_password_while_a_token_is_made(chat, monkeypatch):
    """If the password changes while somebody gets a token with the old one, it opens nothing."""
    ann, thief, old = chat.api('ann'), chat.api(), basic('ann', PASSWORD)
    answer = log_in_meanwhile(monkeypatch, ann, lambda: thief.ask(
        'POST', '/api/tokens', status=[200, 401], Authorization=old))
    thief.token = answer.get('token', '')
    thief.ask('GET', '/api/users', status=401)
    ann.ask('GET', '/api/users')
