"""What the checks of the kit share: pages, functions and copies of steps, and programs."""
import ast
import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / 'tools')]
from steps import ROOT, STEPS  # noqa: E402, F401

FOLDERS = [folder for folder, *_ in STEPS]
BLOCK = re.compile(r'^```(\w+(?: try)?)\n(.*?)^```$', re.MULTILINE | re.DOTALL)  # a listing, or commands
STRUCTURE = (7, 8, 9)  # the steps that change no answer
each_step = pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
PIPED = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'encoding': 'utf-8', 'errors': 'replace'}


def functions(folder):
    """Yield (path, name, decorators, text) of each top-level function and class of a step."""
    for path in sorted(folder.rglob('*.py')):
        lines = path.read_text(encoding='utf-8').splitlines(keepends=True)
        for node in ast.parse(''.join(lines)).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                start, first = min(part.lineno for part in [node, *node.decorator_list]), node.lineno
                yield path, node.name, ''.join(lines[start - 1:first - 1]), ''.join(lines[first - 1:node.end_lineno])


def copy(source, target):
    """Copy a step, or the whole kit, without what is made at run time; return the copy."""
    made = ('.git', '.venv', 'work*', 'site', 'wheels', '.ci-tools', '*.db*', '__pycache__')
    return shutil.copytree(source, target, ignore=shutil.ignore_patterns(*made))


def replace(path, old, new):
    """Replace a text in a file, where it stands once."""
    text = path.read_text(encoding='utf-8')
    assert text.count(old) == 1, f'{text.count(old)} times in {path}: {old}'
    path.write_text(text.replace(old, new), encoding='utf-8')


def normal(text):
    """Return an output without what differs from run to run."""
    for pattern, value in [
        (r'\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\dZ)?)?|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT', 'TIME'),
        (r'(?<![\w-])[\w-]{43}(?![\w-])', 'TOKEN'),
        (r'(?<=Etag: )\w+', 'ETAG'),
        (r'^\d\.\d{6}$', 'SECONDS'),  # how long a request took: no test depends on that
        (r'^\.+ *\[ *\d+%\]\n', ''),  # pytest's dots
        # all tests, also where one was run
        (r'^(\d+) passed, (\d+) deselected', lambda match: f'{int(match[1]) + int(match[2])} passed'),
        (r' in \d+\.\d\ds( \([\d:]+\))?', ' in 1.00s'),
    ]:
        text = re.sub(pattern, value, text, flags=re.MULTILINE)
    return '\n'.join(line.rstrip() for line in text.strip().splitlines())


def run(command, **options):
    """Run a command to its end; it is done within two minutes, and stdout has all that it prints."""
    return subprocess.run(command, **{**PIPED, **options}, timeout=120)


@contextlib.contextmanager
def serve(command, **options):
    """Start `tasks.py run`; yield what it prints until its server is there. SIGTERM ends it."""
    process = subprocess.Popen(command, **PIPED, **options)
    printed = ''
    for line in process.stdout:
        printed += line
        if 'Ctrl-C ends it' in line:
            break
    try:
        yield printed
    finally:
        process.terminate()
        process.communicate(timeout=10)
