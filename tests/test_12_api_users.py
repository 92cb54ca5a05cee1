"""Step 12: the resource users, and its representation."""
import pytest

from checks import (
    BAD_NUMBERS, BAD_VALUES, LONG_EMAIL, check_crash, check_item, check_times, fill, follow, items,
    link, run_both, together,
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
    user = ann.ask('GET', '/api/users/2')
    check_item(user, id=2, username='ann', about_me='I like ü.', post_count=2)
    check_times(user['created_at'])
    ann.ask('GET', '/api/users/4', status=404)


def test_crash(chat, ann, caplog):
    """An unforeseen exception under /api: 500, as JSON. The traceback is for the log alone."""
    chat.rows('drop table user')
    chat.rows('create view user as select * from nowhere')
    ann.ask('GET', '/api/users/2', status=500)
    check_crash(ann.response, caplog)


# What others may see

def test_representation(ann):
    """Others see the fields of the contract: no email, and nothing else that is private."""
    user = ann.ask('GET', '/api/users/1')
    assert sorted(user) == FIELDS
    assert link(user, 'self') == '/api/users/1'


# A page of users

def people(chat, count):
    """Add users straight to the database."""
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into user (username, email, password_hash, created_at)
        select 'user' || n, n || '@x', '2$salt$', '2026-01-01T00:00:00Z' from number""", count)


def ids(page):
    return [user['id'] for user in items(page)]


def test_get_users(chat, ann):
    """GET /api/users: 10 users in the order of their ids, each as others may see them."""
    people(chat, 22)
    fill(chat, 2)
    page = ann.ask('GET', '/api/users')
    assert ids(page) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert [user['post_count'] for user in items(page)[:3]] == [0, 2, 0]
    for user in items(page)[2:]:
        assert sorted(user) == FIELDS


@pytest.mark.parametrize('number', [1, 20, 100])
def test_per_page(chat, ann, number):
    """per_page says how many users there are on a page, up to 100."""
    people(chat, 197)
    found = ids(ann.ask('GET', f'/api/users?per_page={number}&page=2'))
    assert len(found) == number
    assert found[0] == number + 1


@pytest.mark.parametrize('field, large', [('page', 2**63 - 1), ('per_page', 101)])
def test_bad_page(ann, field, large):
    """A page or a per_page that is not a number in its range: 400 with its name."""
    for number in [*BAD_NUMBERS, large]:
        message = ann.ask('GET', f'/api/users?{field}={number}', status=400)['message']
        assert field in message.split()


# The next page

@pytest.mark.parametrize('expected', [[[1, 2], [3, 4], [5, 6]], [[1, 2, 3, 4], [5, 6]]],
                         ids=['the last page is full', 'the last page is not full'])
def test_follow_the_links(chat, ann, expected):
    """`next` leads from page to page, and `prev` back. A page has its numbers and its address."""
    people(chat, 3)
    size, count = len(expected[0]), len(expected)
    pages = [ann.ask('GET', f'/api/users?per_page={size}')]
    for _ in expected[1:]:
        pages.append(follow(ann, pages[-1], 'next'))
        assert follow(ann, pages[-1], 'prev') == pages[-2]
    assert [ids(page) for page in pages] == expected
    assert [link(pages[0], 'prev'), link(pages[-1], 'next')] == [None, None]
    for number, page in enumerate(pages, 1):
        assert page['_meta'] == {
            'page': number, 'per_page': size, 'total_pages': count, 'total_items': 6}
        assert ann.ask('GET', link(page, 'self')) == page


@pytest.mark.parametrize('number', [2, 10**12])
def test_page_past_the_end(ann, number):
    """A page after the last one is empty, and no error."""
    page = ann.ask('GET', f'/api/users?page={number}')
    assert page['items'] == []
    assert link(page, 'next') is None
    assert page['_meta'] == {'page': number, 'per_page': 10, 'total_pages': 1, 'total_items': 3}


# Change a user

def test_update_user(chat, ann):
    """PUT changes the fields in the body, and nothing else. Once more, it changes nothing."""
    others = chat.rows('select * from user where id != 2')
    utf_8 = '{"about_me": "Grüße 🙂"}'.encode()  # JavaScript sends ü, Python \u00fc
    assert ann.ask('PUT', '/api/users/2', utf_8)['about_me'] == 'Grüße 🙂'
    for _ in range(2):
        user = ann.ask('PUT', '/api/users/2', {'username': 'anna', 'email': 'anna@x'})
        check_item(user, username='anna', about_me='Grüße 🙂')
    assert ann.ask('PUT', '/api/users/2', {}) == user
    assert ann.ask('GET', '/api/users/2') == user
    ann.ask('PUT', '/api/users/4', {'about_me': 'tea'}, 404)
    assert chat.rows('select email from user where id = 2') == [('anna@x',)]
    assert chat.rows('select * from user where id != 2') == others


# What is not the client's to set

ATTACKS = {'password_hash': 'x', 'created_at': '1970-01-01T00:00:00Z', 'id': 77, 'post_count': 5,
           'is_admin': True, '_links': {}}


@pytest.mark.parametrize('field', ATTACKS)
def test_update_user_mass_assignment(chat, ann, field):
    """What is not the client's to set stays as it was, and the answer is no 500."""
    before = chat.rows('select id, created_at, password_hash from user')
    ann.ask('PUT', '/api/users/2', {'about_me': 'tea', field: ATTACKS[field]}, [200, 400])
    assert chat.rows('select id, created_at, password_hash from user') == before


def test_update_user_sent_back(ann):
    """A client may read a user, change a field, and send all of it back, with more besides."""
    user = ann.ask('GET', '/api/users/2')
    for more in ({}, ATTACKS):
        answer = ann.ask('PUT', '/api/users/2', {**user, **more, 'about_me': 'tea'})
        assert answer == {**user, 'about_me': 'tea'}


# Values that aren't valid

BAD_FIELDS = {
    'username': [*BAD_VALUES, '', 'ann smith'],
    'email': [*BAD_VALUES, 'ann', LONG_EMAIL],
    'password': [*BAD_VALUES, 'seven77', 'x' * 257, 'correct horse \udfff'],
    'about_me': [*BAD_VALUES, 'a' * 141],
}


def check_refused(chat, ann, bad):
    """Check that a PUT with bad values is a 400 with their names, and changes nothing."""
    before = chat.rows('select * from user')
    message = ann.ask('PUT', '/api/users/2', {'about_me': 'tea', **bad}, 400)['message']
    for field in bad:
        assert field in message
    assert chat.rows('select * from user') == before


@pytest.mark.parametrize('field', ['username', 'email', 'about_me'])
def test_update_user_validation(chat, ann, field):
    """A field that is not valid: 400 with its name, and no field changes."""
    for value in BAD_FIELDS[field]:
        check_refused(chat, ann, {field: value})


def test_two_mistakes(chat, ann):
    """Two fields that are not valid: 400 with both names."""
    check_refused(chat, ann, {'username': '', 'email': 'x'})


# A new password

def test_update_password(chat, ann):
    """After a change of password, only the new one can log in. It is stored as a hash."""
    ann.ask('PUT', '/api/users/2', {'password': 'wrong horse'})
    assert 'wrong horse' not in str(chat.rows('select password_hash from user'))
    chat.browser().log_in('ann', 'wrong horse')
    chat.browser().post('/auth/login', {'username': 'ann', 'password': PASSWORD}, status=400)


def test_update_password_validation(chat, ann):
    """A password that is too short, too long or no text: 400, and the old one stays."""
    for value in BAD_FIELDS['password']:
        check_refused(chat, ann, {'password': value})


# A name that is taken

TAKEN = {'username': 'BOB', 'email': 'Bob@Example.COM'}


@pytest.mark.parametrize('field', TAKEN)
def test_update_user_taken(chat, ann, field):
    """Somebody else's username or email, in any case: 400 that says which. Yours is accepted."""
    chat.add_user('bob')
    check_refused(chat, ann, {field: TAKEN[field]})
    own = {'username': 'ANN', 'email': 'Ann@Example.COM'}
    assert ann.ask('PUT', '/api/users/2', own)['username'] == 'ANN'


# Register

def test_create_user(chat):
    """POST /api/users: 201, Location, and the new user with their own email, who can log in."""
    chat.add_user('abel')
    api = chat.api()
    user = api.register('ann', about_me='I like ü.')
    api.header('Location', '/api/users/2')
    assert sorted(user) == sorted([*FIELDS, 'email'])
    check_item(user, id=2, username='ann', email='ann@example.com', about_me='I like ü.',
               post_count=0)
    check_times(user['created_at'])
    chat.browser().log_in('ann')


@pytest.mark.parametrize('field', BAD_FIELDS)
def test_create_user_validation(chat, field):
    """A field that is not valid: 400 with its name, and no new user."""
    for value in BAD_FIELDS[field]:
        fields = {'username': 'ann', field: value}
        assert field in chat.api().register(status=400, **fields)['message']
    assert chat.rows('select username from user') == []


def test_create_user_missing_fields(chat):
    """Fields that are missing, and those that are not valid: 400 with all of their names."""
    for body in ({}, {'username': '', 'email': 'x'}):
        message = chat.api().ask('POST', '/api/users', body, 400)['message']
        for field in ('username', 'email', 'password'):
            assert field in message


LIMITS = {'shortest': ('a', 'a@b', '8 chars!', ''),
          'longest': ('b' * 64, LONG_EMAIL[1:], 'x\n' * 128, 'one\r\ntwo\u2028'.ljust(140, 'ü'))}


@pytest.mark.parametrize('name, email, password, text', LIMITS.values(), ids=LIMITS)
def test_create_user_limits(chat, name, email, password, text):
    """The shortest and the longest values are accepted, and line breaks stay as they are."""
    user = chat.api().register(name, email=email, password=password, about_me=text)
    check_item(user, username=name, email=email, about_me=text)


@pytest.mark.parametrize('field', TAKEN)
def test_create_user_taken(chat, field):
    """A username or an email that is taken, in any case: 400 that says which, and no new user."""
    chat.api().register('bob')
    fields = {'username': 'ann', 'email': 'ann@x', field: TAKEN[field]}
    assert field in chat.api().register(status=400, **fields)['message']
    assert chat.rows('select username from user') == [('bob',)]


def test_create_user_race_condition(chat, monkeypatch):
    """If two clients ask for the same name at the same moment, exactly one of them gets it."""
    chat.api().register('bob')
    together(monkeypatch)

    def register(email):
        api = chat.api()
        api.register('ann', '*', email=email)
        return api.response.status_int
    assert sorted(run_both(register, 'one@x', 'two@x')) == [201, 400]


def test_create_user_mass_assignment(chat):
    """Fields that are not the client's to set are ignored."""
    user = chat.api().register('ann', **ATTACKS)
    check_item(user, id=1, post_count=0)
    assert user['created_at'] != ATTACKS['created_at']
    assert chat.rows('select password_hash from user') != [('x',)]
