"""A failure in a dozen lines: the request, what was expected, what came, and what to read."""
import re
import shutil
import sqlite3
import textwrap
import traceback

import pytest

from answers import Unexpected, last_words, summary
from apps import FOLDERS, STEPS
from clients import Client
from hints import HINTS
from patience import Stuck
from progress import find_breaker, first_step, heading, later_slice, readme, typed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    if 'step' in item.fixturenames:
        item.repr_failure = lambda excinfo: ''  # pytest's own takes ten times as long
    report = yield
    if report.failed and call.excinfo and 'step' in item.fixturenames:
        step, error = item.callspec.params['step'], call.excinfo.value
        report.breaker = find_breaker(item.config, step, item.path)
        if not report.breaker and getattr(error, 'is_setup', False) and first_step(item.path) > 4:
            report.breaker = typed(item.config, step)  # logging in has worked since step 04
        report.heading = heading(item.path, item.obj.__code__.co_firstlineno)
        report.later = later_slice(item.config, item.path, report.heading)
        report.crashed = getattr(error, 'crash', False)
        report.not_loaded = getattr(error, 'not_loaded', False)
        report.longrepr = explain(item, step, call.excinfo, report)
        if isinstance(error, Stuck):
            item.session.shouldfail = 'A call has not come back: the tests end here.'
    return report


BEFORE = 'Before the test itself: the room, registering, logging in, posting. Did that work before?'


def explain(item, step, excinfo, report):
    """Return the message for a failed test."""
    page = readme(report.breaker or first_step(item.path))
    case = item.callspec.id.replace(str(step), '').strip('-')
    lines_of_the_test = [entry.lineno + 1 for entry in excinfo.traceback if entry.path == item.path]
    where = f', line {lines_of_the_test[-1]}' if lines_of_the_test else ''
    asked = getattr(excinfo.value, 'request', Client.last)  # other threads may have asked since
    is_setup = report.when == 'setup' or getattr(excinfo.value, 'is_setup', False)
    difference = find_difference(excinfo)
    before = ''
    if report.breaker:
        before = f'It was green when step {report.breaker - 1:02} was finished, so a change of ' \
                 f'step {report.breaker:02} broke it: look at what you have typed last.'
    elif report.later:
        before = 'It was green before. Look at what you have typed last, perhaps in ' \
                 f'"{report.later}".'
    name = f'{step} (number {step.number} of {len(STEPS)})' if step.folder in FOLDERS else step
    lines = {
        'step': name,
        'test': f'tests/{item.path.name}::{item.originalname}{case and ", " + case}{where}',
        'promise': prose(BEFORE if is_setup and Client.last else item.obj.__doc__),
        'request': asked,
        **difference,
        'hint': prose(hint(step, '\n'.join(difference.values()))),
        'before': prose(before),
        'read': page if report.breaker or not report.heading else f'{page}, {report.heading}',
    }
    if report.not_loaded:  # which test was the first is chance
        lines.update(test='', promise='', request='', before='', read=page)
    return '\n'.join(f'{name:10}' + textwrap.indent(wrap(str(text)), ' ' * 10).lstrip()
                     for name, text in lines.items() if text)


def wrap(text):
    """Return a text in lines that fit the terminal. In a pipe, a line stays a line."""
    columns = shutil.get_terminal_size((10000, 24)).columns - 10
    return '\n'.join(textwrap.fill(line, columns, subsequent_indent='  ', break_long_words=False,
                                   break_on_hyphens=False) for line in text.splitlines())


def prose(text):
    """Return sentences in lines that fit the terminal, also in a pipe."""
    columns = shutil.get_terminal_size().columns - 10
    return textwrap.fill(' '.join((text or '').split()), columns, break_long_words=False)


def find_difference(excinfo):
    """Return {name: words}: mostly what was expected, and what came."""
    error = excinfo.value
    words = last_words(''.join(traceback.format_exception(error)))
    is_of_the_app = '\nat ' in words
    if isinstance(error, Unexpected):
        expected, came = error.expected, error.came
    elif isinstance(error, AssertionError) and not is_of_the_app:
        return in_words(error, str(excinfo.traceback[-1].statement))
    elif is_of_the_app or Client.answer is None or isinstance(error, sqlite3.Error):
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


WORDS = {'==': '{1}', 'in': '{0} in it', 'not in': 'nothing with {0}', 'is': '{1}',
         '!=': 'something else than {1}', '<=': 'at most {1}'}


def in_words(error, statement):
    """Return {name: words} of a failed assertion, without the test's expressions.

    Its message says what is wrong.
    """
    message, is_assert, _ = f'\n{error}'.partition('\nassert ')
    message = message.strip()
    if not is_assert or not message and not compared:
        return {'expected': 'what the promise says', 'came': str(error)[:300]}  # of WebTest
    if compared:
        op, left, right = compared
        # as in answer['body'] == 'tea'
        key = re.search(r"(?:\['|\.)(\w+)(?:'\])? (?:==|is) ", statement)
        where = f'{key[1]}: ' if key else ''
        if op == '==':
            place, left, right = differing(left, right)
            where += place
        expected = where + WORDS.get(op, op + ' {1}').format(short(left), short(right))
        came = where + short(right if op in ('in', 'not in') else left)
        if 'only this side' in where and Client.answer is not None:
            came += f'\n{summary(Client.answer)}'
        return {'wrong': message, 'came': came} if message else {'expected': expected, 'came': came}
    return {'wrong': message, 'answer': '' if Client.answer is None else summary(Client.answer)}


def differing(left, right):
    """Return where two values differ, in words, and what is there in each of them."""
    if isinstance(left, set) and isinstance(right, set):
        return 'what only this side has: ', sorted(left - right), sorted(right - left)
    if isinstance(left, list) and isinstance(right, list) and len(right) > 3:
        same = 0
        while same < len(right) and left[same:same + 1] == right[same:same + 1]:
            same += 1
        left, right = (side[same:same + 3] for side in (left, right))
        return f'from number {same + 1} on: ' if same else '', left, right
    if isinstance(left, dict) and isinstance(right, dict):
        same = {key for key in left.keys() & right.keys() if left[key] == right[key]}
        left, right = ({key: side[key] for key in side if key not in same}
                       for side in (left, right))
    return '', left, right


def short(value):
    """Return a value as text, at most 300 characters of it."""
    is_long = isinstance(value, str) and len(value) > 80
    text = repr(' '.join(value.split()) if is_long else value)
    return text if len(text) <= 300 else f'{text[:300]} …'


def hint(step, text):
    """Return a hint for a failure that says little, or ''."""
    if step.folder in FOLDERS or (Client.last or '').startswith('python client.py'):
        return ''
    words = next((words for pattern, words in HINTS if re.search(pattern, text)), '')
    return words if (step.folder / 'app').is_dir() else words.partition(' In a package: ')[0]
