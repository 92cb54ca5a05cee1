"""tasks.py diff, in the terminal and as a page: what is compared with what, what is folded, and what can be copied."""
import random
import re

from bs4 import BeautifulSoup

import diff_page
import diffs
import versions
from steps import read_code
from suite import FOLDERS

CASES = {f'{a.name}-{b.name}': (a, b) for a, b in [*zip(versions.VERSIONS, FOLDERS), (FOLDERS[3], FOLDERS[2])]}
SAMPLE = 7  # of each kind one: a first step, one that moves code, and the capstone
ADD = '\n\n@route\ndef add_post(body):\n    """Add a post."""\n    return insert(body)\n'
CHANGE = '\n\ndef change_post(id, body):\n    """Change a post."""\n    return update(id, body)\n'


def compare(old, new):
    """Return what changes from one text of a file to another."""
    return diffs.compare({'a.py': old}, {'a.py': new})[0]


def signs(file):
    return ''.join(line.sign for line in file.lines)


def parse(*files):
    """Return the page that shows some files."""
    html = diff_page.make_diff(files, level=2)
    return BeautifulSoup(html, 'html.parser', preserve_whitespace_tags={'div', 'ins', 'del'})


def numbered(text):
    return list(enumerate(text.splitlines(), 1))


def test_steps(case):
    """A page has each file that differs: the new one to the letter, with its numbers, and lines of the old one.

    What a page leaves to the learner is folded; --ours shows it.
    """
    a, b = case
    new = read_code(b)
    old = read_code(a) or {name: text for name, text in new.items() if name != 'chat.py'}
    files = versions.find_changes(a, b)
    page = parse(*files)
    for file in [file for file in files if file.counts]:
        cells = [(cell['class'][0], (int(cell['data-line']), cell.text))
                 for cell in page.select(f'[aria-labelledby="{file.name}"] .lines > *')]
        assert [line for side, line in cells if side == 'after'] == numbered(new.get(file.new_name, ''))
        assert {line for side, line in cells if side == 'before'} <= {*numbered(old.get(file.old_name, ''))}
    assert {file.name for file in files} >= {name for name in new if old.get(name) != new[name]}

    shown, ours = ('\n'.join(versions.show(a, b, '', False, show_ours)) for show_ours in (False, True))
    changed = {line.block for file in files for line in file.lines if line.sign != ' '}
    for name in changed.intersection(versions.yours(versions.read_page(b))):
        assert f'\n  {name} is yours: --ours shows ours' in shown
        assert not re.search(rf'^[ +>] {{,4}}def {name}\(', shown, re.MULTILINE)
    assert b.name != versions.CAPSTONE or 'def ' not in shown
    assert 'is yours' not in ours


def test_any_text():
    """Whatever somebody is typing, nothing is lost: also code that can't be parsed."""
    choose = random.Random(7)
    choices = ['def f():', 'class A:', '@b', '    x = 1', 'y = 2', '', ')', '"""', 'async def f(']
    for _ in range(300):
        old, new = ([choose.choice(choices) for _ in range(choose.randrange(9))] for _ in range(2))
        lines = diffs.FileDiff(('a.py', 'a.py'), old, new).lines
        assert [line.text for line in lines if line.sign in ' -'] == old
        assert [line.text for line in lines if line.sign in ' +'] == new


def test_same_name():
    """A function is compared with the one of its name, not with one that is more alike; so is what stands between."""
    assert signs(compare(ADD, CHANGE + ADD.replace('insert', 'update'))) == '+' * 5 + ' ' * 5 + '-+'
    assert signs(compare('class A:\n    x\n\n\nrun()\n', 'A = 1\n\n\nrun()\n')) == '--+   '


def test_moved():
    """Lines that have moved are told from new ones, and a file that has moved is compared with itself."""
    new = {'b.py': ADD + 'new = 1\n' * 9, 'c.py': CHANGE + 'new = 2\n' * 9}
    a, b, c = diffs.compare({'a.py': ADD + CHANGE + 'really = gone\n'}, new)
    assert (signs(a), signs(b), signs(c)) == ('<' * 11 + '-', '>' * 6 + '+' * 9, '>' * 5 + '+' * 9)
    assert list(diffs.show(a)) == ['< 4 lines moved to b.py', '< 3 lines moved to c.py', '-really = gone']
    file, = diffs.compare({'app/a.py': ADD + CHANGE}, {'app/api/a.py': ADD + CHANGE + 'x = 1\n'})
    assert (file.name, file.note, signs(file)) == ('app/api/a.py', 'was app/a.py', ' ' * 11 + '+')


def test_page():
    """Unchanged lines are folded unless they are near a change. Lines that are compared have two columns."""
    text = ''.join(f'line_{n}\n' for n in range(20))
    file = compare(text, text.replace('line_19', 'line_19, more'))
    page = parse(file)
    assert page.summary.text == 'Lines unchanged: 16' and page.select_one('.lines.two mark').text == ','
    assert list(diffs.show(file)) == ['@@ line 17 @@', ' line_16', ' line_17', ' line_18', '-line_19', '+line_19, more']
