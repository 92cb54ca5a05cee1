"""The suite notices mistakes: each wrong solution fails, at the test that says what is wrong."""
import re
import tempfile
from pathlib import Path

import pytest
from wrong import WRONG

from suite import FOLDERS, copy_with_mistake, run_suite, slow

NAMES = [f'wrong{number:03}' for number in range(len(WRONG))]
PARTS = 8


@slow(range(PARTS))
def check(config, part):
    """Return what the suite shows for a part of the wrong solutions: all tests with --thorough, else those that should fail."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        cases = list(zip(NAMES, WRONG))[part::PARTS]
        for name, case in cases:
            copy_with_mistake(FOLDERS[-1], Path(temporary) / name, *case[:4])
        folders = [Path(temporary) / name for name, _ in cases]
        if config.getoption('thorough'):
            return {key: shown for folder in folders for key, shown in run_suite([folder], 'final', '--maxfail=4').items()}
        wanted = ' or '.join(f'({name} and ({" or ".join(case[-1].split("|"))}))' for name, case in cases)
        return run_suite(folders, 'final', '-k', wanted)


@pytest.mark.parametrize('name, case', list(zip(NAMES, WRONG)), ids=[what for what, *_ in WRONG])
def test_wrong(results, name, case):
    """The suite fails, and the test that says what is wrong is among the first that fail."""
    failed = [re.sub(r'.*::|\[.*', '', test) for part in results.values() for test, shown in part.items() if shown and f'[{name}' in test]
    assert set(case[-1].split('|')) & set(failed), f'{case[0]}: failed {failed}'
