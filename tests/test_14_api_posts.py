"""Step 14: authorization. A post belongs to the user behind the token."""
import pytest

from checks import BAD_VALUES, check_times, fill, first_user, follow, items, link, path_of


def say(chat, api):
    """Add a post to the database. Return the client of its author."""
    sql = "insert into post (user_id, body, created_at) values (?, ?, '2026-01-01T00:00:00Z')"
    chat.rows(sql, api.user['id'], f"from {api.user['username']}")
    return api


@pytest.fixture
def eve(chat):
    """Eve's client. She is the first user, her post has the id 1."""
    return say(chat, first_user(chat))


@pytest.fixture
def ann(chat, eve):
    """Ann's client. She has the id 1002, her post has the id 2."""
    return say(chat, chat.api('ann'))


@pytest.fixture
def bob(chat, ann):
    """Bob's client. His post is the third."""
    return say(chat, chat.api('bob'))


def check_post_of_ann(post, id, body):
    """Check the representation of a post that ann has written."""
    check_times(post['created_at'])
    assert post == {'id': id, 'body': body, 'created_at': post['created_at'],
                    'author': {'id': 1002, 'username': 'ann'},
                    '_links': {'self': f'/api/posts/{id}', 'author': '/api/users/1002'}}


FORGED = {'id': 77, 'user_id': 1, 'author': {'id': 1, 'username': 'eve'}, 'created_at': '1999'}


# Read a post

def test_get_post(bob):
    """GET /api/posts/<id>: the post with its author and its links. One that isn't there: 404."""
    post = bob.ask('GET', '/api/posts/2')
    check_post_of_ann(post, 2, 'from ann')
    assert follow(bob, post, 'self') == post
    assert follow(bob, post, 'author')['username'] == 'ann'
    bob.ask('GET', '/api/posts/4', status=404)


# Write a post

def test_create_post(chat, ann, bob):
    """POST /api/posts: 201, the new post of the user behind the token, and the Location header."""
    post = ann.ask('POST', '/api/posts', {'body': ' hello ü '}, 201)
    ann.header('Location', '/api/posts/4')
    check_post_of_ann(post, 4, 'hello ü')
    assert chat.browser('eva').room() == ['hello ü', 'from bob', 'from ann', 'from eve']


def test_create_post_mass_assignment(ann, bob):
    """The id, the author and the time of a post are not the client's to set."""
    post = ann.ask('POST', '/api/posts', {**FORGED, 'body': 'x'}, 201)
    check_post_of_ann(post, 4, 'x')
    assert ann.ask('GET', '/api/posts/4') == post


BAD_BODIES = [*BAD_VALUES, '', ' \n\t', 'a' * 501]
LIMITS = ['.', ' ' * 50 + '🙂' * 500 + '\n', 'one\ntwo\r\n\n  three\u2028four']


def test_create_post_validation(chat, ann):
    """A post has 1 to 500 characters after trimming. Any other body: 400 with its name, no post."""
    for fields in [{}, *({'body': body} for body in BAD_BODIES)]:
        assert 'body' in ann.ask('POST', '/api/posts', fields, 400)['message']
    assert chat.rows('select body from post') == [('from eve',), ('from ann',)]
    for body in LIMITS:
        post = ann.ask('POST', '/api/posts', {'body': body}, 201)
        assert post['body'] == body.strip()
        assert follow(ann, post, 'self') == post


# Pages of posts

def test_get_posts(chat, ann, bob):
    """GET /api/posts: a page of everybody's posts, newest first, with its numbers and its links."""
    fill(chat, 22, 'ann')
    page = bob.ask('GET', '/api/posts')
    assert [post['id'] for post in items(page)] == list(range(25, 15, -1))
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert items(page)[0] == bob.ask('GET', '/api/posts/25')
    last = follow(bob, follow(bob, page, 'next'), 'next')
    names = [post['author']['username'] for post in items(last)]
    assert names == ['ann', 'ann', 'bob', 'ann', 'eve']


def test_get_user_posts(chat, ann, bob):
    """GET /api/users/<id>/posts: the posts of one user, in pages. A user has a link to them."""
    fill(chat, 2, 'ann')
    path = link(ann.ask('GET', path_of(ann.user)), 'posts')
    page = bob.ask('GET', path + '?per_page=2')
    assert [post['body'] for post in items(page)] == ['2', '1']
    assert page['_meta'] == {'page': 1, 'per_page': 2, 'total_pages': 2, 'total_items': 3}
    page = follow(bob, page, 'next')
    assert [post['body'] for post in items(page)] == ['from ann']


def test_get_user_posts_refusals(ann):
    """The posts of a user who does not exist: 404. Without a token: 401."""
    for id in ('99', '0', '-1', 'ann', 2**63):
        ann.ask('GET', f'/api/users/{id}/posts', status=404)
    ann.token = None
    ann.ask('GET', '/api/users/1/posts', status=401)


def test_bad_page(ann):
    """A page or a per_page that is not a number in its range: 400."""
    for query in ['page=0', 'page=x', 'page=99999999999999999999', 'per_page=0', 'per_page=101']:
        ann.ask('GET', '/api/posts?' + query, status=400)
        ann.ask('GET', '/api/users/1/posts?' + query, status=400)


# Change a post

def test_update_post(chat, ann, bob):
    """PUT /api/posts/<id> changes the body of this post. All other fields are ignored."""
    others = chat.rows('select * from post where id != 2')
    post = ann.ask('GET', '/api/posts/2')
    changed = ann.ask('PUT', '/api/posts/2', {**post, **FORGED, 'body': ' better '})
    assert changed == {**post, 'body': 'better'}
    assert ann.ask('PUT', '/api/posts/2', {}) == changed
    assert bob.ask('GET', '/api/posts/2') == changed
    assert chat.rows('select * from post where id != 2') == others
    ann.ask('PUT', '/api/posts/99', {'body': 'x'}, 404)


def test_update_post_validation(ann):
    """A changed body has the limits of a new one: or else 400 with its name, and no change."""
    for body in BAD_BODIES:
        assert 'body' in ann.ask('PUT', '/api/posts/2', {'body': body}, 400)['message']
    assert ann.ask('GET', '/api/posts/2')['body'] == 'from ann'
    for body in LIMITS:
        assert ann.ask('PUT', '/api/posts/2', {'body': body})['body'] == body.strip()


@pytest.mark.parametrize('moment', ['before update', 'after update', 'after insert'])
def test_race_condition_with_a_delete(chat, ann, moment):
    """If a post is deleted while another request writes it: no 500."""
    chat.rows(f"""create trigger meanwhile {moment} on post
                  begin delete from post where id = new.id; end""")
    for method, path in [('PUT', '/api/posts/2'), ('POST', '/api/posts')]:
        answer = ann.ask(method, path, {'body': 'hello'}, [404, 200, 201])
        assert answer.get('body', 'hello') == 'hello', 'the post, or no post'


# Is it yours?

def attacks(*clients):
    """Return the path of each client's post, with each other client."""
    return [(f'/api/posts/{id}', other) for id, author in enumerate(clients, 1)
            for other in clients if other is not author]


def test_update_somebody_elses_post(chat, eve, ann, bob):
    """Object-level authorization: PUT of somebody else's post is 403, and nothing changes."""
    before = chat.rows('select * from post')
    for path, other in attacks(eve, ann, bob):
        for fields in [{'user_id': other.user['id'], 'body': 'mine now'}, {}, {'body': ''}]:
            other.ask('PUT', path, fields, 403)
    assert chat.rows('select * from post') == before


# Delete a post

def test_delete_somebody_elses_post(chat, eve, ann, bob):
    """DELETE of somebody else's post is 403, and the post stays."""
    before = chat.rows('select * from post')
    for path, other in attacks(eve, ann, bob):
        other.ask('DELETE', path, status=403)
    assert chat.rows('select * from post') == before


def test_delete_post(chat, ann, bob):
    """DELETE /api/posts/<id>: 204, no body. Only this post is gone; its id is not used again."""
    ann.ask('POST', '/api/posts', {'body': 'oops'}, 201)
    ann.ask('DELETE', '/api/posts/4', status=204)
    assert ann.response.body == b''
    for method in ('GET', 'PUT', 'DELETE'):
        ann.ask(method, '/api/posts/4', {}, 404)
    assert ann.ask('GET', '/api/posts')['_meta']['total_items'] == 3
    assert ann.ask('GET', path_of(ann.user))['post_count'] == 1
    assert bob.ask('POST', '/api/posts', {'body': 'again'}, 201)['id'] == 5
    assert chat.browser('eva').room() == ['again', 'from bob', 'from ann', 'from eve']
