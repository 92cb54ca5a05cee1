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
ALIKE = 0.5  # of 1: from here on, the words that differ are marked
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
    row, is_wide = 0, False
    for is_same, run in groupby(lines, key=lambda line: line.sign == ' '):
        run = list(run)
        old, new = [line for line in run if line.sign in ' -<'], [line for line in run if line.sign in ' +>']
        for pair in zip_longest(old, new):
            row += 1
            for line in filter(None, pair):
                line.row = row
            if not is_same and None not in pair:
                is_wide = True
                mark_words(*pair)
    sides = SIDES if is_wide else {'before': '-<', 'after': ' +>'}  # two columns show what is compared, one all else
    return 'two' if is_wide else 'one', [(side, line) for line in lines for side in sides if line.sign in sides[side]]


def mark_words(*lines):
    """Mark the words that differ between two lines that are alike; a bracket or a blank between two such words, too."""
    pieces = [re.findall(r'<.*?>|&.*?;|\w+|.', line.html) for line in lines]
    if match(*(re.findall(r'\w+|[^\w\s]', line.text) for line in lines)).ratio() < ALIKE:
        return
    for tag, i, j, k, m in match(*pieces).get_opcodes():
        for side, start, end in [(0, i, j), (1, k, m)] if tag != 'equal' else []:
            pieces[side][start:end] = [piece if piece.startswith('<') else f'<mark>{piece}</mark>'
                                       for piece in pieces[side][start:end]]
    for line, marked in zip(lines, pieces):
        line.html = re.sub(r'</mark>([^\w<]?)<mark>', r'\1', ''.join(marked))


def write_page(target, a, b, *options):
    """Write the page into a file; the options are those of find_changes."""
    a, b = Path(a), Path(b)
    title = f'{a.name} → {b.name}'
    diff = make_diff(find_changes(a, b, *options), level=2)
    page = fill('page', title=title, base=f'<main id="main">\n<h1>{title}</h1>\n{diff}</main>')
    Path(target).write_text(page, encoding='utf-8', newline='\n')


if __name__ == '__main__':
    sys.exit(call(write_page, *sys.argv[1:]))
