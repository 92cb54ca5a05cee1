"""Step 14: authorization. A post belongs to the user behind the token."""
import pytest

from checks import NO_TEXTS, check_times, fill, first_user, follow

FORGED = {'id': 77, 'user_id': 1, 'author': {'id': 1, 'username': 'eve'}, 'created_at': '1999'}


@pytest.fixture
def eve(chat):
    """Eve's client. She is the first user, her post has the id 1."""
    eve = first_user(chat)
    fill(chat, 1, 'eve', 'post ')
    return eve


@pytest.fixture
def ann(chat, eve):
    """Ann's client. She has the id 1002, her post has the id 2. Somebody else's is the third."""
    ann = chat.api('ann')
    fill(chat, 1, 'ann', 'post ')
    fill(chat, 1, 'after-ann', 'post ')
    return ann


def check_post_of_ann(post, id, body):
    """Check the representation of a post that ann has written."""
    check_times(post['created_at'])
    assert post == {'id': id, 'body': body, 'created_at': post['created_at'],
                    'author': {'id': 1002, 'username': 'ann'},
                    '_links': {'self': f'/api/posts/{id}', 'author': '/api/users/1002'}}


# Read a post

def test_get_post(ann, eve):
    """GET /api/posts/<id>: the post with its author and its links. One that isn't there: 404."""
    post = eve.get('/api/posts/2').json
    check_post_of_ann(post, 2, 'post 1')
    assert follow(eve, post, 'self') == post
    assert follow(eve, post, 'author')['username'] == 'ann'
    eve.get('/api/posts/4', status=404)


# Write a post

def test_create_post(ann):
    """POST /api/posts: 201, the new post of the user behind the token, and the Location header."""
    body = 'one\ntwo\r\n\n  three\u2028four'.ljust(500, '🙂')
    answer = ann.post_json('/api/posts', {**FORGED, 'body': f'  {body}\n'}, status=201)
    assert answer.headers.get('Location') == '/api/posts/4'
    check_post_of_ann(answer.json, 4, body)
    assert ann.get('/api/posts/4').json == answer.json


def test_create_post_validation(chat, ann):
    """A post has 1 to 500 characters after trimming. Any other body: 400 with its name, no post."""
    for fields in [{}, *({'body': body} for body in [*NO_TEXTS, '', ' \n\t', 'a' * 501])]:
        assert 'body' in ann.post_json('/api/posts', fields, status=400).json['message']
    assert chat.rows('select id from post order by id') == [(1,), (2,), (3,)]


# Pages of posts

def test_get_posts(chat, ann):
    """GET /api/posts: a page of everybody's posts, newest first, with its numbers and its links."""
    fill(chat, 22, 'ann')
    page = ann.get('/api/posts').json
    assert [post['id'] for post in page['items']] == list(range(25, 15, -1))
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert page['items'][0] == ann.get('/api/posts/25').json
    last = follow(ann, follow(ann, page, 'next'), 'next')
    names = [post['author']['username'] for post in last['items']]
    assert names == ['ann', 'ann', 'after-ann', 'ann', 'eve']
    ann.get('/api/posts?per_page=101', status=400)


def test_get_user_posts(chat, ann, eve):
    """GET /api/users/<id>/posts: the posts of one user, in pages. A user has a link to them."""
    fill(chat, 2, 'ann')
    path = ann.get('/api/users/1002').json['_links']['posts']
    page = eve.get(path + '?per_page=2').json
    assert [post['id'] for post in page['items']] == [5, 4]
    assert page['_meta'] == {'page': 1, 'per_page': 2, 'total_pages': 2, 'total_items': 3}
    assert [post['id'] for post in follow(eve, page, 'next')['items']] == [2]
    chat.api().get(path, status=401)
    eve.get('/api/users/99/posts', status=404)


# Change a post

def test_update_post(chat, ann, eve):
    """PUT /api/posts/<id> changes the body of this post. All other fields are ignored."""
    others = chat.rows('select * from post where id != 2')
    post = ann.get('/api/posts/2').json
    changed = ann.put_json('/api/posts/2', {**post, **FORGED, 'body': ' better '}).json
    assert changed == {**post, 'body': 'better'}
    assert ann.put_json('/api/posts/2', {}).json == changed
    assert eve.get('/api/posts/2').json == changed
    assert chat.rows('select * from post where id != 2') == others
    ann.put_json('/api/posts/99', {'body': 'x'}, status=404)


def test_update_post_validation(ann):
    """A changed body has the limits of a new one: or else 400, and no change."""
    for body in (None, '', 'a' * 501):
        ann.put_json('/api/posts/2', {'body': body}, status=400)
    assert ann.get('/api/posts/2').json['body'] == 'post 1'


def test_race_condition_with_a_delete(chat, ann):
    """If a post is deleted while another request writes it: no 500."""
    for moment in ('before update', 'after insert'):
        chat.rows(f"""create trigger "{moment}" {moment} on post
                      begin delete from post where id = new.id; end""")
    put = ann.put_json('/api/posts/2', {'body': 'hello'}, status=[200, 404]).json
    assert put.get('body', 'hello') == 'hello'
    post = ann.post_json('/api/posts', {'body': 'hello'}, status=[201, 404]).json
    assert post.get('body', 'hello') == 'hello'


# Is it yours?

def test_update_somebody_elses_post(chat, eve, ann):
    """Object-level authorization: PUT of somebody else's post is refused, and nothing changes."""
    before = chat.rows('select * from post')
    eve.put_json('/api/posts/2', {'body': 'mine now', 'user_id': 1}, status=[401, 403, 404])
    ann.put_json('/api/posts/1', {'body': 'mine now'}, status=[401, 403, 404])
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
    assert chat.rows('select id from post order by id') == [(1,), (2,), (3,)]


def test_delete_post(ann, eve):
    """DELETE /api/posts/<id>: 204, no body. This post alone is gone. Its id is not used again."""
    ann.post_json('/api/posts', {'body': 'oops'}, status=201)
    assert ann.delete('/api/posts/4', status=204).body == b''
    ann.get('/api/posts/4', status=404)
    ann.delete('/api/posts/4', status=404)
    assert ann.get('/api/posts').json['_meta']['total_items'] == 3
    assert ann.get('/api/users/1002').json['post_count'] == 1
    assert eve.post_json('/api/posts', {'body': 'again'}, status=201).json['id'] == 5
