"""The app as a program: a server in a process of its own."""
import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

from answers import Unexpected, fail, last_words
from clients import Client

PATIENCE = 15  # seconds, for a program to start


def start(step, folder, **environ):
    """Start the app from another folder. Return the process."""
    environ = {**os.environ, 'CHAT_HOST': '127.0.0.1', 'CHAT_DB': str(folder / 'chat.db'),
               'CHAT_TOKEN_SECONDS': '3600', 'CHAT_PASSWORD_COST': '2', **environ}
    command = [sys.executable, '-B', str(step.folder / 'chat.py')]
    return subprocess.Popen(command, cwd=folder, env=environ, encoding='utf-8',
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextlib.contextmanager
def serve(step, folder, **environ):
    """Start the app, and give the block its address. The app ends with the block."""
    port = free_port()
    process = start(step, folder, CHAT_PORT=port, **environ)
    try:
        patience = PATIENCE if step.number > 1 else 5  # 01 sets its port at its end
        if not listens(process, port, patience):
            is_there = process.poll() is None
            fail(f'a server on CHAT_HOST and CHAT_PORT (here, 127.0.0.1:{port})',
                 'it runs, and does not listen there' if is_there else 'it ended')
        yield f'http://127.0.0.1:{port}'
    except Unexpected as error:
        error.came = f'{error.came}\n{last_words(stop(process))}'.strip()
        raise
    finally:
        stop(process)


def free_port():
    """Return a port that nobody uses, as text."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        return str(server.getsockname()[1])


def listens(process, port, patience=PATIENCE):
    """Wait until a process accepts connections on a port. Return whether it does."""
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(('127.0.0.1', port), timeout=0.5).close()
            return True
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
    return False


def stop(process):
    """End a process. Return what it wrote to stderr."""
    process.kill()
    return process.communicate()[1]


def check_refused(step, folder, *settings):
    """Check that the app starts with none of these settings, and says in one line which it is."""
    for name, value in settings:
        port = free_port()
        process = start(step, folder, **{'CHAT_PORT': port, name: value})
        is_started = listens(process, port, 4 * PATIENCE)
        text = stop(process)
        if is_started:
            fail(f'chat.py does not start with {name}={value}', 'it starts')
        line = (text.strip().splitlines() or [''])[-1]
        named = name in line or value in line and len(value) > 3  # a 0 may be another one
        if process.returncode != 1 or 'Traceback' in text or not named:
            fail(f'with {name}={value}: exit status 1, and no traceback but a line that names it',
                 f'exit status {process.returncode}\n{last_words(text)}')


def send(server, path, body='', headers={}):
    """Send a request to a server: a POST if it has a body, else a GET. Return the answer."""
    method = 'POST' if body else 'GET'
    told = [f'{name}: {value[:60]}' for name, value in headers.items()]
    Client.last, Client.answer = '\n'.join([f'{method} {path}', *told, body]).strip(), None
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=5)
    try:
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        fail('an answer of the server', str(error))
