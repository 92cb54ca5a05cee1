"""tasks.py start: what a step begins with, in work/. What was there is kept, and its people and posts come along."""
import shutil

import database
from learner import WORK, count_done, describe, page
from steps import ROOT, STEPS
from terminal import ME, stop


def start(index):
    """Put the starting point of a step into work/."""
    copy, is_untouched = keep_work()
    write_files(starting_point(index))
    (WORK / '.reached').write_text(str(index), encoding='utf-8')  # what worked when this step began
    bring_posts(copy, index, is_untouched)
    before = STEPS[index - 1][0].name
    what = f'the end of {before}' if index else 'the templates and the stylesheet of the app'
    goal = index + 1 if index + 1 < len(STEPS) else 'final'
    print(f'work/ has {what}.\nNow read {page(index)}, and type.\nHow far you are: {ME} check {goal}')


def go_back(copy):
    """Make a copy work/ again; what is in work/ becomes a copy."""
    kept, is_untouched = keep_work()
    copy.rename(WORK)
    if is_untouched and not (kept / 'chat.db').exists():
        shutil.rmtree(kept)
    elif kept.exists():
        print(f'What was in work/ is now in {kept.name}/.')
    print(f'{copy.name}/ is work/ again, with the people and posts that it had.\n{describe(WORK)}')


def keep_work():
    """Rename work/ to work-1, work-2, …, if there is one; return its new path, and whether it is as start made it."""
    copy = next(path for path in (ROOT / f'work-{number}' for number in range(1, 1000)) if not path.exists())
    if not WORK.exists():
        return copy, False
    is_untouched = read_files(WORK) == starting_point(count_done(WORK))
    try:
        WORK.rename(copy)
    except OSError as error:
        stop(f'work/ cannot be renamed: {error.strerror}. Close the programs that use it, and try again.')
    return copy, is_untouched


def starting_point(index):
    """Return {path: bytes} of what a step begins with: the step before, and the templates that the step adds."""
    files = read_files(STEPS[max(index - 1, 0)][0])
    left_out = ('.md', '.png') if index else ('.md', '.png', '.py')
    return {**given(index, files), **{path: data for path, data in files.items() if path.suffix not in left_out}}


def given(index, before):
    """Return {path: bytes} of the templates of a step that the step before has in no folder."""
    names = {path.name for path in before}
    files = read_files(STEPS[index][0])
    return {path: data for path, data in files.items() if path.suffix == '.tpl' and path.name not in names}


def read_files(folder):
    """Return {path: bytes} of the files in a folder, without those that are made at run time."""
    made = ('chat.db*', '.reached', '*.pyc')
    files = [path for path in folder.rglob('*') if path.is_file() and not any(map(path.match, made))]
    return {path.relative_to(folder): path.read_bytes() for path in files}


def write_files(files):
    """Write {path: bytes} into work/."""
    for path, data in files.items():
        (WORK / path).parent.mkdir(parents=True, exist_ok=True)
        (WORK / path).write_bytes(data)


def bring_posts(copy, index, is_untouched):
    """Bring the people and posts of a copy into work/, if they fit the step. Delete a copy that has nothing else."""
    old = copy / 'chat.db'
    has_come = index >= 3 and old.exists() and database.bring(old, WORK / 'chat.db')
    if is_untouched and (has_come or not old.exists()):
        shutil.rmtree(copy)
    elif copy.exists():
        print(f'What was in work/ is now in {copy.name}/. To go back: {ME} start {copy.name}')
    if has_come:
        print('Its chat.db, with people and posts, has come along.')
    elif old.exists():
        print(f'Your posts are in {copy.name}/chat.db: they do not fit the tables of {STEPS[index][0].name}.')
