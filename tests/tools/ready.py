"""tasks.py ready: what a workshop needs of a laptop is tried, and one line says that it is there, or what to do."""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import webbrowser
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener, proxy_bypass_environment

import database
import server
from packages import find_python
from steps import ROOT
from terminal import has_windows, stop

PORT = 8080  # that of all pages
PATIENCE = 20  # seconds
NO_PROXY = ('set no_proxy=127.0.0.1 (in PowerShell: $env:no_proxy="127.0.0.1")' if os.name == 'nt'
            else 'export no_proxy=127.0.0.1')
IMPORT = 'import platform, bottle, pytest, sqlite_utils, waitress, webtest; print(platform.python_version())'


def ready(options):
    """Try the packages, an app, its port, its database and a browser."""
    python = find_python(options.offline)
    done = subprocess.run([python, '-c', IMPORT], cwd=ROOT / 'final', capture_output=True, encoding='utf-8')
    if done.returncode:
        stop(f'The packages cannot be used: {last_line(done.stderr)}. Delete the folder .venv, and try again.')
    if server.answers('127.0.0.1', PORT):
        stop(f'Port {PORT} is taken. If that is an app of the kit, end it (Ctrl-C). If not, end that program, '
                   f'or add --port {PORT + 1} to each run.')
    with tempfile.TemporaryDirectory(prefix='work-', dir=ROOT, ignore_cleanup_errors=True) as folder:
        try_app(python, folder)
    problem = find_problem()
    if problem:
        stop(f'The app runs, but {problem}')
    print(f'This laptop is ready: Python {done.stdout.strip()}, packages, port {PORT}, a database, curl, a browser.')


def find_problem():
    """Return what is wrong with the programs that people use beside the kit, and what to do; or None."""
    if not shutil.which('curl'):
        return 'there is no curl, which the pages use. On Debian or Ubuntu, type: sudo apt install curl'
    if os.environ.get('http_proxy') and not proxy_bypass_environment('127.0.0.1'):
        return f'http_proxy is set: curl would ask it for this machine. In each terminal, type first: {NO_PROXY}'
    if not has_browser():
        return 'there is no browser. Install one, as Firefox; or read and try all on a machine that has one.'


def try_app(python, folder):
    """Start the finished app. Register and log in: that hashes a password, and writes into the database."""
    environ = {**os.environ, 'CHAT_HOST': '127.0.0.1', 'CHAT_PORT': str(PORT), 'CHAT_DB': f'{folder}/chat.db'}
    command = [python, '-B', ROOT / 'final/chat.py']
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as app:
        try:
            end = time.monotonic() + PATIENCE
            while app.poll() is None and not server.answers('127.0.0.1', PORT) and time.monotonic() < end:
                time.sleep(0.05)
            page = visit(f'http://127.0.0.1:{PORT}')
        except OSError as error:
            app.terminate()
            log = app.communicate()[1].decode(errors='replace')
            errors = re.findall(r'^[\w.]+Error: .*', log, re.MULTILINE)
            stop(f'The app cannot be used: {[error, last_line(log), *errors][-1] or error}. '
                       'If a firewall or a scanner for viruses has stopped it, let Python through.')
        app.terminate()
    if 'Log out' not in page:
        stop(f'Another program answers on port {PORT}: a proxy, or a scanner for viruses. Let Python through.')


def visit(address):
    """Return the page of the room, as somebody who has registered."""
    browser = build_opener(ProxyHandler({}), HTTPCookieProcessor())
    fields = {'username': 'ann', 'email': 'ann@example.com', 'password': database.PASSWORD}
    for path in ('register', 'login'):
        database.send(browser, f'{address}/auth/{path}', **fields)
    with browser.open(address, timeout=PATIENCE) as answer:
        return answer.read().decode(errors='replace')


def has_browser():
    """Return True if there is a browser for this screen. In WSL, it is that of Windows."""
    with contextlib.suppress(webbrowser.Error):
        return bool(os.environ.get('WSL_DISTRO_NAME') or has_windows() and webbrowser.get())
    return False


def last_line(text):
    """Return the last line of what a program has said."""
    return text.strip().rpartition('\n')[2]
