"""tasks.py site: every link leads somewhere, every page has its place, and nothing of somebody else's is overwritten."""
import posixpath
import re
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

import website
from suite import FOLDERS, tasks

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


def test_links(site, pages):
    """Each link, picture, script and stylesheet is a relative path to a file of the site, and each anchor is there, once."""
    ids = {name: [tag['id'] for tag in page.select('[id]')] for name, page in pages.items()}
    for name, page in pages.items():
        assert len(ids[name]) == len(set(ids[name])), name
        for tag in page.select('[href], [src]'):
            url = urlsplit(tag.get('href') or tag.get('src'))
            if url.scheme:
                assert (tag.name, url.scheme) in [('a', 'https'), ('link', 'data')] or url.hostname == '127.0.0.1', tag  # the learner's own server
                continue
            target = posixpath.normpath(unquote(url.path) or name)
            assert not url.path.startswith('/') and (site / target).is_file(), f'{name}: {tag}'
            assert not url.fragment or unquote(url.fragment) in ids[target], f'{name}: {tag}'


def test_the_whole_readme_is_there(pages):
    """A page has its README: each heading, and each listing to the letter. Its list of contents has each section."""
    for readme, page in zip([tasks.ROOT / 'README.md', *(folder / 'README.md' for folder in FOLDERS)], pages.values()):
        text = readme.read_text(encoding='utf-8')
        headings = re.findall(r'^(#+) (.*)', re.sub(r'^( *)```.*?^\1```', '', text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
        texts = [heading.text for heading in page.select('article :is(h1, h2, h3, h4)')]
        assert texts[:len(headings)] == [heading.replace('`', '') for _, heading in headings]
        contents = [link.text for link in page.select('.here a')]
        assert [text for text in contents if text != 'All changes'] == [heading.replace('`', '') for level, heading in headings if level == '##']
        listings = [re.sub(f'^{indent}', '', listing, flags=re.MULTILINE) for indent, listing in re.findall(r'^( *)```\w+\n(.*?)^\1```$', text, re.MULTILINE | re.DOTALL)]
        assert [pre.text.rstrip('\n') for pre in page.select('pre')] == [listing.rstrip('\n') for listing in listings]


def test_way_through(pages):
    """Next leads through all steps in their order, previous back; the list of steps says where you are. The cards come first."""
    for name, other in zip(NAMES, NAMES[1:]):
        assert pages[name].select_one('a[rel=next]')['href'] == other
        assert pages[other].select_one('a[rel=prev]')['href'] == name
        assert [link['href'] for link in pages[other].select('.site [aria-current=page]')] == [other]
        assert [link['href'] for link in pages[other].select('.site li a')] == NAMES[1:]
    assert not pages[NAMES[-1]].select('a[rel=next]') and not pages[NAMES[0]].select('a[rel=prev]')
    assert pages['index.html'].select_one('.cards').find_next('h2').text == 'Run it, test it'


def test_again(tmp_path, monkeypatch, capsys):
    """A new site takes the place of an earlier one, and leaves alone what is not of it; any other folder is refused."""
    monkeypatch.setattr(tasks, 'STEPS', tasks.STEPS[:1])
    folder = tmp_path / 'site'
    website.write_site(folder)
    (folder / 'CNAME').write_text('chat.example', encoding='utf-8')
    (folder / 'index.html').unlink()
    website.write_site(folder)
    assert (folder / 'CNAME').exists() and (folder / 'index.html').exists()
    with pytest.raises(SystemExit):
        website.write_site(tmp_path)
    assert 'not empty' in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ['site']


def test_readme_links(tmp_path, monkeypatch, capsys):
    """Links between READMEs lead to the same headings; one that leads nowhere is told."""
    monkeypatch.setattr(tasks, 'ROOT', tmp_path)
    (tmp_path / 'README.md').write_text('# Kit\n\n## The idea\n\n## The idea\n\n[that](README.md#the-idea-1)\n', encoding='utf-8')
    page = website.Page(tmp_path, 'index.html')
    website.read_readme(page, [page], {})
    assert page.sections == [('the-idea', 'The idea'), ('the-idea-1', 'The idea')] and 'href="index.html#the-idea-1"' in page.html
    (tmp_path / 'README.md').write_text('# Kit\n\n[nowhere](nowhere.md)\n', encoding='utf-8')
    with pytest.raises(SystemExit):
        website.read_readme(page, [page], {})
    assert 'nowhere.md' in capsys.readouterr().err
