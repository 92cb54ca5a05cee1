"""What was answered stays, whatever happens to the server or to its database, and a class of thirty is served. All over HTTP, with real processes."""
import contextlib
import http.client
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from clients import basic
from suite import ROOT, free_port


class Server:
    """`python chat.py` of a folder, on a free port, with cheap passwords, with its database and its log in a directory, and threads for its clients."""

    def __init__(self, folder, directory, pool, threads):
        self.script, self.database, self.log_file, self.pool = folder / 'chat.py', directory / 'chat.db', directory / 'server.log', pool
        self.port = free_port()
        settings = {'DB': self.database, 'HOST': '127.0.0.1', 'PORT': self.port, 'PASSWORD_COST': 2, 'THREADS': threads}
        self.environ = {**os.environ, **{f'CHAT_{name}': str(value) for name, value in settings.items()}}

    def start(self):
        """Start the server, and wait until it listens."""
        with open(self.log_file, 'ab') as log:
            command = [sys.executable, '-B', '-W', 'ignore', str(self.script)]
            self.process = subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout.readline().startswith(b'Listening'), self.log()

    def kill(self):
        """End the server at once, as kill -9 does."""
        with self.process:  # waits for its end
            self.process.kill()

    def log(self):
        """Return the lines of the server's log, without waitress's note that a request had to wait for a thread."""
        return [line for line in self.log_file.read_text(encoding='utf-8').splitlines() if not line.startswith('Task queue depth')]

    def rows(self, sql):
        """Look into the database behind the server's back."""
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            return db.execute(sql).fetchall()

    def ask(self, authorization, method, path, **fields):
        """Send a request. Return the status, the headers and the JSON of the answer."""
        with contextlib.closing(http.client.HTTPConnection('127.0.0.1', int(self.port), timeout=60)) as connection:
            connection.request(method, path, json.dumps(fields), {'Authorization': authorization, 'Content-Type': 'application/json'})
            response = connection.getresponse()
            return response.status, response.headers, json.loads(response.read())

    def insist(self, *request, **fields):
        """Send a request, again whenever Retry-After says, until it is served. Return the JSON of the answer."""
        for _ in range(20):
            status, headers, answer = self.ask(*request, **fields)
            if 'Retry-After' not in headers:
                break
            time.sleep(int(headers['Retry-After']))
        assert status in (200, 201), answer
        return answer

    def join(self, username):
        """Register and log in. Return the header with the token."""
        self.insist('', 'POST', '/api/users', username=username, email=f'{username}@example.com', password='correct horse')
        return f'Bearer {self.insist(basic(username, "correct horse"), "POST", "/api/tokens")["token"]}'


@pytest.fixture(params=[ROOT / 'final', *ROOT.glob('steps/*-limits')], ids=lambda folder: folder.name)
def server(request, tmp_path):
    """A server of each folder that promises all this."""
    with ThreadPoolExecutor(50) as pool:
        server = Server(request.param, tmp_path, pool, threads=64 if request.function is test_class else 4)
        server.start()
        yield server
        server.kill()  # whatever a thread is doing, now it ends


def test_class(server):
    """Thirty people register, log in, write and read, eight others guess Ann's password: all are served, nothing is lost or doubled, she reads on."""
    def attend(username):
        token, bodies = server.join(username), [f'{username} says {number}' for number in range(5)]
        for body in bodies:
            server.insist(token, 'POST', '/api/posts', body=body)
            server.insist(token, 'GET', '/api/posts')
        return bodies

    def guess(_):
        return [server.ask(basic('ann', 'guess'), 'POST', '/api/tokens')[0] for _ in range(20)]

    def read(token):
        return {server.ask(token, 'GET', '/api/posts')[0] for _ in iter(lambda: done.wait(0.02), True)}
    done = threading.Event()
    reading, guessing = server.pool.submit(read, server.join('ann')), server.pool.map(guess, range(8))
    written = sorted(itertools.chain(*server.pool.map(attend, [f'user{number}' for number in range(30)])))
    statuses = Counter(itertools.chain(*guessing))
    done.set()
    assert reading.result() == {200}
    assert statuses.keys() <= {401, 429, 503} and statuses[429] > statuses[401], statuses
    assert sorted(body for body, in server.rows('select body from post')) == written
    assert server.log() == []


def test_killed_while_writing(server):
    """kill -9 under load, three times: each post that was answered 201 is there, once. The file is sound, and the server goes on."""
    def write_until_killed(name):
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in itertools.count():
                status, _, answer = server.ask(token, 'POST', '/api/posts', body=f'{name} {number}')
                assert status == 201, answer
                acknowledged.append(f'{name} {number}')
    token, acknowledged = server.join('ann'), []
    for kill in range(3):
        enough = 100 + len(acknowledged)
        writing = [server.pool.submit(write_until_killed, f'{kill} {number}') for number in range(4)]
        while len(acknowledged) < enough and not any(future.done() for future in writing):
            time.sleep(0.005)
        server.kill()
        assert [future.result() for future in writing] == [None] * 4
        server.start()
    assert server.ask(token, 'POST', '/api/posts', body='I am back')[0] == 201
    bodies = Counter(body for body, in server.rows('select body from post'))
    assert max(bodies.values()) == 1 and bodies.keys() >= {*acknowledged, 'I am back'}
    assert len(bodies) - len(acknowledged) - 1 <= 3 * 4  # each thread may have been waiting for an answer
    assert server.rows('pragma integrity_check') == [('ok',)] and server.rows('pragma foreign_key_check') == []
    assert server.rows("""select count from _counts where "table" = 'post'""") == [(len(bodies),)]


@pytest.mark.skipif(sys.platform != 'linux', reason='sets a limit as only Linux can; the suite has databases that are locked, full or read-only')
def test_full_disk(server):
    """No file of the server can grow any more: 503, Retry-After, a line in the log. Reading goes on. It gets well by itself."""
    import resource

    def post():
        body = f'{len(answers)} '.ljust(500, 'x')
        answers[body] = server.ask(token, 'POST', '/api/posts', body=body)
        return answers[body]
    token, answers = server.join('ann'), {}
    assert post()[0] == 201
    largest = max(file.stat().st_size for file in server.database.parent.iterdir())
    limit = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest, limit[1]))
    status, headers, answer = next(itertools.dropwhile(lambda answer: answer[0] == 201, (post() for _ in range(100))))
    assert status == 503 and headers['Retry-After'].isdecimal() and answer['error'] == 'Service Unavailable'
    assert {server.ask(token, 'GET', '/api/posts')[0] for _ in range(40)} == {200}  # all threads of the server have met the trouble by now
    line, = server.log()
    assert '503' in line and '/api/posts' in line
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limit)
    assert any({post()[0] for _ in range(20)} == {201} for _ in range(5))  # all threads are well again
    assert sorted(body for body, in server.rows('select body from post')) == sorted(body for body, answer in answers.items() if answer[0] == 201)
