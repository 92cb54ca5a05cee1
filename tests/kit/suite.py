"""What the checks of the kit share: copies of steps and of the kit, the suite in a process of its own, and slow functions."""
import contextlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
import tasks  # noqa: E402

FOLDERS = [folder for folder, *_ in tasks.STEPS]
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.MULTILINE | re.DOTALL)  # a listing, or commands, on a page
STRUCTURE = (4, 5)  # the steps that change no answer
each_step = pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
PIPED = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'encoding': 'utf-8', 'errors': 'replace'}


def read_page(folder):
    """Return the text of a step's page."""
    return (folder / 'README.md').read_text(encoding='utf-8')


def copy(source, target):
    """Copy a step, or the whole kit, without what is made at run time; return the copy."""
    made = ('.git', '.venv', 'work*', '.fuzz', '*.db*') if source == ROOT else ('*.db*', '__pycache__', '*.png')
    return shutil.copytree(source, target, ignore=shutil.ignore_patterns(*made))


def replace(path, old, new):
    """Replace a text in a file, where it stands once."""
    text = path.read_text(encoding='utf-8')
    assert text.count(old) == 1, f'{text.count(old)} times in {path}: {old}'
    path.write_text(text.replace(old, new), encoding='utf-8')


def free_port():
    """Return the number of a port that is free."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        return str(free.getsockname()[1])


def run(command, **options):
    """Run a command to its end; it is done within two minutes, and stdout has all that it prints."""
    return subprocess.run(command, **{**PIPED, **options}, timeout=120)


def serve(command, **options):
    """Start `tasks.py run`; return the process, and what it prints until its server is there."""
    process = subprocess.Popen(command, **PIPED, **options)
    printed = []
    for line in process.stdout:
        printed.append(line)
        if 'Ctrl-C ends it' in line:
            break
    return process, ''.join(printed)


def stop(process):
    """End a program by SIGTERM."""
    process.terminate()
    process.communicate(timeout=10)


def run_suites(runs):
    """Run the suite with each list of arguments, all in one process; return for each ({test: its failure or None}, the output)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / 'runs.json'
        file.write_text(json.dumps([list(map(str, arguments)) for arguments in runs]), encoding='utf-8')
        environ = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '', 'PYTEST_DEBUG_TEMPROOT': folder}
        done = subprocess.run([sys.executable, __file__, file], cwd=ROOT, env=environ, timeout=900, **PIPED)
        assert done.returncode == 0, f'the suite did not run:\n{done.stdout}'
        return json.loads(file.read_text(encoding='utf-8'))


def run_here(arguments):
    """Run the suite in this process; return ({test: its failure or None}, in the order in which they ran, and the output)."""
    recorder = Recorder()
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding='utf-8')) as output:
        pytest.main(['-q', '-xrN', '-W', 'ignore', '--ignore=tests/kit', *arguments], [recorder])
        output.seek(0)
        return recorder.results, output.read()


class Recorder:
    """A plugin of pytest that notes what each test shows."""

    def __init__(self):
        self.results = {}

    def pytest_runtest_logreport(self, report):
        if report.when == 'call' or report.failed:
            self.results[report.nodeid.removeprefix('tests/')] = str(report.longrepr) if report.failed else None


SLOW = {}  # module: (function, cases)


def slow(cases):
    """Decorate a slow function: it is called with each case while other tests run, and the fixture `results` has what it returns."""
    def decorator(function):
        SLOW[function.__module__] = (function, cases)
        return function
    return decorator


if __name__ == '__main__':
    FILE = Path(sys.argv[1])
    FILE.write_text(json.dumps([run_here(arguments) for arguments in json.loads(FILE.read_text(encoding='utf-8'))]), encoding='utf-8')
