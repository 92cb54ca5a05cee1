"""What was answered stays, whatever happens to the server or to its database. All over HTTP, with real processes."""
import contextlib
import ctypes
import http.client
import itertools
import os
import sqlite3
import sys
import threading
import time

import pytest

from suite import ROOT

sys.path.insert(0, str(ROOT / 'tests/bench'))
from servers import Client, Server

FOLDERS = [ROOT / 'final', *ROOT.glob('steps/*-limits')]  # those that promise it


def pytest_generate_tests(metafunc):
    if 'server' in metafunc.fixturenames:
        folders = FOLDERS if metafunc.config.getoption('thorough') else FOLDERS[:1]
        metafunc.parametrize('server', folders, ids=lambda folder: folder.name, indirect=True)


@pytest.fixture
def server(request, tmp_path):
    """A server of the folder, with a database of its own and cheap passwords."""
    with Server(request.param, tmp_path, PASSWORD_COST=2, THREADS=4) as server:
        yield server


@pytest.fixture
def ann(server):
    """A client that is logged in."""
    client = Client(server.port, 'ann')
    assert client.register()[0] == 201
    assert client.log_in()[0] == 200
    return client


# kill -9

def write_until_killed(server, ann, name, acknowledged):
    """Write posts until the server is gone. Note each one that is answered 201."""
    client = Client(server.port, authorization=ann.authorization)
    with contextlib.suppress(OSError, http.client.HTTPException):
        for number in itertools.count():
            body = f'{name} {number}'
            status, _, answer = client.post(body)
            assert status == 201, answer
            acknowledged.append(body)


def test_killed_while_writing(server, ann):
    """kill -9 under load, three times: each post that was answered 201 is there, once. The file is sound, and the server goes on."""
    acknowledged = []
    for kill in range(3):
        enough = len(acknowledged) + 100
        threads = [threading.Thread(target=write_until_killed, args=[server, ann, f'{kill} {name}', acknowledged]) for name in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda enough=enough: len(acknowledged) >= enough)
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
    client = Client(server.port, authorization=ann.authorization)
    assert client.post('I am back')[0] == 201
    bodies = client.all_posts()
    assert len(bodies) == len(set(bodies))
    assert set(acknowledged) <= set(bodies)
    unanswered = set(bodies) - {*acknowledged, 'I am back'}
    assert len(unanswered) <= 3 * 4  # each thread may have been killed while it waited for an answer
    assert rows(server, 'pragma integrity_check') == [('ok',)]
    assert rows(server, 'pragma foreign_key_check') == []
    assert rows(server, 'select count from _counts where "table" = ?', 'post') == [(len(bodies),)]


def wait_until(condition):
    """Wait until a condition is true, at most 10 seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def rows(server, sql, *values):
    """Look into the database behind the server's back."""
    with contextlib.closing(sqlite3.connect(server.database)) as db:
        return db.execute(sql, values).fetchall()


# A database that can't be written

@contextlib.contextmanager
def locked(server):
    """Another process writes for longer than anybody waits."""
    with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute('begin immediate')
        yield


@contextlib.contextmanager
def read_only(server):
    """The server finds files that it may read, but not write."""
    server.kill()
    server.start(preexec_fn=obey_permissions) if os.name == 'posix' else server.start()
    files = list(server.database.parent.glob('chat.db*'))
    for file in files:
        file.chmod(0o444)
    yield
    for file in files:
        if file.exists():
            file.chmod(0o644)


def obey_permissions():
    """Let a server of root's be refused like anybody else: without the capability to ignore permissions (Linux)."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


@contextlib.contextmanager
def full(server):
    """No file of the server can grow any more, as on a full disk."""
    pid, limit = server.process.pid, resource.RLIMIT_FSIZE
    size = max(file.stat().st_size for file in server.database.parent.iterdir())
    _, hard = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (size, hard))
    yield
    resource.prlimit(pid, limit, (hard, hard))


TROUBLES = [locked, read_only]
with contextlib.suppress(ImportError):
    import resource
    if hasattr(resource, 'prlimit'):  # Linux; the suite has a full database for all systems, in the same process
        TROUBLES.append(full)


@pytest.mark.parametrize('trouble', TROUBLES)
def test_database_trouble(server, ann, trouble):
    """A database that is locked, read-only or full: 503, Retry-After, a line in the log. Reading goes on. It gets well by itself."""
    assert ann.post('before')[0] == 201
    acknowledged = ['before']
    with trouble(server):
        ann.connection.close()
        lines = len(server.log().splitlines())
        status, headers, answer = post_until(ann, acknowledged, lambda statuses: statuses[-1] != 201)
        assert status == 503 and headers['Retry-After'].isdecimal() and answer['error'] == 'Service Unavailable'
        assert {ann.read()[0] for _ in range(40)} == {200}  # all threads of the server have met the trouble by now
        wait_until(lambda: len(server.log().splitlines()) > lines)
        line, = server.log().splitlines()[lines:]
        assert '503' in line and '/api/posts' in line
    status, _, answer = post_until(ann, acknowledged, lambda statuses: statuses[-20:] == [201] * 20)
    assert status == 201, answer
    assert sorted(ann.all_posts()) == sorted(acknowledged)
    assert 'Traceback' not in server.log()


def post_until(client, acknowledged, enough):
    """Post until the statuses are enough, at most 100 times. Return the last answer."""
    statuses = []
    while len(statuses) < 100 and not (statuses and enough(statuses)):
        body = f'{len(acknowledged)} {len(statuses)} '.ljust(500, 'x')
        answer = client.post(body)
        statuses.append(answer[0])
        if answer[0] == 201:
            acknowledged.append(body.strip())
    return answer
