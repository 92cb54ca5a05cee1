"""Step 14: authorization. A post belongs to the user behind the token."""
import pytest

from checks import (
    BAD_VALUES, check_item, check_times, fill, first_user, follow, items, link, path_of,
)


@pytest.fixture
def eve(chat):
    """Eve's client. She is the user with the id 1, and has written the post with the id 1."""
    api = first_user(chat)
    say(chat, api)
    return api


@pytest.fixture
def ann(chat, eve):
    """Ann's client. She has the id 1002, and has written the post with the id 2."""
    api = chat.api('ann')
    say(chat, api)
    return api


@pytest.fixture
def bob(chat, ann):
    """Bob's client. He has the id 1005, and has written the post with the id 3."""
    api = chat.api('bob')
    say(chat, api)
    return api


def say(chat, api):
    """Add a post of this client's user straight to the database."""
    sql = "insert into post (user_id, body, created_at) values (?, ?, '2026-01-01T00:00:00Z')"
    chat.rows(sql, api.user['id'], f"from {api.user['username']}")


# Read a post

def test_get_post(chat, ann, bob):
    """GET /api/posts/<id>: the post with its author and its links, which can be followed."""
    post = bob.ask('GET', '/api/posts/2')
    check_times(post.pop('created_at', None))
    assert post == {'id': 2, 'body': 'from ann', 'author': {'id': 1002, 'username': 'ann'},
                    '_links': {'self': '/api/posts/2', 'author': '/api/users/1002'}}
    check_item(follow(bob, post, 'self'), id=2, body='from ann')
    assert follow(bob, post, 'author')['username'] == 'ann'


def test_unknown_post(ann):
    """A post that does not exist: 404. A post that does exist: 200, for everybody."""
    ann.ask('GET', '/api/posts/1')
    ann.ask('GET', '/api/posts/3', status=404)


# Write a post

def test_create_post(chat, ann, bob):
    """POST /api/posts: 201, the new post of the user behind the token, and the Location header."""
    post = ann.ask('POST', '/api/posts', {'body': ' hello ü '}, 201)
    ann.header('Location', '/api/posts/4')
    check_times(post.pop('created_at', None))
    assert post == {'id': 4, 'body': 'hello ü', 'author': {'id': 1002, 'username': 'ann'},
                    '_links': {'self': '/api/posts/4', 'author': '/api/users/1002'}}
    assert chat.rows('select user_id from post where id = 4') == [(1002,)]
    assert chat.browser('eva').room() == ['hello ü', 'from bob', 'from ann', 'from eve']


def test_create_post_mass_assignment(ann, bob):
    """The id, the author and the time of a post are not the client's to set."""
    fields = {'body': 'x', 'user_id': 1, 'author': {'id': 1, 'username': 'eve'}, 'username': 'eve',
              'id': 77, 'created_at': '1999'}
    post = ann.ask('POST', '/api/posts', fields, 201)
    check_item(post, id=4, author={'id': 1002, 'username': 'ann'})
    assert post['created_at'] != '1999'
    assert ann.ask('GET', '/api/posts/4') == post


BAD_BODIES = [{}, *({'body': body} for body in [*BAD_VALUES, '', ' \n\t', 'a' * 501])]
NAMES = ['missing', 'null', 'number', 'float', 'true', 'list', 'object', 'list of texts', 'NUL',
         'half a character', 'empty', 'blanks', '501 characters']


@pytest.mark.parametrize('fields', BAD_BODIES, ids=NAMES)
def test_create_post_validation(chat, ann, fields):
    """A body that is missing, of another type, empty or too long: 400 with its name, no post."""
    assert 'body' in ann.ask('POST', '/api/posts', fields, 400)['message']
    assert chat.rows('select body from post') == [('from eve',), ('from ann',)]


LIMITS = {'short': '.', 'long': ' ' * 50 + '🙂' * 500 + '\n',
          'lines': 'one\ntwo\r\n\n  three\u2028four'}


@pytest.mark.parametrize('body', LIMITS.values(), ids=LIMITS)
def test_post_limits(ann, body):
    """A post has 1 to 500 characters after trimming. What is inside stays as it was sent."""
    post = ann.ask('POST', '/api/posts', {'body': body}, 201)
    assert post['body'] == body.strip()
    assert follow(ann, post, 'self')['body'] == body.strip()


# Pages of posts

def test_get_posts(chat, ann, bob):
    """GET /api/posts: a page of everybody's posts, newest first, with its numbers and its links."""
    fill(chat, 22, 'ann')
    page = bob.ask('GET', '/api/posts')
    assert [post['id'] for post in items(page)] == list(range(25, 15, -1))
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert link(page, 'prev') is None
    assert [post['id'] for post in items(follow(bob, page, 'next'))] == list(range(15, 5, -1))
    assert follow(bob, items(page)[0], 'self') == items(page)[0]
    last = bob.ask('GET', '/api/posts?page=3')
    names = [post['author']['username'] for post in items(last)]
    assert names == ['ann', 'ann', 'bob', 'ann', 'eve']


def test_get_user_posts(chat, ann, bob):
    """GET /api/users/<id>/posts: the posts of one user, in pages. A user has a link to them."""
    fill(chat, 2, 'ann')
    path = link(ann.ask('GET', path_of(ann.user)), 'posts')
    assert path == '/api/users/1002/posts'
    page = bob.ask('GET', path + '?per_page=2')
    assert [post['body'] for post in items(page)] == ['2', '1']
    assert page['_meta'] == {'page': 1, 'per_page': 2, 'total_pages': 2, 'total_items': 3}
    page = follow(bob, page, 'next')
    assert [post['body'] for post in items(page)] == ['from ann']
    assert link(page, 'next') is None
    page = bob.ask('GET', path + '?per_page=1&page=3')
    assert [post['body'] for post in items(page)] == ['from ann']


def test_get_user_posts_refusals(ann):
    """The posts of a user who does not exist: 404. Without a token: 401."""
    for path in ('/api/users/1002/posts', '/api/users/1/posts'):
        assert len(items(ann.ask('GET', path))) == 1
    for id in ('99', '0', '-1', 'ann', 2**63):
        ann.ask('GET', f'/api/users/{id}/posts', status=404)
    ann.token = None
    ann.ask('GET', '/api/users/1002/posts', status=401)


@pytest.mark.parametrize('query', ['page=0', 'per_page=0', 'per_page=101', 'page=x',
                                   'page=99999999999999999999'])
def test_bad_page(ann, query):
    """A page or a per_page that is not a number in its range: 400."""
    ann.ask('GET', f'/api/posts?{query}', status=400)
    ann.ask('GET', f'/api/users/1/posts?{query}', status=400)


# Change a post

def test_update_post(chat, ann, bob):
    """PUT /api/posts/<id> changes the body of this post. All other fields are ignored."""
    chat.rows("update post set created_at = '2026-02-03T04:05:06Z'")
    others = chat.rows('select * from post where id != 2')
    post = ann.ask('GET', '/api/posts/2')
    more = {'body': ' better ', 'user_id': 1, 'author': {'id': 1, 'username': 'eve'},
            'created_at': '1999', 'id': 77}
    changed = ann.ask('PUT', '/api/posts/2', {**post, **more})
    assert changed == {**post, 'body': 'better'}
    assert bob.ask('GET', '/api/posts/2') == changed
    assert ann.ask('PUT', '/api/posts/2', {}) == changed
    assert chat.rows('select * from post where id != 2') == others
    ann.ask('PUT', '/api/posts/99', {'body': 'x'}, 404)


@pytest.mark.parametrize('fields', BAD_BODIES[1:], ids=NAMES[1:])
def test_update_post_validation(ann, fields):
    """A body that is not valid: 400 with its name, and the post does not change."""
    assert 'body' in ann.ask('PUT', '/api/posts/2', fields, 400)['message']
    assert ann.ask('GET', '/api/posts/2')['body'] == 'from ann'


@pytest.mark.parametrize('body', LIMITS.values(), ids=LIMITS)
def test_update_post_limits(ann, body):
    """What a new post may have, a changed one may have, too."""
    assert ann.ask('PUT', '/api/posts/2', {'body': body})['body'] == body.strip()
    assert ann.ask('GET', '/api/posts/2')['body'] == body.strip()


@pytest.mark.parametrize('method, path, when', [
    ('PUT', '/api/posts/2', 'before update'), ('PUT', '/api/posts/2', 'after update'),
    ('POST', '/api/posts', 'after insert'),
], ids=['before PUT', 'after PUT', 'after POST'])
def test_race_condition_with_a_delete(chat, ann, method, path, when):
    """If a post is deleted in the moment in which another request writes it: no 500."""
    chat.rows(f"""create trigger meanwhile {when} on post
                  begin delete from post where id = new.id; end""")
    answer = ann.ask(method, path, {'body': 'hello'}, [404, 200, 201])
    assert answer.get('body', 'hello') == 'hello', 'the post, or no post'


# Is it yours?

def test_update_somebody_elses_post(chat, eve, ann, bob):
    """Object-level authorization: PUT of somebody else's post is 403, and nothing changes."""
    clients = {1: eve, 2: ann, 3: bob}
    before = chat.rows('select * from post')
    for id, author in clients.items():
        for other in set(clients.values()) - {author}:
            for fields in [{'body': 'mine now'}, {}, {'body': 'x', 'author': other.user}]:
                other.ask('PUT', f'/api/posts/{id}', fields, 403)
    assert chat.rows('select * from post') == before
    for id, author in clients.items():
        author.ask('PUT', f'/api/posts/{id}', {'body': 'still mine'})
        author.ask('PUT', '/api/posts/4', {'body': 'still mine'}, 404)


# Delete a post

def test_delete_somebody_elses_post(chat, eve, ann, bob):
    """Object-level authorization: DELETE of somebody else's post is 403, and it stays."""
    clients = {1: eve, 2: ann, 3: bob}
    before = chat.rows('select * from post')
    for id, author in clients.items():
        for other in set(clients.values()) - {author}:
            other.ask('DELETE', f'/api/posts/{id}', status=403)
    assert chat.rows('select * from post') == before


def test_delete_post(chat, ann, bob):
    """DELETE /api/posts/<id>: 204, no body. Only this post is gone; its id is not used again."""
    ann.ask('POST', '/api/posts', {'body': 'oops'}, 201)
    bob.ask('POST', '/api/posts', {'body': 'later'}, 201)
    ann.ask('DELETE', '/api/posts/4', status=204)
    assert ann.response.body == b''
    ann.ask('GET', '/api/posts/4', status=404)
    ann.ask('PUT', '/api/posts/4', {'body': 'x'}, status=404)
    ann.ask('DELETE', '/api/posts/4', status=404)
    meta = ann.ask('GET', '/api/posts')['_meta']
    assert meta == {'page': 1, 'per_page': 10, 'total_pages': 1, 'total_items': 4}
    assert ann.ask('GET', path_of(ann.user))['post_count'] == 1
    bob.ask('DELETE', '/api/posts/5', status=204)
    assert bob.ask('POST', '/api/posts', {'body': 'again'}, 201)['id'] == 6
    assert chat.browser('eva').room() == ['again', 'from bob', 'from ann', 'from eve']
