"""Step 06: never trust input."""
import codecs
import sqlite3
import sys
from http import HTTPStatus

import pytest

from answers import fail, watch
from checks import LONG_EMAIL, break_posts, check_logged_out, session
from clients import somebody
from pages import bodies, check_page, error, links, value

# Rules for each field

GOOD = {'username': 'ann_2', 'email': 'a@b', 'password': '8 letter', 'about_me': '', 'body': 'a\nb'}
BAD = {
    'username': ['', 'a' * 65, 'ann smith', 'ann\n', 'änn', 'a/b', '..', '_ann'],
    'email': ['', LONG_EMAIL, 'ann', '@example.com', 'ann@', 'a@b@c', 'ann smith@a', 'ann\0@a'],
    'password': ['', 'seven77', 'x' * 257, 'correct\0horse'],
    'about_me': ['a' * 141, 'nul\0', 'half \ud800'],
    'body': ['', 'a' * 501, '\0nul'],
}


@pytest.mark.modules
def test_validate(chat):
    """`validate` returns a message for each value that is not valid, and for no other."""
    module = sys.modules.get('app.validation') or sys.modules['chat']
    validate = getattr(module, 'validate', None) or fail('a function validate', 'no such function')
    assert validate(GOOD) == {}, f'these values are valid, and not accepted: {GOOD}'
    for field, texts in BAD.items():
        for text in texts:
            found = validate({**GOOD, field: text})
            if [*found] != [field] or len(found[field].split()) < 3:
                fail(f'a message of some words for {field} alone: all others are valid, and it is '
                     f'{text[:40]!r} ({len(text)} characters)', found)
    assert set(validate({field: texts[0] for field, texts in BAD.items()})) == set(BAD)


# Messages on the form

def test_register_validation(chat, browser):
    """Fields that are not valid: 400, a message at each, and the form with all but the password."""
    for field in ('username', 'email', 'password'):
        for text in BAD[field]:
            error(browser.register('ann', status=400, **{field: text}), field)
    page = browser.register('ann', status=400, email='x', password='y')
    assert error(page, 'email') != error(page, 'password')
    assert [value(page, name) for name in ('username', 'email', 'password')] == ['ann', 'x', '']
    assert chat.rows('select username from user') == []


# An empty post

def test_post_validation(ann):
    """A post that is not valid: 400, and the room with a message and what was typed."""
    ann.say('hello')
    for body in [' \n\t ', 'a' * 501]:
        page = ann.post('/', {'body': body}, status=400)
        error(page, 'body')
        assert value(page, 'body').strip() == body.strip()
        assert bodies(page) == ['hello']
    check_page(page)
    ann.submit(page, body='hello again')
    assert ann.room() == ['hello again', 'hello']


def test_post_is_trimmed(chat, ann):
    """White space around a post is removed, and doesn't count. Line breaks inside it stay."""
    body = 'a\n' * 249 + 'bb'
    ann.say(f'  \n{body}\t ')
    assert chat.rows('select body from post') == [(body,)]


# The third form

def test_profile_validation(chat, ann):
    """A bad text about yourself: 400, the form again with what was typed, and nothing changes."""
    page = ann.post('/profile', {'about_me': 'a' * 141}, status=400)
    error(page, 'about_me')
    assert value(page, 'about_me') == 'a' * 141
    assert chat.rows("select about_me from user where username = 'ann'") == [('',)]


# Where does it come from?

def test_csrf(chat, ann):
    """A form that another site sends: 403, and nothing changes. One from our own pages works."""
    bob = somebody('bob')
    for path, form in [('/', {'body': 'hi'}), ('/profile', {'about_me': 'hi'}),
                       ('/auth/register', bob), ('/auth/login', bob), ('/auth/logout', {})]:
        before = tables(chat)
        ann.post(path, form, {'Sec-Fetch-Site': 'cross-site'}, status=403)
        assert tables(chat) == before
        ann.post(path, form, {'Sec-Fetch-Site': 'same-origin'}, status=303)
        assert tables(chat) != before
    # a log-in that you don't notice: you would write as Eve
    chat.browser().post('/auth/login', bob, {'Sec-Fetch-Site': 'cross-site'}, status=403)


def tables(chat):
    """Return all rows of the database."""
    return [chat.rows(f'select * from {table}') for table in ('user', 'post', 'token')]


def test_form_of_another_site(ann):
    """Browsers say from which site a form is sent, in one of two headers: 403 if not from ours."""
    for origin in ['https://evil.example', 'null', 'http://localhost:8080',
                   'http://evil-localhost:80']:
        ann.post('/', {'body': 'evil'}, {'Origin': origin}, status=403)
    ann.post('/', {'body': 'evil'}, {'Sec-Fetch-Site': 'same-site'}, status=403)  # a subdomain
    ann.get('/', headers={'Sec-Fetch-Site': 'cross-site'}, status=200)  # a link is no form
    ann.post('/', {'body': 'hello'}, {'Sec-Fetch-Site': 'none'}, status=303)
    own = {'Origin': 'http://localhost:8080', 'Host': 'localhost:8080'}
    ann.post('/', {'body': 'hello'}, own, status=303)


# A link that leads elsewhere

def test_open_redirect(browser):
    """After logging in, `next` leads to a path of this site. Anything else leads to the room."""
    browser.register('ann')
    for path in [  # as it stands in an address
        '/', 'https://evil.example/', 'javascript:alert(1)', '//evil.example', '/\\evil.example',
        '/%09/evil.example', '/%0d%0aX:1',
    ]:
        assert browser.redirected(browser.log_in('ann', path=f'/auth/login?next={path}')) == '/'
    answer = browser.log_in('ann', path='/auth/login?next=/user/a//b%3Fpage=2')
    assert browser.redirected(answer) == '/user/a//b?page=2'


# A form that can't be read

FORM = 'application/x-www-form-urlencoded'
MULTIPART = 'multipart/form-data; boundary=b'
PART = b'--b\r\nContent-Disposition: form-data; name="about_me"\r\n\r\n%s\r\n--b--\r\n'


def send_form(browser, path, form, content_type=FORM):
    """Send a form that can't be read. (WebTest's `post` would write multipart itself.)"""
    browser.request(path, [400, 415], method='POST', body=form, content_type=content_type)


def test_form_in_utf_8(chat, ann):
    """A form that isn't in UTF-8: 400 or 415. One in UTF-8 is welcome."""
    ann.post('/profile', {'about_me': 'tée'}, content_type=f'{FORM};charset=UTF-8', status=303)
    send_form(ann, '/profile', b'about_me=\xfc')
    send_form(ann, '/profile', b'about_me=%ed%a0%80')  # half a character
    send_form(ann, '/profile', PART % b'\xff', MULTIPART)
    send_form(ann, '/profile', b'about_me=in+Latin-1', FORM + '; charset=latin-1')
    assert chat.rows("select about_me from user where username = 'ann'") == [('tée',)]


def test_unreadable_form(ann):
    """A form that can't be read: 400 or 415. A huge one: 413. No post."""
    for path in ['/', '/profile', '/auth/register', '/auth/login']:
        send_form(ann, path, PART % b'in odd', MULTIPART + '; charset=odd')
    send_form(ann, '/', PART[:40], MULTIPART)
    ann.post('/', {'body': 'x' * 103_000}, status=413)
    assert ann.room() == []


def test_form_keeps_no_charsets(browser):
    """Python keeps each name of a charset that it looks for: long ones would fill the memory."""
    looked_for = []
    search = looked_for.append
    codecs.register(search)  # Python calls it with each name that it doesn't know
    send_form(browser, '/auth/login', PART, MULTIPART + '; charset=odd'.ljust(40_000, 'x'))
    codecs.unregister(search)
    assert len(looked_for) == 0, 'the name of a charset is looked for'


# A cookie that isn't ours

def test_foreign_cookie(chat, ann):
    """A cookie of another app, which Python can't parse, keeps nobody out, nor logged in."""
    cookie = session(chat, ann)
    own, browser = f'{cookie.name}={cookie.value}', chat.browser()
    for foreign in ['a/b=1', '\xff=\xff', 'a="']:
        browser.get('/', headers={'Cookie': f'{foreign}; {own}'}, status=200)
        browser.get('/', headers={'Cookie': f'{own}; {foreign}'}, status=200)
    browser.post('/auth/logout', headers={'Cookie': f'a/b=1; {own}'}, status=303)
    check_logged_out(browser, browser.get('/', headers={'Cookie': own}))


def test_two_tokens(chat, ann):
    """Two cookies with a token, one of them set by somebody else: as without a token."""
    own, other = session(chat, ann), session(chat, chat.browser('eve'))
    browser = chat.browser()
    for one, two in [(own, other), (other, own)]:
        cookies = f'{one.name}={one.value}; {two.name}={two.value}'
        check_logged_out(browser, browser.get('/', headers={'Cookie': cookies}))


# No way back

def test_error_page(chat, browser, ann):
    """An error has a page of ours: it says what is wrong, who you are, and leads to the room."""
    check_error(browser.get('/nothing', status=404))
    page = browser.get('/nothing', headers={'Host': 'evil.example'}, status=404)
    assert 'evil.example' not in f'{page.headers}{page.text}'
    check_error(ann.get('/?page=x', status=400), '/user/ann')
    foreign = {'Sec-Fetch-Site': 'cross-site'}
    check_error(ann.post('/', {'body': 'x'}, foreign, status=403), '/user/ann')
    check_error(ann.delete('/', status=405), '/user/ann')
    check_error(ann.post('/', {'body': 'x' * 103_000}, status=413), '/user/ann')
    break_posts(chat)
    check_error(ann.get('/', status=500), '/user/ann')


def check_error(page, *paths):
    """Check that an error page says what is wrong, and links to the room and these paths."""
    check_page(page)
    for path in ('/', *paths):
        assert links(page, path), f'no link to {path}'
    phrase = HTTPStatus(page.status_int).phrase.lower()
    text = (page.html.main or page.html).get_text().lower()
    assert str(page.status_int) in text or phrase in text, f'neither {page.status_int} nor {phrase}'
    assert len(text.split()) >= 6 + len(phrase.split()), 'no words that say what to do'


# When the database fails

def test_error_page_without_database(make_chat, chat, ann, monkeypatch):
    """An error page doesn't fail when the database does, whatever the exception is."""
    ann.app = watch(make_chat(DATABASE=chat.database).app)  # it has no connection yet
    monkeypatch.setattr(sqlite3, 'connect', lambda *args, **more: 1 / 0)
    check_error(ann.get('/', status=500))
    check_error(ann.get('/nothing', status=404))
