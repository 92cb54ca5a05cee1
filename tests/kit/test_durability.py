"""What was answered stays, whatever happens to final's server or its disk, and a class of thirty is served."""
import contextlib
import http.client
import itertools
import json
import sqlite3
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps import STEPS
from processes import PATIENCE, free_ports, listens, start, stop
from clients import PASSWORD, basic

pytestmark = pytest.mark.thorough


class Server:
    """final's server, with cheap passwords and its database in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.start()

    def start(self):
        self.port, = free_ports(1)
        self.process = start(STEPS[-1], self.folder, CHAT_PORT=self.port)
        assert listens(self.process, self.port)

    def rows(self, sql):
        """Look into the database behind the server's back."""
        with contextlib.closing(sqlite3.connect(self.folder / 'chat.db')) as db:
            return db.execute(sql).fetchall()

    def ask(self, authorization, path, fields=None):
        """Send a POST request with these fields, or else a GET. Return the status, the headers and the JSON."""
        method, body = ('GET', None) if fields is None else ('POST', json.dumps(fields))
        with contextlib.closing(http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)) as connection:
            connection.request(method, path, body, {'Authorization': authorization, 'Content-Type': 'application/json'})
            answer = connection.getresponse()
            return answer.status, answer.headers, json.load(answer)

    def insist(self, *request):
        """Send a request, again whenever Retry-After says, until it is served. Return the JSON of the answer."""
        for _ in range(20):
            status, headers, answer = self.ask(*request)
            if 'Retry-After' not in headers:
                break
            time.sleep(int(headers['Retry-After']))
        assert status in (200, 201), answer
        return answer

    def join(self, username):
        """Register and log in. Return the header with the token."""
        self.insist('', '/api/users', {'username': username, 'email': f'{username}@example.com', 'password': PASSWORD})
        return f'Bearer {self.insist(basic(username, PASSWORD), "/api/tokens", {})["token"]}'


@pytest.fixture
def pool():
    with ThreadPoolExecutor(50) as pool:
        yield pool


@pytest.fixture
def server(pool, tmp_path):
    """A server that is killed before the pool waits for the threads that talk to it."""
    server = Server(tmp_path)
    yield server
    stop(server.process)


def test_class(server, pool):
    """Thirty people join, write and read, eight guess Ann's password: nothing is lost or doubled; Ann reads on."""
    def attend(username):
        token, bodies = server.join(username), [f'{username} says {number}' for number in range(5)]
        for body in bodies:
            server.insist(token, '/api/posts', {'body': body})
            server.insist(token, '/api/posts')
        return bodies

    def guess(_):
        return [server.ask(basic('ann', 'guess'), '/api/tokens', {})[0] for _ in range(20)]

    def read(token):
        return {server.ask(token, '/api/posts')[0] for _ in iter(lambda: done.wait(0.02), True)}
    done = threading.Event()
    reading, guessing = pool.submit(read, server.join('ann')), pool.map(guess, range(8))
    written = sorted(itertools.chain(*pool.map(attend, [f'user{number}' for number in range(30)])))
    statuses = Counter(itertools.chain(*guessing))
    done.set()
    assert reading.result() == {200}
    assert statuses.keys() <= {401, 429, 503} and statuses[429] > statuses[401], statuses
    assert sorted(body for body, in server.rows('select body from post')) == written


def test_killed_while_writing(server, pool):
    """kill -9 under load, twice: each post that was answered 201 is there, once, and the server goes on."""
    def write(name):
        with contextlib.suppress(OSError, http.client.HTTPException):  # until it is killed
            for number in itertools.count():
                assert server.ask(token, '/api/posts', {'body': f'{name} {number}'})[0] == 201
                acknowledged.append(f'{name} {number}')
    token, acknowledged = server.join('ann'), []
    for kill in range(2):
        writing = [pool.submit(write, f'{kill} {name}') for name in 'abcd']
        while len(acknowledged) < 100 * (kill + 1) and not any(future.done() for future in writing):
            time.sleep(0.01)
        stop(server.process)
        assert [future.result() for future in writing] == [None] * 4
        server.start()
    assert len(acknowledged) >= 200 and server.ask(token, '/api/posts', {'body': 'I am back'})[0] == 201
    bodies = Counter(body for body, in server.rows('select body from post'))
    assert max(bodies.values()) == 1 and bodies.keys() >= set(acknowledged)
    assert server.rows('pragma integrity_check') == [('ok',)]
    assert server.rows("""select count from _counts where "table" = 'post'""") == [(len(bodies),)]


@pytest.mark.skipif(sys.platform != 'linux', reason='sets a limit as only Linux can')
def test_full_disk(server):
    """No file of the server can grow: 503 and Retry-After. Reading goes on. It gets well by itself."""
    import resource
    token = server.join('ann')
    post = token, '/api/posts', {'body': 'x' * 500}
    server.insist(*post)
    largest = max(file.stat().st_size for file in server.folder.iterdir())
    limit = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest, limit[1]))
    answers = [server.ask(*post) for _ in range(20)]  # many threads of the server meet the trouble
    assert {server.ask(token, '/api/posts')[0] for _ in range(20)} == {200}
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limit)
    assert {server.ask(*post)[0] for _ in range(100)} == {201}
    refused = [answer for answer in answers if answer[0] != 201]
    told = {(status, 'Retry-After' in headers, answer['error']) for status, headers, answer in refused}
    assert told == {(503, True, 'Service Unavailable')}
    assert server.rows('select count(*) from post') == [(121 - len(refused),)]
