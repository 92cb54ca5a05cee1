"""The benchmark runs, and compares the answers before it measures them."""
import sys

import pytest

from suite import ROOT, copy, replace, run


def bench(kit, *words, status=0):
    """Run the benchmark of a kit in its quick form; return the lines that it prints."""
    done = run([sys.executable, '-W', 'ignore', kit / 'tests/bench.py', '--quick', *words])
    assert done.returncode == status and 'Traceback' not in done.stdout, done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize('words, names', [([], ['GET a post', 'GET a user', 'GET a page of 10', 'POST a post', 'PUT a post']),
                                          (['--growth'], ['page 1', 'the middle page', 'a rare word'])])
def test_table(words, names):
    """A line for each name, with its times and its goal, in 80 columns."""
    lines = bench(ROOT, *words)
    assert [name for name in names for line in lines if line.startswith(f'{name}  ')] == names
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize('file, right, wrong', [
    ('app/api/posts.py', "'id': post['id'],", "'id': post['id'] + 1,"),
    ('app/db.py', 'where hash = ? and expires_at > ?', 'where hash != ? or expires_at > ?'),
])
def test_wrong_answer(tmp_path, file, right, wrong):
    """An app that answers something else than the yardstick, or checks no token, is not measured: a line says so."""
    replace(copy(ROOT, tmp_path / 'kit') / 'final' / file, right, wrong)
    assert bench(tmp_path / 'kit', status=1)[-1].startswith('GET a post: ')
