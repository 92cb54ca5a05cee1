"""Step 05: the app is put together from blueprints."""
import importlib
import sys

import pytest

from clients import Unexpected


@pytest.mark.parametrize('name', ['auth', 'main', 'errors'])
def test_blueprint(chat, name):
    """app/auth, app/main and app/errors each have a blueprint `bp` with their own name."""
    assert blueprint(f'app.{name}').name == name


def blueprint(module):
    """Return the blueprint in a module of the app."""
    try:
        return importlib.import_module(module).bp
    except (ImportError, AttributeError) as error:
        raise Unexpected(f'a blueprint `bp` in {module}', str(error)) from None


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
        raise Unexpected(f'app/{name} to answer: is its bp registered in create_app?', 'it was answered by ' + ', '.join(code))


def test_blueprints_serve_every_app(chat, make_chat):
    """A blueprint can be registered on several apps, and each of them gets all of its routes."""
    blueprint('app.auth')
    for ann in [make_chat().browser('ann'), make_chat().browser('ann')]:
        ann.say('hello')
        assert ann.room() == ['hello']
        ann.get('/auth/nothing', status=404)
        ann.post('/auth/logout', status=303)
