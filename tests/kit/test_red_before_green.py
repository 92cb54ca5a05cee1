"""Red before green: each step's tests fail on the step before, and for the right reason."""
import pytest

from suite import FOLDERS, ROOT, run_suites, slow

NUMBERS = range(2, len(FOLDERS) + 1)


@slow(['even', 'odd'])
def run_before(config, which):
    """Return {step: {test: its failure or None}} of the tests of every other step, on the step before."""
    numbers = NUMBERS[0 if which == 'even' else 1::2]
    files = {number: next((ROOT / 'tests').glob(f'test_{number:02}_*.py')) for number in numbers}
    runs = [[f'--app={FOLDERS[number - 2]}', f'--step={number}', '--maxfail=999', files[number]] for number in numbers]
    return {number: tests for number, (tests, _) in zip(numbers, run_suites(runs))}


@pytest.mark.parametrize('number', NUMBERS)
def test_red_before(results, number):
    """Every test of a step fails on the step before: at an assertion or a status, in a dozen lines, and not because the test crashes."""
    tests = {**results['even'], **results['odd']}[number]
    assert tests and [test for test, shown in tests.items() if shown is None] == []
    for test, shown in tests.items():
        lines = shown.splitlines()
        assert 'no exception' not in shown and 'Traceback' not in shown, f'{test}\n{shown}'
        assert len(lines) <= 16, f'{test} shows {len(lines)} lines:\n{shown}'
        for word in ('step', 'promise', 'expected', 'came', 'read'):
            assert any(line.startswith(word) for line in lines), f'{test} does not show the line {word}:\n{shown}'
