"""tasks.py diff --html: what changes, as a page that needs no other file. On the site, the page of each step ends with the same."""
import sys
from itertools import groupby, zip_longest
from pathlib import Path

from bottle import template

from diffs import likeness, match
from listings import LANGUAGES, split_lines, to_html
from versions import find_changes, label, tasks

FOLDER = Path(__file__).resolve().parent / 'pages'
LOOKUP = [str(FOLDER)]  # one list for good: Bottle's template cache goes by its identity
COMPARABLE = 0.5  # of 1: from here on, a new line stands beside one that is gone, and the words that differ are marked


def fill(name, **values):
    """Return a template, filled in."""
    return template(name, template_lookup=LOOKUP, **values)


def make_diff(files, level):
    """Return the HTML of what changes in some files; level is that of their headings."""
    for file in files:
        add_words(file, ' -<')
        add_words(file, ' +>')
    return fill('diff', files=files, level=level, lay_out=lay_out, to_html=to_html)


def add_words(file, signs):
    """Give the lines of one side of a file their words."""
    lines = [line for line in file.lines if line.sign in signs]
    texts = split_lines('\n'.join(line.text for line in lines), LANGUAGES[Path(file.name).suffix])
    for line, words in zip(lines, texts):
        line.words = words


def lay_out(lines):
    """Return (class of the columns, cells). A cell is (side, row, line). In two columns, an unchanged line is there for each side."""
    rows, cells = [], []
    for is_same, run in groupby(lines, key=lambda line: line.sign == ' '):
        pairs = [(line, line) for line in run] if is_same else pair_up(list(run))
        numbered = list(enumerate(pairs, len(rows) + 1))
        cells += [('before', row, old) for row, (old, _) in numbered if old]
        cells += [('after', row, new) for row, (_, new) in numbered if new]
        rows += pairs
    changed = [(old, new) for old, new in rows if old is not new]
    compared = [(old, new) for old, new in changed if old and new]
    if compared and len(compared) * 4 >= len(changed):
        return 'two', cells
    return 'one', [cell for cell in cells if cell[0] == 'after' or cell[2].sign != ' ']


def pair_up(lines):
    """Return rows (line that is gone, new line). Lines that are much alike stand side by side, the others in their order between those."""
    old, new = [line for line in lines if line.sign in '-<'], [line for line in lines if line.sign in '+>']
    rows, i, j = [], 0, 0
    for one, other in find_pairs(old, new):
        rows += [*zip_longest(old[i:one], new[j:other]), (old[one], new[other])]
        mark_changes(old[one], new[other])
        i, j = one + 1, other + 1
    return [*rows, *zip_longest(old[i:], new[j:])]


def find_pairs(old, new):
    """Return the places of lines that are much alike, in order; those that are most alike come first to choose."""
    alike = [(likeness(texts(one), texts(other)), i, j) for i, one in enumerate(old) for j, other in enumerate(new)]
    pairs = []
    for _, i, j in sorted((pair for pair in alike if pair[0] >= COMPARABLE), key=lambda pair: -pair[0]):
        if old[i].text.strip() and all(i != one and j != other and (i < one) == (j < other) for one, other in pairs):
            pairs.append((i, j))
    return sorted(pairs)


def texts(line):
    """Return the words of a line, without white space."""
    return [word for word, _ in line.words if not word.isspace()]


def mark_changes(old, new):
    """Mark the words that differ between two lines; a bracket or a blank between two such words, too."""
    operations = match([word for word, _ in old.words], [word for word, _ in new.words])
    for index, (tag, i, j, k, m) in enumerate(operations):
        is_between = 0 < index < len(operations) - 1 and not any(word.isalnum() for word, _ in old.words[i:j])
        if tag != 'equal' or is_between:
            old.changed |= set(range(i, j))
            new.changed |= set(range(k, m))


def write_page(target, a, b, file, ours):
    """Write the page into a file; a, file and ours may be empty."""
    a, b = Path(a) if a else None, Path(b)
    title = f'{label(a)} → {label(b)}'
    diff = make_diff(find_changes(a, b, file, ours), level=2)
    body = f'<main id="main" tabindex="-1">\n<h1>{title}</h1>\n{diff}</main>'
    style = (FOLDER / 'style.css').read_text(encoding='utf-8')
    Path(target).write_text(fill('page', title=title, body=body, style=style), encoding='utf-8', newline='\n')


if __name__ == '__main__':
    sys.exit(tasks.call(write_page, *sys.argv[1:]))
