"""Step 08: the app is put together from blueprints."""
import ast
import importlib
import re
import sys

import bottle
import pytest

from checks import blueprint
from clients import PASSWORD, Client, Unexpected, address, fail
from patience import in_time

pytestmark = pytest.mark.modules  # all of it is about the kit's own modules
ANN = {'username': 'ann', 'email': 'ann@example.com', 'password': PASSWORD}
MOVED = {'/': '/room', '/profile': '/me', '/auth/': '/account/', '/user/': '/people/',
         '/static/': '/files/'}


# A recording

def test_recording(chat):
    """A blueprint records views. It can be replayed onto several apps, each with a prefix."""
    bp = new_blueprint()
    kept = [bp.route('/hello')(hello), bp.route('/hello', 'POST')(hello)]
    if kept != [hello, hello]:
        fail('the view itself from its decorator (`return view`, in record)', repr(kept[0]))
    for prefix in ('', '/one', '/two'):
        app = bottle.Bottle()
        bp.register(app, url_prefix=prefix)
        for method in ('GET', 'POST'):
            Client(app).request(f'{prefix}/hello', status=200, method=method)
        Client(app).get('/other/hello', status=404)


# The blueprint auth

def test_auth(chat, ann):
    """app/auth.py has a blueprint `bp` with the name auth. Its views answer under /auth."""
    assert getattr(blueprint('app.auth'), 'name', 'no name') == 'auth'
    check_answered_by(chat, 'auth', lambda: ann.get('/auth/login', status=200))


# Hooks and error handlers

def test_hook(chat, ann):
    """The check of where a form comes from is in app/auth.py, and runs before every request."""
    blueprint('app.auth')
    headers = {'Sec-Fetch-Site': 'cross-site'}
    check_answered_by(chat, 'auth', lambda: ann.post('/', {'body': 'x'}, headers, status=403))
    ann.post('/nothing', {'body': 'x'}, headers, status=403)


def test_errors(chat, ann):
    """app/errors.py has a blueprint `bp` with the name errors. It answers every error."""
    assert getattr(blueprint('app.errors'), 'name', 'no name') == 'errors'
    check_answered_by(chat, 'errors', lambda: ann.get('/nothing', status=404))


# The blueprint main

@pytest.mark.parametrize('path', ['/', '/user/ann', '/profile', '/static/style.css'])
def test_main(chat, ann, path):
    """app/main.py has a blueprint `bp` with the name main. Its views answer all other pages."""
    assert getattr(blueprint('app.main'), 'name', 'no name') == 'main'
    check_answered_by(chat, 'main', lambda: ann.get(path, status=200))


def test_no_circular_import(chat):
    """No module imports the app. So it makes no difference which module comes first."""
    blueprint('app.main')
    for path in sorted((chat.step.folder / 'app').rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.module == 'app':
                if 'app' in [alias.name for alias in node.names]:
                    file = path.relative_to(chat.step.folder).as_posix()
                    fail('modules that import no app', f'line {node.lineno} of {file}')


# Names for routes

def test_names(chat):
    """Each function has a name of its own in its module: routes are named after their views."""
    blueprint('app.auth')
    for path in sorted((chat.step.folder / 'app').rglob('*.py')):
        file = path.relative_to(chat.step.folder)
        module = sys.modules.get('.'.join(file.with_suffix('').parts).removesuffix('.__init__'))
        names = re.findall(r'(?m)^def (\w+)', path.read_text(encoding='utf-8-sig'))
        for name in names:
            if names.count(name) > 1:
                fail(f'one function with the name {name} in {file.as_posix()}',
                     f'{names.count(name)} of them: url_for and imports find only the last')
            if getattr(module, name, name) is None:
                fail(f'{name} in {file.as_posix()} to be a function',
                     'None: a decorator above it returns nothing. Do record, and each method '
                     'of Blueprint that is a decorator, return the function that they get?')


def test_redirects_follow_the_routes(moved):
    """Where a redirect leads is made from the name of a route, so it follows when routes move."""
    browser = moved.browser()
    check_moved(browser, browser.get('/room', status=303), '/account/login')
    check_moved(browser, browser.post('/account/register', ANN), '/account/login')
    check_moved(browser, browser.post('/account/login', ANN), '/room')
    check_moved(browser, browser.post('/room', {'body': 'hello'}), '/room')
    check_moved(browser, browser.post('/me', {'about_me': 'tea'}), '/people/ann')
    check_moved(browser, browser.post('/account/logout'), '/account/login')


# Links in templates

def test_links_follow_the_routes(moved):
    """The links and forms of all pages are made from the names of routes, too."""
    browser = moved.browser()
    for path in ('/account/register', '/account/login', '/nothing'):
        check_links(browser.get(path, status=[200, 404]))
    browser.post('/account/register', ANN, status=303)
    browser.post('/account/login', ANN, status=303)
    browser.post('/room', {'body': 'hello'}, status=303)
    for path in ('/room', '/people/ann', '/me', '/nothing'):
        check_links(browser.get(path, status=[200, 404]))


@pytest.fixture
def moved(make_chat, monkeypatch):
    """An app whose routes have other paths, as if it was registered with other prefixes."""
    make_chat()  # what the suite notes of a step's first app is true of its usual paths
    route = bottle.Bottle.route

    def move(self, path=None, *more, **options):
        old = moved_from(path) if isinstance(path, str) else None
        return route(self, old and MOVED[old] + path.removeprefix(old) or path, *more, **options)
    monkeypatch.setattr(bottle.Bottle, 'route', move)
    return make_chat()


def moved_from(path):
    """Return the old path, or the beginning of it, from which a route has moved, or None."""
    return next((old for old in MOVED if path == old or old != '/' and path.startswith(old)), None)


def hello():
    return 'hello'


def new_blueprint():
    """Return a new blueprint of the app's own class."""
    try:
        return importlib.import_module('app.blueprint').Blueprint('test')
    except (ImportError, AttributeError) as error:
        raise Unexpected('a class Blueprint in app/blueprint.py', str(error)) from None


def check_answered_by(chat, name, ask):
    """Check that a function of app/<name>.py is called to answer a request."""
    files = set()

    def ask_and_watch():
        sys.setprofile(lambda frame, *_: files.add(frame.f_code.co_filename.replace('\\', '/')))
        ask()
    in_time('an answer', ask_and_watch)  # the profile ends with the thread
    here = f'{chat.step.folder.as_posix()}/'
    if not any(file.startswith((f'{here}app/{name}.py', f'{here}app/{name}/')) for file in files):
        code = sorted(file.removeprefix(here) for file in files if file.startswith(here))
        fail(f'a function of app/{name}.py, recorded by @bp. … above it, its bp registered once',
             f'only functions of {", ".join(code) or "no module"} were called')


def check_moved(browser, answer, path):
    """Check that an answer redirects to the path that a route has now."""
    found = browser.redirected(answer).split('?')[0]
    if found != path:
        fail(f'a redirect to {path}, made by url_for, because the routes of this app have moved',
             f'Location: {found}')


def check_links(page):
    """Check that no link and no form of a page leads to a path from which a route has moved."""
    for element in page.html.select('a[href], link[href], form[action]'):
        path = address(page, {'href': element.get('href') or element.get('action')})
        if moved_from(path.split('?')[0]):
            element.clear()
            fail('links made by url_for, because the routes of this app have moved', element)
