"""Step 06: never trust input."""
import gc
import sys
import tracemalloc
from http import HTTPStatus

import pytest

from answers import fail
from checks import LONG_EMAIL, break_posts, case, check_logged_out, session
from clients import PASSWORD
from pages import bodies, check_page, error, links, value

# Rules for each field

GOOD = {'username': 'ann_2', 'email': 'a@b', 'password': '8 letter', 'about_me': '', 'body': 'a\nb'}
BAD = {
    'username': ['', 'a' * 65, 'ann smith', 'ann\n', 'änn', 'ann\u0663', 'a/b', '.', '..', '_ann'],
    'email': ['', LONG_EMAIL, 'ann', '@example.com', 'ann@', 'a@b@c', 'ann smith@a', 'ann\0@a'],
    'password': ['', 'seven77', 'x' * 257, 'correct\0horse'],
    'about_me': ['a' * 141, 'nul\0', 'half \ud800'],
    'body': ['', 'a' * 501, '\0nul'],
}


@pytest.mark.modules
@pytest.mark.parametrize('field', BAD)
def test_validate(chat, field):
    """`validate` returns a message for each value that is not valid, and for no other."""
    module = sys.modules.get('app.validation') or sys.modules['chat']
    validate = getattr(module, 'validate', None) or fail('a function validate', 'no such function')
    errors = validate(GOOD)
    assert isinstance(errors, dict), 'a dict from validate (is its `return` missing?)'
    assert {name: GOOD[name] for name in errors} == {}
    found = {text: [*validate({**GOOD, field: text})] for text in BAD[field]}
    assert found == {text: [field] for text in BAD[field]}
    assert sorted(validate({field: texts[0] for field, texts in BAD.items()})) == sorted(BAD)


# Messages on the form

@pytest.mark.parametrize('field', ['username', 'email', 'password'])
def test_register_validation(chat, browser, field):
    """A field that is not valid: 400, and a message at the field. Nobody is registered."""
    for text in BAD[field]:
        error(browser.register('ann', status=400, **{field: text}), field)
    assert chat.rows('select username from user') == []


def test_register_with_two_mistakes(browser):
    """Two fields that are not valid: each has a message of its own, and the third has none."""
    page = browser.register('ann', status=400, email='x', password='x')
    assert error(page, 'email') != error(page, 'password')
    assert page.html.select('#username-error:not(:empty)') == []
    typed = [value(page, name) for name in ('username', 'email', 'password')]
    assert typed == ['ann', 'x', '']  # all but the password


# An empty post

@pytest.mark.parametrize('body', ['', ' \n\t ', 'a' * 501, 'nul\0'], ids=case)
def test_post_validation(ann, body):
    """A post that is not valid: 400, and the room with a message and what was typed."""
    ann.say('hello')
    page = ann.post('/', {'body': body}, status=400)
    check_page(page)
    error(page, 'body')
    assert value(page, 'body').strip(' \n\t\0\ufffd') == body.strip(' \n\t\0')
    assert bodies(page) == ['hello']
    ann.submit(page, body='hello again')
    assert ann.room() == ['hello again', 'hello']


def test_post_is_trimmed(chat, ann):
    """White space around a post is removed, and doesn't count. Line breaks inside it stay."""
    body = 'a\n' * 249 + 'bb'
    ann.say(f'  \n{body}\t ')
    assert chat.rows('select body from post') == [(body,)]


# The third form

@pytest.mark.parametrize('text', ['a' * 141, 'nul\0'], ids=case)
def test_profile_validation(chat, ann, text):
    """A bad text about yourself: 400, the form again with what was typed, and nothing changes."""
    page = ann.post('/profile', {'about_me': text}, status=400)
    error(page, 'about_me')
    assert value(page, 'about_me').strip('\0\ufffd') == text.strip('\0')
    assert about_ann(chat) == ''


def about_ann(chat):
    """Return Ann's text about herself."""
    return chat.rows("select about_me from user where username = 'ann'")[0][0]


# Where does it come from?

@pytest.mark.parametrize('path, form', [
    ('/', {'body': 'hi'}), ('/profile', {'about_me': 'hi'}), ('/auth/logout', {}),
    ('/auth/login', {'username': 'ann', 'password': PASSWORD}),
    ('/auth/register', {'username': 'bob', 'email': 'bob@example.com', 'password': PASSWORD}),
], ids=['room', 'profile', 'logout', 'login', 'register'])
def test_csrf(chat, ann, path, form):
    """A form that another site sends: 403, and nothing changes. One from our own pages works."""
    before = tables(chat)
    ann.post(path, form, {'Sec-Fetch-Site': 'cross-site'}, status=403)
    assert tables(chat) == before
    ann.post(path, form, {'Sec-Fetch-Site': 'same-origin'}, status=303)
    assert tables(chat) != before


def tables(chat):
    """Return all rows of the database."""
    names = ('user', 'post', 'token')
    return [(name, *row) for name in names for row in chat.rows(f'select * from {name}')]


@pytest.mark.parametrize('headers', [
    {'Sec-Fetch-Site': 'same-site'}, {'Origin': 'https://evil.example'}, {'Origin': 'null'},
    {'Origin': 'http://['}, {'Origin': 'http://localhost:8080'},
    {'Origin': 'http://evil-localhost:80'},
], ids=str)
def test_form_of_another_site(ann, headers):
    """Browsers say from which site a form is sent, in one of two headers."""
    ann.post('/', {'body': 'evil'}, headers, status=403)


@pytest.mark.parametrize('headers', [
    {'Sec-Fetch-Site': 'none'}, {'Sec-Fetch-Site': 'same-origin', 'Origin': 'http://proxy'},
    {'Origin': 'http://localhost:8080', 'Host': 'localhost:8080'},
], ids=str)
def test_own_form(ann, headers):
    """A form of our own is accepted. A link from another site is no form: it leads to the page."""
    foreign = {'Sec-Fetch-Site': 'cross-site'}
    ann.post('/', {'body': 'evil'}, foreign, status=403)
    ann.get('/', headers=foreign, status=200)
    ann.post('/', {'body': 'hello'}, headers, status=303)


# A link that leads elsewhere

@pytest.mark.parametrize('path', [  # as it stands in an address
    'https://evil.example/', 'javascript:alert(1)', '//evil.example', '/\\evil.example',
    '/%09/evil.example', '%20//evil.example', '/%0d%0aX:1', '//[',
])
def test_open_redirect(browser, path):
    """After logging in, `next` leads to a path of this site. Anything else leads to the room."""
    browser.register('ann')
    assert browser.redirected(browser.log_in('ann', path=f'/auth/login?next={path}')) == '/'
    assert browser.redirected(browser.log_in('ann', path='/auth/login?next=/')) == '/'
    answer = browser.log_in('ann', path='/auth/login?next=/user/a//b%3Fpage=2')
    assert browser.redirected(answer) == '/user/a//b?page=2'


# A form that can't be read

FORM = 'application/x-www-form-urlencoded'
MULTIPART = 'multipart/form-data; boundary=b'
PART = b'--b\r\nContent-Disposition: form-data; name="about_me"\r\n\r\n%s\r\n--b--\r\n'
UNREADABLE = {
    'no UTF-8': (FORM, b'about_me=\xfc'), 'no UTF-8, encoded': (FORM, b'about_me=%ff'),
    'half a character': (FORM, b'about_me=%ed%a0%80'),
    'a charset': (f'{MULTIPART}; charset=latin-1', PART % b'x'),
    'an odd charset': (f'{MULTIPART}; charset=odd', PART % b'x'),
    'half a character in UTF-7': (f'{MULTIPART}; charset=utf-7', PART % b'+2AA-'),
}


def send_form(browser, path, content_type, form):
    """Send a form that can't be read."""
    browser.request(path, [400, 415], method='POST', body=form, content_type=content_type)


@pytest.mark.parametrize('content_type, form', UNREADABLE.values(), ids=UNREADABLE)
def test_form_in_utf_8(chat, ann, content_type, form):
    """A form that isn't in UTF-8: 400 or 415. One in UTF-8 is welcome."""
    ann.post('/profile', {'about_me': 'tée'}, content_type=f'{FORM};charset=UTF-8', status=303)
    send_form(ann, '/profile', content_type, form)
    assert about_ann(chat) == 'tée'


@pytest.mark.parametrize('path, field', [
    ('/', 'body'), ('/profile', 'about_me'), ('/auth/register', 'email'),
    ('/auth/login', 'password'),
])
def test_unreadable_form(ann, path, field):
    """A form that can't be read: 400 or 415. A huge one: 413. No post."""
    send_form(ann, path, MULTIPART, PART[:40])
    send_form(ann, path, MULTIPART, PART.replace(b'about_me', field.encode()) % b'\xff')
    ann.post(path, {field: 'x' * 103_000}, status=413)
    assert ann.room() == []


def test_form_keeps_no_charsets(browser):
    """Long names of charsets that nobody knows don't fill the memory."""
    tracemalloc.start()
    for number in range(5):
        charset = f'; charset={number}.'.ljust(90_000, 'x')
        send_form(browser, '/auth/login', MULTIPART + charset, PART)
        part = PART.replace(b'\r\n\r\n', f'\r\nContent-Type: text/plain{charset}\r\n\r\n'.encode())
        send_form(browser, '/auth/login', MULTIPART, part.replace(b'about_me', b'username'))
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 300_000, 'less than 300 KB kept of ten names of 90 KB each'


# A cookie that isn't ours

@pytest.mark.parametrize('foreign', ['a/b=1', 'a@b=1', 'a', '=', '\xff=\xff', 'a="'])
def test_foreign_cookie(chat, ann, foreign):
    """A cookie of another app, which Python can't parse, keeps nobody out, nor logged in."""
    own = session(chat, ann)
    browser = chat.browser()
    browser.get('/', headers={'Cookie': f'{foreign}; {own.name}={own.value}'}, status=200)
    headers = {'Cookie': f'{own.name}={own.value}; {foreign}'}
    browser.get('/', headers=headers, status=200)
    browser.post('/auth/logout', headers=headers, status=303)
    check_logged_out(browser, browser.get('/', headers=headers))


def test_two_tokens(chat, ann):
    """Two cookies with a token, one of them set by somebody else: as without a token."""
    own, other = session(chat, ann), session(chat, chat.browser('eve'))
    for tokens in [(own.value, other.value), (other.value, own.value), (own.value, '')]:
        browser = chat.browser()
        headers = {'Cookie': '; '.join(f'{own.name}={token}' for token in tokens)}
        check_logged_out(browser, browser.get('/', headers=headers))


# No way back

@pytest.mark.parametrize('status, path, more', [
    (400, '/?page=x', {}),
    (403, '/', {'POST': {'body': 'x'}, 'headers': {'Sec-Fetch-Site': 'cross-site'}}),
    (404, '/nothing/<b>here', {}), (405, '/', {'method': 'DELETE'}),
    (413, '/', {'POST': {'body': 'x' * 103_000}}), (500, '/', {}),
], ids=[400, 403, 404, 405, 413, 500])
def test_error_page(chat, ann, status, path, more):
    """An error has a page of ours: it says what is wrong, who you are, and leads to the room."""
    if status == 500:
        break_posts(chat)
    page = ann.request(path, status=status, **more)
    check_error(page)
    assert links(page, '/user/ann', 'header'), 'a link to /user/ann, who is logged in'


def check_error(page):
    """Check that an error page says what is wrong, has a way back, and no HTML from the address."""
    check_page(page)
    assert links(page, '/'), 'a link to /'
    assert '/nothing' not in page.text, 'a text without the address, unlike that of Bottle'
    phrase = HTTPStatus(page.status_int).phrase.lower()
    text = (page.html.main or page.html).get_text().lower()
    assert str(page.status_int) in text or phrase in text, f'{page.status_int} or {phrase}'
    assert len(text.split()) >= 6 + len(phrase.split()), 'words that say what to do'


def test_error_page_of_a_stranger(browser):
    """Without logging in, an error has a page, too, which doesn't repeat the Host header."""
    check_error(browser.get('/nothing', status=404))
    page = browser.get('/nothing', headers={'Host': 'evil.example'}, status=404)
    assert 'evil.example' not in f'{page.headers}{page.text}'


# When the database fails

@pytest.mark.parametrize('path, status', [('/', 500), ('/nothing', 404)])
def test_error_page_without_database(chat, ann, path, status):
    """An error page doesn't fail when the database does."""
    chat.rows('drop table token')
    chat.rows("""create view token as select abs(-9223372036854775807 - 1) as hash,
                 1 as user_id, '9' as expires_at""")  # reading it is an error: integer overflow
    check_error(ann.get(path, status=status))
