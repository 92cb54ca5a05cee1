"""The apps under test: the steps, or a folder of your own.

A release has the suite without tests/tools, so nothing here imports from there.
"""
import os
import shutil
import sqlite3
import sys
import types
from functools import partial
from pathlib import Path

import bottle

from answers import LIBRARIES, Unexpected, fail
from clients import Api, Browser, Client
from patience import patiently

ROOT = Path(__file__).resolve().parent.parent
TEST_FILES = sorted((ROOT / 'tests').glob('test_*.py'))  # a release has fewer
NAMES = [path.stem.removeprefix('test_').replace('_', '-') for path in TEST_FILES]
FOLDERS = [ROOT / ('final' if name.endswith('-final') else f'steps/{name}') for name in NAMES]
SETTINGS = {'HOST': '127.0.0.1', 'PORT': '8080', 'TOKEN_SECONDS': 3600, 'PASSWORD_COST': 2,
            'THREADS': 64, 'PROXY': None}


class Step:
    """A folder with an app, and the number of the last test file that the app has to pass."""

    def __init__(self, folder, number):
        self.folder, self.number = folder, number

    def __str__(self):
        return self.folder.name


STEPS = [Step(folder, number) for number, folder in enumerate(FOLDERS, 1)]
loaded = []  # the folder whose modules are loaded


def load(folder, **settings):
    """Return the app in a folder, with these settings.

    It is made by `create_app(config)` if the package app has that. Until step 09 it is `chat.app`,
    whose modules are loaded anew for each app, and whose settings are constants.
    """
    if not (folder / 'chat.py').exists():
        fail('a file chat.py', f'no such file in {folder.name}/')
    package = folder / 'app' / '__init__.py'
    has_factory = package.exists() and b'def create_app' in package.read_bytes()
    if loaded != [folder] or not has_factory:
        forget()
        use(folder)
        os.environ['CHAT_DB'] = settings['DATABASE']  # nobody's own room, whatever is wrong
    if has_factory:
        app = __import__('app').create_app(types.SimpleNamespace(**settings))
    else:
        for name in ('config', 'chat'):  # the constants of config.py, before others read them
            if (folder / f'{name}.py').exists():
                main = __import__(name)
                for module in own_modules(folder).values():
                    known = settings.keys() & vars(module).keys()
                    vars(module).update({setting: settings[setting] for setting in known})
        app = getattr(main, 'app', None)
    if not callable(app):
        where = 'create_app in app/__init__.py' if has_factory else 'app in chat.py'
        fail('an app that Bottle() has made', f'{app!r} from {where}')
    return app


def use(folder):
    """Let Python find the modules of a folder."""
    sys.path.insert(0, str(folder))
    loaded[:] = [folder]


def forget():
    """Drop the modules of the folder that is loaded: the next one has modules of the same names."""
    for folder in loaded:
        sys.path.remove(str(folder))
        for name in own_modules(folder):
            del sys.modules[name]
    loaded.clear()
    bottle.TEMPLATES.clear()


def own_modules(folder):
    """Return {name: module} of the modules of a folder that are loaded."""
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, '__file__', None) or str(getattr(module, '__path__', ''))
        if f'{folder}{os.sep}' in file and not file.startswith(LIBRARIES):
            found[name] = module
    return found


empty = {}  # step: a database in which nobody is registered
statuses = {}  # (step, path): the answer to a GET, to find out how far the app is


class Chat:
    """An app under test, with a database of its own."""

    def __init__(self, step, database, **settings):
        self.step, self.database = step, Path(settings.get('DATABASE', database))
        settings = {**SETTINGS, **settings, 'DATABASE': str(self.database)}
        if step in empty and not self.database.exists():
            shutil.copy(empty[step], self.database)  # this saves a third of the time
        try:
            self.app = patiently('an app that is loaded', partial(load, step.folder, **settings))
        except BaseException as error:
            error.not_loaded = type(error) is not Unexpected
            raise
        if step not in empty and self.database == database:
            self.answer('/')  # makes the tables
            if database.exists():
                self.rows('pragma wal_checkpoint(truncate)')
                empty[step] = shutil.copy(database, database.with_suffix('.empty'))

    def answer(self, path):
        """Return the status line with which this app answers a GET of a path."""
        if (self.step, path) not in statuses:
            shown = Client.last, Client.answer  # a failure is not about this request
            statuses[self.step, path] = Browser(self.app).get(path, status='*').status
            Client.last, Client.answer = shown
        return statuses[self.step, path]

    def has(self, path):
        """Return True if this app has this page already."""
        return not self.answer(path).startswith('404')

    def browser(self, username=None):
        """Return a new browser; with a name, that of somebody who may post under it."""
        browser = Browser(self.app)
        browser.username = username or ''
        if username and (self.has('/auth/register') or self.columns('user')):
            browser.register(username)
        if username and self.has('/auth/login'):
            browser.log_in(username)
        return browser

    def api(self, username=None):
        """Return a new API client; with a name, that of a new user between two others.

        The user registers on the page, because the API can't do that in each step. From step 13
        on, the client has a token.
        """
        api = Api(self.app)
        if username:
            self.add_user(f'before-{username}')
            self.browser().register(username)
            self.add_user(f'after-{username}')
            if self.answer('/api/users/1').startswith('401'):
                api.log_in(username)
        return api

    def add_user(self, username):
        """Add a user straight to the database, if it has any. Nobody can log in as this user."""
        if self.columns('user'):  # not after a crash
            sql = """insert into user (username, email, password_hash, created_at)
                     values (?, ?, '2$salt$', '2026-01-01T00:00:00Z')"""
            self.rows(sql, username, f'{username}@example.com')

    def columns(self, table):
        """Return the names of a table's columns, from a to z. Where there is no table, it's []."""
        return sorted(row[1] for row in self.rows(f'pragma table_info({table})'))

    def rows(self, sql, *values):
        """Read or change the database behind the app's back."""
        db = sqlite3.connect(self.database)
        try:
            with db:
                return db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            fail(f'a database in which this works: {" ".join(sql.split())}', error)
        finally:
            db.close()
