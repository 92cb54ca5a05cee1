"""A failure in a dozen lines: the request, what was expected, what came, and what to read."""
import re
import shutil
import textwrap
import traceback

import pytest

from answers import Unexpected, last_words, summary
from apps import FOLDERS
from clients import Client
from hints import HINTS
from patience import Stuck
from progress import first_step, readme, typed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    if 'step' in item.fixturenames:
        item.repr_failure = lambda excinfo: ''  # pytest's own takes ten times as long
    report = yield
    if report.failed and call.excinfo and 'step' in item.fixturenames:
        step, number = item.callspec.params['step'], first_step(item.path)
        now = typed(item.config, step)
        report.breaker = now if now and number < now else None  # it broke what was green before
        report.heading = find_heading(item)
        report.not_loaded = getattr(call.excinfo.value, 'not_loaded', False)
        report.longrepr = explain(item, step, call.excinfo, report)
        if isinstance(call.excinfo.value, Stuck):
            item.session.shouldfail = 'A call has not come back: the tests end here.'
    return report


def find_heading(item):
    """Return the heading of the page under which a test belongs: the comment above it."""
    lines = item.path.read_text(encoding='utf-8').splitlines()
    above = reversed(lines[:item.obj.__code__.co_firstlineno])
    return next((line[2:] for line in above if line.startswith('# ')), '')


def explain(item, step, excinfo, report):
    """Return the message for a failed test."""
    page = readme(report.breaker or first_step(item.path))
    lines_of_the_test = [entry.lineno + 1 for entry in excinfo.traceback if entry.path == item.path]
    where = f', line {lines_of_the_test[-1]}' if lines_of_the_test else ''
    difference = find_difference(excinfo)
    lines = {
        'step': step,
        'test': f'{item.nodeid}{where}',
        'promise': ' '.join((item.obj.__doc__ or '').split()),
        # other threads may have asked since
        'request': getattr(excinfo.value, 'request', Client.last),
        **difference,
        'hint': find_hint(step, '\n'.join(difference.values())),
        'read': page if report.breaker or not report.heading else f'{page}, {report.heading}',
    }
    if report.not_loaded:  # which test was the first is chance
        lines.update(test='', promise='', request='', read=page)
    return '\n'.join(f'{name:10}' + textwrap.indent(wrap(str(text)), ' ' * 10).lstrip()
                     for name, text in lines.items() if text)


def wrap(text):
    """Return a text in lines that fit the terminal; in a pipe, it is 80 columns wide."""
    columns = shutil.get_terminal_size().columns - 10
    return '\n'.join(textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False)
                     for line in text.splitlines())


def find_difference(excinfo):
    """Return {name: words}: mostly what was expected, and what came."""
    error = excinfo.value
    words = last_words(''.join(traceback.format_exception(error)))
    is_of_the_app = '\nat ' in words
    if isinstance(error, Unexpected):
        expected, came = error.expected, error.came
    elif isinstance(error, AssertionError) and not is_of_the_app:
        return in_words(error, str(excinfo.traceback[-1].statement))
    elif is_of_the_app or Client.answer is None:
        expected, came = 'no exception', words
    else:  # the test could not read it
        expected, came = 'what the promise says', summary(Client.answer)
        if isinstance(error, KeyError):
            expected = f'{error} in the answer'
    return {'expected': str(expected), 'came': str(came)}


compared = []  # the operator and the two sides of the last comparison that was false


def pytest_runtest_setup():
    compared.clear()
    Client.last = Client.answer = None


def pytest_assertrepr_compare(op, left, right):
    compared[:] = op, left, right


WORDS = {'==': '{1}', 'is': '{1}', '!=': 'something else than {1}', 'in': '{0} in it',
         'not in': 'nothing with {0}'}


def in_words(error, statement):
    """Return {name: words} of a failed assertion, without the test's expressions.

    Its message says what is wrong.
    """
    message, is_assert, _ = f'\n{error}'.partition('\nassert ')
    message = message.strip() if is_assert else ''
    if compared:
        expected, came = compare(*compared, statement)
        return {'wrong': message, 'came': came} if message else {'expected': expected, 'came': came}
    if message:
        return {'wrong': message, 'answer': '' if Client.answer is None else summary(Client.answer)}
    return {'expected': 'what the promise says', 'came': str(error)[:300]}  # of WebTest


def compare(op, left, right, statement):
    """Return what was expected and what came in a comparison, in words."""
    key = re.search(r"(?:\['|\.)(\w+)(?:'\])? (?:==|is) ", statement)  # answer['body'] == 'tea'
    where = f'{key[1]}: ' if key else ''
    if isinstance(left, set) and isinstance(right, set):
        left, right = sorted(left), sorted(right)
    if isinstance(left, dict) and isinstance(right, dict):
        same = [key for key in left if key in right and left[key] == right[key]]
        left, right = ({key: side[key] for key in side if key not in same}
                       for side in (left, right))
    expected = WORDS.get(op, op + ' {1}').format(shorten(left), shorten(right))
    return where + expected, where + shorten(right if op in ('in', 'not in') else left)


def shorten(value):
    """Return a value as text, at most 300 characters of it."""
    text = repr(value)
    return text if len(text) <= 300 else f'{text[:300]} …'


def find_hint(step, text):
    """Return a hint for a failure that says little, or ''."""
    if step.folder in FOLDERS:
        return ''
    words = next((words for pattern, words in HINTS if re.search(pattern, text)), '')
    return words if (step.folder / 'app').is_dir() else words.partition(' In a package: ')[0]
