"""Step 04: an application factory, create_app(config)."""
import importlib
import sys

import pytest

from checks import check_refused, count_hashes, lifetime, session
from clients import PASSWORD, Unexpected, fail


@pytest.fixture(autouse=True)
def factory(chat):
    """A look at where the app comes from: a module like chat is the same for everybody."""
    if 'app' not in sys.modules:
        fail('app/__init__.py with a function create_app(config)', 'only chat.py')


def test_two_apps(make_chat):
    """Two apps in one process share nothing: each has its own users and posts."""
    one, two = make_chat(), make_chat()
    ann, bob = one.browser('ann'), two.browser('bob')
    ann.say('in one')
    bob.say('in two')
    assert ann.room() == ['in one']
    assert bob.room() == ['in two']
    ann.get('/user/bob', status=404)


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
        fail('a token of 600 seconds that expires before one of 6000 seconds: its row in the table token', f'{short} and {long}')


def test_password_cost(make_chat, monkeypatch):
    """The cost of a password hash is a setting. Users who registered at another cost can still log in."""
    cheap = make_chat(PASSWORD_COST=2)
    cheap.browser('ann')
    dear = make_chat(DATABASE=cheap.database, PASSWORD_COST=4)
    costs = count_hashes(monkeypatch)
    dear.browser('bob')
    assert sorted({f'n={n}' for n, _, _ in costs}) == ['n=4'], 'scrypt with n=4, as config.PASSWORD_COST says'
    dear.browser().log_in('ann', PASSWORD)


@pytest.mark.modules
def test_config(step, chat, monkeypatch):
    """config.py has a class Config, which reads the environment."""
    database = str(step.folder / 'chat.db')
    assert read_config() == {'DATABASE': database, 'HOST': '127.0.0.1', 'PORT': '8080', 'TOKEN_SECONDS': 3600, 'PASSWORD_COST': 2**14}
    for name, value in [('DB', 'elsewhere.db'), ('HOST', '0.0.0.0'), ('PORT', '8765'), ('TOKEN_SECONDS', '60'), ('PASSWORD_COST', '8')]:
        monkeypatch.setenv(f'CHAT_{name}', value)
    assert read_config() == {'DATABASE': 'elsewhere.db', 'HOST': '0.0.0.0', 'PORT': '8765', 'TOKEN_SECONDS': 60, 'PASSWORD_COST': 8}


def read_config():
    """Return the settings of the class Config, as it is in an app that starts now."""
    sys.modules.pop('config', None)
    try:
        config = importlib.import_module('config').Config
    except (ImportError, AttributeError, SystemExit) as error:
        raise Unexpected('config.py with a class Config, whose settings have working defaults', f'{type(error).__name__}: {error}') from None
    settings = {name: getattr(config, name, 'missing') for name in ('DATABASE', 'HOST', 'PORT', 'TOKEN_SECONDS', 'PASSWORD_COST')}
    return {**settings, 'PORT': str(settings['PORT']), 'DATABASE': str(settings['DATABASE'])}


def test_wrong_settings(step, tmp_path):
    """A setting that can't work: the app doesn't start, and says in one line which setting it is."""
    check_refused(step, tmp_path, ('CHAT_PORT', '65536'), ('CHAT_TOKEN_SECONDS', 'abc'), ('CHAT_TOKEN_SECONDS', '0'), ('CHAT_PASSWORD_COST', '15'),
                  ('CHAT_PASSWORD_COST', str(2**30)))
