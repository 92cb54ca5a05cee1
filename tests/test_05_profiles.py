"""Step 05: pages about things: profiles, and posts in pages."""
from checks import BAD_NUMBERS, check_logged_out, fill
from clients import PASSWORD
from pages import bodies, check_no_html, check_no_link, check_page, element, links, value


def numbers(newest, oldest):
    """Return the bodies of the posts that `fill` has added, from the newest to the oldest."""
    return [str(number) for number in range(newest, oldest - 1, -1)]


def check_empty(page):
    """Check that a page has no posts, says so, and leads to no older ones, or is a 404."""
    if page.status_int == 200:
        assert bodies(page) == []
        element(page, '.empty')
        check_no_link(page, 'next')


# Twenty posts a page

def test_twenty_posts(chat, ann):
    """The room shows the newest 20 posts, and no more."""
    fill(chat, 21)
    assert ann.room() == numbers(21, 2)


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
    for number in BAD_NUMBERS:
        ann.get(f'/?page={number}', status=[400, 404])


# Links to older and newer posts

def test_pagination(chat, ann):
    """Links lead to older and newer posts, as far as there are any."""
    fill(chat, 41)
    first = ann.get('/', status=200)
    check_no_link(first, 'prev')
    second = ann.follow(first, 'next')
    third = ann.follow(second, 'next')
    assert bodies(third) == ['1']
    check_no_link(third, 'next')
    second = ann.follow(third, 'prev')
    assert bodies(second) == numbers(21, 2)
    assert bodies(ann.follow(second, 'prev')) == numbers(41, 22)


def test_last_page_is_full(chat, ann):
    """If the last page is exactly full, there is no link to an empty page after it."""
    fill(chat, 40)
    last = ann.get('/?page=2', status=200)
    assert bodies(last) == numbers(20, 1)
    check_no_link(last, 'next')


# Beyond the end

def test_page_past_the_end(ann):
    """A page beyond the end is empty, or a 404. In an empty room, page 1 is no error."""
    check_empty(ann.get('/', status=200))
    ann.say('hello')
    for number in (2, 10**12):
        check_empty(ann.get(f'/?page={number}', status=[200, 404]))


# A page for each user

def test_profile(chat, ann):
    """A profile: name, text, number of posts, since when its owner is here, but no email."""
    fill(chat, 17, 'ann')
    fill(chat, 9, 'zoe')
    chat.rows("""update user set about_me = 'I like <b>tea</b>.',
                 created_at = '2026-02-03T04:05:06Z' where username = 'ann'""")
    page = chat.browser('bob').get('/user/ANN', status=200)
    check_page(page)
    assert 'ann' in ' '.join(heading.get_text() for heading in page.html.select('h1, h2'))
    assert 'I like <b>tea</b>.' in page.html.get_text()
    element(page, 'time[datetime^="2026-02-03"]')
    assert '@example.com' not in page.text
    for posts in page.html.select('.posts'):
        posts.decompose()
    assert '17' in page.html.get_text(), 'the number of posts of ann, 17, is not there'


def test_unknown_profile(ann):
    """The profile of somebody who doesn't exist: 404."""
    ann.get('/user/ann', status=200)
    for name in ['nobody', 'ann%20', '%00', '%c3%bc']:
        ann.get(f'/user/{name}', status=404)


def test_names_lead_to_profiles(chat, ann):
    """The author of a post, and your own name above the page, are links to profiles."""
    chat.browser('bob').say('hello')
    page = ann.get('/', status=200)
    assert links(page, '/user/bob', '.posts'), 'no link to /user/bob at the post of bob'
    assert links(page, '/user/ann', 'header'), 'no link to /user/ann in the header'


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
    """A profile shows the posts of its owner alone, in pages, also if zoe has filled the room."""
    fill(chat, 40, 'ann')
    fill(chat, 30, 'zoe', 'from zoe ')
    first = ann.get('/user/ann', status=200)
    assert bodies(first) == numbers(40, 21)
    last = ann.follow(first, 'next')
    assert bodies(last) == numbers(20, 1)
    check_no_link(last, 'next')
    ann.get('/user/ann?page=0', status=[400, 404])


def test_profile_without_posts(ann):
    """A profile without posts is no error."""
    ann.say('hello')
    check_empty(ann.get('/user/zoe', status=200))


# About you

def test_edit_profile(chat, ann):
    """You can change the text about yourself, and nothing else, whatever fields you send."""
    texts = "select username, about_me from user where username = 'ann' or about_me != ''"
    others = 'select id, username, email, password_hash, created_at from user'
    before = chat.rows(others)
    answer = ann.post('/profile', {'about_me': 'a' * 140, 'id': '1', 'username': 'eve'})
    assert ann.redirected(answer) == '/user/ann'
    assert chat.rows(texts) == [('ann', 'a' * 140)]
    assert chat.rows(others) == before
    ann.post('/profile', {'about_me': ''}, status=303)
    assert chat.rows(texts) == [('ann', '')]


def test_edit_profile_form(ann):
    """The form of your profile shows the text as it was typed. None of it becomes HTML."""
    text = '"></textarea><script>alert(1)</script> ü 🙂'
    ann.post('/profile', {'about_me': text}, status=303)
    page = ann.get('/profile', status=200)
    check_page(page)
    check_no_html(page)
    assert value(page, 'about_me') == text


def test_login_required_to_edit(chat, browser):
    """Without logging in, there is no form, and you can't change a profile."""
    browser.register('ann')
    check_logged_out(browser, browser.get('/profile'))
    check_logged_out(browser, browser.post('/profile', {'about_me': 'hello'}))
    assert chat.rows('select about_me from user') == [('',)]
