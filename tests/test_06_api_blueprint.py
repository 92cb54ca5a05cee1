"""Step 06: a blueprint with every route of the API, under /api."""
import pytest

from clients import Unexpected, fail, summary
from test_05_blueprints import blueprint

ROUTES = [
    ('GET', '/api/users/1'), ('GET', '/api/users'), ('POST', '/api/users'), ('PUT', '/api/users/1'),
    ('GET', '/api/posts/1'), ('GET', '/api/posts'), ('POST', '/api/posts'), ('PUT', '/api/posts/1'),
    ('DELETE', '/api/posts/1'), ('POST', '/api/tokens'), ('DELETE', '/api/tokens'),
]


@pytest.mark.modules
def test_blueprint(chat):
    """app/api has a blueprint `bp`, whose name is api."""
    assert getattr(blueprint('app.api'), 'name', 'no name') == 'api'


@pytest.mark.parametrize('method, path', ROUTES)
def test_route(chat, ann, method, path):
    """Every route of the API exists. It answers 501 until a later step implements it."""
    ann.say('the post with the id 1')
    answer = chat.api().request(path, method=method, status='*')
    if answer.status_int in (404, 405, 500):
        module = f'app/api/{path.split("/")[2]}.py'
        looked = f'{method} {path} to be a route: has {module} its view with @bp.route above, for {method}, does app/api/__init__.py import {module[8:-3]} below bp, ' \
                 'does create_app register api.bp with the prefix /api?'
        raise Unexpected('status 501, or that of a later step' if answer.status_int == 500 else looked, summary(answer), crash=answer.status_int == 500)
    if answer.status_int == 200 and not answer.body:
        raise Unexpected('status 501, or that of a later step', f'{answer.status}, an empty answer')


def make_api(chat):
    """Return an API client, with a token as soon as there are tokens."""
    return chat.api('ann' if chat.step.number >= 9 else None)


def test_wrong_method(chat):
    """A method that a path does not have: 405, and the Allow header names those that it has."""
    api = make_api(chat)
    answer = api.request('/api/posts', method='DELETE', headers={'Authorization': f'Bearer {api.token}'}, status=405)
    allowed = answer.headers.get('Allow', 'no header Allow')
    for method in ('GET', 'POST'):
        assert method in allowed.replace(' ', '').split(',')
