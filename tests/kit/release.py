"""tasks.py release: the steps as releases, in a git repository and in zips."""
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import tasks

KEPT = ('.py', '.tpl', '.css', '.svg', '.md', '.png')
ENVIRON = {  # with all that a hash depends on, and nobody's own settings: the same hashes everywhere
    'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_NOSYSTEM': '1',
    'GIT_AUTHOR_NAME': 'chat', 'GIT_AUTHOR_EMAIL': 'chat@example.com',
    'GIT_COMMITTER_NAME': 'chat', 'GIT_COMMITTER_EMAIL': 'chat@example.com',
}

README = """{start}## Run it, test it

You need Python 3.10 or newer. On Windows, type `python` where it says `python3`. First make a virtual environment and activate it: `python3 -m venv .venv`,
then `. .venv/bin/activate` or, on Windows, `.venv\\Scripts\\activate`. This installs the packages and runs the tests:

```console
$ python3 -m pip install -r requirements.txt
$ python3 -m pytest
```

And this starts the app. Open http://127.0.0.1:8080/ in a browser; Ctrl-C ends it.

```console
$ python3 chat.py
```

{history}
The kit that this release belongs to has a page on each step, with every change explained.
"""


def release(name):
    """Make a repository with a commit and a tag for each step, and a zip of each, in a new folder."""
    target = Path(name).resolve()
    if target.is_file() or target.is_dir() and any(target.iterdir()):
        tasks.stop(f'{name} is not empty. Name a new folder.')
    if not shutil.which('git'):
        tasks.stop('A release is a git repository: install git first.')
    repository = target / 'chat'
    repository.mkdir(parents=True)
    git(repository, 'init', '-q', '-b', 'main')
    for number, (_, tag, _, idea) in enumerate(tasks.STEPS, 1):
        files = make_files(number)
        write_zip(target / f'{tag}.zip', tag, files)
        commit(repository, files, tag, f'{tag}: {idea}', date=f'2026-01-{number:02}T12:00:00Z')
        print(f'{git(repository, "rev-parse", "--short", "HEAD").strip()}  {tag}')
    *_, before, last = [tag for _, tag, *_ in tasks.STEPS]
    print(f'{repository} is the repository: git diff {before} {last} shows a step.')


def make_files(number):
    """Return {name: bytes} of a release, in the order of the names: a step, its tests, and what it takes to run them."""
    folder = tasks.STEPS[number - 1][0]
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob('*') if path.suffix in KEPT}
    for path in [*find_tests(number), *(tasks.ROOT / name for name in ('LICENSE', 'requirements.txt', '.gitignore'))]:
        paths[path.relative_to(tasks.ROOT).as_posix()] = path
    files = {name: path.read_bytes() for name, path in paths.items()}
    files['README.md'] = make_readme(number).encode()
    settings = (tasks.ROOT / '.pytest.ini').read_text(encoding='utf-8')
    files['.pytest.ini'] = settings.replace('addopts =', f'addopts = --app=. --step={number}').encode()
    return dict(sorted(files.items()))


def find_tests(number):
    """Return the files of the suite that a step needs: the tests up to its own, and the modules beside them."""
    paths = [path for path in (tasks.ROOT / 'tests').glob('*.py') if path.name != 'bench.py']
    return [path for path in paths if not path.name.startswith('test_') or int(path.name.split('_')[1]) <= number]


def make_readme(number):
    """Return the README of a release: what the step's page says of its idea, and commands that need no kit."""
    folder, tag, *_ = tasks.STEPS[number - 1]
    start = (folder / 'README.md').read_text(encoding='utf-8').partition('## The map')[0]
    start = re.sub(r'\[([^]]*)\]\(\.\./[^)]*\)', r'\1', start)  # other steps are not here: no links to them
    history = f'In the repository, `git diff {tasks.STEPS[number - 2][1]} {tag}` shows what is new.' if number > 1 else 'This is the first release.'
    return README.format(start=start, history=history)


def write_zip(path, folder, files):
    """Write a zip in which the files are in a folder; its entries have no dates, so it is the same each time."""
    with zipfile.ZipFile(path, 'w') as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(f'{folder}/{name}'), data)


def commit(repository, files, tag, message, date):
    """Commit these files, and no others, with a tag."""
    git(repository, 'rm', '-rfq', '--ignore-unmatch', '.')
    for name, data in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_bytes(data)
    git(repository, 'add', '-A', '-f')
    git(repository, 'commit', '-q', '-m', message, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
    git(repository, 'tag', tag)


def git(repository, *arguments, **environ):
    """Run git in the repository; return what it prints."""
    command = ['git', '-c', 'core.autocrlf=false', '-c', 'core.fileMode=false', *arguments]
    done = subprocess.run(command, cwd=repository, env={**os.environ, **ENVIRON, **environ}, check=True, capture_output=True, encoding='utf-8')
    return done.stdout
