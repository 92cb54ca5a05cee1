"""Step 09: the app is made by an application factory, create_app(config)."""
import importlib
import socket
import sys
import threading

import pytest

from checks import check_refused, count_hashes, lifetime, session
from clients import PASSWORD, Unexpected, fail

DEFAULTS = {'HOST': '127.0.0.1', 'PORT': '8080', 'TOKEN_SECONDS': 3600, 'PASSWORD_COST': 2**14}


# An app with its settings

@pytest.mark.modules
def test_app_has_its_settings(make_chat):
    """The app carries its settings in app.config, where its views find them."""
    chat = make_chat(TOKEN_SECONDS=60)
    for name, value in [('DATABASE', str(chat.database)), ('TOKEN_SECONDS', 60)]:
        if chat.app.config.get(name) != value:
            fail(f'{name} in app.config: {value!r}', repr(chat.app.config.get(name)))


@pytest.mark.modules
def test_functions_ask_the_app(chat, monkeypatch):
    """add_token, login_user, register and login ask the app, request.app.config, for a setting."""
    chat.app.config.update(TOKEN_SECONDS=600, PASSWORD_COST=4)
    costs = count_hashes(monkeypatch)
    cookie = session(chat, chat.browser('ann'))
    chat.browser().post('/auth/login', {'username': 'x', 'password': PASSWORD}, status=400)
    seconds, = chat.rows("select strftime('%s', expires_at) - strftime('%s', 'now') from token")[0]
    used = {'PASSWORD_COST in register': costs[0][0], 'PASSWORD_COST in login': costs[-1][0],
            'TOKEN_SECONDS in login_user': lifetime(cookie),
            'TOKEN_SECONDS in add_token': round(seconds, -2)}
    assert used == {name: 4 if 'COST' in name else 600 for name in used}


# An app with its connections

@pytest.mark.modules
def test_app_has_its_connections(chat):
    """The connections belong to the app. A variable of a module would be there for all apps."""
    chat.browser('ann').say('hello')
    for name, module in list(sys.modules.items()):
        if name.partition('.')[0] == 'app':
            for variable, value in vars(module).items():
                if isinstance(value, threading.local):
                    fail('app.local, which each app has of its own', f'{variable} in {name}')


# The factory

@pytest.mark.modules
def test_factory(chat):
    """app/__init__.py has a function create_app, and makes no app when it is imported."""
    package = sys.modules.get('app')
    if not callable(getattr(package, 'create_app', None)):
        fail('a function create_app in app/__init__.py', 'no such function')
    if hasattr(package, 'app'):
        fail('apps that only create_app makes', 'the name app in app/__init__.py')


def test_two_apps(make_chat):
    """Two apps in one process share nothing: each has its own users and posts."""
    one, two = make_chat(), make_chat()
    ann, bob = one.browser('ann'), two.browser('bob')
    ann.say('in one')
    bob.say('in two')
    assert ann.room() == ['in one']
    assert bob.room() == ['in two']
    ann.get('/user/bob', status=404)


def test_every_app_has_all_routes(make_chat):
    """An app made later has the same routes, under the same names, as the one before."""
    make_chat()
    second = make_chat()
    if second.browser().get('/auth/login', status='*').status_int != 200:
        fail('the same routes in every app that create_app makes',
             'a second app without /auth/login: does register() change the recording?')
    for ann in [second.browser('ann'), make_chat().browser('ann')]:
        ann.say('hello')
        assert ann.room() == ['hello']
        ann.get('/auth/nothing', status=404)
        ann.post('/auth/logout', status=303)


def test_two_apps_on_one_database(chat, make_chat):
    """A second app on the same database has everything that the first one wrote."""
    chat.browser('ann').say('still here')
    browser = make_chat(DATABASE=chat.database).browser()
    browser.log_in('ann')
    assert browser.room() == ['still here']


def test_settings(make_chat):
    """An app uses the settings that it was given: here, how long a session lasts."""
    chats = {seconds: make_chat(TOKEN_SECONDS=seconds) for seconds in (600, 6000)}
    for seconds, chat in chats.items():
        cookie = session(chat, chat.browser('ann'))
        assert lifetime(cookie) == seconds, f'a cookie that lasts {seconds} seconds'
    short, long = (chat.rows('select max(expires_at) from token')[0][0] for chat in chats.values())
    if not short < long:
        fail('a token of 600 seconds that expires before one of 6000 seconds: its row in the '
             'table token', f'{short} and {long}')


def test_password_cost(make_chat, monkeypatch):
    """The cost of a hash is a setting. Who registered at another cost can still log in."""
    cheap = make_chat(PASSWORD_COST=2)
    cheap.browser('ann')
    dear = make_chat(DATABASE=cheap.database, PASSWORD_COST=4)
    costs = count_hashes(monkeypatch)
    dear.browser('bob')
    used = sorted({n for n, _, _ in costs})
    if used != [4]:
        fail('scrypt with n=4, as the setting PASSWORD_COST says', f'n={used}')
    dear.browser().log_in('ann', PASSWORD)


# Wrong settings

@pytest.mark.modules
def test_config(step, chat, monkeypatch):
    """config.py has a class Config, which reads the environment."""
    monkeypatch.delenv('CHAT_DB', raising=False)
    assert read_config() == {'DATABASE': str(step.folder / 'chat.db'), **DEFAULTS}
    other = {'DATABASE': 'elsewhere.db', 'HOST': '0.0.0.0', 'PORT': '8765', 'TOKEN_SECONDS': 60,
             'PASSWORD_COST': 8}
    for name, value in other.items():
        monkeypatch.setenv('CHAT_DB' if name == 'DATABASE' else f'CHAT_{name}', str(value))
    assert read_config() == other


def test_wrong_settings(step, tmp_path):
    """A setting that can't work: the app doesn't start, and says in one line which one it is."""
    check_refused(step, tmp_path, ('CHAT_PORT', '65536'), ('CHAT_TOKEN_SECONDS', '²'),
                  ('CHAT_TOKEN_SECONDS', '0'), ('CHAT_PASSWORD_COST', '15'),
                  ('CHAT_PASSWORD_COST', '1'), ('CHAT_PASSWORD_COST', str(2**30)))


# When it cannot start

def test_cannot_start(step, tmp_path):
    """Without its database or its port, the app says so in one line and exits with status 1."""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        check_refused(step, tmp_path, ('CHAT_PORT', str(taken.getsockname()[1])),
                      ('CHAT_HOST', '192.0.2.1'), ('CHAT_HOST', 'no..host'),
                      ('CHAT_DB', str(tmp_path / 'nothing' / 'chat.db')))


def read_config():
    """Return the settings of the class Config, as it is in an app that starts now."""
    sys.modules.pop('config', None)
    try:
        config = importlib.import_module('config').Config
    except (ImportError, AttributeError, SystemExit) as error:
        raise Unexpected('config.py with a class Config, whose settings have working defaults',
                         f'{type(error).__name__}: {error}') from None
    settings = {name: getattr(config, name, 'missing') for name in ['DATABASE', *DEFAULTS]}
    return {**settings, 'PORT': str(settings['PORT']), 'DATABASE': str(settings['DATABASE'])}
