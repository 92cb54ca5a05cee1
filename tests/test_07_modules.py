"""Step 07: one file becomes a package."""
import inspect
import re
import sys

import pytest

from answers import fail
from checks import imported

pytestmark = pytest.mark.modules  # all of it is about the kit's own modules


def check_moved(chat, module, *functions):
    """Check that these functions are written in a module, and no longer in chat.py."""
    for name in functions:
        place = getattr(imported(module, name), '__module__', 'nowhere')
        if not place.startswith(module):
            fail(f'the function {name} in {module}', f'it is in {place}')
        check_not_in_chat(chat, f'def {name}')


def check_not_in_chat(chat, text):
    """Check that no line of chat.py begins like this."""
    if re.search(rf'(?m)^{text}\b', (chat.step.folder / 'chat.py').read_text(encoding='utf-8-sig')):
        fail(f'a chat.py without {text}', 'it is there, too')


# The settings

def test_settings_module(chat):
    """The settings are in config.py, and chat.py only reads them there."""
    config = sys.modules.get('config')
    for name in ('DATABASE', 'HOST', 'PORT', 'TOKEN_SECONDS', 'PASSWORD_COST'):
        assert hasattr(getattr(config, 'Config', config), name), f'no {name} in config.py'
        check_not_in_chat(chat, name)


# Security

def test_security(chat):
    """The hashes of passwords and tokens are made in app/security.py."""
    check_moved(chat, 'app.security', 'hash_password', 'check_password', 'hash_token')


# The database

def test_database(chat):
    """The functions that read and change the database are in app/db.py."""
    check_moved(chat, 'app.db', 'open_db', 'get_db', 'utc_now', 'add_user', 'find_user',
                'change_user', 'add_token', 'find_token_user', 'delete_token', 'find_posts',
                'find_posts_of', 'count_posts', 'add_post')


# What clients send

def test_validation(chat):
    """The functions that read and check what clients send are in app/validation.py."""
    check_moved(chat, 'app.validation', 'validate', 'read_form', 'read_number')


# The pages

def test_pages(chat):
    """The functions that every page needs are in app/pages.py, beside the templates."""
    check_moved(chat, 'app.pages', 'current_user', 'render', 'redirect_to')
    for name in ('templates', 'static'):
        assert (chat.step.folder / 'app' / name).is_dir(), f'no folder app/{name}'
        assert not (chat.step.folder / name).exists(), f'a folder {name} beside app/'


# The app

def test_package(chat):
    """The app and all views are in the package app. chat.py only starts the server."""
    for route in chat.app.routes:
        module = inspect.unwrap(route.callback).__module__
        assert module.split('.')[0] == 'app', f'{route.rule} is in no module of app/'
    package = sys.modules['app']
    if not hasattr(package, 'create_app') and getattr(package, 'app', None) is not chat.app:
        fail('the name app in app/__init__.py: the app that chat.py serves', 'another, or none')
