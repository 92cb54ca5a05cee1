"""The suite's selection of tests, and its fixtures.

`pytest` checks every step, `pytest --step 8` one, `pytest --app=work --step=8` your own folder.
The number in a test file's name is the first step that has to pass its tests.
"""
import contextlib
import gc
import re
import sqlite3
import sys
import time
from pathlib import Path

import pytest

import patience
from apps import SETTINGS, STEPS, Chat, Step
from progress import first_step, typed

STRUCTURE = (7, 8, 9)  # steps that move code: what worked before is checked first


# Selection

def find_step(text):
    """Return the number of the step with this name: 8, 08, 08-blueprints or final."""
    for step in STEPS:
        if text in (str(step), str(step.number), f'{step.number:02}'):
            return step.number
    raise pytest.UsageError(f'There is no step {text!r}. '
                            f'The steps are 1 to {len(STEPS) - 1} and final.')


def pytest_configure(config):
    sys.stdout.reconfigure(errors='replace')  # a pipe on Windows has few letters
    connect = sqlite3.connect

    def connect_quickly(*args, **more):
        """Open a database that waits for no disk: that would take half of the time of all tests."""
        db = connect(*args, **more)
        with contextlib.suppress(sqlite3.Error):  # the app will say what is wrong
            db.execute('pragma synchronous = off')
        return db
    sqlite3.connect = connect_quickly
    config.add_cleanup(lambda: setattr(sqlite3, 'connect', connect))
    config.add_cleanup(patience.end)
    wanted = [find_step(text) for text in config.getoption('step') or []]
    folders = [Path(folder).resolve() for folder in config.getoption('app') or []]
    for folder in folders:
        if not folder.is_dir():
            raise pytest.UsageError(f'There is no folder {folder.name}. '
                                    'This makes work/: python3 tasks.py start 1')
    if folders:
        config.steps = [Step(folder, max(wanted, default=len(STEPS))) for folder in folders]
    else:
        config.steps = [step for step in STEPS if step.number in wanted or not wanted]


def pytest_ignore_collect(collection_path, config):
    """Don't read the tests of later steps; with --app or --step, not those of the kit, either."""
    if re.match(r'test_\d+_', collection_path.name):
        is_wanted = first_step(collection_path) <= max(step.number for step in config.steps)
    else:
        is_wanted = collection_path.parent.name != 'kit' or \
            not config.getoption('step') and not config.getoption('app')
    return None if is_wanted else True


def pytest_generate_tests(metafunc):
    if 'step' in metafunc.fixturenames:
        number = first_step(metafunc.definition.path)
        steps = [step for step in metafunc.config.steps if step.number >= number]
        metafunc.parametrize('step', steps, ids=str, scope='session')


def pytest_collection_modifyitems(config, items):
    # a file of a later step that was asked for by its name has no step to check
    items[:] = [item for item in items if 'step' not in item.fixturenames
                or item.callspec.params['step'] in config.steps]
    items.sort(key=lambda item: place(config, item))
    gc.collect()
    gc.freeze()  # later collections need not look at what exists by now


def place(config, item):
    """Return what tests are sorted by: `check` begins with the step that is being typed.

    Where code is moved, it begins with what worked before.
    """
    if 'step' not in item.fixturenames:
        return 2
    number = typed(config, item.callspec.params['step'])
    is_own = first_step(item.path) == number
    return 0 if is_own != (number in STRUCTURE) else 1


def pytest_runtest_protocol(item):
    """For `check`, the first failure is enough: leave out the tests after it."""
    return True if item.config.getoption('reached') and item.session.testsfailed else None


# Fixtures

@pytest.fixture(scope='session')
def step(request):
    return request.param


databases = []


@pytest.fixture
def make_chat(step, tmp_path_factory, monkeypatch):
    """A function that returns an app with these settings and a database of its own."""
    folder = tmp_path_factory.getbasetemp()
    # no __pycache__ beside the apps: a file that changes within a second may keep its size
    sys.pycache_prefix, sys.dont_write_bytecode = str(folder / 'pycache'), False
    monkeypatch.setenv('CHAT_DB', '')  # loading an app changes it
    for name in SETTINGS:
        monkeypatch.delenv(f'CHAT_{name}', raising=False)

    def make(**settings):
        databases.append(folder / f'{len(databases)}.db')
        if len(databases) % 25 == 0:
            gc.collect()  # closes the connections of earlier apps, which are in reference cycles
        return Chat(step, databases[-1], **settings)
    return make


@pytest.fixture
def chat(make_chat):
    return make_chat()


@pytest.fixture
def browser(chat):
    """A browser in which nobody is logged in."""
    return chat.browser()


@pytest.fixture
def ann(chat):
    """Ann's browser. As soon as people register, she is neither the first nor the last user."""
    chat.add_user('abel')
    ann = chat.browser('ann')
    chat.add_user('zoe')
    return ann


@pytest.fixture
def far_east(monkeypatch):
    """A computer whose clock is nine hours ahead of UTC. (Windows has no tzset.)"""
    set_zone = getattr(time, 'tzset', lambda: None)
    monkeypatch.setenv('TZ', 'FAR-9')
    set_zone()
    yield
    monkeypatch.undo()
    set_zone()
