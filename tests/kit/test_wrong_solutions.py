"""The suite has teeth: each wrong solution fails, at the test that names what is wrong."""
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from wrong import WRONG

from suite import FOLDERS, run_suite, slow

NAMES = [f'wrong{number:02}' for number in range(len(WRONG))]


def make(folder, case):
    """Make the app with one thing wrong."""
    what, file, right, wrong, tests = case
    shutil.copytree(FOLDERS[-1], folder, ignore=shutil.ignore_patterns('*.db*', '__pycache__'))
    text = (folder / file).read_text(encoding='utf-8')
    assert text.count(right) == 1, f'{what}: its lines stand {text.count(right)} times in {file}'
    (folder / file).write_text(text.replace(right, wrong), encoding='utf-8')


@slow([0, 1])
def check(config, half):
    """Return what the suite shows for half of the wrong solutions: all of it with --thorough, else the tests that should name them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        cases = list(zip(NAMES, WRONG))[half::2]
        for name, case in cases:
            make(Path(temporary) / name, case)
        folders = [Path(temporary) / name for name, _ in cases]
        if config.getoption('thorough'):
            return {key: shown for folder in folders for key, shown in run_suite([folder], 'final', '--maxfail=4').items()}
        wanted = ' or '.join(f'({name} and ({" or ".join(case[-1].split("|"))}))' for name, case in cases)
        return run_suite(folders, 'final', '-k', wanted)


@pytest.mark.parametrize('name, case', list(zip(NAMES, WRONG)), ids=[what for what, *_ in WRONG])
def test_wrong(results, name, case):
    """The suite fails, and the test that names the mistake is among the first that fail."""
    failed = [re.sub(r'.*::|\[.*', '', test) for half in results.values() for test, shown in half.items() if shown and f'[{name}' in test]
    assert set(case[-1].split('|')) & set(failed), f'{case[0]}: failed {failed}'
