"""Red before green: each step's tests fail on the step before, and for the right reason."""
from suite import FOLDERS, ROOT, STRUCTURE, run_suite

CASES = {FOLDERS[number - 1].name: [number] for number in range(2, len(FOLDERS) + 1)}
SAMPLE = 1


def work(number):
    """Return {test: its failure or None} of a step's tests on the step before."""
    file, = (ROOT / 'tests').glob(f'test_{number:02}_*.py')
    return run_suite(FOLDERS[number - 2], number, file)[0]


def test_red_before(case, result):
    """Every test of a step fails on the step before: at an assertion or a status, in a dozen lines, and not because the test crashes.

    A step that moves code answers as before: there, some tests of the shape fail.
    """
    red = {test: shown for test, shown in result.items() if shown}
    assert red and (case[0] in STRUCTURE or red == result), [test for test in result if test not in red]
    for test, shown in red.items():
        lines = shown.splitlines()
        assert 'no exception' not in shown and 'Traceback' not in shown, f'{test}\n{shown}'
        assert len(lines) <= 16, f'{test} shows {len(lines)} lines:\n{shown}'
        for word in ('step', 'promise', 'expected', 'came', 'read'):
            assert any(line.startswith(word) for line in lines), f'{test} does not show the line {word}:\n{shown}'
