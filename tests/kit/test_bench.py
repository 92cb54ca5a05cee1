"""The benchmark runs, in its quick form."""
import sys

import pytest

from suite import ROOT, run


@pytest.mark.parametrize('words, names', [
    ([], ['GET', 'GET', 'GET', 'POST', 'PUT']), (['--growth'], ['page 1', 'the middle page', 'a rare word']),
])
def test_table(words, names):
    """A line for each name, with its times and its goal, in 80 columns."""
    done = run([sys.executable, '-W', 'ignore', ROOT / 'tests/bench.py', '--quick', *words])
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and max(map(len, lines)) <= 80
    assert [line[:len(name)] for name, line in zip(names, lines[3:])] == names
