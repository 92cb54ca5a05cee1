"""Step 06: never trust input."""
from http import HTTPStatus

import pytest

from checks import LONG_EMAIL, break_posts, check_page
from clients import PASSWORD, error, fail, links, summary, value

# Messages on the form

BAD_FIELDS = {  # what is wrong: the field, and values of that kind
    'a username that is empty or too long': ('username', ['', 'a' * 65]),
    'a username with a character that it may not have':
        ('username', ['ann smith', 'ann\n', ' ann', 'änn', 'ann\u0663', 'ann/../bob', 'ann\0']),
    'a username that begins with a sign': ('username', ['..', '.ann', '-', '_ann']),
    'an email that is empty or too long': ('email', ['', LONG_EMAIL]),
    'an email without one @ inside': ('email', ['ann', '@example.com', 'ann@', 'a@b@c']),
    'an email with a character that it may not have': ('email', ['ann smith@a', 'ann\0@a']),
    'a password that is too short or too long': ('password', ['', 'seven77', 'x' * 257]),
    'a password with a NUL': ('password', ['correct\0horse']),
}


@pytest.mark.parametrize('field, values', BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_register_validation(chat, browser, field, values):
    """A field that is not valid: 400, and the form again with a message. Nobody is registered."""
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
    for bad in [{'username': '', 'email': 'x'}, {'email': 'x', 'password': 'x'},
                {'username': 'ann smith', 'password': ''}]:
        page = browser.register('ann', status=400, **bad)
        texts = {error(page, field) for field in bad}
        if len(texts) < 2:
            fail(f'a message of its own for each of the fields {" and ".join(bad)}',
                 f'the same message for both: {texts.pop()}')


def test_register_with_one_mistake(browser):
    """One field that is not valid: the others have no message."""
    page = browser.register('ann', status=400, email='x')
    error(page, 'email')
    for name in ('username', 'password'):
        message = page.html.find(id=f'{name}-error')
        if message and message.get_text().strip():
            fail(f'a message for the email only, because the {name} is valid', message)


# An empty post

@pytest.mark.parametrize('bodies, typed', [
    (['', ' \n\t '], ''), (['a' * 501], 'a' * 501), (['nul\0'], 'nul'),
], ids=['nothing but white space', '501 characters', 'NUL'])
def test_post_validation(chat, ann, bodies, typed):
    """An empty or too long post: 400, and the room again with a message and with what was typed."""
    for body in bodies:
        page = ann.post('/', {'body': body}, status=400)
        error(page, 'body')
        check_page(page)
        assert value(page, 'body')[:len(typed)] == typed
    assert chat.rows('select body from post') == []


def test_mistake_in_the_room(ann):
    """After a mistake, the room still shows its posts, and the form still works."""
    ann.say('hello')
    page = ann.post('/', {'body': ''}, status=400)
    assert [item.get_text() for item in page.html.select('.posts .body')] == ['hello']
    assert ann.redirected(ann.submit(page, body='hello again')) == '/'
    assert ann.room() == ['hello again', 'hello']


def test_post_is_trimmed(chat, ann):
    """White space around a post is removed, and doesn't count. Line breaks inside it stay."""
    body = 'a\n' * 249 + 'bb'
    ann.say('  \n' + body + '\t ')
    assert chat.rows('select body from post') == [(body,)]


# The third form

@pytest.mark.parametrize('text, typed', [('a' * 141, 'a' * 141), ('nul\0', 'nul')],
                         ids=['141 characters', 'NUL'])
def test_profile_validation(chat, ann, text, typed):
    """A bad text about yourself: 400, the form again with what was typed, and nothing changes."""
    ann.post('/profile', {'about_me': 'I like tea.'}, status=303)
    page = ann.post('/profile', {'about_me': text}, status=400)
    error(page, 'about_me')
    assert value(page, 'about_me')[:len(typed)] == typed
    about = chat.rows("select username, about_me from user where about_me != ''")
    assert about == [('ann', 'I like tea.')]


# Where does it come from?

FORMS = {  # path: its fields
    '/': {'body': 'hi'}, '/profile': {'about_me': 'hi'}, '/auth/logout': {},
    '/auth/login': {'username': 'ann', 'password': PASSWORD},
    '/auth/register': {'username': 'bob', 'email': 'bob@example.com', 'password': PASSWORD},
}
FOREIGN = [  # what browsers say when a page of another site sends a form, and what nobody says
    {'Sec-Fetch-Site': 'cross-site'}, {'Sec-Fetch-Site': 'same-site'}, {'Sec-Fetch-Site': '\xff'},
    {'Origin': 'https://evil.example'}, {'Origin': 'null'}, {'Origin': '\xff'},
    {'Origin': 'http://['}, {'Origin': 'http://localhost:8080'},
    {'Origin': 'http://localhost.evil.example'}, {'Origin': 'http://localhost:80.evil.example'},
    {'Origin': 'http://evil.example?localhost:80'}, {'Origin': 'http://evil-localhost:80'},
    {'Sec-Fetch-Site': 'cross-site', 'Origin': 'http://localhost:80'},
]


@pytest.mark.parametrize('path', FORMS)
def test_csrf(chat, ann, path):
    """A form that another site sends: 403, and nothing changes. One from our own pages works."""
    before = tables(chat)
    for headers in FOREIGN:
        ann.post(path, FORMS[path], headers, status=403)
    if tables(chat) != before:
        fail('a database that a form from another site does not change', 'it changed')
    ann.post(path, FORMS[path], {'Sec-Fetch-Site': 'same-origin'}, status=303)
    if tables(chat) == before:
        fail('a database that a form from our own pages changes', 'no change')


def tables(chat):
    """Return all that is in the database."""
    return [chat.rows(f'select * from {table}') for table in ('user', 'post', 'token')]


OWN = [{'Sec-Fetch-Site': 'same-origin'}, {'Sec-Fetch-Site': 'none'},
       {'Origin': 'http://localhost', 'Host': 'localhost'},
       {'Origin': 'http://localhost:8080', 'Host': 'localhost:8080'},
       {'Sec-Fetch-Site': 'same-origin', 'Origin': 'http://localhost:8080'}, {}]


def test_own_forms(ann):
    """A form from our own pages is accepted, and so is one from a client that is no browser."""
    ann.post('/', {'body': 'evil'}, {'Sec-Fetch-Site': 'cross-site'}, status=403)
    for headers in OWN:
        ann.post('/', {'body': 'hello'}, headers, status=303)
    assert ann.room() == ['hello'] * len(OWN)


def test_links_from_other_sites(ann):
    """A link from another site is no form: it leads to the page."""
    headers = {'Sec-Fetch-Site': 'cross-site'}
    ann.post('/', {'body': 'evil'}, headers, status=403)
    for path in ('/', '/user/ann'):
        ann.get(path, headers=headers, status=200)


# A link that leads elsewhere

ELSEWHERE = {  # what is wrong: the values of `next` of that kind, as they stand in an address
    'no slash first': ['https://evil.example/', 'javascript:alert(1)', 'evil.example', ''],
    'two slashes': ['//evil.example', '///evil.example', '//evil.example/user/ann'],
    'a backslash': ['/\\evil.example', '\\\\evil.example', '/%5C/evil.example'],
    'a tab or a line end between slashes': ['/%09/evil.example', '/%0a/evil.example'],
    'a blank before slashes': ['%20//evil.example', '%09//evil.example'],
    'a line end and a header': ['/%0d%0aX:1'],
    'two slashes and half an address': ['//[', '//evil.example:x'],
}


@pytest.mark.parametrize('values', ELSEWHERE.values(), ids=ELSEWHERE)
def test_open_redirect(browser, values):
    """After logging in, `next` leads to no other site. What is no path leads to the room."""
    browser.register('ann')
    for path in [*values, 'https://evil.example/']:
        answer = browser.log_in('ann', path='/auth/login?next=' + path)
        assert browser.redirected(answer) == '/'


def test_local_path(browser):
    """After logging in, `next` leads to a path of this site, with its query string."""
    browser.register('ann')
    for path, goal in [('//evil.example', '/'), ('/', '/'), ('/user/ann', '/user/ann'),
                       ('/%3Fpage=2', '/?page=2'), ('/user/a//b', '/user/a//b')]:
        answer = browser.log_in('ann', path='/auth/login?next=' + path)
        assert browser.redirected(answer) == goal


# A form that can't be read

PART = b'--b\r\nContent-Disposition: form-data; name="NAME"\r\n\r\nx\r\n--b--\r\n'
UNREADABLE = {  # what is wrong: the Content-Type, and the body, with NAME for the name of a field
    'a form that is cut off': ('multipart/form-data; boundary=b', PART[:40]),
    'bytes that are not UTF-8': ('multipart/form-data; boundary=b', PART.replace(b'x', b'\xff')),
    'an unknown charset': ('multipart/form-data; boundary=b; charset=odd', PART),
    'half a character': ('multipart/form-data; boundary=b; charset=utf-7',
                         PART.replace(b'x', b'+2AA-')),
    'bytes that are not UTF-8, in an ordinary form': ('application/x-www-form-urlencoded',
                                                      b'NAME=%ff%fe'),
    'no boundary': ('multipart/form-data', PART),
    'a file in place of a text': ('multipart/form-data; boundary=b',
                                  PART.replace(b'"NAME"', b'"NAME"; filename="x"')),
    'JSON': ('application/json', b'{"body": "x"}'),
}


@pytest.mark.parametrize('path, name', [
    ('/', 'body'), ('/profile', 'about_me'), ('/auth/register', 'email'),
    ('/auth/login', 'password'),
])
def test_unreadable_form(ann, path, name):
    """A form that can't be read: 400 or 415, or as much of it as can be read; never 500."""
    count = 4 if path == '/auth/login' else None  # not so often that it counts as guessing
    for content_type, body in [*UNREADABLE.values()][:count]:
        body, headers = body.replace(b'NAME', name.encode()), {'Content-Type': content_type}
        ann.request(path, method='POST', body=body, headers=headers, status=[400, 415, 303])


def test_unreadable_form_posts_nothing(ann):
    """A form that can't be read posts nothing, nor does one of more than 100 KiB, which is 413."""
    content_type, body = UNREADABLE['an unknown charset']
    body, headers = body.replace(b'NAME', b'body'), {'Content-Type': content_type}
    ann.request('/', method='POST', body=body, headers=headers, status=[400, 415])
    ann.post('/', {'body': 'x' * 103_000}, status=413)
    assert ann.room() == []


# No way back

ERRORS = {  # what is wrong: method, path, form, headers, status
    'an unknown address': ('GET', '/nothing/<b>here', None, {}, 404),
    'an unknown user': ('GET', '/user/nobody', None, {}, 404),
    'a bad page number': ('GET', '/?page=x', None, {}, 400),
    'another method': ('DELETE', '/', None, {}, 405),
    'a form of another site': ('POST', '/', {'body': 'x'}, {'Sec-Fetch-Site': 'cross-site'}, 403),
    'a form that is too large': ('POST', '/', {'body': 'x' * 103_000}, {}, 413),
}


@pytest.mark.parametrize('method, path, form, headers, status', ERRORS.values(), ids=ERRORS)
def test_error_page(ann, method, path, form, headers, status):
    """An error has a page of ours: it says what is wrong, who you are, and leads to the room."""
    page = ann.request(path, method=method, POST=form, headers=headers, status=status)
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


def test_error_page_without_host(ann):
    """The Host header is the client's to choose, so no error page repeats it."""
    cookies = '; '.join(f'{cookie.name}={cookie.value}' for cookie in ann.cookiejar)
    host = {'Host': 'evil.example', 'Cookie': cookies}
    for method, path, form, headers, status in ERRORS.values():
        page = ann.request(path, method=method, POST=form, headers={**headers, **host},
                           status=status)
        if 'evil.example' in f'{page.headers}{page.text}':
            fail('an answer without the Host header evil.example', summary(page))


def test_error_page_of_a_stranger(browser):
    """Without logging in, an error has a page, too."""
    page = browser.get('/nothing', status=404)
    check_error(page, 404)
    assert not links(page, '/user/ann'), 'no link to /user/ann'


def test_crash_has_a_page(chat, ann):
    """An exception in a view has a page of ours. It still says who you are."""
    break_posts(chat)
    page = ann.get('/', status=500)
    check_error(page, 500)
    assert links(page, '/user/ann', 'header'), 'a link to /user/ann, who is logged in, on the page'


# When the database fails

@pytest.mark.parametrize('path, status', [('/', 500), ('/nothing', 404)])
def test_error_page_without_database(chat, ann, path, status):
    """An error page doesn't fail when the database does."""
    ann.get('/', status=200)
    chat.rows('drop table token')
    chat.rows("""create view token as select abs(-9223372036854775807 - 1) as hash,
                 1 as user_id, '9' as expires_at""")  # reading it is an error: integer overflow
    check_error(ann.get(path, status=status), status)
