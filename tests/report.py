"""A failure in a dozen lines: the request, what was expected, what came, and what to read."""
import ast
import os
import re
import shutil
import sqlite3
import sys
import textwrap
import traceback

import pytest

from answers import LIBRARIES, Unexpected, places, summary
from apps import FOLDERS, STEPS
from clients import Client
from hints import HINTS
from patience import SECONDS, Stuck
from progress import find_breaker, first_step, heading, later_slice, readme


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed and call.excinfo and 'step' in item.fixturenames:
        step, error = item.callspec.params['step'], call.excinfo.value
        report.breaker = find_breaker(item.config, step, item.path)
        report.heading = heading(item.path, item.obj.__code__.co_firstlineno)
        report.later = later_slice(item.config, item.path, report.heading)
        report.longrepr = explain(item, step, call.excinfo, report)
        report.crashed = getattr(error, 'crash', False)
        report.not_loaded = getattr(error, 'not_loaded', False)
        if isinstance(error, Stuck):
            item.session.shouldfail = 'A call has not come back: the tests end here.'
    return report


BACK = 'It was green before. Look at what you have typed last, perhaps in "{}".'


def explain(item, step, excinfo, report):
    """Return the message for a failed test."""
    expected, came = find_difference(step, excinfo)
    name = f'{step} (number {step.number} of {len(STEPS)})' if step.folder in FOLDERS else step
    page = readme(report.breaker or first_step(item.path))
    broken = f'It was green when step {(report.breaker or 0) - 1:02} was finished, ' \
             f'so a change of step {report.breaker or 0:02} broke it: ' \
             'look at what you have typed last.'
    case = item.callspec.id.replace(str(step), '').strip('-')
    lines = {
        'step': name,
        'test': f'tests/{item.path.name}::{item.originalname}{case and ", " + case}',
        'promise': (item.obj.__doc__ or '').strip(),
        'request': Client.last,
        'expected': expected,
        'came': came,
        'hint': hint(step, f'{expected}\n{came}'),
        'before': broken if report.breaker else report.later and BACK.format(report.later),
        'read': page if report.breaker or not report.heading else f'{page}, {report.heading}',
    }
    if getattr(excinfo.value, 'not_loaded', False):  # which test was the first is chance
        lines.update(test='', promise='', request='', before='', read=page)
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
    if isinstance(error, Stuck):
        came = f'it was still running after {SECONDS} seconds'
        return error.expected, '\n'.join([came, *places(error.stack)])
    if isinstance(error, AssertionError) and not inside:
        return in_words(error, excinfo.traceback[-1])
    if isinstance(error, SyntaxError) or 'null bytes' in str(error):  # of a file in UTF-16
        return 'no exception', syntax_error(step, error)
    if inside:
        where = places(''.join(traceback.format_exception(error)))
        return 'no exception', '\n'.join([f'{excinfo.typename}: {error}', *where])
    if Client.answer is None or isinstance(error, sqlite3.Error):
        return 'no exception', f'{excinfo.typename}: {error}'
    return 'what the promise says', summary(Client.answer)  # the test could not read it


def syntax_error(step, error):
    """Return an error of Python's parser with its place. In Python 3.10, null bytes have none."""
    odd = [path for path in step.folder.rglob('*.py') if b'\0' in path.read_bytes()]
    place = odd[0] if odd else getattr(error, 'filename', '')
    line, text = getattr(error, 'lineno', 0) or 1, getattr(error, 'text', '') or ''
    message = f'{type(error).__name__}: {getattr(error, "msg", error)}'
    return f'{message}\nat {place}:{line}: {text.strip()}'


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
        key = getattr(getattr(statement.test.left, 'slice', None), 'value', None)
        where = f'{key}: ' if isinstance(key, str) else ''  # as in assert answer['body'] == 'tea'
        if op == '==':
            place, left, right = differing(left, right)
            where += place
        expected = where + WORDS.get(op, op + ' {1}').format(short(left), short(right))
        came = where + short(right if op in ('in', 'not in') else left)
        return (message if statement.msg else expected), came
    if statement.msg:
        came = 'something else' if Client.answer is None else summary(Client.answer)
        return message, came
    return 'what the promise says', str(error)[:300]


def differing(left, right):
    """Return where two values differ, in words, and what is there in each of them."""
    if left == [] and isinstance(right, list) and len(right) > 3:
        return '', left, [*right[:3], '…']
    if isinstance(left, list) and isinstance(right, list) and len(right) > 3:
        extra = [item for item in left if item not in right]
        missing = [item for item in right if item not in left]
        if 0 < len(extra) + len(missing) < len(right):
            return 'in the list: ', extra, missing
        number = next((n for n, pair in enumerate(zip(left, right)) if pair[0] != pair[1]),
                      min(len(left), len(right)))
        here = slice(number, number + 1)
        return f'number {number + 1} of the list: ', left[here], right[here]
    if isinstance(left, dict) and isinstance(right, dict):
        same = {key for key in left.keys() & right.keys() if left[key] == right[key]}
        left, right = ({key: side[key] for key in side if key not in same}
                       for side in (left, right))
    return '', left, right


def short(value):
    """Return a value as text, at most 300 characters of it."""
    is_long = isinstance(value, str) and len(value) > 300
    text = ' '.join(value.split()) if is_long else repr(value)
    return text if len(text) <= 300 else f'{text[:300]} …'


HIDDEN = sys.stdlib_module_names | {'bottle', 'sqlite_utils', 'waitress', 'webtest', 'pytest'}
BYTE_ORDER_MARKS = (b'\xef\xbb\xbf', b'\xff\xfe', b'\xfe\xff')


def hint(step, text):
    """Return a hint for a failure that says little, or ''."""
    if step.folder in FOLDERS:
        return ''
    for path in sorted(step.folder.rglob('*.tpl')):
        if path.read_bytes().startswith(BYTE_ORDER_MARKS):
            return f'{path.name} begins with a byte-order mark. Save it as UTF-8 without one.'
    for path in sorted(step.folder.iterdir()):
        if path.stem in HIDDEN and re.search(rf"'{path.stem}\b", text):
            return f'{path.name} in {step} hides the module {path.stem} of Python or a package. ' \
                   'Give it another name, or put it into the folder that the page says.'
    for path in sorted(step.folder.rglob('*.py')):
        wrong = re.search(r'^(@\w+)\n(@\w+\.route).*\ndef (\w+)',
                          path.read_text(encoding='utf-8', errors='replace'), re.MULTILINE)
        if wrong:
            return f'{wrong[1]} stands above {wrong[2]} of {wrong[3]} in {path.name}, so the ' \
                   f'route gets the view without it. {wrong[2]} has to be the first line.'
    words = next((words for pattern, words in HINTS if re.search(pattern, text)), '')
    return words if (step.folder / 'app').is_dir() else words.partition(' In a package: ')[0]
