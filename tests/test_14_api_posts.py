"""Step 10: authorization. A post belongs to the user behind the token."""
import pytest

from checks import BAD_VALUES, check_item, check_times, fill, first_user, follow, items, link, path_of


@pytest.fixture
def eve(chat):
    """Eve's client. She is the user with the id 1, and has written the post with the id 1."""
    eve = first_user(chat)
    eve.ask('POST', '/api/posts', {'body': 'from eve'}, 201)
    return eve


@pytest.fixture
def ann(chat, eve):
    """Ann's client. She has the id 1002, and has written the post with the id 2."""
    ann = chat.api('ann')
    ann.ask('POST', '/api/posts', {'body': 'from ann'}, 201)
    return ann


@pytest.fixture
def bob(chat, ann):
    """Bob's client. He has the id 1005, and has written the post with the id 3."""
    bob = chat.api('bob')
    bob.ask('POST', '/api/posts', {'body': 'from bob'}, 201)
    return bob


def test_create_post(chat, ann, bob):
    """POST /api/posts: 201, the new post of the user behind the token, and the Location header."""
    post = ann.ask('POST', '/api/posts', {'body': ' hello ü '}, 201)
    ann.header('Location', '/api/posts/4')
    check_times(post.pop('created_at', None))
    assert post == {'id': 4, 'body': 'hello ü', 'author': {'id': 1002, 'username': 'ann'},
                    '_links': {'self': '/api/posts/4', 'author': '/api/users/1002'}}
    assert chat.rows('select user_id from post where id = 4') == [(1002,)]
    assert chat.browser('eva').room() == ['hello ü', 'from bob', 'from ann', 'from eve']


BAD_BODIES = [*BAD_VALUES, '', ' \n\t', 'a' * 501]


def test_create_post_validation(chat, ann):
    """A body that is missing, of another type, empty or too long: 400 with its name, and no new post."""
    assert 'body' in ann.ask('POST', '/api/posts', {}, 400)['message']
    for body in BAD_BODIES:
        assert 'body' in ann.ask('POST', '/api/posts', {'body': body}, 400)['message']
    assert chat.rows('select body from post') == [('from eve',), ('from ann',)]


@pytest.mark.parametrize('body', ['.', ' ' * 50 + '🙂' * 500 + '\n', 'one\ntwo\r\n\n  three\u2028four'], ids=['short', 'long', 'lines'])
def test_post_limits(ann, body):
    """A post may have 1 to 500 characters after trimming. Line breaks and spaces inside it stay as they were sent, in POST, PUT and GET."""
    assert ann.ask('POST', '/api/posts', {'body': body}, 201)['body'] == body.strip()
    assert ann.ask('PUT', '/api/posts/2', {'body': body})['body'] == body.strip()
    assert [post['body'] for post in items(ann.ask('GET', '/api/posts'))][:2] == [body.strip()] * 2


def test_create_post_mass_assignment(ann, bob):
    """The id, the author and the time of a post are not the client's to set."""
    fields = {'body': 'x', 'user_id': 1, 'author': {'id': 1, 'username': 'eve'}, 'username': 'eve', 'id': 77, 'created_at': '1999'}
    post = ann.ask('POST', '/api/posts', fields, 201)
    check_item(post, id=4, author={'id': 1002, 'username': 'ann'})
    assert post['created_at'] != '1999'
    assert ann.ask('GET', '/api/posts/4') == post


def test_get_post(ann, bob):
    """GET /api/posts/<id>: the post with its author and its links, which can be followed."""
    post = bob.ask('GET', '/api/posts/2')
    check_item(post, id=2, body='from ann', author={'id': 1002, 'username': 'ann'})
    assert follow(bob, post, 'self') == post
    assert follow(bob, post, 'author')['username'] == 'ann'


def test_unknown_post(ann):
    """A post that does not exist: 404 for every method."""
    ann.ask('GET', '/api/posts/3', status=404)
    ann.ask('PUT', '/api/posts/3', {'body': 'x'}, 404)
    ann.ask('DELETE', '/api/posts/3', status=404)


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
    assert [post['author']['username'] for post in items(last)] == ['ann', 'ann', 'bob', 'ann', 'eve']


def test_get_user_posts(chat, ann, bob):
    """GET /api/users/<id>/posts: the posts of one user only. The representation of a user has a link to them."""
    fill(chat, 2, 'ann')
    path = link(ann.ask('GET', path_of(ann.user)), 'posts')
    assert path == '/api/users/1002/posts'
    page = bob.ask('GET', path + '?per_page=2')
    assert [post['body'] for post in items(page)] == ['2', '1']
    assert page['_meta'] == {'page': 1, 'per_page': 2, 'total_pages': 2, 'total_items': 3}
    page = follow(bob, page, 'next')
    assert [post['body'] for post in items(page)] == ['from ann']
    assert link(page, 'next') is None
    assert [post['body'] for post in items(bob.ask('GET', path + '?per_page=1&page=3'))] == ['from ann']
    bob.ask('GET', '/api/users/99/posts', status=404)
    chat.api().ask('GET', path, status=401)


def test_bad_page(ann):
    """A page or a per_page that is not a number in its range: 400."""
    for query in ['page=0', 'per_page=0', 'per_page=101', 'page=x', 'page=99999999999999999999']:
        ann.ask('GET', f'/api/posts?{query}', status=400)
        ann.ask('GET', f'/api/users/1/posts?{query}', status=400)


def test_update_post(chat, ann, bob):
    """PUT /api/posts/<id> changes the body of this post, and nothing else. Other fields are ignored."""
    ann.ask('POST', '/api/posts', {'body': 'also from ann'}, 201)
    chat.rows("update post set created_at = '2026-02-03T04:05:06Z'")
    others = chat.rows('select * from post where id != 2')
    post = ann.ask('GET', '/api/posts/2')
    more = {'body': ' better ', 'user_id': 1, 'author': {'id': 1, 'username': 'eve'}, 'created_at': '1999', 'id': 77}
    changed = ann.ask('PUT', '/api/posts/2', {**post, **more})
    assert changed == {**post, 'body': 'better'}
    assert bob.ask('GET', '/api/posts/2') == changed
    assert ann.ask('PUT', '/api/posts/2', {}) == changed
    assert chat.rows('select * from post where id != 2') == others


def test_update_post_validation(ann):
    """A body that is not valid: 400 with its name, and the post does not change."""
    for body in BAD_BODIES:
        assert 'body' in ann.ask('PUT', '/api/posts/2', {'body': body}, 400)['message']
    assert ann.ask('GET', '/api/posts/2')['body'] == 'from ann'


def test_somebody_elses_post(chat, eve, ann, bob):
    """Object-level authorization: PUT or DELETE of somebody else's post is 403, and it does not change. This holds for the first user too."""
    clients = {1: eve, 2: ann, 3: bob}
    before = chat.rows('select * from post')
    for id, author in clients.items():
        for other in set(clients.values()) - {author}:
            for fields in [{'body': 'mine now'}, {}]:
                other.ask('PUT', f'/api/posts/{id}', fields, 403)
            other.ask('DELETE', f'/api/posts/{id}', status=403)
    assert chat.rows('select * from post') == before
    for id, author in clients.items():
        author.ask('PUT', f'/api/posts/{id}', {'body': 'still mine'})


def test_delete_post(chat, ann, bob):
    """DELETE /api/posts/<id>: 204 without a body. The post is gone, no other is, and its id is not used again."""
    ann.ask('POST', '/api/posts', {'body': 'oops'}, 201)
    bob.ask('POST', '/api/posts', {'body': 'later'}, 201)
    ann.ask('DELETE', '/api/posts/4', status=204)
    assert ann.response.body == b''
    ann.ask('GET', '/api/posts/4', status=404)
    ann.ask('DELETE', '/api/posts/4', status=404)
    assert ann.ask('GET', '/api/posts')['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 1, 'total_items': 4}
    assert ann.ask('GET', path_of(ann.user))['post_count'] == 1
    bob.ask('DELETE', '/api/posts/5', status=204)
    assert bob.ask('POST', '/api/posts', {'body': 'again'}, 201)['id'] == 6
    assert chat.browser('eva').room() == ['again', 'from bob', 'from ann', 'from eve']


@pytest.mark.parametrize('method, path, when', [('PUT', '/api/posts/2', 'before update'), ('PUT', '/api/posts/2', 'after update'),
                                                ('POST', '/api/posts', 'after insert')])
def test_race_condition_with_a_delete(chat, ann, method, path, when):
    """If a post is deleted in the moment in which another request writes it: 404 or the post, not 500."""
    chat.rows(f'create trigger meanwhile {when} on post begin delete from post where id = new.id; end')
    answer = ann.ask(method, path, {'body': 'hello'}, [404, 200, 201])
    assert answer.get('body', 'hello') == 'hello', 'the post, or no post'
