"""The benchmark runs, and compares the answers before it measures them."""
import sys

from suite import ROOT, copy, replace, run


def bench(kit, *words):
    """Run the benchmark of a kit in its quick form; return its exit status and the lines that it prints."""
    done = run([sys.executable, '-W', 'ignore', kit / 'tests/bench.py', '--quick', *words])
    return done.returncode, done.stdout.splitlines()


def test_table():
    """A line for each name, with its times and its goal, in 80 columns."""
    for words, names in [([], ['GET', 'GET', 'GET', 'POST', 'PUT']),
                         (['--growth'], ['page 1', 'the middle page', 'a rare word'])]:
        status, lines = bench(ROOT, *words)
        assert status == 0 and max(map(len, lines)) <= 80
        assert [line.startswith(name) for name, line in zip(names, lines[3:])] == [True] * len(names), lines


def test_wrong_answer(tmp_path):
    """An app that answers something else than the yardstick is not measured: a line says so."""
    replace(copy(ROOT, tmp_path / 'kit') / 'final/app/api/posts.py', "'id': post['id'],", "'id': post['id'] + 1,")
    status, lines = bench(tmp_path / 'kit')
    assert status == 1 and lines[-1].startswith('GET a post: the yardstick answers ')
