"""What was answered stays, whatever happens to final's server or its disk, and a class of thirty is served."""
import contextlib
import http.client
import itertools
import json
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps import STEPS
from clients import PASSWORD, basic
from processes import PATIENCE, free_port, listens, start, stop

pytestmark = pytest.mark.thorough


class Server:
    """final's server, with cheap passwords and its database in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def start(self):
        self.port = free_port()
        self.process = start(STEPS[-1], self.folder, CHAT_PORT=self.port)
        assert listens(self.process, self.port)

    def bodies(self):
        """Return the bodies of all posts in the database, sorted."""
        with contextlib.closing(sqlite3.connect(self.folder / 'chat.db')) as db:
            return [body for body, in db.execute('select body from post order by body')]

    def ask(self, request, authorization='', **fields):
        """Send a request, such as GET /api/posts. Return the status, Retry-After or None, and the JSON."""
        headers = {'Authorization': authorization, 'Content-Type': 'application/json'}
        with contextlib.closing(http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)) as connection:
            connection.request(*request.split(), json.dumps(fields), headers)
            answer = connection.getresponse()
            return answer.status, answer.headers['Retry-After'], json.load(answer)

    def insist(self, request, authorization='', **fields):
        """Send a request, again whenever Retry-After says, until it is served. Return the JSON of the answer."""
        for _ in range(20):
            status, seconds, answer = self.ask(request, authorization, **fields)
            if status in (200, 201):
                return answer
            time.sleep(int(seconds or 0))
        raise AssertionError(answer)

    def join(self, name):
        """Register and log in. Return the header with the token."""
        self.insist('POST /api/users', username=name, email=f'{name}@example.com', password=PASSWORD)
        return 'Bearer ' + self.insist('POST /api/tokens', basic(name, PASSWORD))['token']


@pytest.fixture
def server(tmp_path):
    """A server, and a pool of threads that talk to it: it is killed before the pool waits for them."""
    server = Server(tmp_path)
    server.start()
    with ThreadPoolExecutor(50) as server.pool:
        yield server
        stop(server.process)


def test_class(server):
    """Thirty people join, write and read at the same time: nothing is lost, and nothing doubled."""
    def attend(name):
        token = server.join(name)
        for number in range(5):
            server.insist('POST /api/posts', token, body=f'{name} says {number}')
            server.insist('GET /api/posts', token)
    names = [f'user{number}' for number in range(30)]
    assert [*server.pool.map(attend, names)] == [None] * 30
    assert server.bodies() == sorted(f'{name} says {number}' for name in names for number in range(5))


def test_killed_while_writing(server):
    """kill -9 under load: each post that was answered 201 is there, once, and the server goes on."""
    def write(name):
        with contextlib.suppress(OSError, http.client.HTTPException):  # until it is killed
            for number in itertools.count():
                assert server.ask('POST /api/posts', token, body=f'{name} {number}')[0] == 201
                acknowledged.append(f'{name} {number}')
    token, acknowledged = server.join('ann'), []
    writing = [server.pool.submit(write, name) for name in 'abcd']
    while len(acknowledged) < 100 and not any(future.done() for future in writing):
        time.sleep(0.01)
    assert len(acknowledged) >= 100
    stop(server.process)
    assert [future.result() for future in writing] == [None] * 4
    server.start()
    server.insist('POST /api/posts', token, body='I am back')
    bodies = server.bodies()
    assert len(bodies) == len({*bodies}) and {*bodies} >= {*acknowledged}


@pytest.mark.skipif(sys.platform != 'linux', reason='sets a limit as only Linux can')
def test_full_disk(server):
    """The server can't write: 503 and Retry-After. Reading goes on. It gets well by itself."""
    import resource
    token = server.join('ann')
    limit = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, limit[1]))
    assert {server.ask('POST /api/posts', token, body='lost')[:2] for _ in range(20)} == {(503, '5')}
    assert server.ask('GET /api/posts', token)[0] == 200
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limit)
    assert server.insist('POST /api/posts', token, body='hello') and server.bodies() == ['hello']
