"""Step 07: one file becomes a package."""
import ast
import importlib
import inspect

import pytest

from clients import Unexpected, fail

pytestmark = pytest.mark.modules  # all of it is about the kit's own modules


# The settings

def test_settings_module(chat):
    """The settings are in config.py, and chat.py only reads them there."""
    settings = home('config')
    settings = getattr(settings, 'Config', settings)
    for name in ('DATABASE', 'HOST', 'PORT', 'TOKEN_SECONDS', 'PASSWORD_COST'):
        if not hasattr(settings, name):
            fail(f'{name} in config.py', 'no such name there')
        if name in names_set_in(chat.step.folder / 'chat.py'):
            fail(f'{name} only in config.py', f'chat.py sets {name}, too')


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
    for folder in ('templates', 'static'):
        if not (chat.step.folder / 'app' / folder).is_dir():
            fail(f'the folder app/{folder}', 'no such folder')
        if (chat.step.folder / folder).exists():
            fail(f'the folder {folder} only in app/', f'{folder}/ beside chat.py, too')


# The app

def test_views_are_in_the_package(chat):
    """Every view is in the package app. chat.py has none, because it only starts the server."""
    home('app')
    for route in chat.app.routes:
        module = inspect.unwrap(route.callback).__module__
        if module.partition('.')[0] != 'app':
            fail(f'the view of {route.method} {route.rule} in a module of app/',
                 f'it is in {module}.py')


def test_app_is_made_in_the_package(chat):
    """The app is made in app/__init__.py, which does not need chat.py for it."""
    package = home('app')
    if not hasattr(package, 'create_app') and getattr(package, 'app', None) is not chat.app:
        fail('the name app in app/__init__.py: the app that chat.py serves', 'another, or none')


def test_nothing_imports_chat(chat):
    """No module imports from chat.py: Python would run that file a second time."""
    home('app')
    for path in sorted((chat.step.folder / 'app').rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if 'chat' in imported(node):
                file = path.relative_to(chat.step.folder).as_posix()
                fail('modules that import nothing from chat', f'line {node.lineno} of {file}')


def home(name):
    """Return the module with this name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        file = name.replace('.', '/')
        raise Unexpected(f'{file}.py' if '/' in file or file == 'config' else f'{file}/__init__.py',
                         str(error)) from None


def check_moved(chat, name, *functions):
    """Check that these functions are written in a module, and no longer in chat.py."""
    module, file = home(name), name.replace('.', '/') + '.py'
    for function in functions:
        place = getattr(getattr(module, function, None), '__module__', 'nowhere')
        if not place.startswith(name):
            fail(f'the function {function} in {file}', f'it is in {place}')
        if function in names_set_in(chat.step.folder / 'chat.py'):
            fail(f'the function {function} only in {file}', 'chat.py has it, too')


def names_set_in(path):
    """Return the names that a file itself gives to functions and values, not those it imports."""
    body = ast.parse(path.read_bytes()).body
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return functions | {part.id for target in targets for part in ast.walk(target)
                        if isinstance(part, ast.Name)}


def imported(node):
    """Return the names of the modules that a statement imports."""
    if isinstance(node, ast.ImportFrom):
        return [node.module]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
