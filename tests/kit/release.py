"""tasks.py release: the steps as releases, in a git repository and in zips."""
import os
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
    for day, (folder, tag, _, idea) in enumerate(tasks.STEPS, 1):
        files = read_files(folder)
        write_zip(target / f'{tag}.zip', tag, files)
        commit(repository, files, tag, f'{tag}: {idea}', date=f'2026-01-{day:02}T12:00:00Z')
        print(f'{git(repository, "rev-parse", "--short", "HEAD").strip()}  {tag}')
    *_, before, last = [tag for _, tag, *_ in tasks.STEPS]
    print(f'{repository} is the repository: git diff {before} {last} shows a step.')


def read_files(folder):
    """Return {name: bytes} of what is released of a step, in the order of the names."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob('*') if path.suffix in KEPT}
    for name in ('LICENSE', 'requirements.txt'):
        paths[name] = tasks.ROOT / name
    return {name: paths[name].read_bytes() for name in sorted(paths)}


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
