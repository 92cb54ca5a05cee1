"""tasks.py site: every link leads somewhere, and every page has its place."""
import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

import diff_page
import website
from suite import FOLDERS, ROOT

NAMES = ['index.html', *(f'{folder.name}.html' for folder in FOLDERS)]


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """The folder with the site and a page of diff --html, and {name: page} of it."""
    folder = tmp_path_factory.mktemp('site')
    (folder / NAMES[1]).touch()  # an earlier site, which makes room
    website.write_site(folder)
    diff_page.write_page(folder / 'diff.html', FOLDERS[3], FOLDERS[4], '', '')
    texts = {name: (folder / name).read_text(encoding='utf-8') for name in [*NAMES, 'diff.html']}
    return folder, {name: BeautifulSoup(text, 'html.parser') for name, text in texts.items()}


def test_links(site):
    """Each link and picture leads to a file of the site, and each anchor is there. Nothing else is loaded."""
    folder, pages = site
    ids = {name: [tag['id'] for tag in page.select('[id]')] for name, page in pages.items()}
    for name, page in pages.items():
        assert len(ids[name]) == len(set(ids[name])), name
        assert not re.search(r'url\(|@import', page.style.text) and bool(page.select('script')) == (name in NAMES)
        for tag in page.select('[href], [src]'):
            url = urlsplit(tag.get('href') or tag.get('src'))
            target = url.path or name
            if url.scheme:  # http: the learner's own server
                assert tag.name == 'a' and (url.scheme == 'https' or url.hostname == '127.0.0.1'), tag
                continue
            assert not url.path.startswith('/') and (folder / target).is_file(), f'{name}: {tag}'
            assert not url.fragment or url.fragment in ids[target], f'{name}: {tag}'


def test_the_whole_readme_is_there(site):
    """A page has its README: each heading, and each listing to the letter. Its list of contents has each section."""
    for folder, page in zip([ROOT, *FOLDERS], site[1].values()):
        text = website.FOR_LEADERS.sub('', (folder / 'README.md').read_text(encoding='utf-8'))
        listings = re.compile(r'^( *)```(\w+)[^\n]*\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
        headings = [text.replace('`', '') for text in re.findall(r'^#+ .*', listings.sub('', text), re.MULTILINE)]
        tags = page.select('article :is(h1, h2, h3, h4)')
        assert [f'{"#" * int(tag.name[1])} {tag.text}' for tag in tags][:len(headings)] == headings
        here = [tag for tag in page.select('article :is(h2, h3, h4)[id]') if not tag.find_parent(class_='file')]
        assert [link['href'] for link in page.select('.site ul a')] == [
            f'#{tag["id"]}' for tag in here if tag.name < 'h4' or tag.text.startswith('Yours')]
        for pre, (indent, language, listing) in zip(page.select('pre'), listings.findall(text), strict=True):
            text = re.sub(f'^{indent}', '', listing, flags=re.MULTILINE)
            assert (pre['class'], pre.text) == ([language], text)


def test_way_through(site):
    """Next leads through all steps in their order, previous back; the list of steps says where you are."""
    _, pages = site
    for name, other in zip(NAMES, NAMES[1:]):
        assert pages[name].select_one('a[rel=next]')['href'] == other
        assert pages[other].select_one('a[rel=prev]')['href'] == name
        assert [link['href'] for link in pages[other].select('.site [aria-current=page]')] == [other]
        assert [link['href'] for link in pages[other].select('.site ol > li > a')] == NAMES
    assert not pages[NAMES[-1]].select('a[rel=next]') and not pages[NAMES[0]].select('a[rel=prev]')


def test_not_on_the_projector(site):
    """What is for leaders and maintainers is not on the site; answers and our solutions are folded."""
    folder, pages = site
    assert not list(folder.glob('LEADER*')) and not re.search('LEADER|Maintain', pages['index.html'].text)
    for name, page in pages.items():
        assert not page.select('details[open]'), name
