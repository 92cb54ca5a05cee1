"""Step 09: the app is made by an application factory, create_app(config)."""
import socket
import sys
import threading

import pytest

from checks import count_hashes, imported, lifetime, session, setting, token_lifetime
from processes import check_refused


# An app with its settings

@pytest.mark.modules
def test_app_has_its_settings(chat, monkeypatch):
    """The app has its settings in app.config. add_token, login_user, register and login ask it."""
    assert chat.app.config.get('DATABASE') == str(chat.database)
    chat.app.config.update(TOKEN_SECONDS=600, PASSWORD_COST=4)
    hashes = count_hashes(monkeypatch)
    cookie = session(chat, chat.browser('ann'))
    chat.browser().log_in('nobody', status=400)
    used = {'register': hashes[0][0], 'login': hashes[-1][0],
            'login_user': lifetime(cookie), 'add_token': token_lifetime(chat)}
    assert used == {'register': 4, 'login': 4, 'login_user': 600, 'add_token': 600}


# An app with its connections

@pytest.mark.modules
def test_app_has_its_connections(chat):
    """The connections belong to the app. A variable of a module would be there for all apps."""
    chat.browser('ann').say('hello')
    for name, module in sys.modules.copy().items():
        if name.split('.')[0] == 'app':
            for key, value in vars(module).items():
                assert not isinstance(value, threading.local), f'all apps share {key} in {name}'


# The factory

@pytest.mark.modules
def test_factory(chat):
    """app/__init__.py has a function create_app, and makes no app when it is imported."""
    imported('app', 'create_app')
    assert not hasattr(sys.modules['app'], 'app'), 'app/__init__.py makes an app, too'


def test_two_apps(make_chat):
    """Two apps in one process share nothing: neither users, nor posts, nor settings."""
    one, two = make_chat(TOKEN_SECONDS=600), make_chat(TOKEN_SECONDS=6000)
    ann, bob = one.browser('ann'), two.browser('bob')
    ann.say('in one')
    bob.say('in two')
    assert ann.room() == ['in one']
    assert bob.room() == ['in two']
    ann.get('/user/bob', status=404)
    assert lifetime(session(one, ann)) == token_lifetime(one) == 600
    assert lifetime(session(two, bob)) == token_lifetime(two) == 6000


# Wrong settings

@pytest.mark.modules
def test_config(step, chat):
    """config.py has a class Config, which reads the environment."""
    assert setting(step, 'HOST') == '127.0.0.1'
    assert setting(step, 'PORT') == 8080
    assert setting(step, 'TOKEN_SECONDS') == 3600
    assert setting(step, 'HOST', CHAT_HOST='0.0.0.0') == '0.0.0.0'
    assert setting(step, 'PORT', CHAT_PORT='8765') == 8765
    assert setting(step, 'TOKEN_SECONDS', CHAT_TOKEN_SECONDS='60') == 60
    assert setting(step, 'PASSWORD_COST', CHAT_PASSWORD_COST='8') == 8
    imported('config', 'Config')


@pytest.mark.modules
def test_wrong_settings(step, chat):
    """A setting that can't work: config.py ends the program with a line that names it."""
    for name, value in [('CHAT_PORT', '65536'), ('CHAT_TOKEN_SECONDS', 'x'),
                        ('CHAT_TOKEN_SECONDS', '0'), ('CHAT_PASSWORD_COST', '15'),
                        ('CHAT_PASSWORD_COST', str(2**30))]:
        came = 'the program goes on'
        try:
            setting(step, 'PORT', **{name: value})
        except SystemExit as end:
            came = str(end)
        assert name in came, f'no sys.exit(...) with a line that names {name}, which is {value}'


# When it cannot start

def test_cannot_start(step, tmp_path):
    """With a setting that can't work, the app says so in one line and exits with status 1."""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        check_refused(step, tmp_path, ('CHAT_PORT', str(taken.getsockname()[1])),
                      ('CHAT_HOST', 'no..host'), ('CHAT_PASSWORD_COST', '15'),
                      ('CHAT_DB', str(tmp_path / 'nothing' / 'chat.db')))
