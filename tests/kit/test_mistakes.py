"""The suite notices each mistake of mistakes.py, and its report leads whoever made it to the step's page, and after a crash to the line."""
import re

from mistakes import MISTAKES

from suite import FOLDERS, ROOT, check, replace

CASES = {f'{mistake[0]:02} {mistake[1]}': mistake for mistake in MISTAKES}
SAMPLE = 4
TESTS = {path: path.read_text(encoding='utf-8') for path in (ROOT / 'tests').glob('test_*.py')}
CODE = r'==|!=|\bassert\b|\b(len|set|str|min|max|sorted|any|all|(check|count|run)_\w+)\(|\b(chat|browser|ann|api|answers?|page|html|response)\.\w+[([.]'


def find_tests(name):
    """Return the tests of the suite that have a name, for pytest's command line."""
    return [f'{path}::{name}' for path, text in TESTS.items() if f'def {name}(' in text]


def work(step, what, file, right, wrong, shows):
    """Return what the suite shows for a mistake: only the test that has to fail, if it is named."""
    def make(folder):
        if right is not None:
            return replace(folder / file, right, wrong)
        text = (folder / file).read_text(encoding='utf-8')
        (folder / file).unlink()
        if wrong is not None:
            path, encoding = wrong
            (folder / path).write_text(text, encoding=encoding)
    return check(step, make, *find_tests(shows))


def find_faults(step, shows, results, output):
    """Return what is wrong with what the suite shows for a mistake."""
    report = next(filter(None, results.values()), '')
    said = dict(re.findall(r'(?m)^(expected|came) +(.*(?:\n {10}.*)*)', report))
    came = said.get('came', '')
    place = re.search(r'\bat .*\bwork[/\\].*:\d+|\bview\b|\bcreate_app\(', came)  # a server tells no more than create_app
    ours = re.sub(r'(?m)^ *([\w.]+(Error|Exception|Warning)\b|(called )?at ).*$', '', '\n'.join(said.values()))  # what the app says of itself may be code
    faults = {
        f'it does not show {shows}': shows not in ' '.join(report.split()),
        'it leads to another page': set(re.findall(r'(steps/\d\d[\w-]*|final)/README\.md', output)) != {FOLDERS[step - 1].relative_to(ROOT).as_posix()},
        'it does not show the line that crashed': re.search(r'^500\b|\b[A-Z]\w*(Error|Exception|Interrupt)\b', came) and not place,
        'it shows code of the suite': re.search(CODE, ours) or re.search(r'(?m)^ *at .*(\btests[/\\]|site-packages)', came),
        'it is long': len(report.splitlines()) > 20,
    }
    return [fault for fault, found in faults.items() if found]


def test_mistake(case, result):
    """The suite is red: the named test fails, or the first failure helps. It leads to the step's page, in words, in 20 lines."""
    step, *_, shows = case
    assert find_faults(step, shows, *result) == [], f'{case}\n{result[1]}'


def test_all_hints_help(pytestconfig):
    """Each hint of the suite comes in the report of a mistake, and each test that a mistake names is there."""
    hints = [hint for _, hint in pytestconfig.pluginmanager.get_plugin(str(ROOT / 'tests/conftest.py')).HINTS]
    shown = [mistake[5] for mistake in MISTAKES]
    assert [hint for hint in hints if not any(words in hint for words in shown)] == []
    assert [name for name in shown if name.startswith('test_') and not find_tests(name)] == []
