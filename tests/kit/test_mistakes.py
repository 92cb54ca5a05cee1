"""The suite notices each mistake of mistakes.txt, and its report leads whoever made it to the step's page and line."""
import re
import sys

import pytest
from hints import HINTS
from suite import FOLDERS, ROOT, copy, replace, run

from steps import read_code


def read_mistakes():
    """Return {title: (step, what the failure shows, right text, wrong text)} of mistakes.txt."""
    text = (ROOT / 'tests/kit/mistakes.txt').read_text(encoding='utf-8')
    mistakes = {}
    for entry in text.strip().split('\n\n')[3:]:  # after the head, how an entry looks, and more words
        match = re.fullmatch(r'(\d\d .*)\n> (.*)\n((?:[-+].*\n)+)', entry + '\n')
        assert match and match[1] not in mistakes, f'not like the others, or twice:\n{entry}'
        right, wrong = ('\n'.join(re.findall(rf'^\{sign}(.*)', match[3], re.MULTILINE)) for sign in '-+')
        mistakes[match[1]] = int(match[1][:2]), match[2], right, wrong
    return mistakes


MISTAKES = read_mistakes()
ENDLESS = {title: mistake for title, mistake in MISTAKES.items() if title[2:].startswith(' endless: ')}
CASES = {title: mistake for title, mistake in MISTAKES.items() if title not in ENDLESS}
SAMPLE = 8
TESTS = {path: path.read_text(encoding='utf-8') for path in (ROOT / 'tests').glob('test_*.py')}


def find_tests(name):
    """Return the tests of the suite that have a name, for pytest's command line."""
    return [f'{path}::{name}' for path, text in TESTS.items() if f'def {name}(' in text]


def make(folder, right, wrong):
    """Make a mistake in a copy of a step."""
    files = [name for name, text in read_code(folder).items() if right in text]
    assert len(files) == 1, f'this is in {files or "no file"}:\n{right}'
    replace(folder / files[0], right, wrong)


def test_mistake(case, check):
    """The suite is red: the named test fails, or the first failure helps. It leads to the page, in 20 lines."""
    step, shows, right, wrong = case
    results, output = check(step, lambda folder: make(folder, right, wrong), *find_tests(shows))
    report = next(filter(None, results.values()), '')
    assert shows in ' '.join(report.split()), f'not shown: {shows}\n{output}'
    page = f'{FOLDERS[step - 1].relative_to(ROOT).as_posix()}/README.md'
    assert set(re.findall(r'[\w/-]+/README\.md', output)) == {page}, output
    assert 'assert ' not in report, f'an expression of the test\n{output}'
    assert len(report.splitlines()) <= 20, output
    came = ' '.join(re.split(r'\n(?:came|answer) ', report)[-1].split())
    if re.search(r'^500\b|\b[A-Z]\w*(Error|Exception)\b', came):
        place = r'\bat \S*\bwork[/\\]\S*:\d+|\bin the view\b|\bcreate_app\('  # a server tells only create_app
        assert re.search(place, came), f'not the line that crashed\n{output}'


@pytest.mark.thorough
@pytest.mark.parametrize('mistake', ENDLESS)
def test_endless(tmp_path, mistake):
    """What never ends is a failure, soon, and with its line."""
    step, shows, right, wrong = ENDLESS[mistake]
    work = copy(FOLDERS[step - 1], tmp_path / 'work')
    make(work, right, wrong)
    options = ['-q', '-x', '--ignore=tests/kit', f'--app={work}', f'--step={step}',
               '-k', f'test_{step:02} or test_room']
    output = run([sys.executable, '-B', '-m', 'pytest', *options], cwd=ROOT).stdout
    assert shows in ' '.join(output.split()), output


def test_slice_before(tmp_path, run_suite):
    """What a slice breaks of an earlier one of its page was green before, as `check` has noted."""
    work, reached = copy(FOLDERS[12], tmp_path / 'work'), '12\nOnly yourself'
    replace(work / 'app/auth.py', 'user if correct', 'user if user')
    (work / '.reached').write_text(reached, encoding='utf-8')
    _, output = run_suite(work, 13, f'--reached={work / ".reached"}', *find_tests('test_get_token_mistake'))
    assert 'This was green before' in output and (work / '.reached').read_text(encoding='utf-8') == reached


def test_all_hints_help():
    """Each hint of the suite comes in the report of a mistake."""
    for _, hint in HINTS:
        assert any(shows in hint for _, shows, *_ in MISTAKES.values()), f'no mistake in mistakes.txt shows: {hint}'
