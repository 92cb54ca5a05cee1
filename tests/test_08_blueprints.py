"""Step 08: the app is put together from blueprints."""
import inspect
import sys

import bottle
import pytest

from checks import imported
from clients import Client, somebody

pytestmark = pytest.mark.modules  # all of it is about the kit's own modules
MOVED = 'a path is not made by url_for: the routes of this app have moved'
ANN = somebody('ann')


def check_view(answer, name):
    """Check that a view in app/<name>.py has answered."""
    module = inspect.unwrap(answer.request.environ['bottle.route'].callback).__module__
    assert module == f'app.{name}', \
        f'no view of app/{name}.py (is @bp.route above it, and its bp registered once?)'


# A recording

def test_recording(chat):
    """A blueprint records views. It can be replayed onto several apps, each with a prefix."""
    def hello():
        return 'hello'
    bp = imported('app.blueprint', 'Blueprint')('test')
    kept = bp.route('/hello', 'POST')(hello)
    assert kept is hello, 'the decorator does not return the view itself (`return view`?)'
    one, two = bottle.Bottle(), bottle.Bottle()
    bp.register(one)
    bp.register(two, url_prefix='/two')
    Client(one).post('/hello', status=200)
    Client(two).post('/two/hello', status=200)


# The blueprint auth

def test_auth(ann):
    """app/auth.py has a blueprint `bp` with the name auth. Its views answer under /auth."""
    assert imported('app.auth', 'bp').name == 'auth'
    check_view(ann.get('/auth/login', status=200), 'auth')


# Hooks and error handlers

def test_hook(browser):
    """The check of where a form comes from is in app/auth.py, and runs before every request."""
    browser.post('/nothing', {'body': 'x'}, {'Sec-Fetch-Site': 'cross-site'}, status=403)
    assert getattr(imported('app.auth', 'csrf_protect'), '__module__', None) == 'app.auth'


def test_errors(chat):
    """app/errors.py has a blueprint `bp` with the name errors. It answers every error."""
    assert imported('app.errors', 'bp').name == 'errors'
    assert chat.app.default_error_handler.__module__ == 'app.errors'


# The blueprint main

def test_main(ann):
    """app/main.py has a blueprint `bp` with the name main. Its views answer all other pages."""
    assert imported('app.main', 'bp').name == 'main'
    for path in ('/', '/user/ann', '/profile', '/static/style.css'):
        check_view(ann.get(path, status=200), 'main')


def test_no_circular_import(chat):
    """No module imports the app. So it makes no difference which module comes first."""
    for name, module in sys.modules.copy().items():
        if name.startswith('app.'):
            assert getattr(module, 'app', None) is not chat.app, f'{name} still has the app'


# Names for routes

def test_redirects_follow_the_routes(moved):
    """Where a redirect leads is made from the name of a route, so it follows when routes move."""
    check_redirect(moved, moved.get('/moved/'), '/moved/auth/login')
    check_redirect(moved, moved.post('/moved/auth/register', ANN), '/moved/auth/login')
    check_redirect(moved, moved.post('/moved/auth/login', ANN), '/moved/')
    check_redirect(moved, moved.post('/moved/', {'body': 'hello'}), '/moved/')
    check_redirect(moved, moved.post('/moved/profile', {'about_me': 'tea'}), '/moved/user/ann')
    check_redirect(moved, moved.post('/moved/auth/logout'), '/moved/auth/login')


# Links in templates

def test_links_follow_the_routes(moved):
    """The links and forms of all pages are made from the names of routes, too."""
    check_links(moved, '/moved/auth/register', '/moved/auth/login', '/moved/nothing')
    moved.post('/moved/auth/register', ANN, status=303)
    moved.post('/moved/auth/login', ANN, status=303)
    moved.post('/moved/', {'body': 'hello'}, status=303)
    check_links(moved, '/moved/', '/moved/user/ann', '/moved/profile', '/moved/nothing')


@pytest.fixture
def moved(make_chat, monkeypatch):
    """A browser for an app whose routes have moved: each path begins with /moved."""
    make_chat()  # what the suite notes of a step's first app is true of its usual paths
    route = bottle.Bottle.route

    def move(app, path, *more, **options):
        return route(app, f'/moved{path}', *more, **options)
    monkeypatch.setattr(bottle.Bottle, 'route', move)
    return make_chat().browser()


def check_redirect(browser, answer, path):
    """Check that an answer redirects to the path that a route has now."""
    assert browser.redirected(answer).split('?')[0] == path, f'no redirect to {path}: {MOVED}'


def check_links(browser, *paths):
    """Check that no link and no form of these pages leads to where a route was before."""
    for path in paths:
        page = browser.get(path, status=[200, 404])
        assert page.html.select('[href^="/"]:not([href^="/moved/"])') == [], MOVED
        assert page.html.select('[action^="/"]:not([action^="/moved/"])') == [], MOVED
