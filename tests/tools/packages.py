"""The packages of requirements.txt: the .venv that has them, and a folder of wheels for laptops without a network."""
import contextlib
import functools
import os
import re
import subprocess
import sys
from pathlib import Path

from steps import ROOT
from terminal import ME, stop

REQUIREMENTS = ROOT / 'requirements.txt'
VENV = ROOT / '.venv'
WHEELS = ROOT / 'wheels'
VENV_PYTHON = VENV / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
CHECK = """
import sys
from importlib.metadata import version
sys.exit(any(version(name) != pinned for name, pinned in (pin.split('==') for pin in sys.argv[1:])))
"""
REASONS = [  # what venv or pip says; what it means, and what to do
    ('ensurepip|No module named venv', 'This Python cannot make a .venv. On Debian or Ubuntu, first type: '
                                       f'sudo apt install python3.{sys.version_info[1]}-venv'),
    ('No space left', 'The disk is full: the packages need 60 MB. Make room, and try again.'),
    ('Permission denied|Read-only', 'The folder cannot be written to. Copy the kit to a folder of your own.'),
    ('connection broken|Retrying', 'pip cannot reach the network. The folder wheels/, in that of the kit, will do. '
                                   f'Where there is a network, this makes it: {ME} wheels'),
    ('No matching distribution', 'A version is not to be had, or the folder of wheels is not complete. '
                                 f'With a network, this makes it anew: {ME} wheels'),
]
PIPED = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True, 'errors': 'replace'}

offline = None  # a folder of wheels, if --offline names one


@functools.cache
def find_python():
    """Return a Python that has the packages: that of .venv, which is made where there is none, or this one."""
    for candidate in (VENV_PYTHON, sys.executable):
        if succeeds(candidate, '-c', CHECK, *(line for line in read_requirements() if ';' not in line)):
            return candidate
    wheels = Path(offline or WHEELS)
    if offline and not wheels.is_dir():
        stop(f'There is no folder {offline}. With a network, this makes it: {ME} wheels {offline}')
    print('Making .venv, once, for the packages of requirements.txt:', flush=True)
    if not succeeds(VENV_PYTHON, '-m', 'pip', '--version'):
        run_module(sys.executable, 'venv', '--clear', VENV)
    source = ['--no-index', '--find-links', wheels] if wheels.is_dir() else ['--retries', '1', '--timeout', '10']
    run_module(VENV_PYTHON, 'pip', 'install', '--disable-pip-version-check', *source, '-r', REQUIREMENTS)
    return VENV_PYTHON


def read_requirements():
    """Return the lines of requirements.txt: name==version, and after a semicolon which Pythons or systems need it."""
    lines = REQUIREMENTS.read_text(encoding='utf-8').splitlines()
    return list(filter(None, (line.partition('#')[0].strip() for line in lines)))


def succeeds(*command):
    """Return True if a command starts, and ends with status 0."""
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True).returncode == 0


def run_module(python, *command):
    """Run venv or pip with a line for each package; if it fails, end with a line on why."""
    log = ''
    with subprocess.Popen([python, '-m', *command], **PIPED) as process:
        for line in process.stdout:
            log += line
            if line.startswith(('Collecting', 'Processing')):
                print(' ', Path(line.partition(' ')[2].partition(' (')[0].strip()).name, flush=True)
    if process.returncode:
        stop(explain(log))


def explain(log):
    """Return what is wrong, and what to do, from all that venv or pip has said."""
    reasons = (reason for pattern, reason in REASONS if re.search(pattern, log))
    last_words = log.strip().split('\n')[-1]
    return next(reasons, f'{last_words} Delete the folder .venv, and try again.'.strip())


def download(folder):
    """Download the packages, in the form that fits every system and every Python, into a folder."""
    if Path(folder).is_file():
        stop(f'{folder} is a file. Name a folder.')
    packages = [line.partition(';')[0] for line in read_requirements()]
    for_all = ['--no-deps', '--only-binary=:all:', '--platform=any', '--implementation=py', '--abi=none',
               '--python-version=3.10']
    run_module(find_python(), 'pip', 'download', '--disable-pip-version-check', *for_all, '--dest', folder, *packages)
