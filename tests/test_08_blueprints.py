"""Step 05: the app is put together from blueprints."""
import re
import sys

import pytest

from checks import blueprint
from clients import fail

pytestmark = pytest.mark.modules  # all of it is about the kit's own modules


@pytest.mark.parametrize('name', ['auth', 'main', 'errors'])
def test_blueprint(chat, name):
    """app/auth, app/main and app/errors each have a blueprint `bp` with their own name."""
    assert getattr(blueprint(f'app.{name}'), 'name', 'no name') == name


@pytest.mark.parametrize('path, name', [('/auth/login', 'auth'), ('/', 'main'), ('/profile', 'main'), ('/nothing', 'errors')])
def test_blueprint_answers(chat, ann, path, name):
    """The code in app/auth, app/main and app/errors answers the requests."""
    blueprint(f'app.{name}')
    files = set()
    sys.setprofile(lambda frame, *_: files.add(frame.f_code.co_filename.replace('\\', '/')))
    try:
        ann.get(path, status='*')
    finally:
        sys.setprofile(None)
    here = chat.step.folder.as_posix()
    if not any(file.startswith((f'{here}/app/{name}.py', f'{here}/app/{name}/')) for file in files):
        code = sorted(file.removeprefix(here + '/') for file in files if file.startswith(here + '/'))
        fail(f'a view or a handler in app/{name}: recorded by @bp. ... above it, handed on by Blueprint.register, and its bp registered by create_app, once', f'no function of app/{name} was called, only some of {", ".join(code)}')


def test_blueprints_serve_every_app(chat, make_chat):
    """A blueprint can be registered on several apps, and each of them gets all of its routes."""
    blueprint('app.auth')
    make_chat()
    second = make_chat()
    if second.browser().get('/auth/login', status='*').status_int != 200:
        fail('the same routes on every app that create_app makes', 'a second app without /auth/login: does register() change the recording?')
    for ann in [second.browser('ann'), make_chat().browser('ann')]:
        ann.say('hello')
        assert ann.room() == ['hello']
        ann.get('/auth/nothing', status=404)
        ann.post('/auth/logout', status=303)


def test_views_keep_their_names(chat):
    """Each function has a name of its own in its module, which is still its name below its decorators. Routes are named after it."""
    blueprint('app.auth')
    for path in sorted((chat.step.folder / 'app').rglob('*.py')):
        file = path.relative_to(chat.step.folder)
        module = sys.modules.get('.'.join(file.with_suffix('').parts).removesuffix('.__init__'))
        names = re.findall(r'(?m)^def (\w+)', path.read_text(encoding='utf-8'))
        for name in names:
            if names.count(name) > 1:
                fail(f'one function with the name {name} in {file.as_posix()}', f'{names.count(name)} of them: url_for and imports find only the last')
            if getattr(module, name, name) is None:
                fail(f'{name} in {file.as_posix()} to be a function', 'None: a decorator above it returns nothing (has record, in route, its `return view`?)')
