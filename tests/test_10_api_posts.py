"""Step 10: a post belongs to the user behind the token."""
import re

import pytest

from test_01_flat_script import UTC
from test_02_profiles import fill
from test_08_api_users import BAD_VALUES


@pytest.fixture
def bob(chat):
    """Bob's client: he is the user 1, and has said one thing."""
    bob = chat.api('bob')
    bob.ask('POST', '/api/posts', {'body': 'from bob'}, 201)
    return bob


@pytest.fixture
def api(chat, bob):
    """Ann's client: she is the user 2."""
    return chat.api('ann')


def test_create_post(chat, api):
    """POST /api/posts: 201, the new post of the user behind the token, and Location."""
    post = api.ask('POST', '/api/posts', {'body': ' hello ü '}, 201)
    api.header('Location', '/api/posts/2')
    assert re.fullmatch(UTC, post.pop('created_at', ''))
    assert post == {'id': 2, 'body': 'hello ü', 'author': {'id': 2, 'username': 'ann'},
                    '_links': {'self': '/api/posts/2', 'author': '/api/users/2'}}
    assert chat.browser('eve').room() == ['hello ü', 'from bob']


BAD_BODIES = [*BAD_VALUES, '', ' \n\t', 'a' * 501]


def test_create_post_mistake(chat, api):
    """A body that is missing, of another type, empty or too long: 400 that names it, and no post."""
    assert 'body' in api.ask('POST', '/api/posts', {}, 400)['message']
    for body in BAD_BODIES:
        assert 'body' in api.ask('POST', '/api/posts', {'body': body}, 400)['message']
    api.ask('POST', '/api/posts', b'["body"]', 400)
    api.ask('POST', '/api/posts', b'{"body": "x"}', 415, Content_Type='text/plain')
    assert len(chat.rows('select * from post')) == 1


def test_create_post_limits(api):
    """One character is a post, and so are 500, after trimming."""
    assert api.ask('POST', '/api/posts', {'body': '.'}, 201)['body'] == '.'
    assert api.ask('POST', '/api/posts', {'body': ' ' * 50 + '🙂' * 500 + '\n'}, 201)['body'] == '🙂' * 500


def test_create_post_ignores(chat, api):
    """Whose post it is, and when it was made, is not the client's to say."""
    post = api.ask('POST', '/api/posts', {'body': 'x', 'user_id': 1, 'author': {'id': 1}, 'id': 77, 'created_at': '1999'}, 201)
    assert post['author']['id'] == 2 and post['id'] == 2 and post['created_at'] != '1999'


def test_get_post(api):
    """GET /api/posts/<id>: the post, with its author and links that lead somewhere."""
    post = api.ask('GET', '/api/posts/1')
    assert post['body'] == 'from bob' and post['author'] == {'id': 1, 'username': 'bob'}
    assert api.ask('GET', post['_links']['self']) == post
    assert api.ask('GET', post['_links']['author'])['username'] == 'bob'


def test_unknown_post(api):
    """A post that is not there: 404, whatever is asked of it."""
    api.ask('GET', '/api/posts/2', status=404)
    api.ask('PUT', '/api/posts/2', {'body': 'x'}, 404)
    api.ask('DELETE', '/api/posts/2', status=404)


def test_get_posts(chat, api):
    """GET /api/posts: a page of posts, newest first, with its numbers and its links."""
    fill(chat, 24, 'ann')
    page = api.ask('GET', '/api/posts')
    assert [post['id'] for post in page['items']] == list(range(25, 15, -1))
    assert page['_meta'] == {'page': 1, 'per_page': 10, 'total_pages': 3, 'total_items': 25}
    assert page['_links']['prev'] is None
    assert [post['id'] for post in api.ask('GET', page['_links']['next'])['items']] == list(range(15, 5, -1))
    assert api.ask('GET', page['items'][0]['_links']['self']) == page['items'][0]


def test_get_user_posts(chat, bob, api):
    """GET /api/users/<id>/posts: one user's posts only; a user's links lead there."""
    fill(chat, 3, 'ann')
    path = api.ask('GET', '/api/users/2')['_links']['posts']
    assert path == '/api/users/2/posts'
    page = bob.ask('GET', path + '?per_page=2')
    assert [post['body'] for post in page['items']] == ['3', '2']
    assert page['_meta'] == {'page': 1, 'per_page': 2, 'total_pages': 2, 'total_items': 3}
    page = bob.ask('GET', page['_links']['next'])
    assert [post['body'] for post in page['items']] == ['1']
    assert page['_links']['next'] is None
    assert [post['body'] for post in bob.ask('GET', path + '?per_page=1&page=3')['items']] == ['1']
    bob.ask('GET', '/api/users/3/posts', status=404)
    chat.api().ask('GET', path, status=401)


def test_bad_page(api):
    """A page that is none: 400."""
    for query in ['page=0', 'per_page=0', 'per_page=101', 'page=x', 'page=99999999999999999999']:
        api.ask('GET', f'/api/posts?{query}', status=400)
        api.ask('GET', f'/api/users/1/posts?{query}', status=400)


def test_update_post(chat, bob, api):
    """PUT /api/posts/<id> changes what its author wrote, and nothing else."""
    post = bob.ask('GET', '/api/posts/1')
    changed = bob.ask('PUT', '/api/posts/1', {**post, 'body': ' better ', 'user_id': 2, 'author': {'id': 2}, 'created_at': '1999'})
    assert changed == {**post, 'body': 'better'}
    assert api.ask('GET', '/api/posts/1') == changed
    assert bob.ask('PUT', '/api/posts/1', {}) == changed


def test_update_post_mistake(bob):
    """A change that breaks the rule: 400 that names the field, and the post stays."""
    for body in BAD_BODIES:
        assert 'body' in bob.ask('PUT', '/api/posts/1', {'body': body}, 400)['message']
    bob.ask('PUT', '/api/posts/1', b'[]', 400)
    assert bob.ask('GET', '/api/posts/1')['body'] == 'from bob'


def test_somebody_elses_post(chat, bob, api):
    """Somebody else's post: 403, and it stays as it is."""
    before = chat.rows('select * from post')
    for body in ['mine now', None]:
        api.ask('PUT', '/api/posts/1', {'body': body}, 403)
    api.ask('DELETE', '/api/posts/1', status=403)
    assert chat.rows('select * from post') == before
    id = api.ask('POST', '/api/posts', {'body': 'from ann'}, 201)['id']
    bob.ask('PUT', f'/api/posts/{id}', {'body': 'mine now'}, 403)
    bob.ask('DELETE', f'/api/posts/{id}', status=403)


def test_large_ids(chat):
    """Who is the thousandth user owns their posts as well."""
    chat.browser('bob')
    chat.rows("update sqlite_sequence set seq = 1000 where name = 'user'")
    api = chat.api('ann')
    assert api.ask('POST', '/api/posts', {'body': 'hello'}, 201)['author']['id'] == 1001
    assert api.ask('PUT', '/api/posts/1', {'body': 'hi'})['body'] == 'hi'
    assert api.ask('PUT', '/api/users/1001', {'about_me': 'tea'})['email'] == 'ann@example.com'


def test_delete_post(chat, bob):
    """DELETE /api/posts/<id>: 204 without a body, and the post is gone from everywhere, for good."""
    bob.ask('POST', '/api/posts', {'body': 'oops'}, 201)
    bob.ask('DELETE', '/api/posts/2', status=204)
    assert bob.response.body == b''
    bob.ask('GET', '/api/posts/2', status=404)
    bob.ask('DELETE', '/api/posts/2', status=404)
    assert bob.ask('GET', '/api/posts')['_meta']['total_items'] == 1
    assert bob.ask('GET', '/api/users/1')['post_count'] == 1
    assert bob.ask('POST', '/api/posts', {'body': 'again'}, 201)['id'] == 3
    assert chat.browser('eve').room() == ['again', 'from bob']
