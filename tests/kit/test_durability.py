"""What was answered stays, whatever happens to the server or its disk, and a class of thirty is served. Over HTTP."""
import contextlib
import http.client
import itertools
import json
import re
import sqlite3
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps import STEPS
from checks import PATIENCE, free_ports, listens, start, stop
from clients import PASSWORD, basic


USUAL = re.compile(r' \d+ ms$|Task queue depth|server starting up|Listening on|Serving on|Ctrl-C')


class Server:
    """A step's server, with cheap passwords and its database in a folder, and threads for its clients."""

    def __init__(self, step, folder, pool):
        self.step, self.folder, self.pool = step, folder, pool

    def start(self):
        """Start the server, and wait until it listens."""
        self.port, = free_ports(1)
        self.process = start(self.step, self.folder, CHAT_PORT=self.port)
        assert listens(self.process, self.port)

    def kill(self):
        """End the server at once, as kill -9 does. Return its log, but for what it says of each start and request."""
        return [line for line in stop(self.process).splitlines() if line and not USUAL.search(line)]

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


@pytest.fixture(params=[STEPS[16], STEPS[-1]], ids=str)
def server(request, tmp_path):
    """A server of the step 17-layers, which promises all this first, and one of final."""
    with ThreadPoolExecutor(50) as pool:
        server = Server(request.param, tmp_path, pool)
        server.start()
        yield server
        server.kill()  # whatever a thread is doing, now it ends


def test_class(server):
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
    reading, guessing = server.pool.submit(read, server.join('ann')), server.pool.map(guess, range(8))
    written = sorted(itertools.chain(*server.pool.map(attend, [f'user{number}' for number in range(30)])))
    statuses = Counter(itertools.chain(*guessing))
    done.set()
    assert reading.result() == {200}
    assert statuses.keys() <= {401, 429, 503} and statuses[429] > statuses[401], statuses
    assert sorted(body for body, in server.rows('select body from post')) == written
    assert server.kill() == []


def test_killed_while_writing(server):
    """kill -9 under load, three times: each post that was answered 201 is there, once, and the server goes on."""
    def write(body):
        assert server.ask(token, '/api/posts', {'body': body})[0] == 201
        acknowledged.append(body)

    def write_until_killed(name):
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in itertools.count():
                write(f'{name} {number}')
    token, acknowledged = server.join('ann'), []
    for kill in range(3):
        writing = [server.pool.submit(write_until_killed, f'{kill} {number}') for number in range(4)]
        for number in range(30):
            write(f'{kill} here {number}')
        server.kill()
        assert [future.result() for future in writing] == [None] * 4
        server.start()
    write('I am back')
    bodies = Counter(body for body, in server.rows('select body from post'))
    assert max(bodies.values()) == 1 and bodies.keys() >= set(acknowledged)
    assert server.rows('pragma integrity_check') == [('ok',)]
    if server.rows("select 1 from sqlite_master where name = '_counts'"):
        assert server.rows("""select count from _counts where "table" = 'post'""") == [(len(bodies),)]


@pytest.mark.skipif(sys.platform != 'linux', reason='sets a limit as only Linux can')
def test_full_disk(server):
    """No file of the server can grow: 503, Retry-After, a line in the log. Reading goes on. It gets well by itself."""
    import resource
    token = server.join('ann')
    post = token, '/api/posts', {'body': 'x' * 500}
    server.insist(*post)
    largest = max(file.stat().st_size for file in server.folder.iterdir())
    limit = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest, limit[1]))
    answers = [server.ask(*post) for _ in range(20)]  # many threads of the server meet the trouble
    assert {server.ask(token, '/api/posts')[0] for _ in range(100)} == {200}
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limit)
    assert {server.ask(*post)[0] for _ in range(100)} == {201}
    refused = [answer for answer in answers if answer[0] != 201]
    told = {(status, 'Retry-After' in headers, answer['error']) for status, headers, answer in refused}
    assert told == {(503, True, 'Service Unavailable')}
    assert server.rows('select count(*) from post') == [(121 - len(refused),)]
    log = server.kill()
    assert len(log) == len(refused) and all('503' in line and '/api/posts' in line for line in log), log
