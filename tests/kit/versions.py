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
    file = words[-1] if words[-1].endswith(tasks.CODE) else None
    folders = [tasks.find_folder(word) for word in words[:2] if word != file]
    if len(folders) + bool(file) != len(words) or not folders:
        tasks.stop(f'diff takes two steps and one file. For example: {tasks.ME} diff 7 8 app/db.py', 2)
    if len(folders) == 1:
        number, _ = count_done(folders[0])
        folders.insert(0, tasks.STEPS[number - 1][0] if number else None)
    return *folders, file


def count_done(folder):
    """Return how many steps are done at the beginning and at the end of a step, or in work/; None stands for the given templates."""
    for number, (step, *_) in enumerate(tasks.STEPS):
        if folder == step:
            return number, number + 1
    return [tasks.count_done(folder) if folder else 0] * 2


def show(a, b, file, is_stat, show_ours):
    """Yield the lines that show in the terminal what changes from A to B."""
    files = find_changes(a, b, file, show_ours)
    if not files:
        yield 'There is no difference.'
        return
    yield f'{label(a)} -> {label(b)}:  {tasks.paint("+ new", 32)}  {tasks.paint("- gone", 31)}  {tasks.paint("> moved here  < moved away", 36)}'
    for change in files:
        title = f'{change.name} ({change.note})' if change.note else change.name
        if is_stat:
            counts = ''.join(f'{sign}{change.counts[sign]:<4}' for sign in '+-><') if change.counts else ''
            yield f'{counts:20} {title}'
        else:
            yield from ['', tasks.paint(title, 1), *(tasks.paint(line, COLOURS.get(line[0], 0)) for line in diffs.show(change))]


def find_changes(a, b, file=None, show_ours=False):
    """Return what changes from A to B, or only in one file; what the pages between them leave to the learner is folded."""
    given = {name: text for name, text in tasks.read(tasks.STEPS[0][0]).items() if not name.endswith('.py')}
    files = diffs.compare(tasks.read(a) if a else given, tasks.read(b), () if show_ours else find_yours(a, b))
    return [find_change(files, file)] if file else files


def find_yours(a, b):
    """Return what the pages of the steps between A and B, and that of B, leave to the learner: names of functions, and of step 12's files."""
    (_, done), (begin, end) = count_done(a), count_done(b)
    names = set()
    for number in range(min(done, begin), max(done, end)):
        folder = tasks.STEPS[number][0]
        names.update(yours(folder))
        if folder.name == CAPSTONE:
            before = tasks.read(tasks.STEPS[number - 1][0])
            names.update(name for name, text in tasks.read(folder).items() if name.endswith('.py') and text != before.get(name))
    return names


def yours(folder):
    """Return the names of the functions that the page of a step leaves to the learner, in its order."""
    page = (folder / 'README.md').read_text(encoding='utf-8')
    section = re.search(r'^## Yours$(.*?)^## ', page, re.MULTILINE | re.DOTALL)
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
