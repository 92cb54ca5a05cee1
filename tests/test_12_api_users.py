"""Step 12: the resource users, and its representation."""
import pytest

from checks import (
    BAD_NUMBERS, LONG_EMAIL, NO_TEXTS, case, check_crash, check_item, check_times, fill, follow,
    items, link, run_both, together,
)
from clients import PASSWORD

FIELDS = ['_links', 'about_me', 'created_at', 'id', 'post_count', 'username']


@pytest.fixture
def ann(chat):
    """Ann's client. She is the second of three users."""
    return chat.api('ann')


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
    assert sorted(user) == FIELDS
    assert link(user, 'self') == '/api/users/1'


# A page of users

def people(chat, count):
    """Add users straight to the database."""
    for number in range(count):
        chat.add_user(f'user{number}')


def ids(page):
    return [user['id'] for user in items(page)]


def test_get_users(chat, ann):
    """GET /api/users: 10 users in the order of their ids, each as others may see them."""
    people(chat, 8)
    fill(chat, 2)
    page = ann.get('/api/users').json
    assert ids(page) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert [user['post_count'] for user in items(page)[:3]] == [0, 2, 0]
    assert sorted(items(page)[9]) == FIELDS


def test_per_page(chat, ann):
    """per_page says how many users there are on a page, up to 100."""
    people(chat, 98)
    assert ids(ann.get('/api/users?per_page=1').json) == [1]
    assert ids(ann.get('/api/users?per_page=100').json) == list(range(1, 101))


@pytest.mark.parametrize('field', ['page', 'per_page'])
@pytest.mark.parametrize('number', BAD_NUMBERS, ids=case)
def test_bad_page(ann, field, number):
    """A page or a per_page that is not a number from 1 up: 400 with its name."""
    answer = ann.get(f'/api/users?{field}={number}', status=400).json
    assert field in answer['message'].split()


def test_large_page(ann):
    """More than 100 users a page, or a page that is too far for SQLite: 400."""
    ann.get('/api/users?per_page=101', status=400)
    ann.get(f'/api/users?page={2**63 - 1}', status=400)


# The next page

def test_follow_the_links(chat, ann):
    """`next` leads from page to page, and `prev` back. A page has its numbers and its address."""
    people(chat, 2)
    first = ann.get('/api/users?per_page=2').json
    second = follow(ann, first, 'next')
    third = follow(ann, second, 'next')
    assert [ids(page) for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert link(first, 'prev') is None
    assert link(third, 'next') is None
    assert follow(ann, third, 'prev') == follow(ann, second, 'self') == second
    assert second['_meta'] == {'page': 2, 'per_page': 2, 'total_pages': 3, 'total_items': 5}


def test_last_page_is_full(ann):
    """If the last page is exactly full, there is no link to an empty page after it."""
    page = ann.get('/api/users?per_page=3').json
    assert page['_meta'] == {'page': 1, 'per_page': 3, 'total_pages': 1, 'total_items': 3}
    assert link(page, 'next') is None


def test_page_past_the_end(ann):
    """A page after the last one is empty, and no error."""
    for number in (2, 10**12):
        page = ann.get(f'/api/users?page={number}').json
        assert page['items'] == []
        assert link(page, 'next') is None


# Change a user

def test_update_user(chat, ann):
    """PUT changes the fields in the body, and nothing else. Once more, it changes nothing."""
    others = chat.rows('select * from user where id != 2')
    utf_8 = '{"about_me": "Grüße 🙂"}'.encode()  # JavaScript sends ü, Python \u00fc
    ann.put('/api/users/2', utf_8, content_type='application/json')
    new = {'username': 'anna', 'email': 'anna@x'}
    user = ann.put_json('/api/users/2', new).json
    check_item(user, username='anna', about_me='Grüße 🙂')
    assert ann.put_json('/api/users/2', new).json == user
    assert ann.put_json('/api/users/2', {}).json == user
    assert ann.get('/api/users/2').json == user
    ann.put_json('/api/users/4', {'about_me': 'tea'}, status=404)
    assert chat.rows('select email from user where id = 2') == [('anna@x',)]
    assert chat.rows('select * from user where id != 2') == others


# What is not the client's to set

ATTACKS = {'password_hash': 'x', 'created_at': '1970-01-01T00:00:00Z', 'id': 77, 'post_count': 5,
           'is_admin': True, '_links': {}}


def test_update_user_mass_assignment(chat, ann):
    """What is not the client's to set stays as it was, and the answer is no 500."""
    before = chat.rows('select id, created_at, password_hash from user')
    ann.put_json('/api/users/2', {'about_me': 'tea', **ATTACKS}, status=[200, 400])
    assert chat.rows('select id, created_at, password_hash from user') == before


def test_update_user_sent_back(ann):
    """A client may read a user, change a field, and send all of it back, with more besides."""
    user = ann.get('/api/users/2').json
    changed = {**user, 'about_me': 'tea'}
    assert ann.put_json('/api/users/2', changed).json == changed
    assert ann.put_json('/api/users/2', {**changed, **ATTACKS}).json == changed


# Values that aren't valid

def check_not_changed(chat, ann, **bad):
    """Check that a PUT with bad values is a 400 with their names, and changes nothing."""
    before = chat.rows('select * from user')
    answer = ann.put_json('/api/users/2', {'about_me': 'tea', **bad}, status=400).json
    for field in bad:
        assert field in answer['message']
    assert chat.rows('select * from user') == before


@pytest.mark.parametrize('value', NO_TEXTS, ids=case)
def test_update_user_no_text(chat, ann, value):
    """What isn't a text, or isn't one that can be stored: 400 that names all such fields."""
    check_not_changed(chat, ann, username=value, email=value, about_me=value)


@pytest.mark.parametrize('field, value', [
    ('username', ''), ('username', 'ann smith'), ('email', 'ann'), ('email', LONG_EMAIL),
    ('about_me', 'a' * 141),
], ids=case)
def test_update_user_validation(chat, ann, field, value):
    """A field that is not valid: 400 with its name, and no field changes."""
    check_not_changed(chat, ann, **{field: value})


# A new password

def test_update_password(chat, ann):
    """After a change of password, only the new one can log in. It is stored as a hash."""
    ann.put_json('/api/users/2', {'password': 'wrong horse'})
    assert 'wrong horse' not in str(chat.rows('select password_hash from user'))
    chat.browser().log_in('ann', 'wrong horse')
    chat.browser().log_in('ann', status=400)


@pytest.mark.parametrize('value', [*NO_TEXTS, 'seven77', 'x' * 257], ids=case)
def test_update_password_validation(chat, ann, value):
    """A password that is too short, too long or no text: 400, and the old one stays."""
    check_not_changed(chat, ann, password=value)


# A name that is taken

taken = pytest.mark.parametrize('field, value', [('username', 'BOB'), ('email', 'Bob@Example.COM')])


@taken
def test_update_user_taken(chat, ann, field, value):
    """Somebody else's username or email, in any case: 400 that says which. Yours is accepted."""
    chat.add_user('bob')
    check_not_changed(chat, ann, **{field: value})
    own = {'username': 'ANN', 'email': 'Ann@Example.COM'}
    assert ann.put_json('/api/users/2', own).json['username'] == 'ANN'


# Register

def test_create_user(chat):
    """POST /api/users: 201, Location, and the new user with their own email, who can log in."""
    chat.add_user('abel')
    new = {'username': 'ann', 'email': 'ann@x', 'password': PASSWORD, 'about_me': 'I like ü.'}
    answer = chat.api().post_json('/api/users', new, status=201)
    assert answer.headers.get('Location') == '/api/users/2'
    user = answer.json
    assert sorted(user) == sorted([*FIELDS, 'email'])
    check_item(user, id=2, username='ann', email='ann@x', about_me='I like ü.', post_count=0)
    check_times(user['created_at'])
    chat.browser().log_in('ann')


def check_not_created(chat, **fields):
    """Check that nobody can register with these fields: 400 that names all that are not valid."""
    answer = chat.api().post_json('/api/users', fields, status=400).json
    for field in ['username', 'email', 'password', *fields]:
        assert field in answer['message']
    assert chat.rows('select username from user') == []


def test_create_user_validation(chat):
    """Fields that are missing or not valid: 400 with all of their names, and no new user."""
    check_not_created(chat)
    check_not_created(chat, username='', email='x')
    check_not_created(chat, username='b' * 65, email=LONG_EMAIL, password='x' * 257,
                      about_me='a' * 141)


@pytest.mark.parametrize('value', NO_TEXTS, ids=case)
def test_create_user_no_text(chat, value):
    """What isn't a text, or isn't one that can be stored: 400 that names all such fields."""
    check_not_created(chat, username=value, email=value, password=value, about_me=value)


@pytest.mark.parametrize('name, email, password, text', [
    ('a', 'a@b', '8 chars!', ''),
    ('b' * 64, LONG_EMAIL[1:], 'x\n' * 128, 'one\r\ntwo\u2028'.ljust(140, 'ü')),
], ids=case)
def test_create_user_limits(chat, name, email, password, text):
    """The shortest and the longest values are accepted, and line breaks stay as they are."""
    user = chat.api().register(name, email=email, password=password, about_me=text)
    check_item(user, username=name, email=email, about_me=text)


@taken
def test_create_user_taken(chat, field, value):
    """A username or an email that is taken, in any case: 400 that says which, and no new user."""
    chat.api().register('bob')
    fields = {'username': 'ann', 'email': 'ann@x', field: value}
    assert field in chat.api().register(status=400, **fields)['message']
    assert chat.rows('select username from user') == [('bob',)]


def test_create_user_race_condition(chat, monkeypatch):
    """If two clients ask for the same name at the same moment, exactly one of them gets it."""
    chat.api().register('bob')
    together(monkeypatch)

    def register(email):
        fields = {'username': 'ann', 'email': email, 'password': PASSWORD}
        return chat.api().post_json('/api/users', fields, status='*').status_int
    assert sorted(run_both(register, 'one@x', 'two@x')) == [201, 400]


def test_create_user_mass_assignment(chat):
    """Fields that are not the client's to set are ignored."""
    user = chat.api().register('ann', **ATTACKS)
    check_item(user, id=1, post_count=0)
    assert user['created_at'] != ATTACKS['created_at']
    assert chat.rows('select password_hash from user') != [('x',)]
