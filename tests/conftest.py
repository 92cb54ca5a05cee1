"""The suite's fixtures, and the messages of its failures.

`pytest` checks every step, `pytest --step 8` one, `pytest --app=work --step=8` a folder of your own.
The number in a test file's name is the first step that has to pass its tests.
"""
import ast
import gc
import os
import re
import shutil
import sys
import textwrap
import traceback
from pathlib import Path

import pytest

from apps import FOLDERS, ROOT, SETTINGS, STEPS, Chat, Step
from clients import LIBRARIES, Client, Unexpected, places, summary


def find_step(text):
    """Return the number of the step with this name: 8, 08, 08-api-users or final."""
    for step in STEPS:
        if text in (str(step), str(step.number), f'{step.number:02}'):
            return step.number
    raise pytest.UsageError(f'There is no step {text!r}. The steps are 1 to {len(STEPS) - 1} and final.')


def pytest_configure(config):
    config.addinivalue_line('markers', "modules: about the kit's own modules; other frameworks leave it out with -m 'not modules'")
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


THOROUGH = ('test_durability.py', 'test_tasks.py')  # slow: with --thorough only


def pytest_collection_modifyitems(config, items):
    one_app = config.getoption('step') or config.getoption('app')  # then the tests of the kit itself are left out

    def wanted(item):
        if 'step' in item.fixturenames:
            return item.callspec.params['step'].number >= first_step(item.path)
        return not one_app and (config.getoption('thorough') or item.path.name not in THOROUGH)

    def place(item):
        """For `check`, the tests of the step that is being typed come first: they tell three times sooner what is missing."""
        return [True] if 'step' not in item.fixturenames else [False, first_step(item.path) != typed(config, item.callspec.params['step'])]
    items[:] = sorted(filter(wanted, items), key=place)
    sys.dont_write_bytecode = True  # apps are loaded from here on, and a file that changes within a second and keeps its size would stay as compiled
    gc.collect()
    gc.freeze()  # later collections need not look at what exists by now


def pytest_runtest_protocol(item):
    """For `check`, the first failure is enough: leave out the tests after it."""
    return True if item.config.getoption('reached') and item.session.testsfailed else None


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
    Client.last = Client.answer = None
    compared.clear()
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
        report.breaker = find_step_that_broke(step, item)
        report.page = page_of(item, report.breaker)
        report.longrepr = explain(item, step, call.excinfo, report)
        report.crashed = getattr(call.excinfo.value, 'crash', False)
        report.not_loaded = call.when == 'setup' and not isinstance(call.excinfo.value, AssertionError)
    return report


def explain(item, step, excinfo, report):
    """Return the message for a failed test."""
    error = excinfo.value
    inside = [entry for entry in excinfo.traceback if str(entry.path).startswith(str(step.folder) + os.sep) and not str(entry.path).startswith(LIBRARIES)]
    if isinstance(error, Unexpected):
        expected, came = error.expected, error.came
    elif isinstance(error, AssertionError) and not inside:
        expected, came = in_words(error, excinfo.traceback[-1])
    elif isinstance(error, SyntaxError) or 'null bytes' in str(error):  # a file in UTF-16: in Python 3.10, this is a ValueError
        place = next((path for path in step.folder.rglob('*.py') if b'\0' in path.read_bytes()), getattr(error, 'filename', ''))
        line, text = getattr(error, 'lineno', 0) or 1, getattr(error, 'text', '') or ''
        expected, came = 'no exception', f'{excinfo.typename}: {getattr(error, "msg", error)}\nat {place}:{line}: {text.strip()}'
    elif inside:
        expected, came = 'no exception', '\n'.join([f'{excinfo.typename}: {error}', *places(''.join(traceback.format_exception(error)), is_loading=True)])
    else:  # the test could not read what came
        expected, came = 'what the promise says', summary(Client.answer) if Client.answer is not None else f'{excinfo.typename}: {error}'
    lines = {
        'step': f'{step} (number {step.number} of {len(STEPS)})' if step.folder in FOLDERS else str(step),
        'test': f'tests/{item.path.name}::{item.originalname}',
        'promise': (item.obj.__doc__ or '').strip(),
        'request': Client.last,
        'expected': expected,
        'came': came,
        'hint': hint(step, f'{expected}\n{came}'),
        'before': report.breaker and f'It was green when step {report.breaker - 1:02} was finished, so a change of step {report.breaker:02} broke it.',
        'read': report.page,
    }
    for name in ('promise', 'hint', 'before'):
        lines[name] = textwrap.fill(lines[name] or '', shutil.get_terminal_size().columns - 10, break_long_words=False)
    return '\n'.join(f'{name:10}' + ('\n' + ' ' * 10).join(str(text).splitlines()) for name, text in lines.items() if text)


compared = []  # the operator and the two sides of the last comparison that was false


def pytest_assertrepr_compare(op, left, right):
    compared[:] = op, left, right


def in_words(error, entry):
    """Return what a failed assertion expected and what came, without the expressions of the test."""
    message = str(error).partition('\nassert ')[0]
    try:
        statement = ast.parse(str(entry.statement).strip()).body[0]
    except SyntaxError:  # the head of a block
        statement = None
    if compared and isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Compare):
        op, left, right = compared
        words = {'==': '{1}', 'in': '{0} in it', 'not in': 'nothing with {0}', 'is': '{1}', '!=': 'something else than {1}', '<=': 'at most {1}'}
        expected = words.get(op, op + ' {1}').format(*map(short, differing(left, right)))
        came = short(differing(left, right)[0] if op not in ('in', 'not in') else right)
        return (message if statement.msg else expected), came
    if isinstance(statement, ast.Assert) and statement.msg:
        return message, summary(Client.answer) if Client.answer is not None else 'something else'
    return 'what the promise says', str(error)[:300]  # of WebTest, about WSGI


def differing(left, right):
    """Return two dicts without the items in which they agree; other values as they are."""
    if isinstance(left, dict) and isinstance(right, dict):
        same = {key for key in left.keys() & right.keys() if left[key] == right[key]}
        return [{key: value for key, value in side.items() if key not in same} for side in (left, right)]
    return [left, right]


def short(value):
    """Return a value as text, at most 300 characters of it."""
    text = ' '.join(value.split()) if isinstance(value, str) and len(value) > 300 else repr(value)
    return text if len(text) <= 300 else f'{text[:300]} …'


HINTS = [  # what came, and what to look at
    (r"'NoneType' object is not callable", 'Something is None where a function is needed. Does each decorator, and a plugin, end with `return wrapper` (or `return view`)?'),
    (r"has no attribute '__name__'", 'A decorator between the route and the view does not end with `return wrapper`.'),
    (r"'NoneType' object is not subscriptable\n.*\.tpl:.*\buser\[", '`user` is None in the template: is @login_required between the route and the view?'),
    (r"'NoneType' object (is not subscriptable|has no attribute)", 'A function returned None, as `update` and `append` do. Is a `return` missing, or did a query find nothing?'),
    (r"KeyError: '(user|post)'\n.*cached_counts", 'Is `enable_counts` called for each table in open_db? Then delete the database, which was made without it.'),
    (r'No item with that key', 'The row has no column of this name. Compare the name with the columns in SCHEMA and in your SELECT.'),
    (r"sqlite3\.Cursor", 'This is a cursor, not a row: `.fetchone()` or `.fetchall()` is missing.'),
    (r'Object of type (Row|Cursor) is not JSON', 'A row is no JSON. Return what `represent` makes of it.'),
    (r'(200|400|404|500) .*\nan empty answer', 'A view or an error handler without a `return` gives an empty answer. Does it return what it renders, does `render` return that, and does a decorator\'s wrapper return what the view returns?'),
    (r'Secret key required', 'The value of the cookie is not a string. What does the function return that it comes from?'),
    (r'circular import', 'Two modules import each other, or a file is in another folder than the page says.'),
    (r"KeyError: 'id'\n.*route\(", 'Routes with <id:id> need the filter: is `add_filter` called in create_app, above the blueprints?'),
    (r'KeyError: ', 'The dict has no key of this name. Is it spelt as where the dict is made, or has a value not been put there?'),
    (r'cannot contain null bytes|\(unicode error\)', 'A file is not saved as UTF-8. Save it again as UTF-8 in your editor.'),
    (r'UnicodeDecodeError', 'Bytes that are not UTF-8: in the request, which has to be refused where it is read, or in a template, which has to be saved again.'),
    (r'NameError: name.*\n.*\.tpl:', 'A template knows only what `render` is given. Does the view pass it, and is its name spelt the same?'),
    (r'NameError: name', 'Is the name imported at the top of this file, and spelt the same everywhere?'),
    (r'ImportError: cannot import name', 'Is the name defined in that module, and spelt the same? Is the file in the folder that the page says?'),
    (r'SyntaxError|IndentationError', 'Look at the line above, too: a bracket, a quote, a comma or a colon that is missing is often there.'),
    (r'Incorrect number of bindings', 'The SQL has another number of ? than the list has values.'),
    (r'no such table.*GET /', 'Is there a route for /, is its blueprint registered, and does it use the database of the setting DATABASE?'),
    (r'no such column: (new|old)\.\w\b', 'The index has columns of one letter each: `enable_fts` takes a list of names, and not a str.'),
    (r'no such (table|column)|has no column named', 'Compare the names in the SQL, or in `table(...)` and `insert`, with SCHEMA.'),
    (r'near ".*": syntax error', 'SQLite cannot read the SQL. Is a comma, a quote or a blank missing near that word?'),
    (r'create_app\(\) takes', 'The server calls what it is given. Give it an app, create_app(Config), and not create_app itself.'),
    (r'positional argument|unexpected keyword argument', 'The call and the `def` do not agree. Compare their arguments. Or a decorator, or a route, has another function of this name than it should.'),
    (r'list indices must be integers', 'This is a list, not one row or one dict: `.fetchone()` in place of `.fetchall()`?'),
    (r'not connected to an application', 'A view is called while the app is being made. Name it without brackets: views.room, not views.room().'),
    (r'^status (200|303).*\n429 ', 'A right password counts as a wrong one. Is its failure taken away again?'),
    (r'^\[\(.*\]\n\[\]$', 'There is no such row in the database. Is it added, and is there a `commit` for each `begin`?'),
    (r'Missing URL argument', 'The path of that route has a part that varies. Pass it to url_for by its name, such as id=...'),
    (r'No route with that name', 'A name is `blueprint.view`. Is the view in that blueprint, is @bp.route above it, is the blueprint registered, '
                                 'and does a decorator of the view have @functools.wraps(view)?'),
    (r"Attribute 'user' not defined", 'Is @login_required (or @token_required) between the route and the view, the route above it?'),
    (r"Template '.*' not found", 'Is the template in the folder of the other templates (that of LOOKUP), and is its name spelt the same in `render`?'),
    (r'^status 403\n(200|303) ', 'Nothing has refused this request. Is there a hook or a check for it, and does create_app, or its blueprint, register it?'),
    (r'^status (2|3).*\n404 (.*\n)+there are: ', 'Is there a route for this address? Look at @bp.route above the view, at the import of its module, and at `register` '
                              'with its prefix, once each.'),
    (r'^status .*\n405 ', 'There is a route for this address, but not for this method. Is it in the route, and is the view there?'),
]


def hint(step, text):
    """Return a hint for a failure that says little, or None."""
    for path in sorted(step.folder.rglob('*.tpl')):
        if path.read_bytes()[:3] in (b'\xef\xbb\xbf', b'\xff\xfe', b'\xfe\xff'):
            return f'{path.name} begins with a byte-order mark. Save it as UTF-8 without one.'
    return next((words for pattern, words in HINTS if re.search(pattern, text)), None) if step.folder not in FOLDERS else None


def find_step_that_broke(step, item):
    """Return the number of the step that a learner is typing, if the test is of an earlier step and was green when the typing began, else None.

    Without `check`, whoever has nine of ten functions of the step before has finished that step.
    """
    if step.folder in FOLDERS or step.number == 1:
        return None
    before = names(FOLDERS[step.number - 2])
    number = typed(item.config, step) or (step.number if len(before & names(step.folder)) >= 0.9 * len(before) else 0)
    return number if first_step(item.path) < number else None


def typed(config, step):
    """Return the number of the step that is being typed, if `check` knows which step this folder has reached, else None."""
    file = config.getoption('reached')
    return min(step.number, int(Path(file).read_text(encoding='utf-8')) + 1) if file and Path(file).exists() else None


def names(folder):
    """Return the names of the functions in a folder's modules."""
    return set(re.findall(r'^def (\w+)', '\n'.join(path.read_text(encoding='utf-8', errors='replace') for path in folder.rglob('*.py')), re.MULTILINE))


def page_of(item, breaker):
    """Return where to read about a failed test: the page of its step, with its stage, or that of the step which broke it."""
    if breaker:
        return readme(breaker - 1)

    def line(name):
        return getattr(item.module, name).__code__.co_firstlineno
    stages = [stage for test, stage in getattr(item.module, 'STAGES', {}).items() if line(test) <= line(item.originalname)]
    return ', '.join([readme(first_step(item.path) - 1), *stages[-1:]])


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
    file = config.getoption('reached')
    if file and not (Path(file).exists() and int(Path(file).read_text(encoding='utf-8')) >= reached):
        Path(file).write_text(str(reached), encoding='utf-8')
    if first and first.crashed and reached < goal - 1:
        return say('The app crashed at the line shown above. Mend that first, then check again.')
    if first and first.breaker:
        return say(f'A change of step {first.breaker:02} has broken something that was green before. Go on with {first.page}.')
    if reached:
        say(f'You have reached step {STEPS[reached - 1]}.')
    if first:
        following = f'Next: {STEPS[reached]}. ' if 0 < reached == goal - 1 else ''
        say(f'{following}The first thing that is missing is shown above. Go on with {first.page}.')
    elif reached < len(STEPS):
        say(f'Next: {STEPS[reached]}, in {readme(reached)}.')


def readme(index):
    """Return the path of a step's page."""
    page = FOLDERS[index] / 'README.md'
    return page.relative_to(ROOT).as_posix() if page.exists() else 'README.md'  # in a release, there is just one
