"""The benchmark runs, and compares the answers before it measures them."""
import shutil
import subprocess
import sys

import pytest

from suite import ROOT


def bench(*words, status=0):
    """Run the benchmark in its quick form; return what it prints."""
    command = [sys.executable, '-W', 'ignore', ROOT / 'tests/bench.py', '--quick', *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', timeout=60)
    assert done.returncode == status and 'Traceback' not in done.stdout, done.stdout
    return done.stdout


@pytest.mark.parametrize('words, names', [([], ['GET a post', 'GET a user', 'GET a page of 10', 'POST a post', 'PUT a post']),
                                          (['--growth'], ['page 1', 'the middle page', 'a rare word'])])
def test_table(words, names):
    """A line for each name, with its times and its goal, in 80 columns."""
    lines = bench(*words).splitlines()
    assert [name for name in names for line in lines if line.startswith(f'{name}  ')] == names
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize('file, right, wrong', [
    ('api/posts.py', "'id': post['id'],", "'id': post['id'] + 1,"),
    ('db.py', 'where hash = ? and expires_at > ?', 'where hash != ? or expires_at > ?'),
])
def test_wrong_answer(tmp_path, file, right, wrong):
    """An app that answers something else than the yardstick, or checks no token, is not measured: a line says so."""
    path = shutil.copytree(ROOT / 'final', tmp_path / 'app', ignore=shutil.ignore_patterns('*.db*')) / 'app' / file
    text = path.read_text(encoding='utf-8')
    assert right in text
    path.write_text(text.replace(right, wrong), encoding='utf-8')
    last = bench('--app', tmp_path / 'app', status=1).splitlines()[-1]
    assert last.startswith('GET a post: ')
