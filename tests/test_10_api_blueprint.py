"""Step 06: a blueprint with every route of the API, under /api."""
import pytest

from checks import ROUTES, blueprint
from clients import Unexpected, summary


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
