"""tasks.py stick: a folder with all that a laptop without a network needs."""
import shutil
from pathlib import Path

import packages
import tasks

KIT = ('.pytest.ini', 'LICENSE', 'README.md', 'final', 'requirements.txt', 'steps', 'tasks.py', 'tests')


def stick(options):
    """Put the kit, its wheels and its site into a new folder."""
    folder = Path(options.dir).resolve()
    if tasks.ROOT in folder.parents or folder.is_file() or folder.is_dir() and any(folder.iterdir()):
        tasks.stop(f'{options.dir} is not empty, or is in the kit. Name a new folder, elsewhere.')
    if packages.WHEELS.is_dir():
        shutil.copytree(packages.WHEELS, folder / 'wheels')
    else:
        packages.download(folder / 'wheels')
    for path in map(tasks.ROOT.joinpath, KIT):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns('__pycache__', '*.db*'))
        elif path.exists():
            shutil.copy(path, folder)
    status = tasks.run_script(options, 'tests/kit/website.py', folder / 'site')
    if status == 0:
        print(f'Copy {folder} to each laptop. Type there: {tasks.ME} ready')
    return status
