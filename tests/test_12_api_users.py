"""Step 12: the resource users, and its representation."""
import pytest

from checks import (
    BAD_NUMBERS, LONG_EMAIL, NO_TEXTS, check_crash, check_now, check_times, fill, follow, run_both,
    together,
)
from clients import PASSWORD

FIELDS = {'_links', 'about_me', 'created_at', 'id', 'post_count', 'username'}
ANN = {'username': 'ann', 'email': 'ann@x', 'password': PASSWORD}


@pytest.fixture
def ann(chat):
    """Ann's client. She is the second of three users."""
    return chat.api('ann')


def check_item(item, **expected):
    """Check these fields of a representation."""
    assert {name: item[name] for name in expected} == expected


# One user

def test_get_user(chat, ann):
    """GET /api/users/<id>: a user as JSON, with the number of their posts. Of nobody: 404."""
    fill(chat, 2)
    fill(chat, 1, 'before-ann')
    chat.rows("update user set about_me = 'I like ü.' where id = 2")
    user = ann.get('/api/users/2').json
    check_item(user, id=2, username='ann', about_me='I like ü.', post_count=2)
    check_times(user['created_at'])
    ann.get('/api/users/4', status=404)


def test_crash(chat, ann, caplog):
    """An unforeseen exception under /api: 500, as JSON. The traceback is for the log alone."""
    chat.rows('drop table user')
    chat.rows('create view user as select * from nowhere')
    check_crash(ann.get('/api/users/2', status=500), caplog)


# What others may see

def test_representation(ann):
    """Others see the fields of the contract: no email, and nothing else that is private."""
    user = ann.get('/api/users/1').json
    assert set(user) == FIELDS
    assert user['_links']['self'] == '/api/users/1'


# A page of users

def ids(page):
    return [user['id'] for user in page['items']]


def test_get_users(chat, ann):
    """GET /api/users: 10 users, or per_page, in the order of their ids."""
    for number in range(8):
        chat.add_user(f'user{number}')
    fill(chat, 2)
    page = ann.get('/api/users').json
    assert ids(page) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert [user['post_count'] for user in page['items'][:3]] == [0, 2, 0]
    check_item(page['_meta'], page=1, total_items=11)
    assert ids(ann.get('/api/users?page=2&per_page=3').json) == [4, 5, 6]


def test_bad_page(ann):
    """A page that is no number from 1 up, or a per_page that is none from 1 to 100: 400."""
    ann.get('/api/users?per_page=100')
    bad = [f'{field}={number}' for field in ('page', 'per_page') for number in BAD_NUMBERS]
    for query in [*bad, 'per_page=101', f'page={2**63 - 1}']:
        answer = ann.get(f'/api/users?{query}', status=400).json
        assert query.split('=')[0] in answer['message'].split()


# The next page

def test_follow_the_links(chat, ann):
    """`next` leads from page to page, and `prev` back. No link leads to an empty page."""
    chat.add_user('bob')
    first = ann.get('/api/users?per_page=2').json
    assert first['_links']['prev'] is None
    last = follow(ann, first, 'next')
    assert last['_links']['next'] is None
    assert [ids(first), ids(last)] == [[1, 2], [3, 4]]
    assert follow(ann, last, 'prev') == first
    assert follow(ann, last, 'self') == last
    assert last['_meta'] == {'page': 2, 'per_page': 2, 'total_pages': 2, 'total_items': 4}
    check_item(ann.get('/api/users?per_page=3').json['_meta'], total_pages=2)
    assert ann.get(f'/api/users?page={10**12}').json['items'] == []  # beyond the last page


# Change a user

def test_update_user(chat, ann):
    """PUT changes the fields in the body, and nothing else."""
    others = chat.rows('select * from user where id != 2')
    utf_8 = '{"about_me": "Grüße 🙂"}'.encode()  # JavaScript sends ü, Python \u00fc
    ann.put('/api/users/2', utf_8, content_type='application/json')
    user = ann.put_json('/api/users/2', {'username': 'anna', 'email': 'anna@x'}).json
    check_item(user, username='anna', about_me='Grüße 🙂')
    assert ann.put_json('/api/users/2', {}).json == user
    assert ann.get('/api/users/2').json == user
    ann.put_json('/api/users/4', {'about_me': 'tea'}, status=404)
    assert chat.rows('select email from user where id = 2') == [('anna@x',)]
    assert chat.rows('select * from user where id != 2') == others


# What is not the client's to set

ATTACKS = {'password_hash': 'x', 'created_at': '1970-01-01T00:00:00Z', 'id': 77, 'post_count': 5,
           'is_admin': True, '_links': {}}


def test_update_user_mass_assignment(chat, ann):
    """A client may send back all that it has read, and more. Only what is its to set changes."""
    before = chat.rows('select id, created_at, password_hash from user')
    changed = {**ann.get('/api/users/2').json, 'about_me': 'tea'}
    assert ann.put_json('/api/users/2', changed).json == changed
    assert ann.put_json('/api/users/2', {**changed, **ATTACKS}).json == changed
    assert chat.rows('select id, created_at, password_hash from user') == before


# Values that aren't valid

def check_not_changed(chat, ann, **bad):
    """Check that a PUT with bad values is a 400 with their names, and changes nothing."""
    before = chat.rows('select * from user')
    answer = ann.put_json('/api/users/2', {'about_me': 'tea', **bad}, status=400).json
    for field in bad:
        assert field in answer['message']
    assert chat.rows('select * from user') == before


def test_update_user_validation(chat, ann):
    """A value that is not valid, or no text that can be stored: 400, and no field changes."""
    for bad in NO_TEXTS:
        check_not_changed(chat, ann, username=bad, email=bad, about_me=bad)
    check_not_changed(chat, ann, username='ann smith', email='ann')
    check_not_changed(chat, ann, email=LONG_EMAIL, about_me='a' * 141)


# A new password

def test_update_password(chat, ann):
    """Only the new password can log in. It is stored as a hash. One that is not valid: 400."""
    for bad in [*NO_TEXTS, 'seven77', 'x' * 257]:
        check_not_changed(chat, ann, password=bad)
    ann.put_json('/api/users/2', {'password': 'wrong horse'})
    assert 'wrong horse' not in str(chat.rows('select password_hash from user'))
    chat.browser().log_in('ann', 'wrong horse')
    chat.browser().log_in('ann', status=400)


# A name that is taken

def test_update_user_taken(chat, ann):
    """Somebody else's username or email, in any case: 400 that says which. Yours is accepted."""
    chat.add_user('bob')
    check_not_changed(chat, ann, username='BOB')
    check_not_changed(chat, ann, email='Bob@Example.COM')
    own = {'username': 'ANN', 'email': 'Ann@Example.COM'}
    assert ann.put_json('/api/users/2', own).json['username'] == 'ANN'


# Register

def test_create_user(chat):
    """POST /api/users: 201, Location, and the new user, with the fields that a client may set."""
    chat.add_user('abel')
    text = 'one\r\ntwo\u2028ü'  # line breaks stay as they are
    new = {**ANN, 'about_me': text, **ATTACKS}
    answer = chat.api().post_json('/api/users', new, status=201)
    assert answer.headers.get('Location') == '/api/users/2'
    user = answer.json
    assert set(user) == {*FIELDS, 'email'}
    check_item(user, id=2, username='ann', email='ann@x', about_me=text, post_count=0)
    check_now(user['created_at'])
    chat.browser().log_in('ann')


def test_create_user_validation(chat):
    """Fields that are missing or not valid: 400 with all of their names, and no new user."""
    not_valid = [dict.fromkeys([*ANN, 'about_me'], bad) for bad in [*NO_TEXTS, 'x' * 257]]
    for new in [{}, *not_valid]:
        message = chat.api().post_json('/api/users', new, status=400).json['message']
        for field in [*ANN, *new]:
            assert field in message
    assert chat.rows('select username from user') == []


def test_create_user_taken(chat):
    """A username or an email that is taken, in any case: 400 that says which, and no new user."""
    chat.add_user('bob')
    api = chat.api()
    answer = api.post_json('/api/users', {**ANN, 'email': 'Bob@Example.COM'}, status=400)
    assert 'email' in answer.json['message']
    answer = api.post_json('/api/users', {**ANN, 'username': 'BOB'}, status=400)
    assert 'username' in answer.json['message']
    assert chat.rows('select username from user') == [('bob',)]


def test_create_user_race_condition(chat, monkeypatch):
    """If two clients ask for the same name at the same moment, exactly one of them gets it."""
    chat.api().register('bob')
    together(monkeypatch)

    def register(email):
        return chat.api().post_json('/api/users', {**ANN, 'email': email}, status='*').status_int
    assert sorted(run_both(register, 'one@x', 'two@x')) == [201, 400]
