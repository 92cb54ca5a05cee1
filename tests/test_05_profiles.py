"""Step 05: pages about things: profiles, and posts in pages."""
from checks import BAD_NUMBERS, check_logged_out, check_no_html, check_no_link, check_page, fill
from clients import PASSWORD, bodies, links, value


def numbers(newest, oldest):
    """Return the bodies of the posts that `fill` has added, from the newest to the oldest."""
    return [str(number) for number in range(newest, oldest - 1, -1)]


def check_pages(browser, path, *pages):
    """Check that links lead from the newest of these pages to the oldest, and back."""
    page = browser.get(path, status=200)
    check_no_link(page, 'prev')
    assert bodies(page) == pages[0]
    for posts in pages[1:]:
        page = browser.follow(page, 'next')
        assert bodies(page) == posts
    check_no_link(page, 'next')
    for posts in pages[-2::-1]:
        page = browser.follow(page, 'prev')
        assert bodies(page) == posts


def check_empty(browser, *paths):
    """Check that these pages have no posts, say so, and lead to no older ones, or aren't there."""
    for path in paths:
        page = browser.get(path, status=[200, 404] if '?page=' in path else 200)
        if page.status_int == 404:
            continue
        assert bodies(page) == []
        assert page.html.select('.empty'), 'an element with the class empty'
        check_no_link(page, 'next')


# Twenty posts a page

def test_twenty_posts(chat, ann):
    """The room shows the newest 20 posts, and no more."""
    fill(chat, 20)
    assert ann.room() == numbers(20, 1)
    ann.say('one more')
    assert ann.room() == ['one more', *numbers(20, 2)]


# Older posts

def test_page_number(chat, ann):
    """`?page=2` shows the next 20 posts, `?page=3` those after them. Without a number, page 1."""
    fill(chat, 41)
    assert ann.room('?page=2') == numbers(21, 2)
    assert ann.room('?page=3') == ['1']
    assert ann.room('?page=1') == ann.room() == numbers(41, 22)


# Numbers that make no sense

def test_bad_page(ann):
    """A page number that is not a whole number from 1 up: 400, or 404."""
    for page in BAD_NUMBERS:
        ann.get(f'/?page={page}', status=[400, 404])


# Links to older and newer posts

def test_pagination(chat, ann):
    """Links lead to older and newer posts, as far as there are any."""
    fill(chat, 41)
    check_pages(ann, '/', numbers(41, 22), numbers(21, 2), ['1'])


def test_last_page_is_full(chat, ann):
    """If the last page is exactly full, there is no link to an empty page after it."""
    fill(chat, 40)
    check_pages(ann, '/', numbers(40, 21), numbers(20, 1))


# Beyond the end

def test_page_past_the_end(ann):
    """A page beyond the end is empty, or a 404. In an empty room, page 1 is no error."""
    check_empty(ann, '/', '/?page=2')
    ann.say('hello')
    check_empty(ann, '/?page=2', '/?page=1000', f'/?page={10**12}')


# A page for each user

def test_profile(chat, ann):
    """A profile shows the name, a text, and since when its owner is here, but no email."""
    chat.rows("""update user set about_me = 'I like <b>tea</b>.',
                 created_at = '2026-02-03T04:05:06Z' where username = 'ann'""")
    for browser, path in [(ann, '/user/ann'), (chat.browser('bob'), '/user/ANN')]:
        page = browser.get(path, status=200)
        check_page(page)
        headings = [heading.get_text() for heading in page.html.select('h1, h2')]
        assert 'ann' in ' '.join(headings), 'a heading with the name ann'
        assert 'I like <b>tea</b>.' in page.html.get_text()
        since = page.html.select('time[datetime^="2026-02-03"]')
        assert since, 'a <time datetime="2026-02-03..."> that says since when ann is here'
        assert '@example.com' not in page.text


def test_unknown_profile(ann):
    """The profile of somebody who doesn't exist: 404."""
    ann.get('/user/ann', status=200)
    for name in ['nobody', 'ann%20', '%00', '%c3%bc', "'--", '..%2f']:
        ann.get('/user/' + name, status=404)


def test_names_lead_to_profiles(chat, ann):
    """The author of a post, and your own name above the page, are links to profiles."""
    chat.browser('bob').say('hello')
    page = ann.get('/', status=200)
    for name, within in [('bob', '.posts'), ('ann', 'header')]:
        found = any(name in link.get_text() for link in links(page, f'/user/{name}', within))
        assert found, f'a link with the text {name} to /user/{name}'


def test_profile_needs_a_login(browser):
    """Without logging in, a profile redirects to the log-in page, which leads back to it."""
    browser.register('ann')
    answer = browser.get('/user/ann')
    check_logged_out(browser, answer)
    check_logged_out(browser, browser.get('/user/a%0Ab'))  # a line break can't be in a header
    page = browser.get(browser.redirected(answer), status=200)
    answer = browser.submit(page, username='ann', password=PASSWORD)
    assert browser.redirected(answer) == '/user/ann'


# Only their posts

def test_posts_of_a_profile(chat, ann):
    """A profile shows the posts of its owner, and nobody else's, the newest first."""
    chat.browser('bob').say('from bob')
    for body in ('first', 'second'):
        ann.say(body)
    assert bodies(ann.get('/user/ann', status=200)) == ['second', 'first']
    assert bodies(ann.get('/user/bob', status=200)) == ['from bob']


def test_profile_pagination(chat, ann):
    """A profile has pages like the room. Only the owner's posts count."""
    for username, count in [('abel', 1), ('ann', 40), ('zoe', 30)]:
        fill(chat, count, username)
    check_pages(ann, '/user/ann', numbers(40, 21), numbers(20, 1))
    for page in BAD_NUMBERS:
        ann.get(f'/user/ann?page={page}', status=[400, 404])


def test_profile_without_posts(ann):
    """A profile without posts is no error. A page beyond the end is empty, or a 404."""
    ann.say('hello')
    check_empty(ann, '/user/zoe', '/user/ann?page=2', f'/user/ann?page={10**12}')


# About you

def test_edit_profile(chat, ann):
    """You can change the text about yourself, and nobody else's."""
    answer = ann.post('/profile', {'about_me': 'a' * 140})
    assert ann.redirected(answer) == '/user/ann'
    texts = "select username, about_me from user where username = 'ann' or about_me != ''"
    assert chat.rows(texts) == [('ann', 'a' * 140)]
    ann.post('/profile', {'about_me': ''}, status=303)
    assert chat.rows(texts) == [('ann', '')]


def test_only_about_me_changes(chat, ann):
    """The form changes the text about you, whatever other fields a stranger adds to it."""
    others = 'select id, username, email, password_hash, created_at from user'
    before = chat.rows(others)
    ann.post('/profile', {'about_me': 'hello', 'username': 'eve', 'id': '1', 'email': 'e@x',
                          'password_hash': '2$$', 'created_at': ''}, status=303)
    assert chat.rows(others) == before
    assert chat.rows("select username from user where about_me != ''") == [('ann',)]


def test_edit_profile_form(ann):
    """The form of your profile shows the text as it was typed. None of it becomes HTML."""
    text = '"></textarea><script>alert(1)</script> ü 🙂'
    ann.post('/profile', {'about_me': text}, status=303)
    page = ann.get('/profile', status=200)
    check_page(page)
    check_no_html(page)
    assert value(page, 'about_me') == text


def test_edit_link(ann):
    """Your own profile has a link to edit it, and nobody else's has."""
    assert links(ann.get('/user/ann', status=200), '/profile'), 'a link to /profile'
    assert not links(ann.get('/user/zoe', status=200), '/profile'), 'no link to /profile'


def test_login_required_to_edit(chat, browser):
    """Without logging in, there is no form, and you can't change a profile."""
    browser.register('ann')
    check_logged_out(browser, browser.get('/profile'))
    check_logged_out(browser, browser.post('/profile', {'about_me': 'hello'}))
    assert chat.rows('select about_me from user') == [('',)]
