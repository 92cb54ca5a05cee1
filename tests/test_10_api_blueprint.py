"""Step 10: a blueprint with every route of the API, under /api."""
import pytest

from answers import Unexpected, similar_routes, summary
from checks import case, imported


def check_route(chat, route):
    """Check that the app has a route, such as `PUT /api/users/1`."""
    method, path = route.split()
    answer = chat.browser().request(path, method=method, status='*')
    module = path.split('/')[2]
    if answer.status_int in (404, 405):
        like = similar_routes(answer.request.environ, path)
        raise Unexpected(f'{route} to be a route\n'
                         f'(does app/api/{module}.py have its view, with @bp.route above it?\n'
                         f'does app/api/__init__.py import {module} below bp, and does\n'
                         'create_app register api.bp with the prefix /api?)',
                         '\n'.join([summary(answer), *like]))
    if answer.status_int == 500 or answer.status_int == 200 and not answer.body:
        raise Unexpected('status 501, or that of a later step', summary(answer), crash=True)


# The first endpoint

@pytest.mark.modules
def test_blueprint(chat):
    """app/api has a blueprint `bp`, whose name is api."""
    assert getattr(imported('app.api', 'bp'), 'name', 'no name') == 'api'


def test_route(chat):
    """GET /api/users is a route. It answers 501 until a later step implements it."""
    check_route(chat, 'GET /api/users')


# What an id is

def test_id(chat, ann):
    """GET /api/users/<id> is a route. An id is a number from 1 up, which may have 18 digits."""
    check_route(chat, 'GET /api/users/1')
    chat.browser().get('/api/users/' + '9' * 18, status=[501, 401, 404])


@pytest.mark.parametrize('id', [
    '0', '-1', '01', 'x', '+1', '%D9%A3', '1%D9%A3', str(2**63), '9' * 5000,
], ids=case)
def test_bad_id(chat, ann, id):
    """Anything else is no id, and no second address of the same user: 404."""
    check_route(chat, 'GET /api/users/1')
    chat.rows('update user set id = 13 where id = 1')  # int() reads this in 1%D9%A3, too
    chat.browser().get(f'/api/users/{id}', status=404)


# Which method, which path?

@pytest.mark.parametrize('route', ['POST /api/users', 'PUT /api/users/1'])
def test_routes_of_users(chat, ann, route):
    """A client can register a user, and change one."""
    check_route(chat, route)


# Posts

@pytest.mark.parametrize('route', [
    'GET /api/posts/1', 'GET /api/posts', 'POST /api/posts', 'PUT /api/posts/1',
    'DELETE /api/posts/1',
])
def test_routes_of_posts(chat, ann, route):
    """A client can read posts, write one, change it and delete it."""
    ann.say('the post with the id 1')
    check_route(chat, route)
    method, path = route.split()
    if path == '/api/posts/1':
        chat.browser().request('/api/posts/0', method=method, status=404)


# Tokens

@pytest.mark.parametrize('route', ['POST /api/tokens', 'DELETE /api/tokens'])
def test_routes_of_tokens(chat, route):
    """A client can get a token, and give it back. It can do nothing else with /api/tokens."""
    check_route(chat, route)
    chat.browser().get('/api/tokens', status=405)
