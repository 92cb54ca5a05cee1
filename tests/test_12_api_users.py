"""Step 08: the resource users, and its representation."""
import json

import pytest

from checks import (
    BAD_NUMBERS, BAD_VALUES, LONG_EMAIL, break_posts, check_crash, check_item, check_times, fill, follow, items, link, path_of, run_both, together,
)
from clients import PASSWORD

FIELDS = {'id', 'username', 'about_me', 'created_at', 'post_count', '_links'}


# Create

def test_create_user(chat):
    """POST /api/users: 201, the new user and the Location header. The user can log in."""
    chat.add_user('abel')
    api = chat.api()
    user = api.register('ann', about_me='I like ü.')
    api.header('Location', '/api/users/2')
    check_item(user, id=2, username='ann', email='ann@example.com', about_me='I like ü.', post_count=0)
    check_times(user['created_at'])
    chat.browser().log_in('ann')


def test_create_user_leaks_nothing(chat):
    """The representation has no password, no hash and no token."""
    user = chat.api().register('ann')
    assert sorted(set(user) - FIELDS) == ['email'], 'the fields of a user, with their own email and nothing else that is private'
    assert PASSWORD not in json.dumps(user)


BAD_FIELDS = {
    'username': [*BAD_VALUES, '', 'a' * 65, 'ann smith', 'änn', 'ann\u0663', 'ann\n', '../ann', '..'],
    'email': [*BAD_VALUES, '', 'ann', '@x', 'x@', 'a@b@c', 'ann@example.com\n', LONG_EMAIL],
    'password': [*BAD_VALUES, '', 'seven77', 'x' * 257, 'correct horse \udfff'],
    'about_me': [*BAD_VALUES, 'a' * 141],
}


@pytest.mark.parametrize('field', BAD_FIELDS)
def test_create_user_validation(chat, field):
    """A field that is null, of another type, too long or not text: 400 with its name, and no new user."""
    api = chat.api()
    api.register('bob')
    for value in BAD_FIELDS[field]:
        assert field in api.register(**{'username': 'ann', 'status': 400, field: value})['message']
    assert chat.rows('select username from user') == [('bob',)]


def test_two_mistakes(chat):
    """Two fields that are not valid, or missing: 400 with both names."""
    api, bad = chat.api('ann'), {'username': '', 'email': 'x'}
    for method, path, body, *fields in [('POST', '/api/users', {}, 'username', 'email', 'password'), ('PUT', path_of(api.user), bad, *bad),
                                        ('POST', '/api/users', {**bad, 'password': PASSWORD}, *bad)]:
        message = api.ask(method, path, body, 400)['message']
        for field in fields:
            assert field in message


def test_create_user_limits(chat):
    """The shortest and the longest values are accepted, and line breaks stay as they were sent."""
    texts = ['', 'ü' * 140, 'one\ntwo\r\n\nthree\u2028four']
    for name, email, password, text in zip(['a', 'b' * 64, 'c'], ['a@b', LONG_EMAIL[1:], 'c@x'], ['8 chars!', 'x' * 256, 'correct\nhorse'], texts):
        assert chat.api().register(name, email=email, password=password, about_me=text)['about_me'] == text
    assert [row[0] for row in chat.rows('select about_me from user order by id')] == texts


@pytest.mark.parametrize('more, field', [({'username': 'ANN'}, 'username'), ({'email': 'ANN@Example.COM'}, 'email')])
def test_create_user_taken(chat, more, field):
    """A username or an email that is taken, in upper or lower case: 400 that says which one, and no new user."""
    for name in ('abel', 'ann', 'zoe'):
        chat.api().register(name)
    fields = {'username': 'bob', 'email': 'bob@example.com', **more}
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
    user = chat.api().register('ann', id=77, created_at='1999', password_hash='x', post_count=5, _links={}, is_admin=True)
    check_item(user, id=1, post_count=0)
    assert user['created_at'] != '1999'
    assert chat.rows('select password_hash from user') != [('x',)]


# Read

def test_get_user(chat):
    """GET /api/users/<id>: the representation of a user, without what is private."""
    bob = chat.api('bob').user
    fill(chat, 1, 'before-bob')
    fill(chat, 2, 'bob')
    user = chat.api('ann').ask('GET', path_of(bob))
    assert sorted(user) == sorted(FIELDS)
    check_item(user, id=bob['id'], username='bob', post_count=2)
    assert link(user, 'self') == path_of(bob)


def test_unknown_user(chat):
    """A user who does not exist: 404 for GET and PUT."""
    api = chat.api('ann')
    for id in (4, 999999999999999999):
        api.ask('GET', f'/api/users/{id}', status=404)
        api.ask('PUT', f'/api/users/{id}', {'about_me': 'tea'}, 404)


def people(chat, count):
    """Add users straight to the database."""
    for number in range(count):
        chat.add_user(f'user{number}')


def test_get_users(chat):
    """GET /api/users: a page of users in the order of their ids, with its numbers and its links."""
    api = chat.api('ann')
    people(chat, 22)
    page = api.ask('GET', '/api/users')
    assert [user['id'] for user in items(page)] == list(range(1, 11))
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert link(page, 'prev') is None
    assert sorted(set.intersection(*map(set, items(page)))) == sorted(FIELDS), 'the same fields of each user as GET /api/users/<id> shows'
    assert [user['email'] for user in items(page) if user['id'] != api.user['id'] and 'email' in user] == []


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


def test_page_past_the_end(chat):
    """A page after the last one is empty, and no error."""
    api = chat.api('ann')
    for number in (1000, 10**12):
        page = api.ask('GET', f'/api/users?page={number}')
        assert page['items'] == []
        assert link(page, 'next') is None
        assert page['_meta'] == {'page': number, 'per_page': 10, 'total_pages': 1, 'total_items': 3}


def test_per_page(chat):
    """per_page may be 1 to 100."""
    api = chat.api('ann')
    people(chat, 120)
    for number in (100, 1):
        assert len(items(api.ask('GET', f'/api/users?per_page={number}'))) == number, f'{number} users'


def test_bad_page(chat):
    """A page or a per_page that is not a number in its range: 400 with its name."""
    api = chat.api('ann')
    for number in BAD_NUMBERS:
        for field in ['page', 'per_page']:
            assert field in api.ask('GET', f'/api/users?{field}={number}', status=400)['message']
    api.ask('GET', '/api/users?per_page=101', status=400)
    api.ask('GET', '/api/users?page=9223372036854775807', status=400)


# Update

def test_update_user(chat):
    """PUT /api/users/<id> is a partial update: it changes the fields in the body, and nothing else."""
    api = chat.api('ann')
    path = path_of(api.user)
    others = chat.rows("select * from user where username != 'ann'")
    assert api.ask('PUT', path, {'about_me': 'tea'})['about_me'] == 'tea'
    assert api.ask('PUT', path, {'username': 'anna', 'email': 'anna@x'})['about_me'] == 'tea'
    assert chat.rows('select username, email, about_me from user where id = ?', api.user['id']) == [('anna', 'anna@x', 'tea')]
    assert api.ask('PUT', path, {})['username'] == 'anna'
    assert api.ask('GET', path)['username'] == 'anna'
    assert chat.rows("select * from user where username != 'anna'") == others


def test_update_user_mass_assignment(chat):
    """A representation from GET can be changed and sent back. Fields that are not the client's to set are ignored."""
    api = chat.api('ann')
    fill(chat, 1)
    chat.rows("update user set created_at = '2026-02-03T04:05:06Z'")
    path = path_of(api.user)
    user = api.ask('GET', path)
    hashes = chat.rows('select id, password_hash from user')
    answer = api.ask('PUT', path, {**user, 'id': 77, 'created_at': '1999', 'password_hash': 'x', 'about_me': 'tea'})
    assert answer == {**user, 'about_me': 'tea'}
    assert chat.rows('select id, password_hash from user') == hashes


def test_update_password(chat):
    """After a change of password, only the new one can log in. It is stored as a hash."""
    api, _ = chat.api('ann'), chat.api('bob')
    api.ask('PUT', path_of(api.user), {'password': 'wrong horse'})
    chat.browser().log_in('ann', 'wrong horse')
    chat.browser().log_in('bob')
    chat.browser().post('/auth/login', {'username': 'ann', 'password': PASSWORD}, status=400)
    assert 'wrong horse' not in str(chat.rows('select password_hash from user'))


@pytest.mark.parametrize('field', BAD_FIELDS)
def test_update_user_validation(chat, field):
    """A field that is not valid: 400 with its name, and no field changes."""
    api = chat.api('ann')
    before = chat.rows('select * from user')
    for value in BAD_FIELDS[field]:
        assert field in api.ask('PUT', path_of(api.user), {'about_me': 'tea', field: value}, 400)['message']
    assert chat.rows('select * from user') == before


def test_update_user_taken(chat):
    """Somebody else's username or email: 400 that says which one. Your own in another case is accepted."""
    chat.api().register('bob')
    api = chat.api('ann')
    path = path_of(api.user)
    assert 'username' in api.ask('PUT', path, {'username': 'BOB'}, 400)['message']
    assert 'email' in api.ask('PUT', path, {'email': 'Bob@example.com'}, 400)['message']
    assert api.ask('PUT', path, {'username': 'Ann'})['username'] == 'Ann'


# Errors

def test_crash(chat, caplog):
    """An unforeseen exception under /api: 500, as JSON, without the traceback, which is in the log."""
    api = chat.api('ann')
    break_posts(chat)
    api.ask('GET', path_of(api.user), status=500)
    check_crash(api.response, caplog)


def test_pages_and_api_share_their_users(chat):
    """Whoever registers on a page is a user of the API, and the other way round."""
    chat.browser('bob')
    api = chat.api('ann')
    names = [user['username'] for user in items(api.ask('GET', '/api/users'))]
    assert names == ['bob', 'before-ann', 'ann', 'after-ann']
    chat.browser('eve').get('/user/ann', status=200)
