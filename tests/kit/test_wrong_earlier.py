"""The suite notices mistakes in earlier steps, too."""
import re
import tempfile
from pathlib import Path

import pytest
from wrong import EARLIER

from suite import FOLDERS, copy_with_mistake, run_suite, slow

NAMES = [f'earlier{number:03}' for number in range(len(EARLIER))]


@slow(sorted({step for step, *_ in EARLIER}))
def check(config, step):
    """Return what the tests that should fail show for the mistakes in a step."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        cases = [(name, case) for name, case in zip(NAMES, EARLIER) if case[0] == step]
        for name, case in cases:
            copy_with_mistake(FOLDERS[step - 1], Path(temporary) / name, *case[1:5])
        wanted = ' or '.join(f'({name} and ({" or ".join(case[-1].split("|"))}))' for name, case in cases)
        return run_suite([Path(temporary) / name for name, _ in cases], step, '-k', wanted)


@pytest.mark.parametrize('name, case', list(zip(NAMES, EARLIER)), ids=[f'{step:02} {what}' for step, what, *_ in EARLIER])
def test_wrong(results, name, case):
    """The test that says what is wrong fails."""
    failed = [re.sub(r'.*::|\[.*', '', test) for part in results.values() for test, shown in part.items() if shown and f'[{name}' in test]
    assert set(case[-1].split('|')) & set(failed), f'{case[1]}: failed {failed}'
