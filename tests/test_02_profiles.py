"""Step 02: profiles, and posts in pages."""
import pytest

from clients import Unexpected, summary, value
from test_01_flat_script import check_page

BAD_NUMBERS = ['0', '-1', '1.5', 'x', '', '%D9%A3', '1%D9%A3', '%C2%B2', '1e3', '+1', ' 1', '9' * 30, '9' * 5000, '%00', '%ff']


def fill(chat, count, username='ann'):
    """Add posts straight to the database: `1` is the oldest."""
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into post (user_id, body, created_at)
        select user.id, n, '2026-01-01T00:00:00Z' from number, user where username = ? order by n""", count, username)


def bodies(page):
    """Return the bodies of the posts on a page."""
    return [item.get_text() for item in page.html.select('.posts .body')]


def link(page, rel):
    """Return the address of the link to older (next) or newer (prev) posts."""
    found = page.html.find('a', rel=rel)
    if not found:
        raise Unexpected(f'a link with rel="{rel}"', summary(page))
    return found['href']


# Pagination

def test_pagination(chat, ann):
    """The room shows 20 posts a page. Links lead to older and newer posts, as far as there are any."""
    fill(chat, 41)
    assert ann.room() == [str(number) for number in range(41, 21, -1)]
    first = ann.get('/')
    assert not first.html.find('a', rel='prev')
    second = ann.get('/' + link(first, 'next'))
    third = ann.get('/' + link(second, 'next'))
    assert bodies(third) == ['1']
    assert link(third, 'prev') == '?page=2'
    assert not third.html.find('a', rel='next')


def test_last_page_is_full(chat, ann):
    """If the last page is exactly full, there is no link to an empty page after it."""
    fill(chat, 40)
    assert ann.get('/').html.find('a', rel='next')
    assert len(ann.room('?page=2')) == 20
    assert not ann.get('/?page=2').html.find('a', rel='next')


@pytest.mark.parametrize('path', ['/', '/user/ann'])
def test_bad_page(ann, path):
    """A page number that is not a number from 1 up: 400."""
    for page in BAD_NUMBERS:
        ann.get(f'{path}?page={page}', status=400)


def test_page_past_the_end(ann):
    """A page after the last one is empty, and no error."""
    ann.say('hello')
    assert ann.room('?page=1000') == []
    ann.get(f'/?page={10**12}', status=200)
    ann.get(f'/user/ann?page={10**12}', status=200)


# Profiles

def test_author_links_to_profile(chat, ann):
    """The author of a post, and your own name at the top, are links to profiles."""
    chat.browser('bob').say('hello')
    page = ann.get('/').html
    assert [link.get_text() for link in page.select('.posts a[href="/user/bob"]')] == ['bob']
    assert [link.get_text() for link in page.select('nav a[href="/user/ann"]')] == ['ann']


def test_profile(chat, ann):
    """A profile shows the text about its owner, since when they are here, and only their posts."""
    ann.post('/profile', {'about_me': 'I like <b>tea</b>.'}, status=303)
    fill(chat, 1, 'abel')
    ann.say('from ann')
    bob = chat.browser('bob')
    bob.say('from bob')
    page = bob.get('/user/ann', status=200)
    assert 'I like <b>tea</b>.' in page.html.get_text()
    assert bodies(page) == ['from ann']
    assert page.html.find('time')['datetime'] == chat.rows("select created_at from user where username = 'ann'")[0][0]


def test_profile_in_any_case(ann):
    """A username leads to its profile in upper and lower case."""
    assert ann.get('/user/ANN', status=200).html.find('h1').get_text() == 'ann'


def test_unknown_profile(ann):
    """The profile of somebody who doesn't exist: 404."""
    ann.get('/user/ann', status=200)
    for name in ['nobody', '%00', '%c3%bc', "'--", 'a' * 2000, 'ann/', '..%2f']:
        ann.get('/user/' + name, status=404)


def test_profile_pagination(chat, ann):
    """A profile has pages like the room. Only the owner's posts count."""
    for username, count in [('abel', 2), ('ann', 21), ('zoe', 30)]:
        fill(chat, count, username)
    page = ann.get('/user/ann', status=200)
    assert len(bodies(page)) == 20
    page = ann.get('/user/ann' + link(page, 'next'))
    assert bodies(page) == ['1']
    assert not page.html.find('a', rel='next')
    chat.rows('delete from post where id = 23')
    assert not ann.get('/user/ann').html.find('a', rel='next')


def test_edit_profile(chat, ann):
    """You can change the text about yourself, and nobody else's. The form shows the current text."""
    chat.browser('bob').post('/profile', {'about_me': 'I am bob.'}, status=303)
    assert ann.redirected(ann.post('/profile', {'about_me': 'a' * 140})) == '/user/ann'
    assert value(ann.get('/profile'), 'about_me') == 'a' * 140
    assert chat.rows("select username, about_me from user where about_me != '' order by id") == [('ann', 'a' * 140), ('bob', 'I am bob.')]
    ann.post('/profile', {'about_me': ''}, status=303)
    assert chat.rows("select username from user where about_me != ''") == [('bob',)]


def test_edit_profile_with_any_text(ann):
    """Any text is shown as it was typed, on the profile and in the form. None of it becomes HTML."""
    text = '"><script>alert(1)</script> ü 🙂'
    ann.post('/profile', {'about_me': text}, status=303)
    for page in (ann.get('/profile'), ann.get('/user/ann')):
        assert not page.html.find('script')
    assert value(ann.get('/profile'), 'about_me') == text


def test_edit_link(chat, ann):
    """Your own profile has a link to edit it, and nobody else's has one."""
    chat.browser('bob')
    assert ann.get('/user/ann', status=200).html.find('a', href='/profile')
    assert not ann.get('/user/bob', status=200).html.find('a', href='/profile')


def test_profiles_are_accessible(ann):
    """The new pages have what every page must have."""
    for path in ['/user/ann', '/profile']:
        check_page(ann.get(path, status=200))


# Log in, and come back

@pytest.mark.parametrize('path', ['/user/ann', '/profile'])
def test_login_required(browser, path):
    """Without logging in, profiles redirect to the login page, and logging in leads back to them."""
    browser.register('ann')
    login = browser.redirected(browser.get(path))
    assert login.startswith('/auth/login')
    assert browser.redirected(browser.log_in('ann', path=login)) == path


def test_login_required_to_edit(chat, browser):
    """Without logging in, you can't change a profile either."""
    browser.register('ann')
    assert browser.redirected(browser.post('/profile', {'about_me': 'hello'})).startswith('/auth/login')
    assert chat.rows('select about_me from user') == [('',)]
