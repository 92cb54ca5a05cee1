"""Step 13: authentication with tokens. Basic gets a token, Bearer uses it."""
import hashlib
import re
import threading
from concurrent.futures import wait
from urllib.parse import urlencode

import pytest

from answers import fail
from checks import (
    case, check_logged_out, check_times, count_hashes, first_user, items, path_of, trace,
)
from clients import PASSWORD, basic
from patience import in_background


def check_challenge(answer, scheme):
    """Check that the header WWW-Authenticate of an answer asks for a scheme."""
    challenge = answer.headers.get('WWW-Authenticate', 'no header WWW-Authenticate')
    if not challenge.startswith(f'{scheme} '):
        fail(f'the header WWW-Authenticate: {scheme} realm="..."', challenge)


# A password buys a token

def test_get_token(chat):
    """POST /api/tokens, username and password: a new token, its expiry, its hash in a row."""
    ann = chat.api('ann')
    one, two = ann.log_in('ann').json, ann.log_in('ann').json
    assert sorted(one) == ['expires_at', 'token']
    assert one['token'] != two['token']
    for token in (one['token'], two['token']):
        sha_256 = hashlib.sha256(token.encode()).hexdigest()
        assert chat.rows('select user_id from token where hash = ?', sha_256) == [(2,)]
    check_times(two['expires_at'])
    sql = "select round((julianday(?) - julianday('now')) * 24, 1)"
    assert chat.rows(sql, two['expires_at']) == [(1,)], \
        'a token that expires in 3600 seconds (the setting TOKEN_SECONDS)'


def test_any_password(chat):
    """A password may have colons and letters outside ASCII. Basic may be in lower case."""
    api, password = chat.api(), 'pass:wörd 🙂:'
    api.register('ann', password=password)
    api.log_in('ann', password)
    header = basic('ann', password).replace('Basic', 'basic')
    api.post('/api/tokens', headers={'Authorization': header})


@pytest.mark.parametrize('header', [
    '', basic('ann', 'wrong horse'), 'Basic', 'Basic !!!', 'Basic YW5u', 'Basic /////w==',
    'Basic \xff', basic('ann', PASSWORD).replace('Basic', 'Bearer'),
], ids=case)
def test_get_token_mistake(chat, header):
    """A wrong or malformed username or password: 401, and WWW-Authenticate asks for Basic."""
    api = chat.api('ann')
    answer = api.post('/api/tokens', headers={'Authorization': header}, status=401)
    check_challenge(answer, 'Basic')


def test_password_elsewhere(chat):
    """A username and a password count only in the header Authorization, as the client sent it."""
    chat.add_user('abel')
    chat.browser().register('ann')
    api, fields = chat.api(), {'username': 'ann', 'password': PASSWORD}
    api.post('/api/tokens?' + urlencode(fields), status=401)
    api.post('/api/tokens', fields, status=401)
    api.post_json('/api/tokens', fields, status=401)
    api.extra_environ = {'REMOTE_USER': 'ann'}  # whom the server knows
    api.post('/api/tokens', status=401)


def test_user_enumeration(chat, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so no time tells it."""
    api = chat.api('ann')
    costs = count_hashes(monkeypatch)
    for name in ('ann', 'nobody'):
        api.log_in(name, 'wrong horse', status=401)
    assert costs == [(2, 8, 5)] * 2, 'a hash for each of the names, with the same (n, r, p)'


# A token opens a view

def test_token_opens_a_view(chat):
    """GET /api/users/<id> needs a token. With it, you see your own email."""
    ann = chat.api('ann')
    assert ann.get('/api/users/2').json['email'] == 'ann@example.com'
    token = ann.authorization[1]
    check_challenge(chat.api().get('/api/users/2', status=401), 'Bearer')
    chat.api().get('/api/users/2', headers={'Authorization': token}, status=401)
    chat.api().get('/api/users/2', headers={'Authorization': f'bearer {token}'})


# Every view but two

@pytest.mark.parametrize('header', [
    'Bearer', 'Bearer nonsense', 'Bearer ' + 'a' * 5000, 'Bearer \xff', 'Basic {token}',
    'Bearer {token}x', 'Bearer {token} x', basic('ann', PASSWORD),
], ids=case)
def test_bad_token(chat, header):
    """A token that is unknown or malformed, or another scheme: 401, and a challenge for Bearer."""
    token = chat.api('ann').authorization[1]
    headers = {'Authorization': header.format(token=token)}
    check_challenge(chat.api().get('/api/users', headers=headers, status=401), 'Bearer')


@pytest.mark.parametrize('route', [
    'GET /api/users/1', 'GET /api/users', 'PUT /api/users/1', 'GET /api/posts/1',
    'GET /api/posts', 'POST /api/posts', 'PUT /api/posts/1', 'DELETE /api/posts/1',
    'DELETE /api/tokens',
])
def test_token_required(chat, route):
    """All routes but two need a token: 401, also for users and posts that don't exist."""
    method, path = route.split()
    check_challenge(chat.api().request(path, method=method, status=401), 'Bearer')


def test_token_elsewhere(chat):
    """A token counts only in the header Authorization: elsewhere, 401."""
    token = chat.api('ann').authorization[1]
    api, fields = chat.api(), {'token': token, 'access_token': token}
    api.get('/api/users', fields, status=401)
    api.get('/api/users', headers={'X-Token': token}, status=401)
    api.put_json('/api/users/1', fields, status=401)
    api.post('/api/posts', fields, status=401)


# Not with the cookie

def test_cookie_is_no_token(ann):
    """The API does not accept the cookie of a page."""
    ann.get('/', status=200)
    ann.get('/api/users', status=401)


def test_token_is_no_cookie(chat):
    """The pages accept neither a Bearer token nor Basic authentication."""
    ann, browser = chat.api('ann'), chat.browser()
    browser.authorization = ann.authorization
    check_logged_out(browser, browser.get('/'))
    browser.authorization = 'Basic', ('ann', PASSWORD)
    check_logged_out(browser, browser.get('/'))


# Only yourself

def test_update_somebody_else(chat):
    """PUT of another user: 403, unchanged, also for the first user. Of nobody: 404."""
    eve, ann = first_user(chat), chat.api('ann')
    before = chat.rows('select * from user')
    for api, other in [(eve, ann), (ann, eve)]:
        for fields in ({'about_me': 'tea'}, {}, {'about_me': 1}):
            api.put_json(path_of(other.user), fields, status=403)
        api.put_json('/api/users/99', {'about_me': 'tea'}, status=404)
    assert chat.rows('select * from user') == before


def test_email_is_private(chat):
    """Users see their own email, alone and in a collection, and nobody else's."""
    eve, ann = first_user(chat), chat.api('ann')
    for api, own, other in [(eve, 'eve@example.com', ann), (ann, 'ann@example.com', eve)]:
        assert api.get(path_of(api.user)).json['email'] == own
        assert api.put_json(path_of(api.user), {}).json['email'] == own
        assert 'email' not in api.get(path_of(other.user)).json
        users = items(api.get('/api/users').json)
        assert [user['email'] for user in users if 'email' in user] == [own]


# Log out

def test_revoke_token(chat):
    """DELETE /api/tokens: 204, no body. That token is invalid at once, and no other."""
    bob, ann, again, page = chat.api('bob'), chat.api('ann'), chat.api(), chat.browser()
    again.log_in('ann')
    page.log_in('ann')
    assert ann.delete('/api/tokens', status=204).body == b''
    statuses = {'the token of the DELETE': status(ann), "ann's other token": status(again),
                "bob's token": status(bob), "ann's browser": page.get('/', status='*').status_int}
    assert statuses == {'the token of the DELETE': 401, "ann's other token": 200,
                        "bob's token": 200, "ann's browser": 200}


def status(api):
    """Return the status of a request with the token of this client."""
    return api.get('/api/users', status='*').status_int


# An hour later

def test_expired_token(chat):
    """A token that has expired, even in this second: 401. Later ones are valid."""
    ann = chat.api('ann')
    chat.rows("update token set expires_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")
    check_challenge(ann.get('/api/users', status=401), 'Bearer')
    chat.api('bob').get('/api/users')


def test_expired_tokens_are_deleted(chat):
    """Expired tokens don't stay in the database: a new token deletes them, and no others."""
    chat.api('ann')
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z'")
    bob = chat.api('bob')
    chat.api().log_in('bob')
    assert chat.rows("select expires_at from token where expires_at < '2021'") == []
    bob.get('/api/users')


# A new password

def test_new_password_ends_tokens(chat):
    """A new password, and no other PUT, ends the token of a thief, and of nobody else."""
    bob, ann, thief = chat.api('bob'), chat.api('ann'), chat.api()
    thief.log_in('ann')
    ann.put_json(path_of(ann.user), {'about_me': 'tea', 'email': 'ann@tea.example'})
    ann.put_json(path_of(ann.user), {'password': 'another horse', 'username': 'bob'}, status=400)
    assert {'the token of the thief': status(thief)} == {'the token of the thief': 200}
    ann.put_json(path_of(ann.user), {'password': 'another horse'})
    statuses = {'the token of the thief': status(thief), "bob's token": status(bob)}
    assert statuses == {'the token of the thief': 401, "bob's token": 200}


def test_new_password_ends_sessions(chat):
    """A new password ends the user's sessions in browsers, too, and nobody else's."""
    ann, thief, bob = chat.api('ann'), chat.browser(), chat.browser('bob')
    thief.log_in('ann')
    ann.put_json(path_of(ann.user), {'password': 'another horse'})
    check_logged_out(thief, thief.get('/'))
    bob.get('/', status=200)


def test_new_password_keeps_a_token(chat):
    """The token of that PUT (its hash is in the table) stays: its owner need not log in again."""
    ann = chat.api('ann')
    ann.log_in('ann')
    ann.put_json(path_of(ann.user), {'password': 'another horse'})
    assert {'the token of the PUT': status(ann)} == {'the token of the PUT': 200}


# A log-in that takes its time

@pytest.mark.parametrize('path', ['/auth/login', '/api/tokens'])
def test_new_password_during_a_login(chat, monkeypatch, path):
    """If the password changes while somebody logs in with the old one, they get no token."""
    ann, thief, begun = chat.api('ann'), chat.browser(), threading.Event()
    ann.log_in('ann')

    def change(sql):
        """Let ann change her password just before the thief's token is added."""
        if re.match(r'\s*(insert|replace)\b.*\btoken\b', sql, re.IGNORECASE) and not begun.is_set():
            begun.set()
            new = {'password': 'another horse'}
            wait([in_background(ann.put_json, path_of(ann.user), new)], 2)
    trace(monkeypatch, change)  # the connections of threads that are new
    form = {'username': 'ann', 'password': PASSWORD}
    headers = {'Authorization': basic('ann', PASSWORD)}
    in_background(lambda: thief.post(path, form, headers, status='*')).result()
    assert begun.is_set(), 'an insert into the table token'
    check_logged_out(thief, thief.get('/'))
    ann.get('/api/users')
    assert chat.rows('select count(*) from token') == [(1,)], "no token but ann's own"
