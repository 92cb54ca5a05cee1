"""The apps under test: the steps, or a folder of your own."""
import os
import shutil
import sqlite3
import sys
import types
from pathlib import Path

import bottle

from clients import LIBRARIES, Api, Browser, Unexpected

ROOT = Path(__file__).resolve().parent.parent
NAMES = [path.stem.removeprefix('test_').replace('_', '-') for path in sorted((ROOT / 'tests').glob('test_*.py'))]  # a release has fewer
FOLDERS = [ROOT / ('final' if name.endswith('-final') else f'steps/{name}') for name in NAMES]
SETTINGS = {'HOST': '127.0.0.1', 'PORT': '8080', 'TOKEN_SECONDS': 3600, 'PASSWORD_COST': 2, 'THREADS': 64}


class Step:
    """A folder with an app, and the number of the last test file that the app has to pass."""

    def __init__(self, folder, number):
        self.folder, self.number = folder, number

    def __str__(self):
        return self.folder.name


STEPS = [Step(folder, number) for number, folder in enumerate(FOLDERS, 1)]


def load(folder, **settings):
    """Return the app in a folder, made with these settings: by `create_app(config)`, or `app` in the module `chat`."""
    if loaded != [folder] or not (folder / 'app').is_dir():
        forget()
        loaded[:] = [folder]
        sys.path.insert(0, str(folder))
    if (folder / 'app').is_dir():
        app = __import__('app')
        if not hasattr(app, 'create_app'):
            raise Unexpected('app/__init__.py with a function create_app(config)', 'no such file, or no create_app in it')
        made = app.create_app(types.SimpleNamespace(**settings))
        if not callable(made):
            raise Unexpected('an app from create_app in app/__init__.py', f'{made}: does create_app return the app?')
        return made
    if not (folder / 'chat.py').exists():
        raise Unexpected('chat.py, or a package app with create_app(config)', f'neither in {folder.name}/')
    os.environ['CHAT_DB'] = settings['DATABASE']
    chat = __import__('chat')
    vars(chat).update(settings)  # its settings are constants
    return chat.app


loaded = []


def forget():
    """Drop the modules of the folder that is loaded: the next one has modules of the same names."""
    for folder in loaded:
        sys.path.remove(str(folder))
        for name, module in list(sys.modules.items()):
            place = getattr(module, '__file__', None) or str(getattr(module, '__path__', ''))  # a folder without __init__.py has no file
            if f'{folder}{os.sep}' in place and not place.startswith(LIBRARIES):
                del sys.modules[name]
    loaded.clear()
    bottle.TEMPLATES.clear()


empty = {}  # step: a database in which nobody is registered
started = {}  # step: the status of the request that made it


class Chat:
    """An app under test, with a database of its own."""

    def __init__(self, step, database, **settings):
        settings = {**SETTINGS, 'DATABASE': str(database), **settings}
        self.step, self.database = step, settings['DATABASE']
        if step in empty and not database.exists():
            shutil.copy(empty[step], database)  # this saves a third of the time
        self.app = load(step.folder, **settings)
        if step not in empty and self.database == str(database):
            started[step] = self.browser().get('/', status='*').status  # makes the tables
            self.rows('pragma wal_checkpoint(truncate)')
            empty[step] = shutil.copy(database, database.with_suffix('.empty'))

    def browser(self, username=None):
        """Return a new browser; with a name, that of a new user who has logged in."""
        browser = Browser(self.app)
        if username:
            browser.register(username)
            browser.log_in(username)
        return browser

    def api(self, username=None):
        """Return a new API client; with a name, that of a new user between two others, with a token from step 09 on."""
        api = Api(self.app)
        if username:
            self.add_user(f'before-{username}')
            api.user = api.register(username)
            self.add_user(f'after-{username}')
            if self.step.number >= 9:
                api.log_in(username)
        return api

    def add_user(self, username):
        """Add a user straight to the database, which is quicker than registering. Nobody can log in as this user."""
        sql = "insert into user (username, email, password_hash, created_at) values (?, ?, '2$salt$', '2026-01-01T00:00:00Z')"
        self.rows(sql, username, f'{username}@example.com')

    def rows(self, sql, *values):
        """Read or change the database behind the app's back."""
        db = sqlite3.connect(self.database)
        try:
            db.execute('pragma synchronous = off')  # no test waits for the disk
            with db:
                return db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            status = started.get(self.step, '')
            told = f': GET /, which should have made the tables, was answered with {status}' if status.startswith('404') else ''
            raise Unexpected(f'a database in which this works: {sql.strip()}', f'{error}{told}') from None
        finally:
            db.close()
