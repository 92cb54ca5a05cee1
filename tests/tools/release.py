"""Copies for others: tasks.py release, the steps in a repository and in zips; tasks.py stick, the kit for laptops."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import packages
from runner import run_script
from steps import ROOT, STEPS, is_taken
from terminal import ME, stop

README = """{start}## Run it, test it

In a virtual environment of Python 3.10 or newer, these commands install the packages, run the tests and start the app.
On Windows, type `python` where it says `python3`.

```console
$ python3 -m pip install -r requirements.txt
$ python3 -m pytest
$ python3 chat.py
```

The kit that this release belongs to has a page on each step, with every change explained.
"""


def stick(name):
    """Put the kit, its wheels and its site into a new folder."""
    folder = new_folder(name)
    if packages.WHEELS.is_dir():
        copy(packages.WHEELS, folder / 'wheels')
    else:
        packages.download(folder / 'wheels')
    for part in ('final', 'steps', 'tests'):
        copy(ROOT / part, folder / part)
    for file in ('.pytest.ini', 'LICENSE', 'README.md', 'requirements.txt', 'tasks.py'):
        shutil.copy(ROOT / file, folder)
    status = run_script('website.py', folder / 'site')
    if status == 0:
        print(f'Copy {folder} to each laptop. Type there: {ME} ready')
    return status


def new_folder(name):
    """Return the path of a folder that has nothing in it yet."""
    folder = Path(name).resolve()
    if is_taken(folder):
        stop(f'{name} is not empty. Name a new folder.')
    return folder


def copy(source, target, *left_out):
    """Copy a folder, without what is made at run time."""
    ignore = shutil.ignore_patterns('.*', '__pycache__', '*.db*', *left_out)
    shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)


def release(name):
    """Make a repository with a commit and a tag for each step, and a zip of each, in a new folder."""
    target = new_folder(name)
    if not shutil.which('git'):
        stop('A release is a git repository: install git first.')
    repository = target / 'chat'
    repository.mkdir(parents=True)
    git(repository, 'init', '-q', '-b', 'main')
    for number, (folder, tag, _, idea) in enumerate(STEPS, 1):
        git(repository, 'rm', '-rfq', '--ignore-unmatch', '.')
        write_files(repository, folder, number)
        git(repository, 'add', '-A')
        date = f'2026-01-{number:02}T12:00:00Z'
        git(repository, 'commit', '-q', '-m', f'{tag}: {idea}', GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
        git(repository, 'tag', tag)
        git(repository, 'archive', f'--prefix={tag}/', '-o', target / f'{tag}.zip', tag)
        print(f'{git(repository, "rev-parse", "--short", "HEAD").strip()}  {tag}')
    *_, before, last = [tag for _, tag, *_ in STEPS]
    print(f'{repository} is the repository: git diff {before} {last} shows a step.')


def write_files(repository, folder, number):
    """Write a step, the tests up to its own, and what it takes to run them."""
    later = [f'test_{step:02}_*' for step in range(number + 1, len(STEPS) + 1)]
    copy(folder, repository)
    copy(ROOT / 'tests', repository / 'tests', 'kit', 'tools', 'bench.py', *later)
    for name in ('LICENSE', 'requirements.txt', '.gitignore'):
        shutil.copy(ROOT / name, repository)
    settings = (ROOT / '.pytest.ini').read_text(encoding='utf-8')
    settings = settings.replace('addopts =', f'addopts = --app=. --step={number}')
    (repository / '.pytest.ini').write_bytes(settings.encode())
    start = (folder / 'README.md').read_text(encoding='utf-8').partition('## The map')[0]
    start = re.sub(r'## Before you start.*?(?=## )', '', start, flags=re.DOTALL)  # about other pages
    start = re.sub(r'\[([^]]*)\]\(\.\./[^)]*\)', r'\1', start)  # other steps are not here: no links to them
    (repository / 'README.md').write_bytes(README.format(start=start).encode())


def git(repository, *arguments, **environ):
    """Run git in the repository, with nobody's own settings; return what it prints."""
    settings = ['core.autocrlf=false', 'core.fileMode=false', 'user.name=chat', 'user.email=chat@example.com']
    command = ['git', *(word for setting in settings for word in ('-c', setting)), *arguments]
    environ = {**os.environ, 'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_NOSYSTEM': '1', 'TZ': 'UTC', **environ}
    return subprocess.run(command, cwd=repository, env=environ, check=True, capture_output=True).stdout.decode()
