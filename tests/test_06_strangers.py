"""Step 06: never trust input."""
import gc
import sys
import tracemalloc
from http import HTTPStatus

import pytest

from apps import own_modules
from checks import LONG_EMAIL, break_posts, check_logged_out, check_page, session
from clients import PASSWORD, bodies, error, fail, links, summary, value

# Rules for each field

BAD_FIELDS = {
    'username': ['', 'a' * 65, 'ann smith', 'ann\n', 'änn', 'ann\u0663', 'a/b', '.', '..', '_ann'],
    'email': ['', LONG_EMAIL, 'ann', '@example.com', 'ann@', 'a@b@c', 'ann smith@a', 'ann\0@a'],
    'password': ['', 'seven77', 'x' * 257, 'correct\0horse'],
}


@pytest.mark.modules
def test_validate(chat):
    """`validate` returns a message for each value that is not valid, and for no other."""
    modules = [sys.modules[name] for name in own_modules(chat.step.folder)]
    found = [module.validate for module in modules if hasattr(module, 'validate')]
    validate = found[0] if found else fail('a function validate', 'no such function')
    good = {'username': 'ann_2', 'email': 'a@b', 'password': '8 letter', 'about_me': '', 'body': 'a\nb'}
    texts = {'about_me': ['a' * 141, 'nul\0', 'half \ud800'], 'body': ['', 'a' * 501, '\0nul']}
    bad = {**BAD_FIELDS, **texts}
    assert validate(good) == {}
    for field, value in [(field, value) for field in bad for value in bad[field]]:
        errors = validate({**good, field: value})
        if [*errors] != [field]:
            fail(f'a message for {field}, and for nothing else, because of {value[:80]!r}', repr(errors))
    assert sorted(validate({field: values[0] for field, values in bad.items()})) == sorted(bad)


# Messages on the form

@pytest.mark.parametrize('field', BAD_FIELDS)
def test_register_validation(chat, browser, field):
    """A field that is not valid: 400, and a message at the field. Nobody is registered."""
    browser.register('bob')
    for bad in BAD_FIELDS[field]:
        error(browser.register('ann', status=400, **{field: bad}), field)
    assert chat.rows('select username from user') == [('bob',)]


def test_register_with_two_mistakes(browser):
    """Two fields that are not valid: each has a message of its own, and the third has none."""
    page = browser.register('ann', status=400, email='x', password='x')
    if error(page, 'email') == error(page, 'password'):
        fail('a message of its own for each of the two fields', error(page, 'email'))
    message = page.html.find(id='username-error')
    if message and message.get_text().strip():
        fail('no message for the username, because it is valid', message)
    typed = [value(page, name) for name in ('username', 'email', 'password')]
    assert typed == ['ann', 'x', ''], 'the form with what was typed, but the password'


# An empty post

@pytest.mark.parametrize('body', ['', ' \n\t ', 'a' * 501, 'nul\0'],
                         ids=['nothing', 'white space', '501 characters', 'NUL'])
def test_post_validation(ann, body):
    """A post that is not valid: 400, and the room with a message and what was typed."""
    ann.say('hello')
    page = ann.post('/', {'body': body}, status=400)
    check_page(page)
    error(page, 'body')
    assert value(page, 'body').startswith(body.strip(' \n\t\0')), 'the form with what was typed'
    assert bodies(page) == ['hello']
    ann.submit(page, body='hello again')
    assert ann.room() == ['hello again', 'hello']


def test_post_is_trimmed(chat, ann):
    """White space around a post is removed, and doesn't count. Line breaks inside it stay."""
    body = 'a\n' * 249 + 'bb'
    ann.say('  \n' + body + '\t ')
    assert chat.rows('select body from post') == [(body,)]


# The third form

@pytest.mark.parametrize('text', ['a' * 141, 'nul\0'], ids=['141 characters', 'NUL'])
def test_profile_validation(chat, ann, text):
    """A bad text about yourself: 400, the form again with what was typed, and nothing changes."""
    ann.post('/profile', {'about_me': 'tea'}, status=303)
    page = ann.post('/profile', {'about_me': text}, status=400)
    error(page, 'about_me')
    assert value(page, 'about_me').startswith(text.strip('\0')), 'the form with what was typed'
    assert chat.rows("select about_me from user where about_me != ''") == [('tea',)]


# Where does it come from?

FORMS = {  # path: its fields
    '/': {'body': 'hi'}, '/profile': {'about_me': 'hi'}, '/auth/logout': {},
    '/auth/login': {'username': 'ann', 'password': PASSWORD},
    '/auth/register': {'username': 'bob', 'email': 'bob@example.com', 'password': PASSWORD},
}
FOREIGN = [  # what browsers say when a page of another site sends a form, and what nobody says
    ('Sec-Fetch-Site', 'cross-site'), ('Sec-Fetch-Site', 'same-site'),
    ('Origin', 'https://evil.example'), ('Origin', 'null'), ('Origin', 'http://['),
    ('Origin', 'http://localhost:8080'), ('Origin', 'http://evil-localhost:80'),
]
OWN = [  # what they say when one of our own pages sends it
    {'Sec-Fetch-Site': 'none'}, {'Sec-Fetch-Site': 'same-origin', 'Origin': 'http://proxy'},
    {'Origin': 'http://localhost', 'Host': 'localhost'},
    {'Origin': 'http://localhost:8080', 'Host': 'localhost:8080'},
]


@pytest.mark.parametrize('path', FORMS)
def test_csrf(chat, ann, path):
    """A form that another site sends: 403, and nothing changes. One from our own pages works."""
    before = tables(chat)
    for name, text in FOREIGN:
        ann.post(path, FORMS[path], {name: text}, status=403)
    assert tables(chat) == before
    ann.post(path, FORMS[path], {'Sec-Fetch-Site': 'same-origin'}, status=303)
    assert tables(chat) != before


def tables(chat):
    """Return all that is in the database."""
    return [chat.rows(f'select * from {table}') for table in ('user', 'post', 'token')]


def test_own_forms(ann):
    """A form of our own is accepted. A link from another site is no form: it leads to the page."""
    foreign = {'Sec-Fetch-Site': 'cross-site'}
    ann.post('/', {'body': 'evil'}, foreign, status=403)
    for headers in OWN:
        ann.post('/', {'body': 'hello'}, headers, status=303)
    ann.get('/', headers=foreign, status=200)


# A link that leads elsewhere

ELSEWHERE = [  # values of `next`, as they stand in an address
    'https://evil.example/', 'javascript:alert(1)', '//evil.example', '///evil.example',
    '/\\evil.example', '/%09/evil.example', '%20//evil.example', '/%0d%0aX:1', '//[',
]
HERE = {'/user/ann': '/user/ann', '/%3Fpage=2': '/?page=2', '/user/a//b': '/user/a//b'}


def test_open_redirect(browser):
    """After logging in, `next` leads to a path of this site. Anything else leads to the room."""
    browser.register('ann')
    for path in [*ELSEWHERE, *HERE]:
        answer = browser.log_in('ann', path='/auth/login?next=' + path)
        assert browser.redirected(answer) == HERE.get(path, '/')


# A form that can't be read

FORM = 'application/x-www-form-urlencoded'
MULTIPART = 'multipart/form-data; boundary=b'
PART = b'--b\r\nContent-Disposition: form-data; name="NAME"\r\n\r\nx\r\n--b--\r\n'
UNREADABLE = [  # parameters of its content type, and the form
    ('', PART[:40]),
    ('; charset=odd', PART),
    ('', PART.replace(b'x', b'\xff')),  # not UTF-8
    ('; charset=latin-1', PART),
    ('; charset=utf-7', PART.replace(b'x', b'+2AA-')),  # half a character
]


@pytest.mark.parametrize('path, name', [
    ('/', 'body'), ('/profile', 'about_me'), ('/auth/register', 'email'),
    ('/auth/login', 'password'),
])
def test_unreadable_form(ann, path, name):
    """A form that can't be read: 400 or 415. A huge one: 413. No post."""
    for charset, form in UNREADABLE:
        send_form(ann, path, MULTIPART + charset, form.replace(b'NAME', name.encode()))
    ann.post(path, {name: 'x' * 103_000}, status=413)
    assert ann.room() == []


def send_form(browser, path, content_type, form):
    """Send a form that can't be read."""
    headers = {'Content-Type': content_type}
    browser.request(path, method='POST', body=form, headers=headers, status=[400, 415])


@pytest.mark.parametrize('form', [b'about_me=%ff', b'about_me=\xfc', b'about_me=%ed%a0%80'],
                         ids=['no UTF-8, encoded', 'no UTF-8', 'half a character'])
def test_form_in_utf_8(chat, ann, form):
    """A form that isn't UTF-8: 400 or 415, and the text about yourself stays. UTF-8 is welcome."""
    for content_type, text in [(FORM, 'tea'), (FORM + ';charset=UTF-8', 'tée')]:
        ann.post('/profile', {'about_me': text}, {'Content-Type': content_type}, status=303)
        send_form(ann, '/profile', FORM, form)
        assert chat.rows("select about_me from user where username = 'ann'") == [(text,)]


def test_form_keeps_no_charsets(browser):
    """Long names of charsets that nobody knows don't fill the memory."""
    tracemalloc.start()
    for number in range(5):
        charset = f'; charset={number}.'.ljust(90_000, 'x')
        send_form(browser, '/auth/login', MULTIPART + charset, PART)
        part = PART.replace(b'"NAME"', b'"username"\r\nContent-Type: text/plain' + charset.encode())
        send_form(browser, '/auth/login', MULTIPART, part)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 300_000, 'less than 300 KB kept of ten names of 90 KB each'


# A cookie that isn't ours

@pytest.mark.parametrize('foreign', ['a/b=1', 'a@b=1', '(a)=1', 'a', '=', '\xff=\xff', 'a="'])
def test_foreign_cookie(chat, ann, foreign):
    """A cookie of another app, which Python can't parse, keeps nobody out, nor logged in."""
    own = session(chat, ann)
    for cookies in [(foreign, f'{own.name}={own.value}'), (f'{own.name}={own.value}', foreign)]:
        headers = {'Cookie': '; '.join(cookies)}
        browser = chat.browser()
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

ERRORS = {  # status: a request that is answered with it
    400: ('/?page=x', {}),
    403: ('/', {'POST': {'body': 'x'}, 'headers': {'Sec-Fetch-Site': 'cross-site'}}),
    404: ('/nothing/<b>here', {}),
    405: ('/', {'method': 'DELETE'}),
    413: ('/', {'POST': {'body': 'x' * 103_000}}),
    500: ('/', {}),
}


@pytest.mark.parametrize('status', ERRORS)
def test_error_page(chat, ann, status):
    """An error has a page of ours: it says what is wrong, who you are, and leads to the room."""
    if status == 500:
        break_posts(chat)
    path, more = ERRORS[status]
    page = ann.request(path, status=status, **more)
    check_error(page, status)
    assert links(page, '/user/ann', 'header'), 'a link to /user/ann, who is logged in, on the page'


def check_error(page, status):
    """Check that an error page says what is wrong, has a way back, and no HTML from the address."""
    check_page(page)
    assert links(page, '/'), 'a link to /'
    assert '<b>here' not in page.text
    says, phrase = page.html.get_text(), HTTPStatus(status).phrase
    said = str(status) in says or phrase.lower() in says.lower()
    assert said, f'{status} or {phrase} on the page'
    main = page.html.main or page.html
    if len(main.get_text().split()) < 6 + len(phrase.split()):
        fail('a page that says what to do', summary(page))


def test_error_page_of_a_stranger(browser):
    """Without logging in, an error has a page, too, which doesn't repeat the Host header."""
    check_error(browser.get('/nothing', status=404), 404)
    page = browser.get('/nothing', headers={'Host': 'evil.example'}, status=404)
    assert 'evil.example' not in f'{page.headers}{page.text}'


# When the database fails

@pytest.mark.parametrize('path, status', [('/', 500), ('/nothing', 404)])
def test_error_page_without_database(chat, ann, path, status):
    """An error page doesn't fail when the database does."""
    chat.rows('drop table token')
    chat.rows("""create view token as select abs(-9223372036854775807 - 1) as hash,
                 1 as user_id, '9' as expires_at""")  # reading it is an error: integer overflow
    check_error(ann.get(path, status=status), status)
