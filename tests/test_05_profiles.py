"""Step 05: pages about things: profiles, and posts in pages."""
from checks import BAD_NUMBERS, check_logged_out, check_no_html, check_no_link, check_page, fill
from clients import PASSWORD, bodies, fail, links, value


def numbers(newest, oldest):
    """Return the bodies of the posts that `fill` has added, from the newest to the oldest."""
    return [str(number) for number in range(newest, oldest - 1, -1)]


# Twenty posts a page

def test_twenty_posts(chat, ann):
    """The room shows the newest 20 posts, and no more."""
    fill(chat, 41)
    assert ann.room() == numbers(41, 22)
    check_page(ann.get('/', status=200))


def test_few_posts(chat, ann):
    """A room with 20 posts shows all of them. With one more, it leaves out the oldest."""
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
    ann.say('hello')
    for page in BAD_NUMBERS:
        ann.get(f'/?page={page}', status=[400, 404])
    assert ann.room('?page=1') == ['hello']


# Links to older and newer posts

def test_pagination(chat, ann):
    """Links lead to older and newer posts, as far as there are any."""
    fill(chat, 41)
    first = ann.get('/', status=200)
    check_no_link(first, 'prev')
    second = ann.follow(first, 'next')
    third = ann.follow(second, 'next')
    assert bodies(second) == numbers(21, 2)
    assert bodies(third) == ['1']
    check_no_link(third, 'next')
    assert bodies(ann.follow(third, 'prev')) == bodies(second)
    assert bodies(ann.follow(second, 'prev')) == bodies(first)


def test_last_page_is_full(chat, ann):
    """If the last page is exactly full, there is no link to an empty page after it."""
    fill(chat, 40)
    last = ann.follow(ann.get('/', status=200), 'next')
    assert bodies(last) == numbers(20, 1)
    check_no_link(last, 'next')


# Beyond the end

def test_page_past_the_end(ann):
    """A page after the last one is empty, and no error. No link leads further."""
    ann.say('hello')
    for number in (2, 1000, 10**12):
        page = ann.get(f'/?page={number}', status=200)
        assert bodies(page) == []
        assert page.html.select('.empty'), 'an element with the class empty'
        check_no_link(page, 'next')


def test_page_past_the_end_of_an_empty_room(ann):
    """In a room without posts, page 1 and page 2 are empty, and no error."""
    for path in ('/', '/?page=2'):
        page = ann.get(path, status=200)
        assert bodies(page) == []
        check_no_link(page, 'next')
    ann.say('hello')
    assert ann.room('?page=2') == []


# A page for each user

def test_profile(chat, ann):
    """A profile shows the text about its owner, and since when they are here."""
    chat.rows("""update user set about_me = 'I like <b>tea</b>.',
                 created_at = '2026-02-03T04:05:06Z' where username = 'ann'""")
    page = chat.browser('bob').get('/user/ann', status=200)
    check_page(page)
    about = 'I like <b>tea</b>.'
    assert about in page.html.get_text(), f'the text about ann, as she typed it: {about}'
    since = page.html.select('time[datetime^="2026-02-03"]')
    assert since, 'a <time datetime="2026-02-03..."> that says since when ann is here'


def test_profile_tells_no_email(chat, ann):
    """A profile shows nobody's email: neither its owner's nor that of who looks at it."""
    for browser in (ann, chat.browser('bob')):
        page = browser.get('/user/ann', status=200)
        if '@example.com' in page.text:
            fail('a profile without an email', '@example.com in the page')


def test_profile_in_any_case(ann):
    """A username leads to its profile in upper and lower case."""
    page = ann.get('/user/ANN', status=200)
    headings = page.html.select('h1, h2')
    assert any('ann' in heading.get_text() for heading in headings), 'a heading with the name ann'


def test_unknown_profile(ann):
    """The profile of somebody who doesn't exist: 404."""
    ann.get('/user/ann', status=200)
    for name in ['nobody', 'ann%20', '%00', '%c3%bc', "'--", 'a' * 2000, '..%2f']:
        ann.get('/user/' + name, status=404)


def test_names_lead_to_profiles(chat, ann):
    """The author of a post, and your own name on every page, are links to profiles."""
    chat.browser('bob').say('hello')
    for path, name, within in [('/', 'bob', '.posts'), ('/', 'ann', 'body'),
                               ('/user/bob', 'ann', 'body')]:
        page = ann.get(path, status=200)
        found = [link.get_text() for link in links(page, f'/user/{name}', within)]
        if not any(name in text for text in found):
            fail(f'a link with the text {name} to /user/{name}', found or 'no link to it')


def test_profile_needs_a_login(chat, browser):
    """Without logging in, a profile redirects to the log-in page, which leads back to it."""
    come_back(browser, '/user/ann')


def come_back(browser, path):
    """Check that a path leads to the log-in page, and that logging in leads back to the path."""
    browser.register('ann')
    answer = browser.get(path)
    check_logged_out(browser, answer)
    page = browser.get(browser.redirected(answer), status=200)
    answer = browser.submit(page, username='ann', password=PASSWORD)
    assert browser.redirected(answer) == path
    browser.get(path, status=200)


# Only their posts

def test_posts_of_a_profile(chat, ann):
    """A profile shows the posts of its owner, and nobody else's, the newest first."""
    fill(chat, 1, 'abel')
    chat.browser('bob').say('from bob')
    for body in ('first', 'second'):
        ann.say(body)
    assert bodies(ann.get('/user/ann', status=200)) == ['second', 'first']
    assert bodies(ann.get('/user/bob', status=200)) == ['from bob']


def test_profile_without_posts(ann):
    """A profile without posts says so; one with posts doesn't."""
    ann.say('hello')
    page = ann.get('/user/ann', status=200)
    assert not page.html.select('.empty'), 'no element with the class empty, as there are posts'
    page = ann.get('/user/zoe', status=200)
    assert page.html.select('.empty'), 'an element with the class empty, as there are no posts'


def test_profile_pagination(chat, ann):
    """A profile has pages like the room. Only the owner's posts count."""
    for username, count in [('abel', 2), ('ann', 21), ('zoe', 30)]:
        fill(chat, count, username)
    first = ann.get('/user/ann', status=200)
    assert bodies(first) == numbers(21, 2)
    page = ann.follow(first, 'next')
    assert bodies(page) == ['1']
    check_no_link(page, 'next')
    assert bodies(ann.follow(page, 'prev')) == bodies(first)
    chat.rows('delete from post where id = 23')
    check_no_link(ann.get('/user/ann', status=200), 'next')


def test_bad_page_of_a_profile(ann):
    """A page number of a profile that is not a whole number from 1 up: 400, or 404."""
    ann.say('hello')
    ann.get('/user/ann', status=200)
    for page in BAD_NUMBERS:
        ann.get(f'/user/ann?page={page}', status=[400, 404])


def test_page_past_the_end_of_a_profile(ann):
    """A page after the last one of a profile is empty, and no error."""
    ann.say('hello')
    for number in (2, 1000, 10**12):
        page = ann.get(f'/user/ann?page={number}', status=200)
        assert bodies(page) == []
        check_no_link(page, 'next')


# About you

def test_edit_profile(chat, ann):
    """You can change the text about yourself, and nobody else's."""
    chat.browser('bob').post('/profile', {'about_me': 'I am bob.'}, status=303)
    answer = ann.post('/profile', {'about_me': 'a' * 140})
    assert ann.redirected(answer) == '/user/ann'
    about = chat.rows("select username, about_me from user where about_me != '' order by id")
    assert about == [('ann', 'a' * 140), ('bob', 'I am bob.')]
    ann.post('/profile', {'about_me': ''}, status=303)
    assert chat.rows("select username from user where about_me != ''") == [('bob',)]


def test_edit_profile_form(ann):
    """The form of your profile shows the current text."""
    check_page(ann.get('/profile', status=200))
    ann.post('/profile', {'about_me': 'I like tea.'}, status=303)
    assert value(ann.get('/profile', status=200), 'about_me') == 'I like tea.'


def test_only_about_me_changes(chat, ann):
    """The form changes the text about you, whatever other fields a stranger adds to it."""
    before = chat.rows("select id, username, email, password_hash, created_at from user")
    ann.post('/profile', {'about_me': 'hello', 'username': 'eve', 'id': '1', 'email': 'e@x',
                          'password_hash': '2$$', 'created_at': '', 'user_id': '1'}, status=303)
    after = chat.rows("select id, username, email, password_hash, created_at from user")
    assert after == before
    assert chat.rows("select username from user where about_me != ''") == [('ann',)]


def test_edit_profile_with_any_text(ann):
    """Any text is shown as it was typed, on the profile and in the form. None becomes HTML."""
    text = '"><script>alert(1)</script> ü 🙂'
    ann.post('/profile', {'about_me': text}, status=303)
    for page in (ann.get('/profile', status=200), ann.get('/user/ann', status=200)):
        check_no_html(page)
    assert value(ann.get('/profile', status=200), 'about_me') == text


def test_edit_link(chat, ann):
    """Your own profile has a link to edit it, and nobody else's has."""
    chat.browser('bob')
    every, own, other = (len(links(ann.get(path, status=200), '/profile'))
                         for path in ('/', '/user/ann', '/user/bob'))
    if not own or other > every:
        fail('a link to /profile on your own profile only',
             f'{own} on your own, {other} on another, {every} on every page')


def test_your_profile_needs_a_login(browser):
    """Without logging in, /profile redirects to the log-in page, which leads back to it."""
    come_back(browser, '/profile')


def test_login_required_to_edit(chat, browser):
    """Without logging in, you can't change a profile either."""
    browser.register('ann')
    check_logged_out(browser, browser.post('/profile', {'about_me': 'hello'}))
    assert chat.rows('select about_me from user') == [('',)]
