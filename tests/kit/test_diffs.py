"""tasks.py diff, in the terminal and as a page: what is compared with what, what is folded, and what can be copied."""
import random
import re

import pytest
from bs4 import BeautifulSoup

import diff_page
import diffs
import versions
from suite import FOLDERS, tasks

PAIRS = [(None, FOLDERS[0]), *zip(FOLDERS, FOLDERS[1:]), (FOLDERS[-1], FOLDERS[0])]
ADD = '\n\ndef add_post(body):\n    """Add a post."""\n    return insert(body)\n'
CHANGE = '\n\ndef change_post(id, body):\n    """Change a post."""\n    return update(id, body)\n'


def compare(old, new, yours=()):
    """Return what changes from one text of a file to another."""
    return diffs.compare({'a.py': old}, {'a.py': new}, yours)[0]


def signs(file):
    """Return the signs of the lines of a file."""
    return ''.join(line.sign for line in file.lines)


def parse(files):
    """Return the page that shows some files."""
    return BeautifulSoup(diff_page.make_diff(files, level=2), 'html.parser', preserve_whitespace_tags={'div', 'ins', 'del'})


@pytest.mark.parametrize('a, b', PAIRS, ids=lambda folder: folder.name if folder else 'given')
def test_every_line_is_there(a, b):
    """Each side of a diff has all lines of its files, in their order and with their numbers; the page shows them to the letter, unless they have moved."""
    old, new = tasks.read(a) if a else {name: text for name, text in tasks.read(b).items() if name != 'chat.py'}, tasks.read(b)
    files = versions.find_changes(a, b)
    page = parse(files)
    for file in files:
        before = [(line.old_number, line.text) for line in file.lines if line.sign in ' -<']
        after = [(line.new_number, line.text) for line in file.lines if line.sign in ' +>']
        assert before == list(enumerate(old.get(file.old_name, '').splitlines(), 1))
        assert after == list(enumerate(new.get(file.new_name, '').splitlines(), 1))
        if file.has_changes:
            cells = page.find(id=file.name).find_parent('section').select('.after')
            assert [(int(cell['data-line']), cell.text) for cell in cells] == after
    assert {file.name for file in files} >= {name for name in new if old.get(name) != new[name]}


def test_any_text():
    """Whatever somebody is typing, nothing is lost: also code that can't be parsed."""
    choose = random.Random(7)
    lines = ['def f():', 'class A:', '@b', '    x = 1', 'y = 2', '', ')', '"""', 'async def f(']
    for _ in range(300):
        old, new = ([choose.choice(lines) for _ in range(choose.randrange(9))] for _ in range(2))
        file = diffs.FileDiff(('a.py', 'a.py'), old, new)
        assert [line.text for line in file.lines if line.sign in ' -'] == old and [line.text for line in file.lines if line.sign in ' +'] == new


def test_same_name():
    """A function is compared with the one of the same name, not with a neighbour that is more alike."""
    file = compare(ADD, CHANGE + ADD.replace('return insert(body)', 'return update(id, body)'))
    assert signs(file) == '+' * 5 + ' ' * 4 + '-+'
    file = compare('X = 1\n' + ADD + CHANGE, 'X = 2\n' + CHANGE)
    assert signs(file) == '-+' + '-' * 5 + ' ' * 5


def test_renamed():
    """A file, or a function, with a new name is compared with the old one if most of its lines are the same."""
    assert signs(compare(ADD, ADD.replace('add_post', 'add'))) == '  -+  '
    file, = diffs.compare({'app/a.py': ADD + CHANGE}, {'app/api/a.py': ADD + CHANGE + 'x = 1\n'})
    assert (file.old_name, file.new_name, file.note, signs(file)) == ('app/a.py', 'app/api/a.py', 'was in app/', ' ' * 10 + '+')


def test_moved():
    """Lines that have moved are told from new ones. A file that is taken apart says what went where, and shows what is really gone."""
    a, b, c = diffs.compare({'a.py': ADD + CHANGE + 'really = gone\n'}, {'b.py': ADD + 'new = 1\n' * 9, 'c.py': CHANGE + 'new = 2\n' * 9})
    assert (signs(a), signs(b), signs(c)) == ('<' * 10 + '-', '>' * 5 + '+' * 9, '>' * 5 + '+' * 9)
    assert list(diffs.show(a)) == ['< 3 lines moved to b.py', '< 3 lines moved to c.py', '-really = gone']
    within = diffs.compare({'a.py': '', 'b.py': 'moved = 1\n\nlast = 2\n'}, {'a.py': 'moved = 1\nlast = 2\n', 'b.py': 'last = 2\nmoved = 1\n'})[1]
    assert '<' in signs(within) and not within.moves('<')
    page = parse([a, b, c])
    assert [p.text for p in page.select('p')] == ['3 lines moved to b.py, 3 lines moved to c.py', *['3 lines moved here from a.py'] * 2]
    assert page.summary.text == 'Lines that are gone: 1' and page.select_one('details del').text == 'really = gone'


@pytest.mark.parametrize('a, b', PAIRS[:-1], ids=lambda folder: folder.name if folder else 'given')
def test_yours(a, b):
    """What a page leaves to the learner is folded, in the terminal and in the browser; --ours shows it."""
    files = versions.find_changes(a, b)
    shown = '\n'.join(line for file in files for line in diffs.show(file))
    page = parse(files)
    for name in versions.yours(b):
        assert f'\n  {name} is yours: --ours shows ours' in shown and f'def {name}(' not in shown
    if b.name == versions.CAPSTONE:
        assert 'def ' not in shown and '<h1>Search</h1>' in shown
    for line in page.select('.file > .lines > .after'):
        assert not re.match(rf'def ({"|".join([*versions.yours(b), "none"])})\(', line.text)
    ours = '\n'.join(line for file in versions.find_changes(a, b, show_ours=True) for line in diffs.show(file))
    assert all(f'+def {name}(' in ours or f' def {name}(' in ours for name in versions.yours(b)) and 'is yours' not in ours


def test_folds():
    """Unchanged lines are folded unless they are near a change."""
    text = ''.join(f'line_{n}\n' for n in range(20))
    page = parse([compare(text, text + 'more\n')])
    assert page.summary.text == '17 unchanged lines' and len(page.select('.file > .lines > *')) == 4
    assert list(diffs.show(compare(text, text + 'more\n'))) == ['@@ line 18 @@', ' line_17', ' line_18', ' line_19', '+more']


def test_columns():
    """Two columns are for lines that are compared with each other; what is new has one. Changed words are marked."""
    page = parse([compare(ADD, ADD.replace('(body):', '(body, user):') + CHANGE)])
    two, one = page.select('.lines')
    assert two['class'] == ['lines', 'two'] and one['class'] == ['lines', 'one'] and not one.select('.before')
    assert [cell['style'].split(';')[0] for cell in two.select('ins, del')] == ['grid-row:3'] * 2
    assert [mark.text for mark in page.select('mark')] == [', user']


def test_markup():
    """Code is shown, and is no markup of the page. What is not to be copied, or read aloud twice, says so."""
    page = parse(diffs.compare({'b.py': 'x = "<b>"\ny = 1\n'}, {'a.tpl': '<script>alert("&amp;")</script>\n', 'b.py': 'x = "<i>"\ny = 1\n'}))
    assert not page.select('script, .lines b') and page.ins.text == '<script>alert("&amp;")</script>'
    assert all('before' in line['class'] for line in page.select('del'))
    assert [line.get('aria-hidden') for line in page.select('div.before')] == ['true']


def test_page(tmp_path):
    """The page of diff --html loads nothing and has no script; each link leads to a place in it."""
    diff_page.write_page(tmp_path / 'page.html', FOLDERS[3], FOLDERS[4], '', '')
    page = BeautifulSoup((tmp_path / 'page.html').read_text(encoding='utf-8'), 'html.parser')
    assert not page.select('script, link, img, [src]') and not re.search(r'url\(|@import', page.style.text)
    ids = [tag['id'] for tag in page.select('[id]')]
    assert len(ids) == len(set(ids)) and {link['href'] for link in page.select('a')} <= {f'#{name}' for name in ids}


def test_stat():
    """The counts line up at 80 columns, however long the names are."""
    lines = [versions.count(file) for file in versions.find_changes(FOLDERS[2], FOLDERS[3])]
    assert len(lines) > 15 and max(map(len, lines)) <= 80
    assert all(re.fullmatch(r'([+]\d+ +-\d+ +>\d+ +<\d+ +| {21})[\w/.]+( \(.*\))?', line) and line[20] == ' ' != line[21] for line in lines)
