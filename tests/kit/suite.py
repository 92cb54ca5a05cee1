"""Run the suite on a folder in a process of its own, as a learner does."""
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = [*sorted((ROOT / 'steps').glob('[0-9]*')), ROOT / 'final']


def run_suite(folders, step, *arguments):
    """Return {test: its failure message, or None if it is green}, in the order in which they ran."""
    with tempfile.TemporaryDirectory() as temporary:
        report = Path(temporary) / 'report.xml'
        apps = [f'--app={folder}' for folder in folders]
        command = [sys.executable, '-m', 'pytest', '-q', *apps, f'--step={step}', f'--junitxml={report}', *arguments]
        environ = {**os.environ, 'PYTHONDONTWRITEBYTECODE': ''}  # compiled test files save half of the time
        output = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, encoding='utf-8', errors='replace', timeout=120)
        if not report.exists():
            raise AssertionError(f'the suite did not run:\n{output.stdout}{output.stderr}')
        results = {}
        for case in ElementTree.parse(report).iter('testcase'):
            shown = [child.text for child in case if child.tag in ('failure', 'error')]
            results[f'{case.get("classname").split(".")[-1]}::{case.get("name")}'] = shown[0] if shown else None
        return results


def copy_with_mistake(step, folder, what, file, right, wrong):
    """Make a copy of a step with one mistake."""
    shutil.copytree(step, folder, ignore=shutil.ignore_patterns('*.db*', '__pycache__'))
    text = (folder / file).read_text(encoding='utf-8')
    assert text.count(right) == 1, f'{what}: its lines are {text.count(right)} times in {file}'
    (folder / file).write_text(text.replace(right, wrong), encoding='utf-8')


def files_of(*numbers):
    """Return the paths of the test files of some steps."""
    return [str(next((ROOT / 'tests').glob(f'test_{number:02}_*.py'))) for number in numbers]


SLOW = {}  # module: (function, cases)


def slow(cases):
    """Decorate a slow function: it is called with each case while other tests run, and the fixture `results` has what it returns."""
    def decorator(function):
        SLOW[function.__module__] = (function, cases)
        return function
    return decorator
