"""The suite notices each mistake of mistakes.py, in a copy of its step: the test fails that the mistake names, and a learner is led to the mistake.

With --thorough, the first is checked for all mistakes, and the second for every tenth; without, both for fewer. `python tests/kit/test_mistakes.py 4 5`
checks both for all mistakes of these steps, or of all, and shows the reports that have a fault.
"""
import os
import re
import sys
import tempfile
from pathlib import Path

from mistakes import MISTAKES, UTF_16

from suite import FOLDERS, ROOT, copy, replace, run_suites, slow

IDS = [f'{step:02} {what}' for step, what, *_ in MISTAKES]
CODE = r'==|!=|\bassert\b|\b(len|set|str|min|max|sorted|any|all|(check|count|run)_\w+)\(|\b(chat|browser|ann|api|answers?|page|html|response)\.\w+[([.]'


def choose(name, config):
    """Return the numbers of the mistakes whose tests are run, or which a learner makes: fewer of them without --thorough."""
    named = [number for number, mistake in enumerate(MISTAKES) if named_tests(mistake)]
    if config.getoption('thorough'):
        return named if name == 'named' else range(0, len(MISTAKES), 10)
    return named[::4] if name == 'named' else range(0, len(MISTAKES), 60)


def named_tests(mistake):
    """Return the names of the tests of which one must fail."""
    return {name for names in mistake[5:] for name in names.split('|')}


@slow(range(len(FOLDERS), 0, -1))
def check(config, step):
    """Return {(name, number): what the suite shows} for the mistakes of a step that are chosen."""
    shown = {}
    for name in ('learner', 'named'):
        numbers = [number for number in choose(name, config) if MISTAKES[number][0] == step]
        shown.update({(name, number): result for number, result in run(numbers, named=name == 'named').items()})
    return shown


def run(numbers, named=False):
    """Return {number: ({test: its failure or None}, the output)} of the whole suite, up to its fourth failure, or of the tests that are named."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        runs = []
        for number in numbers:
            step, *_ = mistake = MISTAKES[number]
            folder = copy(FOLDERS[step - 1], Path(temporary) / f'work{number}')
            make(folder, *mistake[2:5])
            which = [*files_with(named_tests(mistake)), '-k', ' or '.join(named_tests(mistake))] if named else []
            reached = [] if named_tests(mistake) else [f'--reached={folder / ".reached"}']  # as `check` does
            (folder / '.reached').write_text(str(step - 1), encoding='utf-8')
            runs.append([f'--app={folder}', f'--step={step}', '--maxfail=4', *reached, *which])
        return dict(zip(numbers, run_suites(runs))) if runs else {}


def files_with(names):
    """Return the files of the suite that have these tests: collecting them takes less time than collecting all."""
    files = (ROOT / 'tests').glob('test_*.py')
    return [file for file in files if any(f'def {name}(' in file.read_text(encoding='utf-8') for name in names)]


def make(folder, file, right, wrong):
    """Make a mistake in a copy of a step."""
    if right is not None:
        return replace(folder / file, right, wrong)
    text = (folder / file).read_text(encoding='utf-8')
    (folder / file).unlink()
    if wrong is not None:
        path = folder / (file if wrong == UTF_16 else wrong)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding='utf-16' if wrong == UTF_16 else 'utf-8')


def grade(number, shown):
    """Return the faults of what the suite shows for a mistake, and the report of the first failure."""
    results, output = shown
    report = re.search(r'(?ms)^(?:_{3,} .*?|INTERNALERROR.*?)\n(.*?)(^_{3,} |^!!!|\Z)', output)
    report = report[1].strip().replace(f'{ROOT}{os.sep}', '') if report else ''
    page = FOLDERS[MISTAKES[number][0] - 1].relative_to(ROOT).as_posix()
    said = dict(re.findall(r'(?m)^(expected|came) +(.*(?:\n {10}.*)*)', report))
    came = said.get('came', report)
    own = re.search(r'\bat .*\bwork\d+[/\\].*:\d+|\bview\b', came)
    ours = re.sub(r'(?m)^ *([\w.]+(Error|Exception|Warning)\b|(called )?at ).*$', '', '\n'.join(said.values()))  # what the app says of itself may be code
    faults = {
        'page': set(re.findall(r'(steps/\d\d[\w-]*|final)/README\.md', report)) != {page} or not re.search(r'(?m)^read\b', report),
        'line': re.search(r'^500\b|\b[A-Z]\w*(Error|Exception|Interrupt)\b', came) and not own,
        'expression': re.search(CODE, ours) or re.search(r'(?m)^ *at .*(\btests[/\\]|site-packages)', came) or "'NoneType' object" in came and not own,
        'length': len(report.splitlines()) > 20,
        'test': named_tests(MISTAKES[number]) and not named_tests(MISTAKES[number]) & failed(results),
    }
    return [fault for fault, found in faults.items() if found] if report else ['green'], report


def failed(results):
    """Return the names of the tests that failed."""
    return {re.sub(r'.*::|\[.*', '', test) for test, shown in results.items() if shown}


def pytest_generate_tests(metafunc):
    metafunc.parametrize('number', choose(metafunc.function.__name__.removeprefix('test_'), metafunc.config), ids=IDS.__getitem__)


def test_named(results, number):
    """The test that says what is wrong fails."""
    tests, _ = results[MISTAKES[number][0]]['named', number]
    assert named_tests(MISTAKES[number]) & failed(tests), f'{MISTAKES[number]}\n{tests}'


def test_learner(results, number):
    """The suite is red. The first failure leads to the step's page, and after a crash to the line, in words, in 20 lines; the named test is one of the first."""
    faults, report = grade(number, results[MISTAKES[number][0]]['learner', number])
    assert not faults, f'{MISTAKES[number]}\n{report}'


if __name__ == '__main__':
    for step in map(int, sys.argv[1:] or range(1, len(FOLDERS) + 1)):
        for number, shown in run([number for number, mistake in enumerate(MISTAKES) if mistake[0] == step]).items():
            faults, report = grade(number, shown)
            print(f'\n##### {IDS[number]} ({MISTAKES[number][2]}): {", ".join(faults)}\n{report}' if faults else '.', end='', flush=True)
