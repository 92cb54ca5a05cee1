"""tasks.py stick: a folder with all that a laptop without a network needs."""
import shutil
from pathlib import Path

import packages
from steps import ROOT, is_taken
from terminal import ME, stop

KIT = ('.pytest.ini', 'LICENSE', 'README.md', 'final', 'requirements.txt', 'steps', 'tasks.py', 'tests')


def stick(name):
    """Put the kit, its wheels and its site into a new folder."""
    folder = Path(name).resolve()
    if ROOT in folder.parents or is_taken(folder):
        stop(f'{name} is not empty, or is in the kit. Name a new folder, elsewhere.')
    if packages.WHEELS.is_dir():
        shutil.copytree(packages.WHEELS, folder / 'wheels')
    else:
        packages.download(folder / 'wheels')
    for path in map(ROOT.joinpath, KIT):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns('__pycache__', '*.db*'))
        elif path.exists():
            shutil.copy(path, folder)
    status = packages.run_script('website.py', folder / 'site')
    if status == 0:
        print(f'Copy {folder} to each laptop. Type there: {ME} ready')
    return status
