"""tasks.py ready: what a workshop needs of a laptop is tried, and one line says that it is there, or what to do."""
import argparse
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import webbrowser
from urllib.request import proxy_bypass_environment

import database
from packages import find_python
from server import Server, listens
from steps import ROOT
from terminal import has_windows, stop

PORT = 8080  # that of all pages
NO_PROXY = ('set no_proxy=127.0.0.1 (in PowerShell: $env:no_proxy="127.0.0.1")' if os.name == 'nt'
            else 'export no_proxy=127.0.0.1')
IMPORT = 'import platform, bottle, pytest, sqlite_utils, waitress, webtest; print(platform.python_version())'


def ready():
    """Try the packages, an app, its port, its database and a browser."""
    done = subprocess.run([find_python(), '-c', IMPORT], cwd=ROOT / 'final', capture_output=True, encoding='utf-8')
    if done.returncode:
        stop(f'The packages cannot be used: {last_error(done.stderr)}. Delete the folder .venv, and try again.')
    with tempfile.TemporaryDirectory(prefix='work-', dir=ROOT, ignore_cleanup_errors=True) as folder:
        try_app(f'{folder}/chat.db')
    problem = find_problem()
    if problem:
        stop(f'The app runs, but {problem}')
    print(f'This laptop is ready: Python {done.stdout.strip()}, packages, port {PORT}, a database, curl, a browser.')


def try_app(path):
    """Start the finished app, and let people register, log in and post."""
    app = Server(ROOT / 'final', argparse.Namespace(step='final', port=PORT, host='127.0.0.1', db=path, empty=False),
                 stderr=subprocess.PIPE)
    app.start()
    try:
        end = time.monotonic() + 20
        while app.process.poll() is None and not listens(app.host, PORT) and time.monotonic() < end:
            time.sleep(0.05)
        database.fill_room(app.address)
    except OSError as error:
        app.process.terminate()
        log = app.process.communicate()[1].decode(errors='replace')
        stop(f'The app cannot be used: {last_error(log) or error}. '
             'If a firewall or a scanner for viruses has stopped it, let Python through.')
    finally:
        app.stop()


def find_problem():
    """Return what is wrong with the programs that people use beside the kit, and what to do; or None."""
    if not shutil.which('curl'):
        return 'there is no curl, which the pages use. On Debian or Ubuntu, type: sudo apt install curl'
    if os.environ.get('http_proxy') and not proxy_bypass_environment('127.0.0.1'):
        return f'http_proxy is set: curl would ask it for this machine. In each terminal, type first: {NO_PROXY}'
    with contextlib.suppress(webbrowser.Error):
        if os.environ.get('WSL_DISTRO_NAME') or has_windows() and webbrowser.get():  # WSL has that of Windows
            return None
    return 'no browser was found for this screen. Install one, as Firefox; or read and try all elsewhere.'


def last_error(log):
    """Return the last error of what a program has said, or its last line."""
    errors = re.findall(r'^[\w.]+Error: .*', log, re.MULTILINE)
    return errors[-1] if errors else log.strip().rpartition('\n')[2]
