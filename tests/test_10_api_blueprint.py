"""Step 10: a blueprint with every route of the API, under /api."""
from answers import fail, summary


def check_route(chat, method, path):
    """Check that the app has a route, whose view answers."""
    answer = chat.browser().request(path, method=method, status='*')
    if answer.status_int in (404, 405, 500) or not answer.body:
        fail('status 501, or that of a later step', summary(answer))


# The first endpoint

def test_route(chat):
    """GET /api/users is a route. It answers 501 until a later step implements it."""
    check_route(chat, 'GET', '/api/users')


# What an id is

def test_id(chat, ann):
    """An id is a number from 1 up, of at most 18 digits. Anything else has no route: 404."""
    check_route(chat, 'GET', '/api/users/1')
    chat.browser().get('/api/users/' + '9' * 18, status=[501, 401, 404])
    for id in ('0', '-1', 'x', '1%D9%A3', 2**63, '9' * 5000):
        chat.browser().get(f'/api/users/{id}', status=404)


# Which method, which path?

def test_routes_of_users(chat, ann):
    """A client can register a user, and change one."""
    check_route(chat, 'POST', '/api/users')
    check_route(chat, 'PUT', '/api/users/1')


# Posts

def test_routes_of_posts(chat, ann):
    """A client can read posts, write one, change it and delete it."""
    ann.say('the post with the id 1')
    check_route(chat, 'GET', '/api/posts')
    check_route(chat, 'POST', '/api/posts')
    for method in ('GET', 'PUT', 'DELETE'):
        check_route(chat, method, '/api/posts/1')
        chat.browser().request('/api/posts/0', method=method, status=404)


# Tokens

def test_routes_of_tokens(chat):
    """A client can get a token, and give it back. It can do nothing else with /api/tokens."""
    check_route(chat, 'POST', '/api/tokens')
    check_route(chat, 'DELETE', '/api/tokens')
    chat.browser().get('/api/tokens', status=405)
