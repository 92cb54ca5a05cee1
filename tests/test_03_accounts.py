"""Step 03: people register."""
from datetime import datetime, timezone

import pytest

from checks import (
    LONG_EMAIL, check_logged_out, check_no_html, check_page, check_times, count_hashes,
    run_both, together,
)
from clients import PASSWORD, bodies, error, fail, links, summary, value

TAKEN = pytest.mark.parametrize('more', [
    pytest.param({'username': 'BOB'}, id='the username'),
    pytest.param({'email': 'Bob@Example.COM'}, id='the email'),
])


# A form to register

def test_register_page(browser):
    """GET /auth/register shows an empty form with the fields username, email and password."""
    page = browser.get('/auth/register', status=200)
    check_page(page)
    values = {name: value(page, name) for name in ('username', 'email', 'password')}
    assert values == {'username': '', 'email': '', 'password': ''}


def test_link_to_register(browser):
    """Somebody who has no account finds a link to that form."""
    page = browser.get('/', status=[200, 303])
    if page.status_int == 303:
        page = browser.get(browser.redirected(page), status=200)
    assert links(page, '/auth/register'), 'a link to /auth/register'


# A row for each person

def test_register(chat, browser):
    """Registering adds a row to the table user, and redirects with 303 to a page of this site."""
    for username in ('ann', 'bob'):
        browser.get(browser.redirected(browser.register(username)), status=200)
    assert chat.rows('select username, email, about_me from user order by id') == [
        ('ann', 'ann@example.com', ''), ('bob', 'bob@example.com', '')]


def test_user_table(chat, browser):
    """The table user has the same columns in every step."""
    browser.register('ann')
    columns = [row[1] for row in chat.rows('pragma table_info(user)')]
    assert sorted(columns) == ['about_me', 'created_at', 'email', 'id', 'password_hash', 'username']


def test_register_limits(chat, browser):
    """The shortest and the longest values are accepted, and stored as they were typed."""
    for username, email, password in [('a', 'a@b', '8 chars!'),
                                      ('b' * 64, LONG_EMAIL[1:], 'x' * 256),
                                      ('A.b_c-9', 'ü@exämple.com', 'pässwörd 🙂')]:
        browser.register(username, password, email=email)
        newest = chat.rows('select username, email from user order by id desc limit 1')
        assert newest == [(username, email)]


def test_registered_when(far_east, chat, browser):
    """The time of registering is in UTC, in ISO 8601, and ends in Z."""
    browser.register('ann')
    created_at = chat.rows('select created_at from user')[0][0]
    check_times(created_at)
    now = datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    assert created_at <= now, f'the time in UTC, at most {now}'


def test_user_ids_are_not_reused(chat, browser):
    """The id of a deleted user is never given to another one."""
    for username in ('ann', 'bob'):
        browser.register(username)
    chat.rows("delete from user where username = 'bob'")
    browser.register('eve')
    assert chat.rows('select id, username from user order by id') == [(1, 'ann'), (3, 'eve')]


def test_register_from_the_query_string(chat, browser):
    """Fields in the query string register nobody, because addresses end up in logs."""
    query = f'username=eve&email=eve@example.com&password={PASSWORD.replace(" ", "+")}'
    browser.post('/auth/register?' + query, status=[303, 400])
    assert chat.rows("select id from user where username = 'eve'") == []


def test_huge_form(chat, ann):
    """A form of more than 100 KiB: 413, and no new user, and no new post."""
    ann.register('bob', status=413, more='a' * 103_000)
    ann.post('/', {'username': 'ann', 'body': 'a' * 103_000}, status=413)
    assert chat.rows("select username from user where username = 'bob'") == []
    assert chat.rows('select body from post') == []


def test_register_host(browser):
    """The Host header is the client's to choose, so the answer doesn't repeat it."""
    fields = {'username': 'ann', 'email': 'ann@x', 'password': PASSWORD}
    answer = browser.post('/auth/register', fields, {'Host': 'evil.example'})
    browser.redirected(answer)
    if 'evil.example' in f'{answer.headers}{answer.text}':
        fail('an answer without the Host header evil.example', summary(answer))


# A name that is taken

@TAKEN
def test_register_taken(chat, browser, more):
    """A username or an email that is taken, in upper or lower case: 400, and nothing changes."""
    browser.register('ann')
    browser.register('bob')
    before = chat.rows('select * from user order by id')
    browser.register('eve', status=400, **more)
    assert chat.rows('select * from user order by id') == before


@TAKEN
def test_register_taken_form(browser, more):
    """The form comes back: it says what is taken, and keeps what was typed but the password."""
    browser.register('bob')
    typed = {'username': 'eve', 'email': 'eve@example.com', **more}
    page = browser.register('eve', status=400, **more)
    assert error(page, *more), f'a message for the field {[*more][0]}'
    assert {name: value(page, name) for name in typed} == typed
    assert value(page, 'password') == '', 'an empty field for the password'


def test_register_mistake_is_announced(browser):
    """After a mistake, the page has another title, which says so, and the focus is on the field."""
    browser.register('bob')
    before, page = browser.get('/auth/register'), browser.register('bob', status=400, email='x@y')
    if page.html.title == before.html.title:
        fail('a <title> that says that there is a mistake', before.html.title)
    assert page.html.select('[name=username][autofocus]'), 'autofocus at the field username'


def test_register_with_html(browser):
    """What was typed comes back as text. None of it becomes HTML."""
    email = '"><script>alert(1)</script>@example.com'
    browser.register('bob', email=email)
    page = browser.register('eve', status=400, email=email)
    assert value(page, 'email') == email
    check_no_html(page)


# At the same moment

@TAKEN
def test_race_condition(chat, browser, monkeypatch, more):
    """If two people register the same name or email at once, exactly one of them gets it."""
    browser.register('ann')
    together(monkeypatch)
    answers = run_both(lambda username: chat.browser().register(username, status='*', **more),
                       'bob', 'eve')
    if sorted(answer.status_int for answer in answers) != [303, 400]:
        fail('status 303 for one of the two, and 400 for the other',
             '\n'.join(map(summary, answers)))
    assert chat.rows('select count(*) from user') == [(2,)]


# A thief reads the file

def test_password_is_hashed(chat, browser):
    """The database has a hash in place of the password."""
    browser.register('ann')
    row, = chat.rows('select * from user')
    if PASSWORD in str(row):
        fail('a hash in the column password_hash', f'the password itself: {row}')


def test_password_hash_cost(browser, monkeypatch):
    """Passwords are hashed by scrypt with r=8, p=5 and the n of the settings."""
    costs = count_hashes(monkeypatch)
    browser.register('ann')
    assert [f'n={n}, r={r}, p={p}' for n, r, p in costs] == ['n=2, r=8, p=5'], \
        'one hash, by hashlib.scrypt with n=2 (the setting PASSWORD_COST), r=8, p=5'


# The same password twice

def test_salt(make_chat):
    """A hash has a random salt: the same password, even of the same name, has another hash."""
    hashes = []
    for chat in (make_chat(), make_chat()):
        for username in ('ann', 'bob'):
            chat.browser().register(username)
        hashes += [row[0] for row in chat.rows('select password_hash from user')]
    if len(set(hashes)) < 4:
        fail('hashes that differ, although all chose the same password',
             f'the same hash twice: is there a random salt in it?\n{max(hashes, key=hashes.count)}')


# Posts have authors

def test_post_table(chat, ann):
    """The table post has the same columns in every step from now on."""
    ann.say('hello')
    columns = [row[1] for row in chat.rows('pragma table_info(post)')]
    assert sorted(columns) == ['body', 'created_at', 'id', 'user_id']


def test_post_has_a_user(chat, ann):
    """A post has the id of its author, and the room shows the author's name beside it."""
    chat.browser('bob').say('from bob')
    ann.say('from ann')
    assert chat.rows('select username, body from post join user on user.id = user_id '
                     'order by post.id') == [('bob', 'from bob'), ('ann', 'from ann')]
    items = ann.get('/', status=200).html.select('.posts > *')
    texts = [item.get_text() for item in items]
    for text, name in zip(texts, ('ann', 'bob'), strict=True):
        assert name in text.replace(f'from {name}', ''), f'the name {name} beside the post'


def test_post_in_any_case(chat, ann):
    """A username is the same in upper and lower case: the post is shown under the registered one."""
    ann.post('/', {'username': 'ANN', 'body': 'hello'}, status=303)
    assert chat.rows('select username from post join user on user.id = user_id') == [('ann',)]


def test_unregistered(chat, browser):
    """Under a name that nobody has registered, one can't post. What was typed is kept."""
    answer = browser.post('/', {'username': 'nobody', 'body': 'hello'}, status=[303, 400])
    assert chat.rows('select body from post') == []
    if chat.has('/auth/login'):
        return check_logged_out(browser, answer)
    error(answer, 'username')
    assert {name: value(answer, name) for name in ('username', 'body')} == {
        'username': 'nobody', 'body': 'hello'}
    assert bodies(answer) == []


# A post by nobody

def test_foreign_key(chat, ann):
    """The database itself refuses a post whose author is not in the table user: 500, no post."""
    ann.say('hello')
    chat.rows("""create trigger odd after insert on post
                 begin update post set user_id = 99 where id = new.id; end""")
    ann.post('/', {'username': 'ann', 'body': 'from nobody'}, status=500)
    assert chat.rows('select user_id = 99, body from post') == [(0, 'hello')]
