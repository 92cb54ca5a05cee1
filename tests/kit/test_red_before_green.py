"""Each step's tests are red on the step before, and for the right reason."""
import pytest

from suite import FOLDERS, in_parallel, run_suite, files_of

BEHAVIOUR, STRUCTURE = [4, 5, 6, 7, 8, 9], [2, 3]
GREEN_BEFORE = {}  # test: why it can't be red on the step before


@pytest.fixture(scope='module')
def before():
    """{number: what the tests of that step show on the step before}."""
    return in_parallel(lambda number: run_suite(FOLDERS[number - 2], number, *files_of(number)), BEHAVIOUR + STRUCTURE)


@pytest.mark.parametrize('number', BEHAVIOUR + STRUCTURE)
def test_red_before(before, number):
    """On the step before, every test of a step fails, but for those in the table."""
    green = {test for test, shown in before[number].items() if shown is None}
    assert before[number] and green == {test for test in GREEN_BEFORE if test.startswith(f'test_{number:02}')}


@pytest.mark.parametrize('number', BEHAVIOUR + STRUCTURE)
def test_red_for_the_right_reason(before, number):
    """They fail at an assertion or a status, with a text of a dozen lines, and not by a crash of the test."""
    for test, shown in before[number].items():
        lines = (shown or '').splitlines()
        assert not shown or 'no exception' not in shown and 'Traceback' not in shown, f'{test}\n{shown}'
        assert len(lines) <= 14, f'{test} shows {len(lines)} lines:\n{shown}'
        for word in ('step', 'promise', 'expected', 'came', 'read'):
            assert any(line.startswith(word) for line in lines), f'{test} does not show the line {word}:\n{shown}'
