"""tasks.py diff --html: the page shows what the terminal shows, and needs nothing but itself."""
import re
import sys

import pytest
from bs4 import BeautifulSoup

from suite import FOLDERS, ROOT

sys.path.insert(0, str(ROOT))
import diff_page  # noqa: E402
import tasks  # noqa: E402
from templates import read_style  # noqa: E402

PAIRS = [*zip(FOLDERS, FOLDERS[1:]), (FOLDERS[0], FOLDERS[-1]), (FOLDERS[-1], FOLDERS[0])]
QUICK = [pair for pair in PAIRS if pair[1].name.endswith(('blueprints', 'api-errors'))]  # one that moves code, one that adds some


def pytest_generate_tests(metafunc):
    if 'pair' in metafunc.fixturenames:
        pairs = PAIRS if metafunc.config.getoption('thorough') else QUICK
        ids = [f'{a.name}-{b.name}' for a, b in pairs]
        metafunc.parametrize('pair', pairs, ids=ids, indirect=True, scope='module')


def parse(html):
    return BeautifulSoup(html, 'html.parser', preserve_whitespace_tags={'td', 'pre'})


@pytest.fixture(scope='module')
def pair(request):
    """Two folders, and the page on what changes between them."""
    a, b = request.param
    return a, b, parse(diff_page.make_page(a, b))


def cells(section, side):
    """Return (number, cell) of each line on one side of a file's diff; side is 0 or 1 if it has two."""
    found = []
    for row in section.select('tr:not(.where)'):
        number, cell = row.find_all('td')[2 * side:2 * side + 2] or (None, None)
        if number and number.text:
            found.append((int(number.text), cell))
    return found


def code(cell):
    """Return the text of a line, without its sign."""
    return ''.join(text for text in cell.strings if not {'sign', 'hidden'} & set(text.parent.get('class', [])))


def test_every_line_is_there(pair):
    """Each side of a file has all of its lines, in order, with their numbers and signs: those that the terminal shows."""
    a, b, page = pair
    old, new = tasks.read(a), tasks.read(b)
    for (old_name, new_name), marked in tasks.compare(old, new, sys.maxsize):
        if not marked:
            assert f'was {old_name}, unchanged' in page.select_one('.files').text
            continue
        section = page.find(id=new_name or old_name).find_parent('section')
        sides = [(signs, texts[name].splitlines()) for signs, texts, name in (('-<', old, old_name), ('+>', new, new_name)) if name]
        for side, (signs, lines) in enumerate(sides):
            assert [(number, code(cell)) for number, cell in cells(section, side)] == list(enumerate(lines, 1))
            shown = [(cell.select_one('.sign').text, code(cell)) for _, cell in cells(section, side) if cell.select_one('.sign')]
            assert shown == [(line[0], line[1:]) for line in marked if line[0] in signs]


def test_table_of_files(pair):
    """The table at the top links to each file that differs, with the counts of the terminal."""
    a, b, page = pair
    changes = tasks.compare(tasks.read(a), tasks.read(b))
    rows = page.select('.files tbody tr')
    assert [row.th.text.split()[0] for row in rows] == [new or old for (old, new), _ in changes]
    assert [row.a['href'] for row in rows if row.a] == [f'#{new or old}' for (old, new), marked in changes if marked]
    for row, (_, marked) in zip(rows, changes):
        assert [int(cell.text or 0) for cell in row.find_all('td')] == [sum(line[0] == sign for line in marked) for sign in '+-><']


def test_moved_lines(pair):
    """A moved block says where it comes from or goes to, and links to that line, which has the same text."""
    a, b, page = pair
    labels = 0
    for row in page.select('tr.where'):
        for side, label in enumerate(row.find_all('td')):
            if label.text:
                labels += 1
                line = code(row.find_next_sibling('tr').find_all('td')[2 * side + 1])
                file, number = re.fullmatch(r'moved (?:from|to) (\S+), line (\d+)', label.text.strip()).groups()
                target = page.find(id=label.a['href'][1:])
                assert target.text == number and target.find_parent('section').h2.text.split()
                assert code(target.find_next_sibling('td')).strip() == line.strip()
                assert file in target.find_parent('section').h2.text
    assert labels or not b.name.endswith('blueprints')


def test_needs_nothing_else(pair):
    """The page loads nothing, has no script, and each id once; each link leads to a place in it."""
    page = pair[-1]
    assert not page.select('script, link, img, iframe, [src]') and page.style.text.strip() == read_style().strip()
    assert not re.search(r'url\(|@import', page.style.text)
    ids = [tag['id'] for tag in page.select('[id]')]
    assert len(ids) == len(set(ids))
    assert {link['href'] for link in page.select('a[href]')} <= {f'#{name}' for name in ids}


def test_folds(pair):
    """Unchanged lines that are more than three away from a change are folded; no change is."""
    for section in pair[-1].select('section.file'):
        changed = {id(row) for row in section.select('tr') if row.select_one('.new, .gone, .moved')}
        rows = [row for row in section.select('tr') if row.td and 'where' not in row.get('class', [])]
        is_gone = section.h2.text.split()[-1] == 'gone'
        for index, row in enumerate(rows):
            folded = row.find_parent('details') is not None
            near = any(id(other) in changed for other in rows[max(0, index - 3):index + 4])
            assert not (folded and near) or is_gone and row.select_one('.moved')
        shown = max((len(table.select('tbody.same tr')) for table in section.select('tbody.same')), default=0)
        assert all(len(body.select('tr')) <= 9 for body in section.select('section > table > tbody.same')), shown


def test_summaries():
    """What is folded says how much it is, and where moved lines have gone to."""
    old = {'a.py': '\n'.join(f'first_{n}' for n in range(9)), 'b.py': '\n'.join(f'line_{n}' for n in range(20))}
    new = {'c.py': old['a.py'], 'b.py': old['b.py'] + '\nmore\n'}
    old['d.py'] = old['c.py'] = '\n'.join(f'moving_{n}' for n in range(8)) + '\ngone\n'
    new['e.py'] = '\n'.join(f'moving_{n}' for n in range(8)) + ''.join(f'\nnew_{n}' for n in range(30))
    summaries = {diff.name: [part.summary for part in diff.parts] for diff in diff_page.compare(old, new)}
    assert summaries['b.py'] == ['17 unchanged lines', '']
    assert summaries['d.py'] == ['8 lines moved to e.py', '']


def test_one_file():
    """With a file, only that one is shown; what has moved to another one is told, not linked."""
    old = {'a.py': 'def find_user():\n    return 1\n\n\nx = 1\n', 'b.py': 'y = 2\n'}
    new = {'a.py': 'x = 1\n', 'b.py': 'y = 2\n\n\ndef find_user():\n    return 1\n'}
    diffs = diff_page.compare(old, new, 'b.py')
    assert [diff.name for diff in diffs] == ['b.py']
    page = parse(diff_page.fill('diff', diffs=diffs, a='one', b='two', level=2))
    assert 'moved from a.py, line 1' in page.select_one('tr.where').text and not page.select('tr.where a')
    with pytest.raises(SystemExit):
        diff_page.compare(old, new, 'c.py')


def test_no_difference(tmp_path):
    """Two folders that are the same: the page says so."""
    assert 'There is no difference.' in diff_page.make_page(tmp_path, tmp_path)


def test_changed_words():
    """Of two lines that are much alike the words are marked that differ; of others, none."""
    diffs = diff_page.compare({'a.py': 'def say(body):\n    pass\n'}, {'a.py': 'def say(body, author):\n    return\n'})
    html = diff_page.fill('diff', diffs=diffs, a='one', b='two', level=2)
    assert [mark.text for mark in parse(html).select('mark')] == [', author']


def test_pairs():
    """Lines that are much alike stand side by side, also if others are new between them; one that is only indented has no label."""
    old = 'cost, salt, _ = stored.split("$")\nreturn compare(stored, hash_password(password, salt, cost))\n'
    new = 'user = user or NOBODY\ncost, salt, _ = user.split("$")\nwith db:\n    return compare(stored, hash_password(password, salt, cost))\n'
    diff, = diff_page.compare({'a.py': old}, {'a.py': new})
    rows = [tuple(line and line.number for line in row) for part in diff.parts for group in part.groups for row in group.rows]
    assert rows == [(None, 1), (1, 2), (None, 3), (2, 4)]
    assert 'class="where"' not in diff_page.fill('diff', diffs=[diff], a='one', b='two', level=2)


def test_code_is_escaped():
    """What code says is shown, and is no markup of the page."""
    diffs = diff_page.compare({}, {'a.tpl': '<script>alert("&amp;")</script>\n', 'b.py': "x = '<b>'\n"})
    page = parse(diff_page.fill('diff', diffs=diffs, a='one', b='two', level=2))
    assert not page.select('script, td b')
    assert [code(cell) for section in page.select('section') for _, cell in cells(section, 0)] \
        == ['<script>alert("&amp;")</script>', "x = '<b>'"]


# Colours

def luminance(colour):
    """Return the relative luminance of a colour like #1f5fa8, as WCAG defines it."""
    channels = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


CODE = ['ink', 'comment', 'string', 'number', 'keyword', 'name', 'decorator', 'builtin']
GROUNDS = ['card', 'new', 'new-word', 'gone', 'gone-word', 'moved']


@pytest.mark.parametrize('scheme', [0, 1], ids=['light', 'dark'])
def test_contrast(scheme):
    """Text has the contrast that WCAG asks for at level AA, 4.5 to 1; the edges of changes have 3 to 1."""
    block = re.findall(r':root \{(.*?)\}', read_style(), re.DOTALL)[scheme]
    colours = dict(re.findall(r'--([\w-]+): (#\w{6});', block))
    for text, ground in [*((text, ground) for text in CODE for ground in GROUNDS), ('on-accent', 'accent'), ('faint', 'moved'),
                         *((text, ground) for text in ('ink', 'faint', 'accent') for ground in ('paper', 'card'))]:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for kind in ('new', 'gone', 'moved'):
        assert contrast(colours[f'{kind}-edge'], colours['card']) >= 3, kind
