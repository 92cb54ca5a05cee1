"""Step 03: never trust input."""
from http import HTTPStatus

import pytest

from checks import LONG_EMAIL, break_posts, check_page, count_hashes
from clients import PASSWORD, error, fail, links, value

# Validation

@pytest.mark.parametrize('field, values', {
    'username': ['', 'a' * 65, 'ann smith', 'änn', 'ann\n', 'ann/../bob', 'ann\0', 'ann\u0663', '..', '.ann', '-', '_ann'],
    'email': ['', 'ann', '@example.com', 'ann@', 'a@b@c', LONG_EMAIL, 'ann\0@example.com'],
    'password': ['', 'seven77', 'x' * 257, 'correct\0horse'],
}.items())
def test_register_validation(chat, browser, field, values):
    """A field that is not valid: 400, the form again with a message and with what was typed, and no new user."""
    browser.register('bob')
    typed = {'username': 'ann', 'email': 'ann@example.com'}
    typed.pop(field, None)
    for bad in values:
        page = browser.register('ann', status=400, **{field: bad})
        error(page, field)
        assert {name: value(page, name) for name in typed} == typed
        assert value(page, 'password') == '', 'an empty field for the password'
    assert chat.rows('select username from user') == [('bob',)]


def test_register_with_two_mistakes(browser):
    """Two fields that are not valid: each has its own message."""
    for bad in [{'username': '', 'email': 'x'}, {'email': 'x', 'password': 'x'}, {'username': 'ann smith', 'password': ''}]:
        page = browser.register('ann', status=400, **bad)
        texts = {error(page, field) for field in bad}
        if len(texts) < 2:
            fail(f'a message of its own for each of the fields {" and ".join(bad)}', f'the same message for both: {texts.pop()}')


def test_post_validation(chat, ann):
    """An empty or too long post: 400, and the room again with a message and with what was typed."""
    for body, typed in [('', ''), ('   \n', ''), ('a' * 501, 'a' * 501), ('nul\0', 'nul')]:
        page = ann.post('/', {'body': body}, status=400)
        error(page, 'body')
        assert value(page, 'body')[:len(typed)] == typed
    assert chat.rows('select body from post') == []


def test_post_is_trimmed(chat, ann):
    """White space around a post is removed, and doesn't count. Line breaks inside it stay."""
    body = 'a\n' * 249 + 'bb'
    ann.say('  \n' + body + '\t ')
    assert chat.rows('select body from post') == [(body,)]


def test_profile_validation(chat, ann):
    """Too long a text about yourself: 400, the form again with what was typed, and nothing changes."""
    for text, typed in [('a' * 141, 'a' * 141), ('nul\0', 'nul')]:
        page = ann.post('/profile', {'about_me': text}, status=400)
        error(page, 'about_me')
        assert value(page, 'about_me')[:len(typed)] == typed
    assert chat.rows("select about_me from user where about_me != ''") == []


# CSRF

FORMS = [('/', {'body': 'hi'}), ('/profile', {'about_me': 'hi'}), ('/auth/logout', {}),
         ('/auth/login', {'username': 'ann', 'password': PASSWORD}),
         ('/auth/register', {'username': 'bob', 'email': 'bob@example.com', 'password': PASSWORD})]
FOREIGN = [{'Sec-Fetch-Site': 'cross-site'}, {'Sec-Fetch-Site': 'same-site'}, {'Origin': 'https://evil.example'},
           {'Origin': 'null'}, {'Origin': '\xff'}, {'Sec-Fetch-Site': '\xff'},
           {'Origin': 'http://localhost.evil.example'}, {'Origin': 'http://localhost:80.evil.example'}, {'Origin': 'http://['},
           {'Origin': 'http://localhost:8080'}, {'Origin': 'http://evil.example?localhost:80'}, {'Origin': 'http://evil-localhost:80'},
           {'Sec-Fetch-Site': 'cross-site', 'Origin': 'http://localhost:80'}]


@pytest.mark.parametrize('path, fields', FORMS)
def test_csrf(chat, ann, path, fields):
    """A form that another site sends: 403, and nothing changes. A form from our own pages is accepted."""
    before = tables(chat)
    for headers in FOREIGN:
        ann.post(path, fields, headers, status=403)
    if tables(chat) != before:
        fail('a database that a form from another site does not change', 'it changed')
    ann.post(path, fields, {'Sec-Fetch-Site': 'same-origin'}, status=303)
    if tables(chat) == before:
        fail('a database that a form from our own pages changes', 'no change')


def tables(chat):
    """Return all that is in the database."""
    return [chat.rows(f'select * from {table}') for table in ('user', 'post', 'token')]


def test_csrf_own_forms(ann):
    """A form from our own pages is accepted, and so is a link from another site."""
    ann.post('/', {'body': 'hello'}, {'Sec-Fetch-Site': 'cross-site'}, status=403)
    for headers in [{'Sec-Fetch-Site': 'same-origin'}, {'Sec-Fetch-Site': 'none'}, {'Origin': 'http://localhost', 'Host': 'localhost'},
                    {'Origin': 'http://localhost:8080', 'Host': 'localhost:8080'}]:
        ann.post('/', {'body': 'hello'}, headers, status=303)
    assert ann.room() == ['hello'] * 4
    ann.get('/', headers={'Sec-Fetch-Site': 'cross-site'}, status=200)


# Open redirects, user enumeration

def test_open_redirect(browser):
    """After logging in, `next` leads only to a path of this site, as a browser reads it. Anything else leads to the room."""
    browser.register('ann')
    for path in ['https://evil.example/', '//evil.example', '/\\evil.example', '/%09/evil.example', '%20//evil.example', 'evil',
                 '\\\\evil', 'javascript:alert(1)', '/%0d%0aX:1', '/%0a/evil.example', '///evil.example', '']:
        browser.redirected(browser.log_in('ann', path='/auth/login?next=' + path))
    assert browser.redirected(browser.log_in('ann', path='/auth/login?next=https://evil.example/')) == '/'


def test_user_enumeration(browser, monkeypatch):
    """An unknown username costs as much hashing as a wrong password, so the time doesn't tell who is registered."""
    browser.register('ann')
    costs = count_hashes(monkeypatch)
    browser.post('/auth/login', {'username': 'ann', 'password': 'wrong horse'}, status=400)
    browser.post('/auth/login', {'username': 'nobody', 'password': 'wrong horse'}, status=400)
    if costs != [(2, 8, 5), (2, 8, 5)]:
        fail('two hashes, both with n=2, r=8, p=5: one for the wrong password, one for the unknown username', ' and '.join(f'n={n}, r={r}, p={p}' for n, r, p in costs))


# Unreadable forms

PART = b'--b\r\nContent-Disposition: form-data; name="NAME"\r\n\r\nx\r\n--b--\r\n'
UNREADABLE = [  # the Content-Type, and the body, with NAME in place of the name of a field
    ('multipart/form-data; boundary=b', PART[:40]),
    ('multipart/form-data; boundary=b', PART.replace(b'x', b'\xff')),
    ('multipart/form-data; boundary=b; charset=odd', PART),
    ('multipart/form-data; boundary=b; charset=utf-7', PART.replace(b'x', b'+2AA-')),  # half a character
    ('application/x-www-form-urlencoded', b'NAME=%ff%fe'),
    ('multipart/form-data', PART),
    ('multipart/form-data; boundary=b', PART.replace(b'"NAME"', b'"NAME"; filename="x"')),
    ('application/json', b'{"body": "x"}'),
]


@pytest.mark.parametrize('path, name, count', [('/', 'body', 8), ('/profile', 'about_me', 8), ('/auth/register', 'email', 8), ('/auth/login', 'password', 4)])
def test_unreadable_form(ann, path, name, count):
    """A form that can't be read: 400 or 415, or as much of it as can be read; never 500."""
    for content_type, body in UNREADABLE[:count]:  # to log in, not so often that it counts as guessing
        body = body.replace(b'NAME', name.encode())
        ann.request(path, method='POST', body=body, headers={'Content-Type': content_type}, status=[400, 415, 303])


# Error pages

@pytest.mark.parametrize('method, path, status', [
    ('GET', '/nothing/<b>here', 404), ('DELETE', '/', 405), ('GET', '/user/nobody', 404), ('GET', '/', 500),
])
def test_error_page(chat, ann, method, path, status):
    """An error, or a crash, has a page of ours, which says what is wrong and leads back to the room."""
    if status == 500:
        break_posts(chat)
    page = ann.request(path, method=method, status=status)
    check_page(page)
    assert links(page, '/'), 'a link to /'
    assert '<b>here' not in page.text
    says, phrase = page.html.get_text().lower(), HTTPStatus(status).phrase
    assert str(status) in says or phrase.lower() in says, f'{status} or {phrase} on the page'
