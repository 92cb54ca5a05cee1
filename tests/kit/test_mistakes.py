"""The suite notices each mistake of mistakes.py, and its report leads whoever made it to the step's page, and after a crash to the line."""
import re
import sys

import pytest
from hints import HINTS
from mistakes import ENDLESS, MISTAKES

from steps import read_code
from suite import FOLDERS, ROOT, check, copy, replace, run, run_suite

CASES = {f'{mistake[0]:02} {mistake[1]}': mistake for mistake in MISTAKES}
SAMPLE = 4
TESTS = {path: path.read_text(encoding='utf-8') for path in (ROOT / 'tests').glob('test_*.py')}


def find_tests(name):
    """Return the tests of the suite that have a name, for pytest's command line."""
    return [f'{path}::{name}' for path, text in TESTS.items() if f'def {name}(' in text]


def work(step, what, right, wrong, shows):
    """Return what the suite shows for a mistake: only the test that has to fail, if it is named."""
    def make(folder):
        if wrong is None:
            return (folder / right).unlink()
        file, = [name for name, text in read_code(folder).items() if right in text]
        replace(folder / file, right, wrong)
    return check(step, make, *find_tests(shows))


def test_mistake(case, result):
    """The suite is red: the named test fails, or the first failure helps. It leads to the step's page, in words, in 20 lines."""
    step, *_, shows = case
    results, output = result
    report = next(filter(None, results.values()), '')
    assert shows in ' '.join(report.split()), f'not shown: {shows}\n{output}'
    assert set(re.findall(r'[\w/-]+/README\.md', output)) == {f'{FOLDERS[step - 1].relative_to(ROOT).as_posix()}/README.md'}, output
    assert 'assert ' not in report and len(report.splitlines()) <= 20, f'an expression of the test, or too long\n{output}'
    came = report.partition('\ncame ')[2]
    if re.search(r'^ *500\b|\b[A-Z]\w*(Error|Exception)\b', came):  # a server tells no more than create_app
        assert re.search(r'\bat .*\bwork[/\\].*:\d+|\bin the view\b|\bcreate_app\(', came), f'not the line that crashed\n{output}'


@pytest.mark.parametrize('mistake', ENDLESS, ids=lambda mistake: mistake[1])
def test_endless(tmp_path, mistake):
    """What never ends is a failure, soon, and with its line."""
    step, _, right, wrong, shows = mistake
    work = copy(FOLDERS[step - 1], tmp_path / 'work')
    file, = [name for name, text in read_code(work).items() if right in text]
    replace(work / file, right, wrong)
    options = ['-q', '-x', f'--app={work}', f'--step={step}', '-k', f'test_{step:02} or test_room']
    output = run([sys.executable, '-B', '-m', 'pytest', *options], cwd=ROOT).stdout
    assert shows in ' '.join(output.split()), output


def test_hidden_module():
    """A file with the name of one of Python's modules is told by its name."""
    _, output = check(13, lambda work: (work / 'token.py').touch(), *find_tests('test_start'))
    assert 'token.py in work hides the module token' in ' '.join(output.split())


def test_slice_before(tmp_path):
    """What a slice breaks of an earlier one of its page leads to that slice, which `check` has noted."""
    work = copy(FOLDERS[13], tmp_path / 'work')
    replace(work / 'app/api/posts.py', "post['user_id'] != request", "post['id'] != request")
    (work / '.reached').write_text('13\nIs it yours?', encoding='utf-8')
    _, output = run_suite(work, 14, f'--reached={work / ".reached"}', *find_tests('test_update_post'))
    assert 'It was green before. Look at what you have typed last, perhaps in "Is it yours?".' in ' '.join(output.split()), output
    assert (work / '.reached').read_text(encoding='utf-8') == '13\nIs it yours?'


def test_all_hints_help():
    """Each hint of the suite comes in the report of a mistake, and each test that a mistake names is there."""
    hints = [hint for _, hint in HINTS]
    shown = [shows for *_, shows in MISTAKES + ENDLESS]
    assert [hint for hint in hints if not any(words in hint for words in shown)] == []
    assert [name for name in shown if name.startswith('test_') and not find_tests(name)] == []
