"""Step 02: profiles, and posts in pages."""
import re

import pytest

from checks import BAD_NUMBERS, check_logged_out, check_no_html, check_no_link, check_page, fill
from clients import PASSWORD, Unexpected, bodies, links, value


# Pagination

def test_pagination(chat, ann):
    """The room shows 20 posts a page. Links lead to older and newer posts, as far as there are any."""
    fill(chat, 41)
    assert ann.room() == [str(number) for number in range(41, 21, -1)]
    first = ann.get('/')
    check_no_link(first, 'prev')
    second = ann.follow(first, 'next')
    third = ann.follow(second, 'next')
    assert bodies(third) == ['1']
    assert bodies(second) == [str(number) for number in range(21, 1, -1)]
    assert bodies(ann.follow(third, 'prev')) == bodies(second)
    assert bodies(ann.follow(second, 'prev')) == bodies(first)
    check_no_link(third, 'next')


def test_last_page_is_full(chat, ann):
    """If the last page is exactly full, there is no link to an empty page after it."""
    fill(chat, 40)
    last = ann.follow(ann.get('/', status=200), 'next')
    assert bodies(last) == [str(number) for number in range(20, 0, -1)]
    check_no_link(last, 'next')


@pytest.mark.parametrize('path', ['/', '/user/ann'])
def test_bad_page(ann, path):
    """A page number that is not a number from 1 up: 400, or 404."""
    ann.get(path, status=200)
    for page in BAD_NUMBERS:
        ann.get(f'{path}?page={page}', status=[400, 404])


def test_page_past_the_end(ann):
    """A page after the last one is empty, and no error."""
    ann.say('hello')
    assert ann.room('?page=1000') == []
    ann.get(f'/?page={10**12}', status=200)
    ann.get(f'/user/ann?page={10**12}', status=200)


# Profiles

def test_author_links_to_profile(chat, ann):
    """The author of a post, and your own name on every page, are links to profiles."""
    chat.browser('bob').say('hello')
    for path, name, within in [('/', 'bob', '.posts'), ('/', 'ann', 'body'), ('/profile', 'ann', 'body')]:
        page = ann.get(path, status=200)
        assert any(name in link.get_text() for link in links(page, f'/user/{name}', within)), f'a link with the text {name} to /user/{name}'


def test_profile(chat, ann):
    """A profile shows the text about its owner, since when they are here, and only their posts. It shows nobody's email."""
    ann.post('/profile', {'about_me': 'I like <b>tea</b>.'}, status=303)
    fill(chat, 1, 'abel')
    ann.say('from ann')
    bob = chat.browser('bob')
    bob.say('from bob')
    chat.rows("update user set created_at = '2026-02-03T04:05:06Z' where username = 'ann'")
    page = bob.get('/user/ann', status=200)
    assert 'I like <b>tea</b>.' in page.html.get_text(), 'the text about ann on her profile, as she typed it: I like <b>tea</b>.'
    assert bodies(page) == ['from ann']
    assert re.findall('.*@example.com.*', page.text) == [], 'a profile without an email'
    assert page.html.select('time[datetime^="2026-02-03"]'), 'a <time datetime="2026-02-03..."> that says since when ann is here'


def test_profile_without_posts(ann):
    """A profile without posts says so; one with posts doesn't."""
    ann.say('hello')
    page = ann.get('/user/ann', status=200)
    assert not page.html.select('.empty'), 'no element with the class empty, because there are posts'
    page = ann.get('/user/zoe', status=200)
    assert page.html.select('.empty'), 'an element with the class empty, because there are no posts'


def test_profile_in_any_case(ann):
    """A username leads to its profile in upper and lower case."""
    page = ann.get('/user/ANN', status=200)
    assert any('ann' in heading.get_text() for heading in page.html.select('h1, h2')), 'a heading with the name ann'


def test_unknown_profile(ann):
    """The profile of somebody who doesn't exist: 404."""
    ann.get('/user/ann', status=200)
    for name in ['nobody', '%00', '%c3%bc', "'--", 'a' * 2000, '..%2f']:
        ann.get('/user/' + name, status=404)


def test_profile_pagination(chat, ann):
    """A profile has pages like the room. Only the owner's posts count."""
    for username, count in [('abel', 2), ('ann', 21), ('zoe', 30)]:
        fill(chat, count, username)
    first = ann.get('/user/ann', status=200)
    assert bodies(first) == [str(number) for number in range(21, 1, -1)]
    page = ann.follow(first, 'next')
    assert bodies(page) == ['1']
    assert bodies(ann.follow(page, 'prev')) == bodies(first)
    check_no_link(page, 'next')
    chat.rows('delete from post where id = 23')
    check_no_link(ann.get('/user/ann', status=200), 'next')


def test_edit_profile(chat, ann):
    """You can change the text about yourself, and nobody else's. The form shows the current text."""
    chat.browser('bob').post('/profile', {'about_me': 'I am bob.'}, status=303)
    ann.get(ann.redirected(ann.post('/profile', {'about_me': 'a' * 140})), status=200)
    assert value(ann.get('/profile'), 'about_me') == 'a' * 140
    assert chat.rows("select username, about_me from user where about_me != '' order by id") == [('ann', 'a' * 140), ('bob', 'I am bob.')]
    ann.post('/profile', {'about_me': ''}, status=303)
    assert chat.rows("select username from user where about_me != ''") == [('bob',)]


def test_edit_profile_with_any_text(ann):
    """Any text is shown as it was typed, on the profile and in the form. None of it becomes HTML."""
    text = '"><script>alert(1)</script> ü 🙂'
    ann.post('/profile', {'about_me': text}, status=303)
    for page in (ann.get('/profile'), ann.get('/user/ann')):
        check_no_html(page)
    assert value(ann.get('/profile'), 'about_me') == text


def test_edit_link(chat, ann):
    """Your own profile has a link to edit it, and nobody else's has one, but for those that every page has."""
    chat.browser('bob')
    every, own, other = (len(links(ann.get(path, status=200), '/profile')) for path in ('/', '/user/ann', '/user/bob'))
    if not own or other > every:
        raise Unexpected('a link to /profile on your own profile only', f'{own} on your own, {other} on another, {every} on every page')


def test_profiles_are_accessible(ann):
    """The new pages have what every page must have."""
    for path in ['/user/ann', '/profile']:
        check_page(ann.get(path, status=200))


# Log in, and come back

@pytest.mark.parametrize('path', ['/user/ann', '/profile'])
def test_login_required(browser, path):
    """Without logging in, profiles redirect to the login page, and logging in leads back to them."""
    browser.register('ann')
    answer = browser.get(path)
    check_logged_out(browser, answer)
    page = browser.get(browser.redirected(answer), status=200)
    assert browser.redirected(browser.submit(page, username='ann', password=PASSWORD)) == path


def test_login_required_to_edit(chat, browser):
    """Without logging in, you can't change a profile either."""
    browser.register('ann')
    check_logged_out(browser, browser.post('/profile', {'about_me': 'hello'}))
    assert chat.rows('select about_me from user') == [('',)]
