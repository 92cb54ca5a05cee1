"""Each step's tests are red on the step before, and for the right reason."""
import pytest

from suite import FOLDERS, files_of, run_suite, slow

BEHAVIOUR, STRUCTURE = [4, 5, 6, 7, 8, 9], [2, 3]
GREEN_BEFORE = {}  # test: why it can't be red on the step before


@slow(BEHAVIOUR + STRUCTURE)
def run_before(config, number):
    """Return what the tests of a step show on the step before."""
    return run_suite([FOLDERS[number - 2]], number, *files_of(number))


@pytest.mark.parametrize('number', BEHAVIOUR + STRUCTURE)
def test_red_before(results, number):
    """On the step before, every test of a step fails, but for those in the table."""
    green = {test for test, shown in results[number].items() if shown is None}
    assert results[number] and green == {test for test in GREEN_BEFORE if test.startswith(f'test_{number:02}')}


@pytest.mark.parametrize('number', BEHAVIOUR + STRUCTURE)
def test_red_for_the_right_reason(results, number):
    """They fail at an assertion or a status, with a text of a dozen lines, and not by a crash of the test."""
    for test, shown in results[number].items():
        lines = (shown or '').splitlines()
        assert not shown or 'no exception' not in shown and 'Traceback' not in shown, f'{test}\n{shown}'
        assert len(lines) <= 14, f'{test} shows {len(lines)} lines:\n{shown}'
        for word in ('step', 'promise', 'expected', 'came', 'read'):
            assert any(line.startswith(word) for line in lines), f'{test} does not show the line {word}:\n{shown}'
