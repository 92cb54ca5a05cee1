"""Step 03: people register."""
import pytest

from answers import fail, summary
from checks import (
    LONG_EMAIL, check_logged_out, check_now, count_hashes, run_both, setting, together,
)
from clients import PASSWORD
from pages import check_mistake, check_page, error, links, value

TAKEN = {'username': 'BOB', 'email': 'Bob@Example.COM'}  # what Bob has, but for the case


# A form to register

def test_register_page(browser):
    """A link leads to /auth/register: an empty form for a username, an email and a password."""
    page = browser.get('/', status=[200, 303]).maybe_follow()  # to the log-in page
    assert links(page, '/auth/register'), 'no link to /auth/register'
    page = browser.get('/auth/register', status=200)
    check_page(page)
    assert [value(page, name) for name in ('username', 'email', 'password')] == ['', '', '']


# A row for each person

def test_register(far_east, chat, browser):
    """Registering adds a row to the table user, and redirects with 303 to a page of this site."""
    browser.register('a', '8 chars!', email='a@b')  # the shortest values, and the longest
    browser.register('b' * 64, 'x' * 256, email=LONG_EMAIL[1:])
    answer = browser.register('A.b_c-9', 'pässwörd 🙂', email='ü@exämple.com')
    browser.get(browser.redirected(answer), status=200)
    assert chat.rows('select username, email, about_me from user order by id') == [
        ('a', 'a@b', ''), ('b' * 64, LONG_EMAIL[1:], ''), ('A.b_c-9', 'ü@exämple.com', '')]
    check_now(*chat.rows('select max(created_at) from user')[0])


def test_user_table(chat, browser):
    """The table user has its columns, in every step. The id of a deleted user comes never again."""
    browser.register('ann')
    chat.rows('select about_me, created_at, email, id, password_hash, username from user')
    chat.rows('delete from user')
    browser.register('eve')
    assert chat.rows('select id, username from user') == [(2, 'eve')]


def test_register_from_the_query_string(chat, browser):
    """Fields in the query string register nobody, because addresses end up in logs."""
    query = 'username=eve&email=eve@example.com&password=correct+horse'
    browser.post('/auth/register?' + query, status=[303, 400])
    assert chat.rows("select id from user where username = 'eve'") == []


# A name that is taken

def test_register_taken(chat, browser):
    """A username or an email that is taken, in any case: 400, and the form keeps what was typed."""
    browser.register('ann')
    browser.register('bob')
    before = chat.rows('select * from user order by id')
    for field, taken in TAKEN.items():
        typed = {'username': 'eve', 'email': '"><script>alert(1)</script>@x', field: taken}
        form = browser.get('/auth/register', status=200)
        page = browser.register('eve', status=400, **typed)
        assert chat.rows('select * from user order by id') == before
        check_mistake(page, form, field)
        assert {name: value(page, name) for name in typed} == typed


# At the same moment

@pytest.mark.parametrize('field', TAKEN)
def test_race_condition(chat, browser, monkeypatch, field):
    """If two people register the same name or email at once, exactly one of them gets it."""
    browser.register('ann')
    together(monkeypatch)
    same = {field: TAKEN[field]}
    answers = run_both(lambda username: chat.browser().register(username, status='*', **same),
                       'bob', 'eve')
    if sorted(answer.status_int for answer in answers) != [303, 400]:
        fail('status 303 for one of the two, and 400 for the other',
             '\n'.join(map(summary, answers)))
    assert chat.rows('select count(*) from user') == [(2,)]


# A thief reads the file

def test_password_is_hashed(chat, browser, monkeypatch):
    """The database has a hash in place of the password: by scrypt, r=8, p=5, n as it is set."""
    hashes = count_hashes(monkeypatch)
    browser.register('ann')
    assert PASSWORD not in str(chat.rows('select * from user'))
    assert hashes == [(2, 8, 5)]  # n is the setting PASSWORD_COST


@pytest.mark.modules
def test_password_cost(step, chat):
    """A hash costs as much as OWASP asks for, unless somebody sets it: PASSWORD_COST is 2**14."""
    assert setting(step, 'PASSWORD_COST') == 2**14


# Salt

def test_salt(make_chat):
    """A hash has a random salt: the same password, even of the same name, has another hash."""
    hashes = set()
    for chat in (make_chat(), make_chat()):
        chat.browser().register('ann')
        chat.browser().register('bob')
        hashes.update(row[0].split('$')[-1] for row in chat.rows('select password_hash from user'))
    assert len(hashes) == 4, 'users with one password have one hash: does scrypt get a salt?'


# Posts have authors

def test_post_has_a_user(chat, ann):
    """A post has the id of its author. The room shows the name beside it, as it is registered."""
    chat.browser('Bob').say('first')
    ann.post('/', {'username': 'ANN', 'body': 'second'}, status=303)
    assert chat.columns('post') == ['body', 'created_at', 'id', 'user_id']
    authors = 'select username, body from post join user on user.id = user_id order by post.id'
    assert chat.rows(authors) == [('Bob', 'first'), ('ann', 'second')]
    newest, oldest = ann.get('/', status=200).html.select('.posts > *')
    assert 'ann' in newest.get_text()
    assert 'Bob' in oldest.get_text()


def test_unregistered(chat, browser):
    """One can't post under a name nobody has. What was typed is kept."""
    answer = browser.post('/', {'username': 'nobody', 'body': 'hello'}, status=[303, 400])
    assert chat.rows('select body from post') == []
    if chat.has('/auth/login'):
        return check_logged_out(browser, answer)
    error(answer, 'username')
    assert [value(answer, 'username'), value(answer, 'body')] == ['nobody', 'hello']


# A post by nobody

def test_foreign_key(chat, ann):
    """The database itself refuses a post whose author is not in the table user: 500, no post."""
    ann.say('hello')
    chat.rows("""create trigger odd after insert on post when new.user_id != 99 begin
                 insert into post (user_id, body, created_at) values (99, 'odd', ''); end""")
    ann.post('/', {'username': 'ann', 'body': 'from nobody'}, status=500)
    assert chat.rows('select user_id = 99, body from post') == [(0, 'hello')]
