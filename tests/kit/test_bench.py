"""The benchmark: its table, its JSON, and that it compares the answers before it measures them."""
import importlib
import importlib.util
import json
import re
import subprocess
import sys

import pytest

from suite import ROOT

BENCH = ROOT / 'tests/bench'
NAMES = ['GET a post', 'GET a user', 'GET a page of 10', 'POST a post', 'PUT a post']


def run(*words, before='', status=0):
    """Run the benchmark after some Python that changes it. Return its output and its error output."""
    code = f'import sys\nsys.path.insert(0, {str(BENCH)!r})\nimport bench, yardstick\n{before}\nbench.main({list(words)!r})'
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code], capture_output=True, encoding='utf-8', timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout, done.stderr


def test_table_and_json(tmp_path):
    """A line for each request with its times, its multiple of the yardstick and its goal, in 80 columns; the same as JSON."""
    file = tmp_path / 'bench.json'
    table, _ = run('--quick', '--json', str(file))
    requests = json.loads(file.read_text(encoding='utf-8'))['requests']
    assert [request['name'] for request in requests] == NAMES
    for request in requests:
        line = next(line for line in table.splitlines() if line.startswith(request['name'] + ' '))
        yardstick, final = request['apps']['yardstick'], request['apps']['final']
        low, times, high = final['times']
        assert 0 < low <= times <= high and yardstick['times'] == [1, 1, 1]
        numbers = [float(number) for number in re.findall(r'[\d.]+', line.removeprefix(request['name']))]
        expected = [yardstick['microseconds'][1], final['microseconds'][1], times, low, high, request['goal']]
        assert numbers[:6] == pytest.approx(expected, abs=0.51)
        assert ('over' in line) == (round(times, 1) > request['goal'])
    assert max(map(len, table.splitlines())) <= 80
    has_peer = importlib.util.find_spec('flask_sqlalchemy')
    assert ('Flask*' in table if has_peer else 'not installed: pip install flask flask-sqlalchemy' in table)


def test_peer_that_is_not_installed():
    """Without Flask, the table says what to install."""
    table, _ = run('--quick', before='sys.modules["flask"] = None')
    assert re.search('^Flask.*: pip install flask flask-sqlalchemy$', table, re.MULTILINE)


def test_growth(tmp_path):
    """--growth: the first and the middle page of three tables, as a table and as JSON."""
    file = tmp_path / 'bench.json'
    table, _ = run('--quick', '--growth', '--json', str(file))
    growth = json.loads(file.read_text(encoding='utf-8'))['growth']
    assert growth['sizes'] == sorted(growth['sizes']) and len(growth['sizes']) == 3
    assert growth['page_1_ratio'] == pytest.approx(growth['page_1'][-1] / growth['page_1'][0])
    assert growth['middle_ratio'] == pytest.approx(growth['middle'][-1] / growth['page_1'][-1])
    assert f'takes {growth["middle_ratio"]:.0f} times page 1 (goal: 100)' in table


def test_wrong_yardstick():
    """A yardstick that answers something else than the app is not measured."""
    wrong = 'right = yardstick.update_post; yardstick.update_post = lambda *args: {**right(*args), "body": "x"}'
    output, errors = run('--json', before=wrong, status=1)
    assert not output and errors.startswith('PUT a post: final and the yardstick must answer the same.\n')


@pytest.fixture
def bench(monkeypatch):
    """The module bench."""
    monkeypatch.syspath_prepend(BENCH)
    return importlib.import_module('bench')


def make_app(status='200 OK', type='application/json', body=b'{}', token='good'):
    """Return an app that answers this to a request with the token."""
    def app(environ, start_response):
        good = environ['HTTP_AUTHORIZATION'] == token or not token
        start_response(status if good else '401 Unauthorized', [('Content-Type', type)])
        return [body]
    return app


def test_compare(bench):
    """Two apps that answer the same are compared without a word."""
    bench.compare({'yardstick': make_app(), 'final': make_app(), bench.PEER: make_app(body=b' { }')}, 'good')


@pytest.mark.parametrize('wrong', [{'status': '201 Created'}, {'type': 'text/html'}, {'body': b'{ }'}, {'token': ''}])
def test_compare_what_differs(bench, wrong):
    """One byte of the body, the status, the type, or a token that isn't checked: compare ends the benchmark."""
    for apps in [{'yardstick': make_app(), 'final': make_app(**wrong)}, {'yardstick': make_app(**wrong), 'final': make_app()}]:
        with pytest.raises(SystemExit, match='GET a post: (final|yardstick)'):
            bench.compare(apps, 'good')


def test_compare_errors(bench):
    """Two apps that fail in the same way are not compared either."""
    with pytest.raises(SystemExit, match='GET a post: '):
        bench.compare({'yardstick': make_app('500 Error'), 'final': make_app('500 Error')}, 'good')
