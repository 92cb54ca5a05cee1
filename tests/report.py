"""A failure in a dozen lines: the request, what was expected, what came, and what to read."""
import ast
import os
import re
import shutil
import textwrap
import traceback

import pytest

from apps import FOLDERS, STEPS
from clients import LIBRARIES, Client, Unexpected, places, summary
from hints import HINTS
from progress import find_breaker, heading, readme, first_step


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.excinfo and 'step' in item.fixturenames:
        step, error = item.callspec.params['step'], call.excinfo.value
        report.breaker = find_breaker(item.config, step, item.path)
        report.heading = heading(item.path, item.obj.__code__.co_firstlineno)
        report.longrepr = explain(item, step, call.excinfo, report)
        report.crashed = getattr(error, 'crash', False)
        report.not_loaded = call.when == 'setup' and not isinstance(error, AssertionError)
    return report


def explain(item, step, excinfo, report):
    """Return the message for a failed test."""
    expected, came = find_difference(step, excinfo)
    name = f'{step} (number {step.number} of {len(STEPS)})' if step.folder in FOLDERS else step
    page = readme(report.breaker or first_step(item.path))
    broken = f'It was green when step {(report.breaker or 0) - 1:02} was finished, ' \
             f'so a change of step {report.breaker or 0:02} broke it: look at what you have typed last.'
    lines = {
        'step': name,
        'test': f'tests/{item.path.name}::{item.originalname}',
        'promise': (item.obj.__doc__ or '').strip(),
        'request': Client.last,
        'expected': expected,
        'came': came,
        'hint': hint(step, f'{expected}\n{came}'),
        'before': broken if report.breaker else None,
        'read': page if report.breaker or not report.heading else f'{page}, {report.heading}',
    }
    for name in ('promise', 'hint', 'before'):
        lines[name] = fold(lines[name] or '')
    return '\n'.join(f'{name:10}' + ('\n' + ' ' * 10).join(wrap(str(text)))
                     for name, text in lines.items() if text)


def wrap(text):
    """Return the lines of a text, in a terminal no longer than that is wide."""
    columns = shutil.get_terminal_size((10000, 24)).columns  # in a pipe, a line stays a line
    return [part for line in text.splitlines() for part in textwrap.wrap(
        line, columns - 10, subsequent_indent='  ', break_long_words=False, break_on_hyphens=False) or ['']]


def fold(text):
    """Return prose in lines that fit the terminal."""
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(' '.join(text.split()), columns - 10, break_long_words=False)


def find_difference(step, excinfo):
    """Return what was expected, and what came, both in words."""
    error = excinfo.value
    inside = [entry for entry in excinfo.traceback
              if str(entry.path).startswith(str(step.folder) + os.sep)
              and not str(entry.path).startswith(LIBRARIES)]
    if isinstance(error, Unexpected):
        return error.expected, error.came
    if isinstance(error, AssertionError) and not inside:
        return in_words(error, excinfo.traceback[-1])
    if isinstance(error, SyntaxError) or 'null bytes' in str(error):  # of a file in UTF-16
        return 'no exception', syntax_error(step, error)
    if inside:
        where = places(''.join(traceback.format_exception(error)), is_loading=True)
        return 'no exception', '\n'.join([f'{excinfo.typename}: {error}', *where])
    # the test could not read what came
    came = f'{excinfo.typename}: {error}' if Client.answer is None else summary(Client.answer)
    return 'what the promise says', came


def syntax_error(step, error):
    """Return an error of Python's parser with its place. In Python 3.10, null bytes have none."""
    odd = [path for path in step.folder.rglob('*.py') if b'\0' in path.read_bytes()]
    place = odd[0] if odd else getattr(error, 'filename', '')
    line, text = getattr(error, 'lineno', 0) or 1, getattr(error, 'text', '') or ''
    return f'{type(error).__name__}: {getattr(error, "msg", error)}\nat {place}:{line}: {text.strip()}'


compared = []  # the operator and the two sides of the last comparison that was false


def pytest_runtest_setup():
    compared.clear()


def pytest_assertrepr_compare(op, left, right):
    compared[:] = op, left, right


WORDS = {'==': '{1}', 'in': '{0} in it', 'not in': 'nothing with {0}', 'is': '{1}',
         '!=': 'something else than {1}', '<=': 'at most {1}'}


def in_words(error, entry):
    """Return what a failed assertion expected and what came, without the test's expressions."""
    message = str(error).partition('\nassert ')[0]
    try:
        statement = ast.parse(str(entry.statement).strip()).body[0]
    except SyntaxError:  # the head of a block
        statement = None
    if not isinstance(statement, ast.Assert):
        return 'what the promise says', str(error)[:300]  # of WebTest, about WSGI
    if compared and isinstance(statement.test, ast.Compare):
        op, left, right = compared
        expected = WORDS.get(op, op + ' {1}').format(*map(short, differing(left, right)))
        came = right if op in ('in', 'not in') else differing(left, right)[0]
        return (message if statement.msg else expected), short(came)
    if statement.msg:
        came = 'something else' if Client.answer is None else summary(Client.answer)
        return message, came
    return 'what the promise says', str(error)[:300]


def differing(left, right):
    """Return two dicts without the items in which they agree; other values as they are."""
    if isinstance(left, dict) and isinstance(right, dict):
        same = {key for key in left.keys() & right.keys() if left[key] == right[key]}
        return [{key: side[key] for key in side if key not in same} for side in (left, right)]
    return [left, right]


def short(value):
    """Return a value as text, at most 300 characters of it."""
    is_long = isinstance(value, str) and len(value) > 300
    text = ' '.join(value.split()) if is_long else repr(value)
    return text if len(text) <= 300 else f'{text[:300]} …'


BYTE_ORDER_MARKS = (b'\xef\xbb\xbf', b'\xff\xfe', b'\xfe\xff')


def hint(step, text):
    """Return a hint for a failure that says little, or ''."""
    if step.folder in FOLDERS:
        return ''
    for path in sorted(step.folder.rglob('*.tpl')):
        if path.read_bytes().startswith(BYTE_ORDER_MARKS):
            return f'{path.name} begins with a byte-order mark. Save it as UTF-8 without one.'
    words = next((words for pattern, words in HINTS if re.search(pattern, text)), '')
    return words if (step.folder / 'app').is_dir() else words.partition(' In a package: ')[0]
