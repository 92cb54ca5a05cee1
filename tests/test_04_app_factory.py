"""Step 04: an application factory, create_app(config)."""
import importlib
import sys

import pytest

from checks import check_refused, count_hashes, lifetime, session, set_cookie
from clients import PASSWORD, Browser, Unexpected, fail


def test_two_apps(make_chat):
    """Two apps in one process share nothing: each has its own users and posts."""
    need_factory(make_chat())
    one, two = make_chat(), make_chat()
    ann, bob = one.browser('ann'), two.browser('bob')
    ann.say('in one')
    bob.say('in two')
    assert ann.room() == ['in one']
    assert bob.room() == ['in two']
    ann.get('/user/bob', status=404)


def need_factory(chat):
    """Fail unless the app comes from create_app, because a module like chat is the same for everybody."""
    if 'app' not in sys.modules:
        raise Unexpected('app/__init__.py with a function create_app(config)', 'only chat.py')


def test_two_apps_on_one_database(chat, make_chat):
    """A second app on the same database has everything that the first one wrote."""
    need_factory(chat)
    chat.browser('ann').say('still here')
    again = make_chat(DATABASE=chat.database).app
    browser = Browser(again)
    browser.log_in('ann')
    assert browser.room() == ['still here']


def test_settings(make_chat):
    """An app uses the settings that it was given: here, how long a session lasts."""
    need_factory(make_chat())
    short, long = make_chat(TOKEN_SECONDS=60), make_chat(TOKEN_SECONDS=6000)
    for chat, seconds in [(short, 60), (long, 6000)]:
        ann = chat.browser('ann')
        answer = ann.log_in('ann')
        cookie = set_cookie(answer, session(chat, ann)[0])
        if lifetime(cookie) != seconds:
            raise Unexpected(f'a cookie that lasts {seconds} seconds', cookie)
    times = [chat.rows('select max(expires_at) from token')[0][0] for chat in (short, long)]
    if not times[0] < times[1]:
        fail('a token of 60 seconds that expires before one of 6000 seconds: its row in the table token', f'{times[0]} and {times[1]}')


def test_password_cost(make_chat, monkeypatch):
    """The cost of a password hash is a setting. Users who registered at another cost can still log in."""
    need_factory(make_chat())
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
    need_factory(chat)
    monkeypatch.setenv('CHAT_DB', 'elsewhere.db')
    monkeypatch.setenv('CHAT_PORT', '8765')
    assert read_config() == {'DATABASE': 'elsewhere.db', 'HOST': '127.0.0.1', 'PORT': '8765', 'TOKEN_SECONDS': 3600, 'PASSWORD_COST': 2**14}
    monkeypatch.setenv('CHAT_TOKEN_SECONDS', '60')
    monkeypatch.setenv('CHAT_PASSWORD_COST', '8')
    monkeypatch.delenv('CHAT_DB')
    monkeypatch.delenv('CHAT_PORT')
    assert read_config() == {'DATABASE': str(step.folder / 'chat.db'), 'HOST': '127.0.0.1', 'PORT': '8080', 'TOKEN_SECONDS': 60, 'PASSWORD_COST': 8}


def read_config():
    """Return the settings of the class Config, as it is in an app that starts now."""
    sys.modules.pop('config', None)
    try:
        config = importlib.import_module('config').Config
    except (ImportError, AttributeError, SystemExit) as error:
        raise Unexpected('config.py with a class Config, whose settings have working defaults', f'{type(error).__name__}: {error}') from None
    settings = {name: getattr(config, name, 'missing') for name in ('DATABASE', 'HOST', 'PORT', 'TOKEN_SECONDS', 'PASSWORD_COST')}
    return {**settings, 'PORT': str(settings['PORT']), 'DATABASE': str(settings['DATABASE'])}


def test_wrong_settings(step, chat, make_chat, tmp_path):
    """A setting that can't work: the app doesn't start, and says in one line which setting it is."""
    need_factory(chat)
    check_refused(step, tmp_path, {name: {name: value} for name, value in [
        ('CHAT_PORT', '65536'), ('CHAT_TOKEN_SECONDS', 'abc'), ('CHAT_PASSWORD_COST', '15')]})
    if check_refused(step, tmp_path, {name: {name: value} for name, value in [
            ('CHAT_PORT', 'http'), ('CHAT_TOKEN_SECONDS', '0'), ('CHAT_PASSWORD_COST', '32768')]}, may_start='CHAT_PASSWORD_COST'):
        make_chat(PASSWORD_COST=32768).browser('ann')  # it can work, with the memory that it needs
