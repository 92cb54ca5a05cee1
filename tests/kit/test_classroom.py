"""The class at one server: a small one with cheap passwords, and that the script would notice what goes wrong."""
import json
import subprocess
import sys

import pytest

from suite import ROOT

BENCH = ROOT / 'tests/bench'


@pytest.fixture
def classroom(monkeypatch):
    """The module classroom, in which nobody waits."""
    monkeypatch.syspath_prepend(BENCH)
    import classroom
    monkeypatch.setattr(classroom.time, 'sleep', lambda seconds: waited.append(seconds))
    waited.clear()
    return classroom


waited = []


def play(tmp_path, *words):
    """Run the script with cheap passwords. Return what it prints, and its JSON."""
    file = tmp_path / 'report.json'
    command = [sys.executable, str(BENCH / 'classroom.py'), '--cost', '2', '--json', str(file), *words]
    done = subprocess.run(command, capture_output=True, encoding='utf-8', timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(file.read_text(encoding='utf-8'))


def test_class(tmp_path):
    """Twelve people register, log in and post at the same time: all are served, nothing is lost and nothing is doubled."""
    table, report = play(tmp_path, '--clients', '12', '--posts', '5')
    assert report['lost'] == report['doubled'] == report['not_served'] == [] and report['log_lines'] == 0
    assert {kind: row['number'] for kind, row in report['times'].items() if kind != 'observer'} == {
        'register': 12, 'log in': 12, 'post': 60, 'read': 60}
    assert all(0 < row['p50'] <= row['p99'] for row in report['times'].values())
    assert 'Posts and people lost: 0, doubled: 0, not served: 0. Lines in the log: 0' in table
    assert max(map(len, table.splitlines())) <= 80


def test_guess(tmp_path):
    """Eight connections guess a password: they are refused with 429. Reading and logging in as somebody else go on."""
    table, report = play(tmp_path, '--guess', '--connections', '8', '--seconds', '0.5')
    assert report['not_served'] == [] and report['log_lines'] == 0
    assert set(report['refusals']) <= {'401', '429', '503'} and report['refusals']['429'] > report['refusals']['401']
    assert report['times']['bob logs in']['number'] == 1
    assert report['times']['observer meanwhile']['number'] > 0
    assert max(map(len, table.splitlines())) <= 80


def test_retry_after(classroom):
    """A client waits as long as Retry-After says, and counts who refused it and how often."""
    answers = [(503, {'Retry-After': '2'}, {}), (429, {'Retry-After': '7'}, {}), (503, {}, {}), (201, {}, 'served')]
    group = classroom.Class()
    assert group.serve('post', lambda: answers.pop(0)) == 'served'
    assert waited == [2, 7, 1]
    assert group.refusals == {'503': 1, '429': 1, '503 without Retry-After': 1}
    assert len(group.times['post']) == 1


@pytest.mark.parametrize('lie, found', [('lose', 'lost'), ('double', 'doubled'), ('refuse', 'not_served'), ('break', 'not_served')])
def test_notices(classroom, monkeypatch, lie, found):
    """A server that loses a post that it answered with 201, stores one twice, refuses for no reason or hangs up is found out."""
    posts = []

    class Liar:
        """A client of a server that keeps its posts in a list, and lies."""

        def __init__(self, port, username=None):
            self.username = username

        def register(self):
            return 201, {}, {}

        log_in = read = register

        def all_posts(self):
            return posts

        def post(self, body):
            last = body == 'client1 says 1'
            if last and lie == 'refuse':
                return 403, {}, {}
            if last and lie == 'break':
                raise ConnectionResetError('gone')
            posts.extend([body] * {'lose': 0, 'double': 2}.get(lie, 1) if last else [body])
            return 201, {}, {}
    monkeypatch.setattr(classroom, 'Client', Liar)
    monkeypatch.setattr(classroom, 'observing', lambda client, trouble: classroom.contextlib.nullcontext([]))
    server = type('Server', (), {'port': 0})
    report = classroom.play_class(server, classroom.read_options(['--clients', '2', '--posts', '2', '--cost', '2']))
    assert {name for name in ('lost', 'doubled', 'not_served') if report[name]} == {found}
    assert 'client1' in report[found][0]
