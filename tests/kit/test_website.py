"""tasks.py site: every link leads somewhere, and every page has its place."""
import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

import website
from suite import FOLDERS, ROOT

NAMES = ['index.html', *(f'{folder.name}.html' for folder in FOLDERS)]


pytestmark = pytest.mark.thorough  # its diffs take seconds


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """The folder with the site, and {name: page} of it."""
    folder = tmp_path_factory.mktemp('made') / 'site'
    website.write_site(folder)
    texts = {name: (folder / name).read_text(encoding='utf-8') for name in NAMES}
    return folder, {name: BeautifulSoup(text, 'html.parser') for name, text in texts.items()}


def test_links(site):
    """Each link and picture leads to a file of the site, and each anchor is there. Nothing else is loaded."""
    folder, pages = site
    ids = {name: [tag['id'] for tag in page.select('[id]')] for name, page in pages.items()}
    for name, page in pages.items():
        assert len(ids[name]) == len(set(ids[name])), name
        assert not re.search(r'url\(|@import', page.style.text)
        for tag in page.select('[href], [src]'):
            url = urlsplit(tag.get('href') or tag.get('src'))
            if url.scheme:  # http: the learner's own server
                assert tag.name == 'a' and (url.scheme == 'https' or url.hostname == '127.0.0.1'), tag
            else:
                target = url.path or name
                assert not target.startswith('/') and (folder / target).is_file(), f'{name}: {tag}'
                assert not url.fragment or url.fragment in ids[target], f'{name}: {tag}'


def test_the_whole_readme_is_there(site):
    """A page has its README: each heading, and each listing to the letter. What is for leaders is not there."""
    for folder, page in zip([ROOT, *FOLDERS], site[1].values()):
        text = website.FOR_LEADERS.sub('', (folder / 'README.md').read_text(encoding='utf-8'))
        listings = re.compile(r'^( *)```(\w+)[^\n]*\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
        headings = [text.replace('`', '') for text in re.findall(r'^#+ (.*)', listings.sub('', text), re.MULTILINE)]
        tags = page.select('article :is(h1, h2, h3, h4)')
        assert [tag.text for tag in tags][:len(headings)] == headings and 'Maintain it' not in headings
        for pre, (indent, language, listing) in zip(page.select('pre'), listings.findall(text), strict=True):
            assert (pre['class'], pre.text) == ([language], re.sub(f'^{indent}', '', listing, flags=re.MULTILINE))


def test_way_through(site):
    """Next leads through all steps, previous back."""
    for number, page in enumerate(site[1].values()):
        assert [link['href'] for link in page.select('a[rel=next]')] == NAMES[number + 1:number + 2]
        assert [link['href'] for link in page.select('a[rel=prev]')] == NAMES[:number][-1:]
