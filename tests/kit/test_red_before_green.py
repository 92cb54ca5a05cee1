"""Red before green: each step's tests fail on the step before, and for the right reason. (All: with --thorough.)"""
from suite import FOLDERS, ROOT, STRUCTURE

CASES = {FOLDERS[number - 1].name: number for number in range(2, len(FOLDERS) + 1)}
SAMPLE = 4


def test_red_before(case, run_suite):
    """Every test of a step fails on the step before: at an assertion or a status, in a dozen lines, without a crash.

    A step that moves code answers as before: there, some tests of the shape fail.
    """
    number = case
    file, = (ROOT / 'tests').glob(f'test_{number:02}_*.py')
    results, _ = run_suite(FOLDERS[number - 2], number, file)
    red = {test: shown for test, shown in results.items() if shown}
    assert red and (number in STRUCTURE or red == results), [test for test in results if test not in red]
    for test, shown in red.items():
        lines = shown.splitlines()
        assert 'no exception' not in shown and 'Traceback' not in shown, f'{test}\n{shown}'
        assert len(lines) <= 16, f'{test} shows {len(lines)} lines:\n{shown}'
        for word in ('step', 'promise', ('expected', 'wrong'), 'read'):
            assert any(line.startswith(word) for line in lines), f'{test} does not show the line {word}:\n{shown}'
