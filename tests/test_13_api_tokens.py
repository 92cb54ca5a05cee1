"""Step 13: authentication with tokens. Basic gets a token, Bearer uses it.

(clients.Api checks the header WWW-Authenticate of each 401 that is expected.)
"""
import hashlib
import re
from concurrent.futures import wait

import pytest

from checks import check_logged_out, check_times, count_hashes, first_user, token_lifetime, trace
from clients import PASSWORD, basic
from patience import in_background

OTHER_PASSWORD = {'password': 'another horse'}


@pytest.fixture
def ann(chat):
    """Ann's client. She is the second of three users."""
    return chat.api('ann')


# A password buys a token

def test_get_token(chat, ann):
    """POST /api/tokens, username and any password: a new token, its expiry, its hash in a row."""
    one, two = ann.log_in('ann').json, ann.log_in('ann').json
    assert set(two) == {'expires_at', 'token'}
    assert one['token'] != two['token']
    sha_256 = hashlib.sha256(two['token'].encode()).hexdigest()
    sql = 'select user_id, expires_at from token where hash = ?'
    assert chat.rows(sql, sha_256) == [(2, two['expires_at'])]
    check_times(two['expires_at'])
    assert token_lifetime(chat) == 3600, 'the token does not expire in TOKEN_SECONDS, here 3600'
    chat.browser().register('bob', 'pass:wörd 🙂:')
    chat.api().log_in('bob', 'pass:wörd 🙂:')


def test_get_token_mistake(ann):
    """A wrong or malformed username and password: 401, and a challenge for Basic."""
    bearer = basic('ann', PASSWORD).replace('Basic', 'Bearer')
    for header in ('', basic('ann', 'wrong horse'), 'Basic', 'Basic !!!', 'Basic YW5u',
                   'Basic /////w==', bearer):
        ann.post('/api/tokens', headers={'Authorization': header}, status=401)
    ann.authorization = None
    ann.extra_environ = {'REMOTE_USER': 'ann'}  # request.auth believes it
    ann.post('/api/tokens', status=401)


def test_user_enumeration(ann, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so no time tells it."""
    costs = count_hashes(monkeypatch)
    for name in ('ann', 'nobody'):
        ann.log_in(name, 'wrong horse', status=401)
    assert costs == [(2, 8, 5)] * 2, 'not one hash for each name, with the same (n, r, p)'


# A token opens a view

def test_token_opens_a_view(chat, ann):
    """GET /api/users/<id> needs a token. With it, you see your email."""
    assert ann.get('/api/users/2').json['email'] == 'ann@example.com'
    chat.api().get('/api/users/2', status=401)


# Every view but two

def test_bad_token(chat, ann):
    """An unknown or malformed token, or another scheme: 401, and a challenge for Bearer."""
    token = ann.authorization[1]
    for header in ('Bearer', 'Bearer nonsense', 'Bearer \xff', token, f'Basic {token}',
                   basic('ann', PASSWORD)):
        chat.api().get('/api/users', headers={'Authorization': header}, status=401)


def test_token_required(chat):
    """All routes but two need a token: 401, also for users and posts that don't exist."""
    for route in ('GET /api/users/1', 'GET /api/users', 'PUT /api/users/1', 'GET /api/posts/1',
                  'GET /api/posts', 'POST /api/posts', 'PUT /api/posts/1', 'DELETE /api/posts/1',
                  'DELETE /api/tokens'):
        method, path = route.split()
        chat.api().request(path, method=method, status=401)


# Not with the cookie

def test_cookie_is_no_token(chat, ann):
    """The API does not accept the cookie of a page, and no page accepts Bearer."""
    browser = chat.browser()
    browser.authorization = ann.authorization
    check_logged_out(browser, browser.get('/'))
    browser.authorization = None
    browser.log_in('ann')
    browser.get('/api/users', status=401)


# Only yourself

def test_update_somebody_else(chat):
    """PUT of another user: 403, unchanged, also for the first user. Of nobody: 404."""
    eve, ann = first_user(chat), chat.api('ann')
    before = chat.rows('select * from user')
    eve.put_json('/api/users/1002', {'about_me': 'tea'}, status=403)
    ann.put_json('/api/users/1', {'about_me': 'tea'}, status=403)
    ann.put_json('/api/users/99', {'about_me': 'tea'}, status=404)
    assert chat.rows('select * from user') == before


def test_email_is_private(chat):
    """Users see their own email, alone and in a collection, and nobody else's."""
    eve, ann = first_user(chat), chat.api('ann')
    assert ann.get('/api/users/1002').json['email'] == 'ann@example.com'
    assert ann.put_json('/api/users/1002', {}).json['email'] == 'ann@example.com'
    assert 'email' not in ann.get('/api/users/1').json
    assert 'email' not in eve.get('/api/users/1002').json
    users = ann.get('/api/users').json['items']
    assert [user['email'] for user in users if 'email' in user] == ['ann@example.com']


# Log out

def test_revoke_token(chat, ann):
    """DELETE /api/tokens: 204, no body. That token is invalid at once, and no other."""
    again, page = chat.api(), chat.browser()
    again.log_in('ann')
    page.log_in('ann')
    assert ann.delete('/api/tokens', status=204).body == b''
    ann.get('/api/users', status=401)
    again.get('/api/users')
    page.get('/', status=200)


# An hour later

def test_expired_token(chat, ann):
    """A token that has expired, even in this second: 401. The next log-in deletes it."""
    chat.rows("update token set expires_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")
    ann.get('/api/users', status=401)
    chat.rows("update token set expires_at = '2020-01-01T00:00:00Z'")
    bob = chat.api('bob')
    chat.api().log_in('bob')
    assert chat.rows("select expires_at from token where expires_at < '2021'") == []
    bob.get('/api/users')


# A new password

def test_new_password_ends_tokens(chat, ann):
    """A new password, and no other PUT, ends a thief's token and session, and nobody else's."""
    thief, page, bob = chat.api(), chat.browser(), chat.api('bob')
    thief.log_in('ann')
    page.log_in('ann')
    ann.put_json('/api/users/2', {'about_me': 'tea', 'email': 'ann@tea.example'})
    ann.put_json('/api/users/2', {**OTHER_PASSWORD, 'username': 'bob'}, status=400)
    thief.get('/api/users')
    ann.put_json('/api/users/2', OTHER_PASSWORD)
    thief.get('/api/users', status=401)
    check_logged_out(page, page.get('/'))
    bob.get('/api/users')


def test_new_password_keeps_a_token(ann):
    """The token of that PUT (its hash is in the table) stays: its owner need not log in again."""
    ann.log_in('ann')
    ann.put_json('/api/users/2', OTHER_PASSWORD)
    ann.get('/api/users')


# A log-in that takes its time

def test_new_password_during_a_login(chat, ann, monkeypatch):
    """If the password changes while somebody logs in with the old one, they get no token."""
    thief, changes = chat.api(), []

    def change(sql):
        """Let ann change her password just before the thief's token is added."""
        if re.match(r'\s*(insert|replace)\b.*\btoken\b', sql, re.IGNORECASE) and not changes:
            changes.append(in_background(ann.put_json, '/api/users/2', OTHER_PASSWORD))
            wait(changes, 2)
    trace(monkeypatch, change)  # the connections of threads that are new
    in_background(thief.log_in, 'ann', PASSWORD, '*').result()
    assert changes, 'no insert into the table token'
    thief.get('/api/users', status=401)
    ann.get('/api/users')
