"""tasks.py site: the kit as a website of plain files, with a page for each step."""
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt

from diff_page import FOLDER, fill, make_diff
from listings import highlight

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
import tasks  # noqa: E402

FILE_LIST = '.site-files.txt'  # in the folder of a site: the names of its files, so that the next one can take its place


class Page:
    """A README, as a page of the site."""

    def __init__(self, folder, file):
        self.folder, self.readme, self.file = folder, folder / 'README.md', file
        self.number, _, words = folder.name.partition('-')
        self.short_title = words.replace('-', ' ')
        self.title = self.introduction = self.html = ''
        self.sections = []  # (id, text) of each heading of the second level


def write_site(name):
    """Write the site into a folder that is new, empty, or has an earlier site."""
    target = Path(name).resolve()
    earlier = find_earlier(target, name)
    pages = [Page(tasks.ROOT, 'index.html'), *(Page(folder, f'{folder.name}.html') for folder, *_ in tasks.STEPS)]
    copies = {'style.css': FOLDER / 'style.css', 'site.js': FOLDER / 'site.js'}
    for page in pages:
        read_readme(page, pages, copies)
    texts = {page.file: fill_page(place, pages) for place, page in enumerate(pages)}
    for file in earlier:
        (target / file).unlink(missing_ok=True)
    write_files(target, texts, copies)
    print(f'The site is in {target}: open index.html there.')


def find_earlier(target, name):
    """Return the names of the files of an earlier site."""
    if (target / FILE_LIST).exists():
        return (target / FILE_LIST).read_text(encoding='utf-8').splitlines()
    if target.is_file() or target.is_dir() and any(target.iterdir()):
        tasks.stop(f'{name} is not empty, and has no earlier site. Name a new folder.')
    return []


def write_files(target, texts, copies):
    """Write the pages, copy what they link to, and note the names of all of that."""
    target.mkdir(parents=True, exist_ok=True)
    names = '\n'.join(sorted([*texts, *copies, FILE_LIST])) + '\n'
    for name, text in {**texts, FILE_LIST: names}.items():
        (target / name).write_text(text, encoding='utf-8', newline='\n')
    for name, source in copies.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)


# READMEs

def read_readme(page, pages, copies):
    """Render the README of a page; add what it links to, and is no page, to the copies."""
    markdown = MarkdownIt('commonmark', {'html': True, 'highlight': highlight}).enable('table')
    markdown.add_render_rule('table_open', lambda *_: '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n')
    markdown.add_render_rule('table_close', lambda *_: '</table></div>\n')
    tokens = markdown.parse(page.readme.read_text(encoding='utf-8'))
    for child in (child for token in tokens for child in token.children or []):
        for name in ('href', 'src'):
            if child.attrGet(name):
                child.attrSet(name, resolve(child.attrGet(name), page, pages, copies))
    headings = [(token, inline) for token, inline in zip(tokens, tokens[1:]) if token.type == 'heading_open']
    ids = ['main', 'changes']  # ours
    for token, inline in headings:
        token.attrSet('id', find_id(inline.content, ids))
    page.title = headings[0][1].content
    page.sections = [(token.attrGet('id'), inline.content.replace('`', '')) for token, inline in headings if token.tag == 'h2']
    end = next((place for place, token in enumerate(tokens) if token.tag == 'h2'), len(tokens))
    page.introduction = markdown.renderer.render(tokens[:end], markdown.options, {})
    page.html = markdown.renderer.render(tokens[end:], markdown.options, {})


def find_id(text, ids):
    """Return the id of a heading, as GitHub makes it; one that is taken gets a number."""
    plain = re.sub(r'[^\w\- ]', '', text.lower()).replace(' ', '-')
    names = [plain, *(f'{plain}-{number}' for number in range(1, 1000))]
    ids.append(next(name for name in names if name not in ids))
    return ids[-1]


def resolve(link, page, pages, copies):
    """Return where a link of a README leads on the site: to a page, to a copy of a file, or as before to somewhere else."""
    parts = urlsplit(link)
    if parts.scheme or not parts.path:
        return link
    path = (page.folder / unquote(parts.path)).resolve()
    fragment = f'#{parts.fragment}' if parts.fragment else ''
    for other in pages:
        if path in (other.folder, other.readme):
            return other.file + fragment
    if not path.is_file():
        tasks.stop(f'{page.readme} links to {link}: the site can show files and steps only.')
    name = path.relative_to(tasks.ROOT).as_posix()
    copies[name] = path
    return quote(name) + fragment


# Pages

def fill_page(place, pages):
    """Return a page as HTML: its README, and the list of all steps or what changes in this one."""
    home, *steps = pages
    page = pages[place]
    values = {'cards': [], 'before': '', 'diff': ''}
    folders = [None, *(step.folder for step in steps)]
    if page is home:
        values['cards'] = [(step, minutes, tasks.new_lines(before, step.folder), idea)
                           for step, before, (_, _, minutes, idea) in zip(steps, folders, tasks.STEPS)]
    else:
        before = folders[place - 1]
        values = {**values, 'before': tasks.label(before), 'diff': make_diff(tasks.find_changes(before, page.folder), level=3)}
    previous, following = [*pages[place - 1:place], None][0], [*pages[place + 1:place + 2], None][0]
    body = fill('site', page=page, home=home, steps=steps, previous=previous, following=following, **values)
    return fill('page', title=page.title if page is home else f'{page.title} · {home.title}', body=body)


if __name__ == '__main__':
    sys.exit(tasks.call(write_site, *sys.argv[1:]))
