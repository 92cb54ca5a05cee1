"""The suite's fixtures, and the messages of its failures.

`pytest` checks every step, `pytest --step 8` one, `pytest --app=work --step=8` a folder of your own.
The number in a test file's name is the first step that has to pass its tests.
"""
import gc
import os
import re
import sys
from pathlib import Path

import pytest

from apps import FOLDERS, ROOT, SETTINGS, STEPS, Chat, Step
from clients import LIBRARIES, Client, Unexpected


def find_step(text):
    """Return the number of the step with this name: 8, 08, 08-api-users or final."""
    for step in STEPS:
        if text in (str(step), str(step.number), f'{step.number:02}'):
            return step.number
    raise pytest.UsageError(f'There is no step {text!r}. The steps are 1 to {len(STEPS) - 1} and final.')


def pytest_configure(config):
    sys.stdout.reconfigure(errors='replace')  # a pipe on Windows has few letters: ? stands for the others
    wanted = [find_step(text) for text in config.getoption('step') or []]
    folders = [Path(folder).resolve() for folder in config.getoption('app') or []]
    for folder in folders:
        if not folder.is_dir():
            raise pytest.UsageError(f'There is no folder {folder.name}. This makes work/: python3 tasks.py start 1')
    if folders:
        config.steps = [Step(folder, max(wanted, default=len(STEPS))) for folder in folders]
    else:
        config.steps = [step for step in STEPS if step.number in wanted or not wanted]


def first_step(path):
    """Return the number in the name of a test file: the first step that has to pass its tests."""
    return int(re.match(r'test_(\d+)', path.name)[1])


def pytest_generate_tests(metafunc):
    if 'step' in metafunc.fixturenames:
        metafunc.parametrize('step', metafunc.config.steps, ids=str, scope='session')


THOROUGH = ('test_classroom.py', 'test_durability.py', 'test_tasks.py', 'test_yours.py')  # slow: with --thorough only


def pytest_collection_modifyitems(config, items):
    one_app = config.getoption('step') or config.getoption('app')  # then the tests of the kit itself are left out

    def wanted(item):
        if 'step' in item.fixturenames:
            return item.callspec.params['step'].number >= first_step(item.path)
        return not one_app and (config.getoption('thorough') or item.path.name not in THOROUGH)
    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = sorted(filter(wanted, items), key=lambda item: 'step' not in item.fixturenames)
    sys.dont_write_bytecode = True  # apps are loaded from here on, and a file that changes within a second and keeps its size would stay as compiled
    gc.collect()
    gc.freeze()  # later collections need not look at what exists by now


# Fixtures

@pytest.fixture(scope='session')
def step(request):
    return request.param


@pytest.fixture
def make_chat(step, tmp_path_factory, monkeypatch):
    """A function that returns an app with these settings and a database of its own."""
    for name in ['DB', *SETTINGS]:
        monkeypatch.setenv(f'CHAT_{name}', '')  # so that monkeypatch restores it
        monkeypatch.delenv(f'CHAT_{name}')

    def make(**settings):
        databases.append(tmp_path_factory.getbasetemp() / f'{len(databases)}.db')
        if len(databases) % 25 == 0:
            gc.collect()  # this closes the connections of earlier apps, which are full of reference cycles
        return Chat(step, databases[-1], **settings)
    Client.last = None
    return make


databases = []


@pytest.fixture
def chat(make_chat):
    return make_chat()


@pytest.fixture
def browser(chat):
    """A browser in which nobody is logged in."""
    return chat.browser()


@pytest.fixture
def ann(chat):
    """Ann's browser. She is neither the first nor the last user."""
    chat.add_user('abel')
    ann = chat.browser('ann')
    chat.add_user('zoe')
    return ann


# Failures, in a dozen lines

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.excinfo and 'step' in item.fixturenames:
        step = item.callspec.params['step']
        report.longrepr = explain(item, step, call.excinfo)
        report.page = page_of(item)
        report.crashed = getattr(call.excinfo.value, 'crash', False)
        report.not_loaded = call.when == 'setup' and not isinstance(call.excinfo.value, AssertionError)
    return report


def explain(item, step, excinfo):
    """Return the message for a failed test."""
    error = excinfo.value
    inside = [entry for entry in excinfo.traceback if str(entry.path).startswith(str(step.folder) + os.sep) and not str(entry.path).startswith(LIBRARIES)]
    if isinstance(error, Unexpected):
        expected, came = error.expected, error.came
    elif isinstance(error, AssertionError) and not inside:
        expected = str(excinfo.traceback[-1].statement).strip().removeprefix('assert ')
        came = '\n'.join(plain(str(error)))
    else:
        own = [entry for entry in excinfo.traceback if Path(entry.path).parent == item.path.parent]
        place = (inside or own)[-1]
        expected = 'no exception'
        came = f'{excinfo.typename}: {error}\nat {place.path}:{place.lineno + 1}: {place.statement}'
        if isinstance(error, SyntaxError):
            came = f'{excinfo.typename}: {error.msg}\nat {error.filename}:{error.lineno}: {(error.text or "").strip()}'
    crashed = getattr(error, 'crash', not isinstance(error, AssertionError))
    lines = {
        'step': f'{step} (number {step.number} of {len(STEPS)})' if step.folder in FOLDERS else str(step),
        'test': f'tests/{item.path.name}::{item.originalname}',
        'promise': (item.obj.__doc__ or '').strip(),
        'request': Client.last,
        'expected': expected,
        'came': came,
        'read': page_of(item) if step.folder in FOLDERS or not crashed or first_step(item.path) == step.number else readme(step.number - 1),
    }
    return '\n'.join(f'{name:10}' + ('\n' + ' ' * 10).join(str(text).splitlines()) for name, text in lines.items() if text)


def page_of(item):
    """Return where to read about a test: the page of its step, and in step 01 the stage."""
    def line(name):
        return getattr(item.module, name).__code__.co_firstlineno
    stages = [stage for test, stage in getattr(item.module, 'STAGES', {}).items() if line(test) <= line(item.originalname)]
    return ', '.join([readme(first_step(item.path) - 1), *stages[-1:]])


def plain(text):
    """Return the first lines of pytest's message for an assertion, in our words, without its hints to the author of the test."""
    lines = [line for line in text.removeprefix('assert ').splitlines()
             if line.strip() and not re.match(r'\s*(Use -v|Omitting|Skipping|\+ +(where|and) )', line)]
    words = {'in the left set': 'that came', 'in the right set': 'that were expected', 'Left contains': 'What came has',
             'Right contains': 'What was expected has'}
    return [re.sub('|'.join(words), lambda match: words[match[0]], line)[:200] for line in lines[:6]]


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """With --app, say which step the folder has reached, and what is next."""
    failed = terminalreporter.getreports('failed') + terminalreporter.getreports('error')
    if len(config.getoption('app') or []) != 1 or exitstatus not in (0, 1):
        return
    say, goal = terminalreporter.write_line, config.steps[0].number
    if any(getattr(report, 'not_loaded', True) for report in failed):
        return say('The app cannot be loaded. Mend that first, then check again.')
    first = min(failed, key=lambda report: first_step(Path(report.fspath)), default=None)
    reached = first_step(Path(first.fspath)) - 1 if first else goal
    if first and first.crashed and reached < goal - 1:
        return say('The app crashed at the line shown above. Mend that first, then check again.')
    if not reached:
        return say(f'The first thing that is missing is shown above. Go on with {first.page}.')
    say(f'You have reached step {STEPS[reached - 1]}.')
    if reached < goal - 1 and config.getoption('step'):
        say(f'If this was green before, one of your last changes broke it. Otherwise go on with {first.page}.')
    elif first:
        say(f'Next: {STEPS[reached]}. The first thing that is missing is shown above. Go on with {first.page}.')
    elif reached < len(STEPS):
        say(f'Next: {STEPS[reached]}, in {readme(reached)}.')


def readme(index):
    """Return the path of a step's page."""
    page = FOLDERS[index] / 'README.md'
    return page.relative_to(ROOT).as_posix() if page.exists() else 'README.md'  # in a release, there is just one
