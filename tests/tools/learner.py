"""The learner's own folder: work/, its copies work-1, work-2, …, how far each is, and what start puts there."""
import re
import time

import database
from steps import ROOT, STEPS, find_step, look, read_code
from terminal import ME, stop

WORK = ROOT / 'work'


def find_folder(text):
    """Return the folder of a step, work/, or one of its copies."""
    name = text.strip('/\\')
    if not re.fullmatch(r'work(-\d+)?', name):
        return STEPS[find_step(text)][0]
    if name == 'work' and not WORK.is_dir():
        stop(f'There is no work/ yet. This makes it, for step 1: {ME} start 1')
    if not (ROOT / name).is_dir():
        names = ', '.join(copy.name for copy in find_copies()) or 'none yet'
        stop(f'There is no {name}/. The copies of work/ that start has kept: {names}.')
    return ROOT / name


def find_app(text):
    """Return the folder of a step, work/, or one of its copies, if there is an app in it."""
    folder = find_folder(text)
    if not (folder / 'chat.py').exists():
        stop(f'{folder.name}/ has no chat.py: there is nothing to run yet.')
    return folder


def find_copies():
    """Return the copies of work/, the one that was saved last at the end."""
    copies = [path for path in ROOT.glob('work-*') if re.fullmatch(r'work-\d+', path.name)]
    return sorted(copies, key=saved_at)


def saved_at(folder):
    """Return when a folder's code was saved."""
    return max(look(folder).values(), default=0) / 10**9


def read_reached(folder):
    """Return what start and check have noted: how many steps are done, and the heading of the next slice."""
    file = folder / '.reached'
    done, _, heading = (file.read_text(encoding='utf-8') if file.exists() else '0').partition('\n')
    return int(done), heading


def count_done(folder):
    """Return how many steps are done in work/, in a copy, or in the folder of a step."""
    steps = [step for step, *_ in STEPS]
    return steps.index(folder) + 1 if folder in steps else read_reached(folder)[0]


def describe(folder):
    """Return in a line how far work/ or a copy is, and when it was saved."""
    done, heading = read_reached(folder)
    name, progress = 'final', 'done'
    if done < len(STEPS):
        step = STEPS[done][0]
        slices = re.findall(r'^### (.*)', (step / 'README.md').read_text(encoding='utf-8'), re.MULTILINE)
        name = f'step {step.name}'
        progress = f'{slices.index(heading)} of {len(slices)} slices done' if heading in slices else 'not begun'
    saved = time.strftime('%d %b %H:%M', time.localtime(saved_at(folder)))
    return f'{folder.name}/: {name}, {progress}, saved {saved}'


def page(index):
    """Return where a step's page is to be read: on the site, if it is there."""
    folder = STEPS[index][0]
    if (ROOT / f'site/{folder.name}.html').exists():
        return f'site/{folder.name}.html (in a browser)'
    return f'{folder.relative_to(ROOT).as_posix()}/README.md'


# start

def start(index):
    """Put the starting point of a step into work/, with the people and posts that were there."""
    copy = keep_work()
    for name, text in starting_point(index).items():
        (WORK / name).parent.mkdir(parents=True, exist_ok=True)
        (WORK / name).write_text(text, encoding='utf-8', newline='')
    (WORK / '.reached').write_text(str(index), encoding='utf-8')
    if copy and (copy / 'chat.db').exists():
        if index >= 3 and database.bring(copy / 'chat.db', WORK / 'chat.db'):
            print('Its chat.db, with people and posts, has come along.')
        else:
            print(f'Your posts are in {copy.name}/chat.db: they do not fit the tables of {STEPS[index][0].name}.')
    what = f'the end of {STEPS[index - 1][0].name}' if index else 'the templates and the stylesheet of the app'
    goal = index + 1 if index + 1 < len(STEPS) else 'final'
    print(f'work/ has {what}.\nNow read {page(index)}, and type.\nHow far you are: {ME} check {goal}')


def go_back(copy):
    """Make a copy work/ again; what is in work/ becomes a copy."""
    keep_work()
    copy.rename(WORK)
    print(f'{copy.name}/ is work/ again, with the people and posts that it had.\n{describe(WORK)}')


def keep_work():
    """Rename work/, if there is one, to work-1, work-2, …; return its new path."""
    if not WORK.exists():
        return None
    copy = next(path for path in (ROOT / f'work-{number}' for number in range(1, 1000)) if not path.exists())
    try:
        WORK.rename(copy)
    except OSError as error:
        stop(f'work/ cannot be renamed: {error.strerror}. Close the programs that use it, and try again.')
    print(f'What was in work/ is now in {copy.name}/. To go back: {ME} start {copy.name}')
    return copy


def starting_point(index):
    """Return {name: text} of what a step begins with: the step before, and the templates that the step adds.

    Step 01 begins with its own templates and stylesheet.
    """
    new = read_code(STEPS[index][0])
    if index == 0:
        return {name: text for name, text in new.items() if not name.endswith('.py')}
    old = read_code(STEPS[index - 1][0])
    known = {name.rpartition('/')[2] for name in old}
    return old | {name: text for name, text in new.items()
                  if name.endswith('.tpl') and name.rpartition('/')[2] not in known}
