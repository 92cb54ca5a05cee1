"""Red before green: each step's tests fail on the step before, and for the right reason."""
import pytest

from suite import FOLDERS, files_of, run_suite, slow

STRUCTURE = [4, 5]
BEHAVIOUR = [number for number in range(2, len(FOLDERS) + 1) if number not in STRUCTURE]


@slow(BEHAVIOUR + STRUCTURE)
def run_before(config, number):
    """Return what the tests of a step show on the step before."""
    return run_suite([FOLDERS[number - 2]], number, *files_of(number))


@pytest.mark.parametrize('number', BEHAVIOUR + STRUCTURE)
def test_red_before(results, number):
    """Every test of a step fails on the step before."""
    assert results[number] and [test for test, shown in results[number].items() if shown is None] == []


@pytest.mark.parametrize('number', BEHAVIOUR + STRUCTURE)
def test_red_for_the_right_reason(results, number):
    """It fails at an assertion or a status, with a message of a dozen lines, and not because the test crashes."""
    for test, shown in results[number].items():
        lines = shown.splitlines()
        assert 'no exception' not in shown and 'Traceback' not in shown, f'{test}\n{shown}'
        assert len(lines) <= 14, f'{test} shows {len(lines)} lines:\n{shown}'
        for word in ('step', 'promise', 'expected', 'came', 'read'):
            assert any(line.startswith(word) for line in lines), f'{test} does not show the line {word}:\n{shown}'
