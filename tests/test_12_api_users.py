"""Step 12: the resource users, and its representation."""
import json

import pytest

from checks import (
    BAD_NUMBERS, BAD_VALUES, LONG_EMAIL, check_crash, check_item, check_times, fill, follow, items,
    link, path_of, run_both, together,
)
from clients import PASSWORD, fail

FIELDS = {'id', 'username', 'about_me', 'created_at', 'post_count', '_links'}


# One user

def test_get_user(chat):
    """GET /api/users/<id>: a user as JSON, with the number of their posts."""
    bob = chat.api('bob').user
    fill(chat, 1, 'before-bob')
    fill(chat, 2, 'bob')
    chat.rows("update user set about_me = 'I like ü.' where username = 'bob'")
    user = chat.api('ann').ask('GET', path_of(bob))
    check_item(user, id=bob['id'], username='bob', about_me='I like ü.', post_count=2)
    check_times(user['created_at'])


def test_unknown_user(chat):
    """A user who does not exist: 404."""
    api = chat.api('ann')
    for id in (4, 999999999999999999):
        api.ask('GET', f'/api/users/{id}', status=404)


def test_crash(chat, caplog):
    """An unforeseen exception under /api: 500, as JSON. The traceback is for the log alone."""
    api = chat.api('ann')
    chat.rows('drop table user')
    chat.rows('create view user as select * from nowhere')
    api.ask('GET', path_of(api.user), status=500)
    check_crash(api.response, caplog)


# What others may see

def test_representation(chat):
    """Others see the fields of the contract: no email, and nothing else that is private."""
    bob = chat.api('bob').user
    user = chat.api('ann').ask('GET', path_of(bob))
    assert sorted(user) == sorted(FIELDS)
    assert link(user, 'self') == path_of(bob)


# A page of users

def people(chat, count):
    """Add users straight to the database."""
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into user (username, email, password_hash, created_at)
        select 'user' || n, 'user' || n || '@x', '2$salt$', '2026-01-01T00:00:00Z' from number
        """, count)


def test_get_users(chat):
    """GET /api/users: 10 users in the order of their ids, each with the fields of a user."""
    api = chat.api('ann')
    people(chat, 22)
    fill(chat, 2)
    users = items(api.ask('GET', '/api/users'))
    assert [user['id'] for user in users] == list(range(1, 11))
    assert sorted(set.intersection(*map(set, users))) == sorted(FIELDS), (
        'the same fields of each user as GET /api/users/<id> shows')
    assert [user['post_count'] for user in users[:3]] == [0, 2, 0]
    for user in users:
        if 'email' in user and user['id'] != api.user['id']:
            fail('no email of others in the list', json.dumps(user))


@pytest.mark.parametrize('number, count', [(1, 1), (20, 20), (100, 100)])
def test_per_page(chat, number, count):
    """per_page says how many users there are on a page, up to 100."""
    api = chat.api('ann')
    people(chat, 120)
    page = api.ask('GET', f'/api/users?per_page={number}&page=2')
    first, *_ = found = [user['id'] for user in items(page)]
    assert first == number + 1, f'{number + 1}, the first id on page 2'
    assert len(found) == min(count, 123 - number), f'{count} users'


@pytest.mark.parametrize('field', ['page', 'per_page'])
def test_bad_page(chat, field):
    """A page or a per_page that is not a number in its range: 400 with its name."""
    api = chat.api('ann')
    large = {'page': '9223372036854775807', 'per_page': '101'}[field]
    for number in [*BAD_NUMBERS, large]:
        message = api.ask('GET', f'/api/users?{field}={number}', status=400)['message']
        assert field in message.split()


# The next page

def test_links(chat):
    """A page has its numbers, its own address, and that of the next page."""
    api = chat.api('ann')
    people(chat, 22)
    page = api.ask('GET', '/api/users')
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert link(page, 'prev') is None
    assert api.ask('GET', link(page, 'self')) == page
    assert [user['id'] for user in items(follow(api, page, 'next'))] == list(range(11, 21))


def test_follow_the_links(chat):
    """From the first page, `next` leads through all pages, and `prev` leads back."""
    api = chat.api('ann')
    people(chat, 3)
    ids, path = [], '/api/users?per_page=2'
    while path and len(ids) < 20:
        page = api.ask('GET', path)
        assert api.ask('GET', link(page, 'self')) == page
        ids += [user['id'] for user in items(page)]
        path = link(page, 'next')
    assert ids == [1, 2, 3, 4, 5, 6]  # the last page is full, and has no `next`
    for number in (2, 1):
        page = follow(api, page, 'prev')
        assert page['_meta'] == {'page': number, 'per_page': 2, 'total_pages': 3, 'total_items': 6}
    assert link(page, 'prev') is None


@pytest.mark.parametrize('number', [2, 1000, 10**12])
def test_page_past_the_end(chat, number):
    """A page after the last one is empty, and no error."""
    page = chat.api('ann').ask('GET', f'/api/users?page={number}')
    assert page['items'] == []
    assert link(page, 'next') is None
    assert page['_meta'] == {'page': number, 'per_page': 10, 'total_pages': 1, 'total_items': 3}


# Change a user

def test_update_user(chat):
    """PUT /api/users/<id> changes the fields in the body, and nothing else: a partial update."""
    api = chat.api('ann')
    path = path_of(api.user)
    others = chat.rows("select * from user where username != 'ann'")
    assert api.ask('PUT', path, {'about_me': 'tea'})['about_me'] == 'tea'
    answer = api.ask('PUT', path, {'username': 'anna', 'email': 'anna@x'})
    check_item(answer, username='anna', about_me='tea')
    row = chat.rows('select username, email, about_me from user where id = ?', api.user['id'])
    assert row == [('anna', 'anna@x', 'tea')]
    assert api.ask('PUT', path, {})['username'] == 'anna'
    assert api.ask('GET', path)['username'] == 'anna'
    assert chat.rows("select * from user where username != 'anna'") == others


def test_update_is_idempotent(chat):
    """The same PUT once more changes nothing more, and has the same answer."""
    api = chat.api('ann')
    first = api.ask('PUT', path_of(api.user), {'username': 'anna', 'about_me': 'tea'})
    users = chat.rows('select * from user')
    assert api.ask('PUT', path_of(api.user), {'username': 'anna', 'about_me': 'tea'}) == first
    assert chat.rows('select * from user') == users


def test_update_unknown_user(chat):
    """PUT for a user who does not exist: 404, and none is made."""
    api = chat.api('ann')
    for id in (4, 999999999999999999):
        api.ask('PUT', f'/api/users/{id}', {'about_me': 'tea'}, 404)
    assert len(chat.rows('select * from user')) == 3


# What is not the client's to set

ATTACKS = {'id': 77, 'created_at': '1970-01-01T00:00:00Z', 'password_hash': 'x', 'post_count': 5,
           'is_admin': True, '_links': {}}


@pytest.mark.parametrize('field', ATTACKS)
def test_update_user_mass_assignment(chat, field):
    """A field that is not the client's to set is ignored, and the others are changed."""
    api = chat.api('ann')
    path = path_of(api.user)
    chat.rows("update user set created_at = '2026-02-03T04:05:06Z'")
    before = chat.rows('select id, created_at, password_hash from user')
    user = api.ask('GET', path)
    answer = api.ask('PUT', path, {field: ATTACKS[field], 'about_me': 'tea'})
    check_item(answer, **{**user, 'about_me': 'tea'})
    assert chat.rows('select id, created_at, password_hash from user') == before


def test_update_user_with_its_representation(chat):
    """A representation from GET can be changed and sent back as a whole."""
    api = chat.api('ann')
    fill(chat, 1)
    user = api.ask('GET', path_of(api.user))
    answer = api.ask('PUT', path_of(api.user), {**user, 'about_me': 'tea'})
    check_item(answer, **{**user, 'about_me': 'tea'})


# Values that aren't valid

BAD_FIELDS = {
    'username': [*BAD_VALUES, '', 'a' * 65, 'ann smith', 'änn', 'ann\u0663', 'ann\n', '../ann',
                 '..'],
    'email': [*BAD_VALUES, '', 'ann', '@x', 'x@', 'a@b@c', 'ann@example.com\n', LONG_EMAIL],
    'password': [*BAD_VALUES, '', 'seven77', 'x' * 257, 'correct horse \udfff'],
    'about_me': [*BAD_VALUES, 'a' * 141],
}


def check_bad_field(chat, field):
    """Check that no bad value of a field gets into the database by a PUT."""
    api = chat.api('ann')
    before = chat.rows('select * from user')
    for value in BAD_FIELDS[field]:
        body = {'about_me': 'tea', field: value}
        assert field in api.ask('PUT', path_of(api.user), body, 400)['message']
    assert chat.rows('select * from user') == before


@pytest.mark.parametrize('field', ['username', 'email', 'about_me'])
def test_update_user_validation(chat, field):
    """A field that is not valid: 400 with its name, and no field changes."""
    check_bad_field(chat, field)


def test_two_mistakes(chat):
    """Two fields that are not valid: 400 with both names."""
    api, bad = chat.api('ann'), {'username': '', 'email': 'x'}
    message = api.ask('PUT', path_of(api.user), bad, 400)['message']
    for field in bad:
        assert field in message


# A new password

def test_update_password(chat):
    """After a change of password, only the new one can log in. It is stored as a hash."""
    api, _ = chat.api('ann'), chat.api('bob')
    api.ask('PUT', path_of(api.user), {'password': 'wrong horse'})
    chat.browser().log_in('ann', 'wrong horse')
    chat.browser().log_in('bob')
    chat.browser().post('/auth/login', {'username': 'ann', 'password': PASSWORD}, status=400)
    assert 'wrong horse' not in str(chat.rows('select password_hash from user'))


def test_update_password_validation(chat):
    """A password that is too short, too long or no text: 400, and the old one stays."""
    check_bad_field(chat, 'password')


# A name that is taken

TAKEN = {'username': {'username': 'BOB'}, 'email': {'email': 'Bob@example.com'}}


@pytest.mark.parametrize('field', TAKEN)
def test_update_user_taken(chat, field):
    """Somebody else's username or email, in any case: 400 that says which one."""
    chat.browser().register('bob')
    api = chat.api('ann')
    before = chat.rows('select * from user')
    body = {'about_me': 'tea', **TAKEN[field]}
    assert field in api.ask('PUT', path_of(api.user), body, 400)['message']
    assert chat.rows('select * from user') == before


def test_update_user_in_another_case(chat):
    """Your own username in another case is accepted, while somebody else's is not."""
    api, bob = chat.api('ann'), chat.api('bob')
    assert api.ask('PUT', path_of(api.user), {'username': 'Ann'})['username'] == 'Ann'
    bob.ask('PUT', path_of(bob.user), {'username': 'ANN'}, 400)


# Register

def test_create_user(chat):
    """POST /api/users: 201, the new user and the Location header. The user can log in."""
    chat.add_user('abel')
    api = chat.api()
    user = api.register('ann', about_me='I like ü.')
    api.header('Location', '/api/users/2')
    check_item(user, id=2, username='ann', email='ann@example.com', about_me='I like ü.',
               post_count=0)
    check_times(user['created_at'])
    chat.browser().log_in('ann')


def test_create_user_leaks_nothing(chat):
    """New users see their own email, and no password, hash or token."""
    user = chat.api().register('ann')
    assert sorted(set(user) - FIELDS) == ['email'], (
        'the fields of a user, with their own email and nothing else that is private')
    assert PASSWORD not in json.dumps(user)


@pytest.mark.parametrize('field', BAD_FIELDS)
def test_create_user_validation(chat, field):
    """A field that is not valid: 400 with its name, and no new user."""
    api = chat.api()
    api.register('bob')
    for value in BAD_FIELDS[field]:
        message = api.register(**{'username': 'ann', 'status': 400, field: value})['message']
        assert field in message
    assert chat.rows('select username from user') == [('bob',)]


BAD = {'username': '', 'email': 'x'}
MISSING = {'all three': ({}, ['username', 'email', 'password']),
           'password': ({**BAD, 'about_me': ''}, ['username', 'email', 'password']),
           'none, but two are wrong': ({**BAD, 'password': PASSWORD}, ['username', 'email'])}


@pytest.mark.parametrize('body, fields', MISSING.values(), ids=MISSING)
def test_create_user_missing_fields(chat, body, fields):
    """Fields that are missing, and those that are not valid: 400 with all of their names."""
    message = chat.api().ask('POST', '/api/users', body, 400)['message']
    for field in fields:
        assert field in message


LIMITS = {'shortest': ('a', 'a@b', '8 chars!', ''),
          'longest': ('b' * 64, LONG_EMAIL[1:], 'x' * 256, 'ü' * 140),
          'line breaks': ('c', 'c@x', 'correct\nhorse', 'one\ntwo\r\n\nthree\u2028four')}


@pytest.mark.parametrize('name, email, password, text', LIMITS.values(), ids=LIMITS)
def test_create_user_limits(chat, name, email, password, text):
    """The shortest and the longest values are accepted, and line breaks stay as they are."""
    user = chat.api().register(name, email=email, password=password, about_me=text)
    assert user['about_me'] == text
    assert chat.rows('select username, email, about_me from user') == [(name, email, text)]


SAME = {'username': {'username': 'ANN'}, 'email': {'email': 'ANN@Example.COM'}}


@pytest.mark.parametrize('field', SAME)
def test_create_user_taken(chat, field):
    """A username or an email that is taken, in any case: 400 that says which, and no new user."""
    for name in ('abel', 'ann', 'zoe'):
        chat.api().register(name)
    fields = {'username': 'bob', 'email': 'bob@example.com', **SAME[field]}
    assert field in chat.api().register(status=400, **fields)['message']
    assert len(chat.rows('select * from user')) == 3


def test_create_user_race_condition(chat, monkeypatch):
    """If two clients ask for the same name at the same moment, exactly one of them gets it."""
    chat.api().register('bob')
    together(monkeypatch)

    def register(email):
        api = chat.api()
        api.register('ann', '*', email=email)
        return api.response.status_int
    assert sorted(run_both(register, 'one@example.com', 'two@example.com')) == [201, 400]


def test_create_user_mass_assignment(chat):
    """Fields that are not the client's to set are ignored."""
    user = chat.api().register('ann', **ATTACKS)
    check_item(user, id=1, post_count=0)
    assert user['created_at'] != ATTACKS['created_at']
    assert chat.rows('select password_hash from user') != [('x',)]


def test_pages_and_api_share_their_users(chat):
    """Whoever registers on a page is a user of the API, and the other way round."""
    api = chat.api('ann')
    chat.api().register('eve')
    names = [user['username'] for user in items(api.ask('GET', '/api/users'))]
    assert names == ['before-ann', 'ann', 'after-ann', 'eve']
    chat.browser('bob').get('/user/eve', status=200)
