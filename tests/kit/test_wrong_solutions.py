"""The suite has teeth: each wrong solution fails, at the test that names what is wrong."""
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from wrong import WRONG

from suite import FOLDERS, ROOT, run_suite, slow

IDS = [what for what, *_ in WRONG]


@slow(WRONG)
def check(config, case):
    """Return what the suite shows for a wrong solution: all of it with --thorough, else the tests that should name it."""
    what, file, right, wrong, tests = case
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / 'app'
        shutil.copytree(FOLDERS[-1], folder, ignore=shutil.ignore_patterns('*.db*', '__pycache__'))
        text = (folder / file).read_text(encoding='utf-8')
        assert text.count(right) == 1, f'{what}: its lines stand {text.count(right)} times in {file}'
        (folder / file).write_text(text.replace(right, wrong), encoding='utf-8')
        if config.getoption('thorough'):
            return run_suite(folder, 'final', '--maxfail=4')
        files = {str(path) for path in (ROOT / 'tests').glob('test_0*.py') for test in tests.split('|')
                 if f'def {test}(' in path.read_text(encoding='utf-8')}
        return run_suite(folder, 'final', *sorted(files), '-k', ' or '.join(tests.split('|')))


@pytest.mark.parametrize('case', WRONG, ids=IDS)
def test_wrong(results, case):
    """The suite fails, and the test that names the mistake is among the first that fail."""
    failed = [re.sub(r'.*::|\[.*', '', test) for test, shown in results[case].items() if shown]
    assert set(case[-1].split('|')) & set(failed), f'{case[0]}: failed {failed}'
