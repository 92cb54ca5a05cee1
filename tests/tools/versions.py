"""tasks.py diff: which versions of the code are compared, and which of their differences are shown."""
import re
from itertools import pairwise
from pathlib import Path

import diffs
from layout import lay_out_all
from learner import count_done, find_folder, starting_point
from steps import CODE, STEPS, read_code
from terminal import ME, paint, stop

GIVEN = Path('the given templates')  # no folder, but what step 01 starts from
VERSIONS = [GIVEN, *(folder for folder, *_ in STEPS)]
CAPSTONE = '15-search'  # all its Python is the learner's
COLOURS = {'+': 32, '-': 31, '<': 36, '>': 36, '@': 2}


def read_words(words):
    """Return the folders A and B, and the file or ''. Without A, it is what B started from."""
    *steps, file = words if words[-1].endswith(CODE) else [*words, '']
    if len(steps) not in (1, 2):
        stop(f'diff takes two steps and one file. For example: {ME} diff 7 8 app/db.py', 2)
    *a, b = [find_folder(step) for step in steps]
    return a[0] if a else VERSIONS[count_done(b) - (b in VERSIONS)], b, file


def show(a, b, file, is_stat, show_ours):
    """Yield the lines that show in the terminal what changes from A to B."""
    files = find_changes(a, b, file, show_ours)
    legend = f'{paint("+ new", 32)}  {paint("- gone", 31)}  {paint("> moved here  < moved away", 36)}'
    yield f'{a.name} -> {b.name}:  {legend}' if files else 'There is no difference.'
    for change in files:
        title = f'{change.name} ({change.note})' if change.note else change.name
        if is_stat:
            counts = ''.join(f'{sign}{change.counts[sign]:<4}' for sign in '+-><') if change.counts else ''
            yield f'{counts:20} {title}'
        else:
            yield from ['', paint(title, 1)]
            yield from (paint(line, COLOURS.get(line[0], 0)) for line in diffs.show(change))


def find_changes(a, b, file='', show_ours=False):
    """Return what changes from A to B, or only in files whose path ends so; what is the learner's is folded."""
    done, new = count_done(b), read_code(b)
    if a == GIVEN or b not in VERSIONS and a == VERSIONS[done] and done < len(STEPS):  # what start has given it
        old = starting_point(VERSIONS.index(a))
    else:
        old = read_code(a)
    if a not in VERSIONS:  # it is the learner's, whose editor may format it
        old = lay_out_all(old, new)
    elif b not in VERSIONS:
        new = lay_out_all(new, old)
    files = diffs.compare(old, new, () if show_ours else find_yours(a, b))
    found = [change for change in files if f'/{change.name}'.endswith(file.replace('\\', '/'))]
    if file and not found:
        names = ', '.join(change.name for change in files)
        stop(f'No file {file} differs. Those that differ: {names}' if names else 'There is no difference.', 2)
    return found


def find_yours(a, b):
    """Return what the pages from A to B leave to the learner: names of functions, and of the capstone's files.

    In work/, what earlier pages have left is the learner's, too, until a later one lists it.
    """
    first, last = sorted([count_done(a), count_done(b)])
    if not {a, b} <= {*VERSIONS}:
        first = 0
    names = set()
    for before, folder in pairwise(VERSIONS):
        if folder == b or folder in VERSIONS[first + 1:last + 1]:
            names.difference_update(re.findall(r'^(?:def|class) (\w+)', read_page(folder), re.MULTILINE))
            names.update(yours(read_page(folder)))
            if folder.name == CAPSTONE:
                old, new = ({(name, *line) for name, text in read_code(step).items() if name.endswith('.py')
                             for line in diffs.split(text.splitlines())} for step in (before, folder))
                names.update(function for _, function, _ in new - old)
                names.update(name for name, *_ in new - old if folder == b)
    return names - {''}


def read_page(folder):
    """Return the page of a step, without its folds."""
    text = (folder / 'README.md').read_text(encoding='utf-8')
    return re.sub(r'<details>.*?</details>', '', text, flags=re.DOTALL)


def yours(page):
    """Return the names of the functions that a page, or a part of it, leaves to the learner, in its order."""
    return re.findall(r'`(\w+)`', ' '.join(re.findall(r'^#### Yours.*', page, re.MULTILINE)))
