"""tasks.py site: every link leads somewhere, every page has its place, and the picture shows what imports what."""
import itertools
import posixpath
import re
import sys
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from suite import FOLDERS, ROOT

sys.path.insert(0, str(ROOT))
import modules  # noqa: E402
import tasks  # noqa: E402
import website  # noqa: E402

NAMES = ['index.html', *(f'{folder.name}.html' for folder in FOLDERS)]


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """A folder with the site."""
    folder = tmp_path_factory.mktemp('site') / 'new'
    website.write_site(folder)
    return folder


@pytest.fixture(scope='module')
def pages(site):
    """{name: page} of the whole site."""
    return {name: BeautifulSoup((site / name).read_text(encoding='utf-8'), 'html.parser') for name in NAMES}


def test_files(site):
    """The site has a page for the kit, one for each step, and what those link to."""
    names = {path.relative_to(site).as_posix() for path in site.rglob('*') if path.is_file()}
    assert names == set((site / website.FILE_LIST).read_text(encoding='utf-8').split('\n')[:-1])
    assert {*NAMES, 'style.css', 'keys.js', 'final/room.png'} <= names


def test_links(site, pages):
    """Each link, picture, script and stylesheet is a relative path to a file of the site, and each anchor is there."""
    ids = {name: [tag['id'] for tag in page.select('[id]')] for name, page in pages.items()}
    for name, page in pages.items():
        assert len(ids[name]) == len(set(ids[name])), name
        for tag in page.select('[href], [src]'):
            url = urlsplit(tag.get('href') or tag.get('src'))
            if url.scheme:
                assert (tag.name, url.scheme) in [('a', 'https'), ('link', 'data')] or url.hostname == '127.0.0.1', tag  # the learner's own server
                continue
            assert not url.path.startswith('/'), tag
            target = posixpath.normpath(unquote(url.path) or name)
            assert (site / target).is_file(), f'{name}: {tag}'
            assert not url.fragment or unquote(url.fragment) in ids[target], f'{name}: {tag}'


def test_the_whole_readme_is_there(pages):
    """A page has its README: the headings, the words of its first paragraph, each listing to the letter."""
    for readme, page in zip([ROOT / 'README.md', *(folder / 'README.md' for folder in FOLDERS)], pages.values()):
        text = readme.read_text(encoding='utf-8')
        article = page.select_one('article')
        headings = re.findall(r'^#+ (.*)', re.sub(r'^( *)```.*?^\1```', '', text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
        assert [heading.text for heading in article.select('h1, h2, h3, h4')] == [heading.replace('`', '') for heading in headings]
        listings = [re.sub(f'^{indent}', '', listing, flags=re.MULTILINE) for indent, listing in re.findall(r'^( *)```\w+\n(.*?)^\1```$', text, re.MULTILINE | re.DOTALL)]
        assert [pre.text.rstrip('\n') for pre in article.select('pre')] == [listing.rstrip('\n') for listing in listings]


def test_way_through(pages):
    """Next leads through all steps in their order, previous back; the list of steps says where you are."""
    for name, other in zip(NAMES, NAMES[1:]):
        assert pages[name].select_one('a[rel=next]')['href'] == other
        assert pages[other].select_one('a[rel=prev]')['href'] == name
        assert [link['href'] for link in pages[other].select('.site [aria-current=page]')] == [other]
        assert [link['href'] for link in pages[other].select('.site li a')] == NAMES[1:]
    assert len(pages[NAMES[-1]].select('a[rel=next]')) == len(pages[NAMES[0]].select('a[rel=prev]')) == 0


def test_changes(pages):
    """A step's page has all that changes from the step before; that of the first one has no templates, which are given."""
    before = website.find_given()
    for folder in FOLDERS:
        now = tasks.read(folder)
        files = [row.text.split()[0] for row in pages[f'{folder.name}.html'].select('.files tbody th')]
        assert files == [new or old for (old, new), _ in tasks.compare(before, now)]
        before = now
    assert [link['href'] for link in pages[NAMES[1]].select('.files tbody a')] == ['#chat.py']


def test_markup(pages):
    """A page has a language, one heading of the first level, no level left out, and texts for its pictures."""
    for name, page in pages.items():
        levels = [int(tag.name[1]) for tag in page.select('h1, h2, h3, h4')]
        assert levels.count(1) == 1 and all(after - before <= 1 for before, after in zip(levels, levels[1:])), name
        assert page.html['lang'] == 'en' and page.title.text
        assert all(tag.get('alt') for tag in page.select('img')) and all(tag['aria-label'] for tag in page.select('svg'))


def test_again(tmp_path, monkeypatch, capsys):
    """A new site takes the place of an earlier one, and leaves alone what is not of it; any other folder is refused."""
    monkeypatch.setattr(tasks, 'STEPS', tasks.STEPS[:1])
    folder = tmp_path / 'site'
    website.write_site(folder)
    (folder / 'CNAME').write_text('chat.example', encoding='utf-8')
    (folder / 'old.html').write_text('of a step that was renamed', encoding='utf-8')
    with (folder / website.FILE_LIST).open('a', encoding='utf-8') as file:
        file.write('old.html\n')
    website.write_site(folder)
    assert (folder / 'CNAME').exists() and (folder / 'index.html').exists() and not (folder / 'old.html').exists()
    with pytest.raises(SystemExit):
        website.write_site(tmp_path)
    assert 'not empty' in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ['site']


def test_readme_links(tmp_path, monkeypatch, capsys):
    """Links between READMEs lead to pages, those to files to copies; one that leads nowhere is told."""
    monkeypatch.setattr(tasks, 'ROOT', tmp_path)
    (tmp_path / 'steps/01-one').mkdir(parents=True)
    readme, step = tmp_path / 'README.md', tmp_path / 'steps/01-one/README.md'
    step.write_text('# One\n\n## The idea\n\n## The idea\n', encoding='utf-8')
    readme.write_text('# Kit\n\n[one](steps/01-one/README.md#the-idea) [two](steps/01-one/) [you](#a) [out](https://example.com/) '
                      '![three](a%20b.png)\n', encoding='utf-8')
    (tmp_path / 'a b.png').write_bytes(b'')
    pages, copies = [website.Page(tmp_path, 'index'), website.Page(step.parent, '01-one')], {}
    for page in pages:
        website.read_readme(page, pages, copies)
    found = re.findall(r'(?:href|src)="(.*?)"', pages[0].html)
    assert found == ['01-one.html#the-idea', '01-one.html', '#a', 'https://example.com/', 'a%20b.png']
    assert copies == {'a b.png': tmp_path / 'a b.png'} and pages[1].sections == [('the-idea', 'The idea'), ('the-idea-1', 'The idea')]
    readme.write_text('# Kit\n\n[nowhere](nowhere.md)\n', encoding='utf-8')
    with pytest.raises(SystemExit):
        website.read_readme(pages[0], pages, {})
    assert 'nowhere.md' in capsys.readouterr().err


# The modules

APP = {
    'main.py': 'import os\nfrom app import create_app\nfrom config import Config\n',
    'config.py': '',
    'app/__init__.py': 'from app import api, auth\nimport app.db\n',
    'app/auth.py': 'def f():\n    from .db import get_db\n    from . import pages\n',
    'app/db.py': 'import bottle\n',
    'app/pages.py': '',
    'app/api/__init__.py': 'bp = 1\nfrom app.api import users\n',
    'app/api/users.py': 'from app.api import bp\nfrom app.db import get_user, get_users\n',
    'app/templates/room.tpl': 'import this',
}


def test_imports():
    """What a module imports of its app, wherever it does so and however it is written."""
    assert modules.find_imports(APP) == {
        'main': ['app', 'config'], 'config': [], 'app': ['app.api', 'app.auth', 'app.db'], 'app.auth': ['app.db', 'app.pages'],
        'app.db': [], 'app.pages': [], 'app.api': ['app.api.users'], 'app.api.users': ['app.api', 'app.db'],
    }


def test_rows():
    """A module stands below those that import it; of two that import each other, the one that is imported first is above."""
    imports = modules.find_imports(APP)
    upward = modules.find_upward(imports)
    assert upward == {('app.api.users', 'app.api')}
    rows = modules.find_rows(imports, upward)
    assert all(rows[name] < rows[other] for name, other in modules.edges(imports) if (name, other) not in upward)


def test_lines():
    """Each import is a way along the lines, with an arrow at its end."""
    imports = modules.find_imports(APP)
    boxes, lines = modules.connect(imports, {**imports, 'main': []})
    for importer, name in modules.edges(imports):
        ends = {box for box in boxes if box.name == importer}
        for _ in boxes:
            ends |= {line.end for line in lines if line.start in ends and line.end.name in (None, name)}
        if (importer, name) == ('app.api.users', 'app.api'):
            assert [line.start.name for line in lines if line.arrow_up] == ['app.api']
        else:
            assert name in {box.name for box in ends}
            assert any(line.end.name == name and line.arrow_down for line in lines if line.start in ends)
    assert {line.end.name for line in lines if line.is_new} == {'app', 'config'}


def test_picture(pages):
    """The picture of a step has a box for each module, marked if it is new or changed, and no two boxes overlap."""
    before = {}
    for folder in FOLDERS:
        now = tasks.read(folder)
        picture = pages[f'{folder.name}.html'].select_one('figure')
        states = {box.text: set(box['class']) - {'module'} for box in picture.select('g')}
        files = {modules.module_name(file): file for file in now if file.endswith('.py')}
        assert states.keys() == files.keys()
        for name, file in files.items():
            is_old = file in before
            assert states[name] == (set() if is_old and before[file] == now[file] else {'changed'} if is_old else {'new'}), name
        boxes = [[float(box.rect[key]) for key in ('x', 'y', 'width', 'height')] for box in picture.select('g')]
        left, top, width, height = map(float, picture.svg['viewbox'].split())
        for x, y, w, h in boxes:
            assert left <= x and x + w <= left + width and top <= y and y + h <= top + height
        for (x1, y1, w1, h1), (x2, y2, w2, h2) in itertools.combinations(boxes, 2):
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1
        as_text = {item.code.text: [code.text for code in item.select('code')[1:]] for item in picture.select('li')}
        assert as_text == modules.find_imports(now)
        before = now
