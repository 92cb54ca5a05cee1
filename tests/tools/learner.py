"""The learner's own folder: work/, its copies work-1, work-2, …, and how far each is."""
import re
import time

from steps import ROOT, STEPS, find_step, look
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


def count_done(folder):
    """Return how many steps are done in work/: start and check have noted it."""
    return int(read_reached(folder).partition('\n')[0])


def read_reached(folder):
    """Return what start and check have noted: the number of steps that are done, and the heading of the next slice."""
    file = folder / '.reached'
    return file.read_text(encoding='utf-8') if file.exists() else '0'


def describe(folder):
    """Return in a line how far work/ or a copy is, as `check` has seen it, and when it was saved."""
    done, _, heading = read_reached(folder).partition('\n')
    name, progress = 'final, done', ''
    if int(done) < len(STEPS):
        readme = STEPS[int(done)][0] / 'README.md'
        name = f'step {readme.parent.name}'
        slices = re.findall(r'^### (.*)', readme.read_text(encoding='utf-8'), re.MULTILINE)
        progress = f', {slices.index(heading)} of {len(slices)} slices done' if heading in slices else ', not begun'
    return f'{folder.name}/: {name}{progress}, saved {time.strftime("%d %b %H:%M", time.localtime(saved_at(folder)))}'


def page(index):
    """Return where a step's page is to be read: on the site, if it is there."""
    folder = STEPS[index][0]
    site_page = f'site/{folder.name}.html'
    if (ROOT / site_page).exists():
        return f'{site_page} (in a browser)'
    return folder.relative_to(ROOT).as_posix() + '/README.md'
