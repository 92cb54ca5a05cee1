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

    What a page leaves to the learner is folded, in the terminal and in the browser; --ours shows it.
    """
    a, b = case
    new = read_code(b)
    old = read_code(a) or {name: text for name, text in new.items() if name != 'chat.py'}
    files = versions.find_changes(a, b)
    page = parse(*files)
    for file in [file for file in files if file.counts]:
        before, after = numbered(old.get(file.old_name, '')), numbered(new.get(file.new_name, ''))
        cells = [(cell['class'][0], (int(cell['data-line']), cell.text))
                 for cell in page.select(f'[aria-labelledby="{file.name}"] .lines > *')]
        assert [line for side, line in cells if side == 'after'] == after
        assert {line for side, line in cells if side == 'before'} <= set(before)
    assert {file.name for file in files} >= {name for name in new if old.get(name) != new[name]}

    shown, ours = ('\n'.join(versions.show(a, b, '', False, show_ours)) for show_ours in (False, True))
    visible = '\n'.join(line.text for line in page.select('.file > .lines > .after'))
    changed = {line.block for file in files for line in file.lines if line.sign != ' '}
    for name in changed.intersection(versions.yours(b)):
        assert f'\n  {name} is yours: --ours shows ours' in shown
        assert not re.search(rf'^[ +>]? {{,4}}def {name}\(', f'{shown}\n{visible}', re.MULTILINE)
    if b.name == versions.CAPSTONE:
        assert 'def ' not in shown + visible and 'role="search"' in shown and '\n  This is yours: --ours' in shown
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
    assert signs(compare('def a():\n    b\n    c\n', 'def d():\n    e\n    c\n')) == '---+++'
    assert signs(compare('class A:\n    x\n\n\nrun()\n', 'A = 1\n\n\nrun()\n')) == '--+   '


def test_moved():
    """Lines that have moved are told from new ones. A file that is taken apart says what is where, and what is gone."""
    new = {'b.py': ADD + 'new = 1\n' * 9, 'c.py': CHANGE + 'new = 2\n' * 9}
    a, b, c = diffs.compare({'a.py': ADD + CHANGE + 'really = gone\n'}, new)
    assert (signs(a), signs(b), signs(c)) == ('<' * 11 + '-', '>' * 6 + '+' * 9, '>' * 5 + '+' * 9)
    assert list(diffs.show(a)) == ['< 4 lines moved to b.py', '< 3 lines moved to c.py', '-really = gone']
    page = parse(a, b, c)
    assert [p.text for p in page.select('p')] == ['4 lines moved to b.py, 3 lines moved to c.py',
                                                  '4 lines moved here from a.py', '3 lines moved here from a.py']
    assert page.summary.text == 'Lines moved away: 11'
    assert page.select_one('.file > .lines > del').text == 'really = gone'


def test_moved_within():
    """A line that has moved within its file has not come from another one."""
    old = {'a.py': '', 'b.py': 'moved = 1\n\nlast = 2\n'}
    _, file = diffs.compare(old, {'a.py': 'moved = 1\nlast = 2\n', 'b.py': 'last = 2\nmoved = 1\n'})
    assert '<' in signs(file) and not file.moves('<')


def test_moved_file():
    """A file that is in another folder than before is compared with itself."""
    file, = diffs.compare({'app/a.py': ADD + CHANGE}, {'app/api/a.py': ADD + CHANGE + 'x = 1\n'})
    assert (file.name, file.note, signs(file)) == ('app/api/a.py', 'was app/a.py', ' ' * 11 + '+')


def test_yours_between_others():
    """A function that is yours is named once, also where another stands in the middle of it."""
    file, = diffs.compare({'a.py': ADD + CHANGE}, {'a.py': ADD.replace('Add', 'Write')}, ['add_post'])
    file.lines *= 2
    assert [*diffs.show(file)].count('  add_post is yours: --ours shows ours') == 1


def test_yours_in_work(tmp_path):
    """In work/, what an earlier page has left to the learner is theirs, too."""
    (tmp_path / '.reached').write_text('9', encoding='utf-8')
    assert versions.find_yours(tmp_path, FOLDERS[9]) >= {*versions.yours(FOLDERS[0]), *versions.yours(FOLDERS[9])}


OURS = """'''A module.'''
import bottle

# the room
@route('/', 'POST')
def add(body, user):
    try:
        return ['empty', user]
    except (KeyError, ValueError):  # odd
        return 'None'
"""
FORMATTED = '''"""A module."""

import bottle


# the room
@route("/", "POST")
def add(
    body,
    user,
):
    try:
        return ["empty", user]
    except (
        KeyError,
        ValueError,
    ):  # odd
        return "None"
'''


def test_layout(tmp_path):
    """What a formatter changes in work/ is no difference: only the lines that say something else are shown."""
    ours, mine = [tmp_path / name for name in ('ours', 'mine')]
    for folder in (ours, mine):
        folder.mkdir()
    (ours / 'a.py').write_text(OURS, encoding='utf-8')
    for old, new, count in [
        ('', '', []), ('"empty"', '"full"', [1]), ('return "None"', 'return None', [1]), ('# the', '# our', [1]),
        ('user,\n', '*user,\n', [1]), ('        return "N', '    return "N', [1]), ('import bottle\n', '', [1]),
        ('def add(', 'def add)', [6]),
    ]:
        (mine / 'a.py').write_text(FORMATTED.replace(old, new), encoding='utf-8')
        files = versions.find_changes(mine, ours)
        assert [signs(file).count('+') for file in files] == count, new


def test_folds():
    """Unchanged lines are folded unless they are near a change."""
    text = ''.join(f'line_{n}\n' for n in range(20))
    file = compare(text, text + 'more\n')
    assert parse(file).summary.text == 'Lines unchanged: 17' and len(parse(file).select('.file > .lines > *')) == 4
    assert list(diffs.show(file)) == ['@@ line 18 @@', ' line_17', ' line_18', ' line_19', '+more']


def test_columns():
    """Two columns are for lines that are compared, and read aloud once; new ones have one. Changed words are marked."""
    changed = ADD.replace('(body):', '(body, user):').replace('return', 'check(user)\n    return')
    page = parse(compare(ADD, changed + CHANGE))
    two, one = page.select('.lines')
    assert two['class'] == ['lines', 'two'] and one['class'] == ['lines', 'one'] and not one.select('.before')
    rows = [cell['style'].split(';')[0] for cell in two.select('ins, del')]
    assert rows == ['grid-row:4', 'grid-row:4', 'grid-row:6']
    assert {line.get('aria-hidden') for line in page.select('div.before')} == {'true'}
    assert ''.join(mark.text for mark in page.select('mark')) == ', user' and page.select_one('.nf').text == 'add_post'
