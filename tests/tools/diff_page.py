"""tasks.py diff --html: what changes, as a page that needs no other file. A page of the site ends with the same."""
import re
import sys
from functools import cache, partial
from itertools import groupby, zip_longest
from pathlib import Path

import pygments
from bottle import template
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from diffs import match
from terminal import call
from versions import find_changes

LANGUAGES = {'.py': 'python', '.tpl': 'html', '.css': 'css', '.svg': 'html'}
FORMATTER = HtmlFormatter(nowrap=True)
SIDES = {'before': ' -<', 'after': ' +>'}
COMPARABLE = 0.5  # of 1: from here on, a new line stands beside one that is gone, and the words that differ are marked
fill = partial(template, template_lookup=[str(Path(__file__).parent / 'pages')])  # one list: Bottle's cache needs that
find_lexer = cache(partial(get_lexer_by_name, stripnl=False))


@cache  # one step's new file is the old one of the next step
def to_html(text, language):
    """Return code as HTML: Pygments finds out what each word is, style.css has the colours."""
    return pygments.highlight(text, find_lexer(language), FORMATTER)


def make_diff(files, level):
    """Return the HTML of what changes in some files; level is that of their headings."""
    for file in files:
        for side, signs in SIDES.items():
            lines = [line for line in file.lines if line.sign in signs]
            html = to_html('\n'.join(line.text for line in lines), LANGUAGES[Path(file.name).suffix])
            for number, (line, line_html) in enumerate(zip(lines, html.split('\n')), 1):
                line.html = line_html
                line.numbers[side] = number
    return fill('diff', files=files, level=level, lay_out=lay_out)


def lay_out(lines):
    """Give the lines their rows; return (class of the columns, cells). A cell is (side, line)."""
    rows = []
    for is_same, run in groupby(lines, key=lambda line: line.sign == ' '):
        run = list(run)
        old = [line for line in run if line.sign in '-<']
        rows += [(line,) for line in run] if is_same else pair_up(old, [line for line in run if line.sign in '+>'])
    for number, row in enumerate(rows, 1):
        for line in filter(None, row):
            line.row = number
    changed = [row for row in rows if len(row) == 2]
    is_wide = 0 < len(changed) <= 4 * sum(None not in row for row in changed)
    sides = SIDES if is_wide else {'before': '-<', 'after': ' +>'}  # two columns show what is compared, one all else
    return 'two' if is_wide else 'one', [(side, line) for line in lines for side in sides if line.sign in sides[side]]


def pair_up(old, new):
    """Return rows (line that is gone, new line): first the two that are most alike, then those above and below."""
    pairs = [(i, j) for i in range(len(old)) for j in range(len(new))]
    best = max(pairs, key=lambda pair: likeness(old[pair[0]].text, new[pair[1]].text), default=None)
    if not best or likeness(old[best[0]].text, new[best[1]].text) < COMPARABLE:
        return list(zip_longest(old, new))
    i, j = best
    mark_words(old[i], new[j])
    return [*pair_up(old[:i], new[:j]), (old[i], new[j]), *pair_up(old[i + 1:], new[j + 1:])]


@cache
def likeness(old, new):
    """Return how much two lines have in common, from 0 to 1."""
    words = [re.findall(r'\w+|[^\w\s]', text) for text in (old, new)]
    return match(*words).ratio() if all(words) else 0


def mark_words(old, new):
    """Mark the words that differ between two lines; a bracket or a blank between two such words, too."""
    pieces = [re.findall(r'<.*?>|&.*?;|\w+|.', line.html) for line in (old, new)]
    for tag, i, j, k, m in match(*pieces).get_opcodes():
        for side, start, end in [(0, i, j), (1, k, m)] if tag != 'equal' else []:
            pieces[side][start:end] = [piece if piece.startswith('<') else f'<mark>{piece}</mark>'
                                       for piece in pieces[side][start:end]]
    for line, marked in zip((old, new), pieces):
        line.html = re.sub(r'</mark>([^\w<]?)<mark>', r'\1', ''.join(marked))


def write_page(target, a, b, file, ours):
    """Write the page into a file; file and ours may be empty."""
    a, b = Path(a), Path(b)
    title = f'{a.name} → {b.name}'
    diff = make_diff(find_changes(a, b, file, ours), level=2)
    page = fill('page', title=title, base=f'<main id="main">\n<h1>{title}</h1>\n{diff}</main>')
    Path(target).write_text(page, encoding='utf-8', newline='\n')


if __name__ == '__main__':
    sys.exit(call(write_page, *sys.argv[1:]))
