"""tasks.py diff: which versions of the code are compared, and which of their differences are shown."""
import re
import sys
from pathlib import Path

import diffs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
import tasks  # noqa: E402

CAPSTONE = '12-search'  # all its Python is the learner's
COLOURS = {'+': 32, '-': 31, '<': 36, '>': 36, '@': 2}


def read_words(words):
    """Return the folders A and B, and the file or None. Without A, it is what B started from: a step, or None for the given templates."""
    folders, rest = [tasks.find_folder(words[0])], words[1:]
    if rest and re.fullmatch(r'work(-\d+)?|\d+|final|(steps/)?\d\d-[\w-]+', rest[0].strip('/\\')):
        folders.append(tasks.find_folder(rest.pop(0)))
    if len(rest) > 1:
        tasks.stop(f'diff takes two steps and one file. For example: {tasks.ME} diff 7 8 app/db.py', 2)
    if len(folders) == 1:
        number = count_done(folders[0]) - is_step(folders[0])
        folders.insert(0, tasks.STEPS[number - 1][0] if number else None)
    return *folders, rest[0] if rest else None


def count_done(folder):
    """Return how many steps are done in a folder, or in none."""
    if folder is None:
        return 0
    return tasks.find_step(folder.name) + 1 if is_step(folder) else tasks.count_done(folder)


def is_step(folder):
    """False for work/ and its copies."""
    return folder.parent != tasks.ROOT or folder.name == 'final'


def show(a, b, file, is_stat, show_ours):
    """Yield the lines that show in the terminal what changes from A to B."""
    files = find_changes(a, b, file, show_ours)
    if not files:
        yield 'There is no difference.'
        return
    yield f'{label(a)} -> {label(b)}:  {tasks.paint("+ new", 32)}  {tasks.paint("- gone", 31)}  {tasks.paint("> moved here  < moved away", 36)}'
    for change in files:
        if is_stat:
            yield count(change)
        else:
            yield from ['', tasks.paint(change.title, 1), *(tasks.paint(line, COLOURS.get(line[0], 0)) for line in diffs.show(change))]


def find_changes(a, b, file=None, show_ours=False):
    """Return what changes from A to B, or only in one file; what the pages between them leave to the learner is folded."""
    given = {name: text for name, text in tasks.read(tasks.STEPS[0][0]).items() if not name.endswith('.py')}
    files = diffs.compare(tasks.read(a) if a else given, tasks.read(b), () if show_ours else find_yours(a, b))
    return [find_change(files, file)] if file else files


def find_yours(a, b):
    """Return what the pages of the steps between A and B leave to the learner: names of functions, and of step 12's files."""
    first, last = sorted([count_done(a), count_done(b)])
    first = min(first, last - is_step(b))  # work/ may have reached B
    names = set()
    for number in range(first, last):
        folder = tasks.STEPS[number][0]
        names.update(yours(folder))
        if folder.name == CAPSTONE:
            changes = diffs.pair(tasks.read(tasks.STEPS[number - 1][0]), tasks.read(folder))
            names.update(name for old, new, (_, name) in changes if old != new and name.endswith('.py'))
    return names


def yours(folder):
    """Return the names of the functions that the page of a step leaves to the learner, in its order."""
    page = folder / 'README.md'
    section = re.search(r'^## Yours$(.*?)^## ', page.read_text(encoding='utf-8') if page.exists() else '', re.MULTILINE | re.DOTALL)
    return re.findall(r'^- \*\*`(\w+)`\*\*', section[1], re.MULTILINE) if section else []


def find_change(files, text):
    """Return the change of the file that has this path, or whose path ends so."""
    wanted = text.replace('\\', '/').removeprefix('./')
    found = [file for file in files if file.name == wanted] or [file for file in files if file.name.endswith(f'/{wanted}')]
    if len(found) == 1:
        return found[0]
    names = ', '.join(file.name for file in files)
    tasks.stop(f'Several files are called {text}: write more of the path. The files that differ: {names}' if found else
               f'No file {text} differs. Those that do: {names}' if names else 'There is no difference.', 2)


def label(folder):
    """Return what A or B is called."""
    return folder.name if folder else 'the given templates'


def count(file):
    """Return a line with how many lines of a file are new, gone and moved."""
    counts = ''.join(f'{sign}{file.count(sign):<4}' for sign in '+-><') if file.has_changes else ''
    return f'{counts:20} {file.title}'
