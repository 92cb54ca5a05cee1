"""Step 14: authorization. A post belongs to the user behind the token."""
import pytest

from checks import NO_TEXTS, case, check_times, fill, first_user, follow, items, link


def say(chat, api):
    """Add a post to the database. Return the client of its author."""
    fill(chat, 1, api.user['username'], 'post ')
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
    post = bob.get('/api/posts/2').json
    check_post_of_ann(post, 2, 'post 1')
    assert follow(bob, post, 'self') == post
    assert follow(bob, post, 'author')['username'] == 'ann'
    bob.get('/api/posts/4', status=404)


# Write a post

def test_create_post(chat, ann):
    """POST /api/posts: 201, the new post of the user behind the token, and the Location header."""
    answer = ann.post_json('/api/posts', {'body': ' hello ü '}, status=201)
    assert answer.headers.get('Location') == '/api/posts/3'
    check_post_of_ann(answer.json, 3, 'hello ü')
    assert chat.browser('eva').room() == ['hello ü', 'post 1', 'post 1']


def test_create_post_mass_assignment(ann):
    """The id, the author and the time of a post are not the client's to set."""
    post = ann.post_json('/api/posts', {**FORGED, 'body': 'x'}, status=201).json
    check_post_of_ann(post, 3, 'x')
    assert ann.get('/api/posts/3').json == post


bad_bodies = pytest.mark.parametrize('body', [*NO_TEXTS, '', ' \n\t', 'a' * 501], ids=case)


@bad_bodies
def test_create_post_validation(chat, ann, body):
    """A post has 1 to 500 characters after trimming. Any other body: 400 with its name, no post."""
    for fields in ({'body': body}, {}):
        answer = ann.post_json('/api/posts', fields, status=400).json
        assert 'body' in answer['message']
    assert chat.rows('select id from post') == [(1,), (2,)]


@pytest.mark.parametrize('body', [
    '.', ' ' * 50 + '🙂' * 500 + '\n', 'one\ntwo\r\n\n  three\u2028four',
], ids=case)
def test_create_post_limits(ann, body):
    """Line breaks, and letters of any kind, stay as they are."""
    post = ann.post_json('/api/posts', {'body': body}, status=201).json
    assert post['body'] == body.strip()
    assert follow(ann, post, 'self') == post


# Pages of posts

def test_get_posts(chat, ann, bob):
    """GET /api/posts: a page of everybody's posts, newest first, with its numbers and its links."""
    fill(chat, 22, 'ann')
    page = bob.get('/api/posts').json
    assert [post['id'] for post in items(page)] == list(range(25, 15, -1))
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert items(page)[0] == bob.get('/api/posts/25').json
    last = follow(bob, follow(bob, page, 'next'), 'next')
    names = [post['author']['username'] for post in items(last)]
    assert names == ['ann', 'ann', 'bob', 'ann', 'eve']


def test_get_user_posts(chat, ann, bob):
    """GET /api/users/<id>/posts: the posts of one user, in pages. A user has a link to them."""
    fill(chat, 2, 'ann')
    path = link(ann.get('/api/users/1002').json, 'posts')
    page = bob.get(path + '?per_page=2').json
    assert [post['id'] for post in items(page)] == [5, 4]
    assert page['_meta'] == {'page': 1, 'per_page': 2, 'total_pages': 2, 'total_items': 3}
    assert [post['id'] for post in items(follow(bob, page, 'next'))] == [2]


@pytest.mark.parametrize('id', ['99', '0', '-1', 'ann', str(2**63)])
def test_get_user_posts_of_nobody(ann, id):
    """The posts of a user who does not exist: 404. Without a token: 401."""
    ann.get(f'/api/users/{id}/posts', status=404)
    ann.authorization = None
    ann.get('/api/users/1/posts', status=401)


@pytest.mark.parametrize('query', ['page=0', 'page=x', 'per_page=101'])
def test_bad_page(ann, query):
    """A page or a per_page that is not a number in its range: 400."""
    ann.get('/api/posts?' + query, status=400)
    ann.get('/api/users/1/posts?' + query, status=400)


# Change a post

def test_update_post(chat, ann, bob):
    """PUT /api/posts/<id> changes the body of this post. All other fields are ignored."""
    others = chat.rows('select * from post where id != 2')
    post = ann.get('/api/posts/2').json
    changed = ann.put_json('/api/posts/2', {**post, **FORGED, 'body': ' better '}).json
    assert changed == {**post, 'body': 'better'}
    assert ann.put_json('/api/posts/2', {}).json == changed
    assert bob.get('/api/posts/2').json == changed
    assert chat.rows('select * from post where id != 2') == others
    ann.put_json('/api/posts/99', {'body': 'x'}, status=404)


@bad_bodies
def test_update_post_validation(ann, body):
    """A changed body has the limits of a new one: or else 400 with its name, and no change."""
    answer = ann.put_json('/api/posts/2', {'body': body}, status=400).json
    assert 'body' in answer['message']
    assert ann.get('/api/posts/2').json['body'] == 'post 1'


@pytest.mark.parametrize('moment', ['before update', 'after update', 'after insert'])
def test_race_condition_with_a_delete(chat, ann, moment):
    """If a post is deleted while another request writes it: no 500."""
    chat.rows(f"""create trigger meanwhile {moment} on post
                  begin delete from post where id = new.id; end""")
    put = ann.put_json('/api/posts/2', {'body': 'hello'}, status=[200, 404]).json
    assert put.get('body', 'hello') == 'hello'
    post = ann.post_json('/api/posts', {'body': 'hello'}, status=[201, 404]).json
    assert post.get('body', 'hello') == 'hello'


# Is it yours?

def test_update_somebody_elses_post(chat, eve, ann):
    """Object-level authorization: PUT of somebody else's post is refused, and nothing changes."""
    before = chat.rows('select * from post')
    for fields in ({'body': 'mine now', 'user_id': 1}, {}, {'body': ''}):
        eve.put_json('/api/posts/2', fields, status=[401, 403, 404])
        ann.put_json('/api/posts/1', fields, status=[401, 403, 404])
    assert chat.rows('select * from post') == before


# An honest answer

def test_what_somebody_else_is_told(ann):
    """403: the server knows who asks, so no 401. Everybody may read that post, so no 404."""
    ann.put_json('/api/posts/1', {'body': 'mine now'}, status=403)


# Delete a post

def test_delete_somebody_elses_post(chat, eve, ann):
    """DELETE of somebody else's post is 403, and the post stays."""
    eve.delete('/api/posts/2', status=403)
    ann.delete('/api/posts/1', status=403)
    assert chat.rows('select id from post') == [(1,), (2,)]


def test_delete_post(chat, ann, bob):
    """DELETE /api/posts/<id>: 204, no body. Only this post is gone; its id is not used again."""
    ann.post_json('/api/posts', {'body': 'oops'}, status=201)
    assert ann.delete('/api/posts/4', status=204).body == b''
    ann.get('/api/posts/4', status=404)
    ann.put_json('/api/posts/4', {}, status=404)
    ann.delete('/api/posts/4', status=404)
    assert ann.get('/api/posts').json['_meta']['total_items'] == 3
    assert ann.get('/api/users/1002').json['post_count'] == 1
    assert bob.post_json('/api/posts', {'body': 'again'}, status=201).json['id'] == 5
    assert chat.rows('select id from post') == [(1,), (2,), (3,), (5,)]
