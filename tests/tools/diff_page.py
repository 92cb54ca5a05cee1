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

LANGUAGES = {'.py': 'python', '.tpl': 'html', '.css': 'css'}
FORMATTER = HtmlFormatter(nowrap=True)
SIDES = {'before': ' -<', 'after': ' +>'}
COMPARABLE = 0.5  # of 1: from here on, a new line stands beside one that is gone, and the words that differ are marked
fill = partial(template, template_lookup=[str(Path(__file__).parent / 'pages')])  # one list: Bottle's cache needs that


def words(text):
    """Return the words and signs of a line of code."""
    return re.findall(r'\w+|[^\w\s]', text)


def words_and_tags(html):
    """Return the words, signs and tags of a line of HTML."""
    return re.findall(r'<.*?>|&.*?;|\w+|.', html)


@cache  # one step's new file is the old one of the next step
def to_html(text, language):
    """Return code as HTML: Pygments finds out what each word is, style.css has the colours."""
    return pygments.highlight(text, get_lexer_by_name(language, stripnl=False), FORMATTER)


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
    rows, compared, changed = [], 0, 0
    for is_same, run in groupby(lines, key=lambda line: line.sign == ' '):
        if is_same:
            rows += [[line] for line in run]
        else:
            run = list(run)
            old = [line for line in run if line.sign in '-<']
            pairs = pair_up(old, [line for line in run if line.sign in '+>'])
            rows += pairs
            changed += len(pairs)
            compared += sum(None not in pair for pair in pairs)
    for number, row in enumerate(rows, 1):
        for line in row:
            if line:
                line.row = number
    is_wide = changed and compared >= changed / 4  # two columns show what is compared, one all else
    sides = SIDES if is_wide else {'before': '-<', 'after': ' +>'}
    cells = [(side, line) for line in lines for side, signs in sides.items() if line.sign in signs]
    return 'two' if is_wide else 'one', cells


def pair_up(old, new):
    """Return rows (line that is gone, new line): first the two that are most alike, then those above and below."""
    alike = {}
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            if words(a.text):
                alike[i, j] = match(words(a.text), words(b.text)).ratio()
    if max(alike.values(), default=0) < COMPARABLE:
        return list(zip_longest(old, new))
    i, j = max(alike, key=alike.get)
    mark_words(old[i], new[j])
    return [*pair_up(old[:i], new[:j]), (old[i], new[j]), *pair_up(old[i + 1:], new[j + 1:])]


def mark_words(old, new):
    """Mark the words that differ between two lines; a bracket or a blank between two such words, too."""
    pieces, others = words_and_tags(old.html), words_and_tags(new.html)
    for tag, i, j, k, m in match(pieces, others).get_opcodes():
        if tag != 'equal':
            pieces[i:j] = map(mark, pieces[i:j])
            others[k:m] = map(mark, others[k:m])
    for line, marked in (old, pieces), (new, others):
        line.html = re.sub(r'</mark>([^\w<]?)<mark>', r'\1', ''.join(marked))


def mark(piece):
    """Return a piece of HTML marked, unless it is a tag."""
    return piece if piece.startswith('<') else f'<mark>{piece}</mark>'


def write_page(target, a, b, file, ours):
    """Write the page into a file; file and ours may be empty."""
    a, b = Path(a), Path(b)
    title = f'{a.name} → {b.name}'
    diff = make_diff(find_changes(a, b, file, ours), level=2)
    page = fill('page', title=title, base=f'<main id="main">\n<h1>{title}</h1>\n{diff}</main>')
    Path(target).write_text(page, encoding='utf-8', newline='\n')


if __name__ == '__main__':
    sys.exit(call(write_page, *sys.argv[1:]))
