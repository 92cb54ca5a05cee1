"""tasks.py site: the kit as a website of plain files, with a page for each step."""
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt

import diff_page
import modules
from listings import split_lines, to_html
from templates import FOLDER, fill

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
import tasks  # noqa: E402

FILE_LIST = '.site-files.txt'  # in the folder of a site: the names of its files, so that the next one can take its place
LANGUAGES = {'console', 'python', 'html', 'css', 'json', 'sql', 'http'}  # the listings that have colours
OWN_IDS = ['main', 'modules', 'changes', 'steps']  # of what we add to a README


class Page:
    """A README, as a page of the site."""

    def __init__(self, folder, name):
        self.readme = folder / 'README.md'
        self.folder, self.name = folder, name
        self.file = f'{name}.html'
        self.label = name.partition('-')[0]  # 05 of 05-api-errors
        self.title = self.heading = self.html = ''
        self.sections = []  # (id, text) of each heading of the second level


def write_site(name):
    """Write the site into a folder that is new, empty, or has an earlier site."""
    target = Path(name).resolve()
    earlier = find_earlier(target, name)
    home = Page(tasks.ROOT, 'index')
    steps = [Page(folder, folder.name) for folder, *_ in tasks.STEPS]
    copies = {'style.css': FOLDER / 'style.css', 'keys.js': FOLDER / 'keys.js'}
    for page in [home, *steps]:
        read_readme(page, [home, *steps], copies)
    texts = {home.file: fill_page(home, home, steps, make_cards(steps))}
    before = ('the templates and the stylesheet', find_given())
    for step in steps:
        now = (step.name, tasks.read(step.folder))
        texts[step.file] = fill_page(step, home, steps, make_changes(before, now))
        before = now
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


def find_given():
    """Return {name: text} of what the first step starts from."""
    first = tasks.read(tasks.STEPS[0][0])
    return {name: text for name, text in first.items() if not name.endswith('.py')}


def write_files(target, texts, copies):
    """Write the pages, copy what they link to, and note the names of all of that."""
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding='utf-8', newline='\n')
    for name, source in copies.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    names = sorted([*texts, *copies, FILE_LIST])
    (target / FILE_LIST).write_text('\n'.join(names) + '\n', encoding='utf-8', newline='\n')


# READMEs

def read_readme(page, pages, copies):
    """Render the README of a page; add what it links to, and is no page, to the copies."""
    markdown = MarkdownIt('commonmark', {'html': True, 'highlight': highlight}).enable('table')
    markdown.add_render_rule('table_open', lambda *_: '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n')
    markdown.add_render_rule('table_close', lambda *_: '</table></div>\n')
    tokens = markdown.parse(page.readme.read_text(encoding='utf-8'))
    for token in tokens:
        for child in token.children or []:
            for name in ('href', 'src'):
                if child.attrGet(name):
                    child.attrSet(name, resolve(child.attrGet(name), page, pages, copies))
    ids = list(OWN_IDS)
    for token, inline in zip(tokens, tokens[1:]):
        if token.type == 'heading_open':
            text = ''.join(child.content for child in inline.children)
            token.attrSet('id', find_id(inline.content, ids))
            if token.tag == 'h1':
                page.title = text
            if token.tag == 'h2':
                page.sections.append((token.attrGet('id'), text))
    page.heading = markdown.renderer.render(tokens[:3], markdown.options, {})  # its opening, its text, its end
    page.html = markdown.renderer.render(tokens[3:], markdown.options, {})


def highlight(text, language, attributes):
    """Return the HTML of a listing."""
    lines = split_lines(text.rstrip('\n'), language if language in LANGUAGES else 'text')
    html = '\n'.join(map(to_html, lines)).rstrip('\n')
    return f'<pre tabindex="0"><code>{html}\n</code></pre>'


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

def fill_page(page, home, steps, more):
    """Return a page as HTML, with what comes below its README."""
    pages = [home, *steps]
    place = pages.index(page)
    body = fill('site', page=page, home=home, steps=steps, more=more, previous=pages[place - 1] if place else None,
                next=pages[place + 1] if place + 1 < len(pages) else None)
    title = page.title if page is home else f'{page.title} · {home.title}'
    return fill('page', title=title, body=body)


def make_cards(steps):
    """Return the list of all steps as HTML."""
    rows = []
    before = None
    for step, (folder, _, minutes, idea) in zip(steps, tasks.STEPS):
        rows.append((step, minutes, tasks.new_lines(before, folder), idea))
        before = folder
    return fill('cards', rows=rows)


def make_changes(before, now):
    """Return the picture of a step's modules, and what changes from the step before, as HTML; both are (name, texts)."""
    picture = modules.draw(now[1], before[1])
    diffs = diff_page.compare(before[1], now[1])
    return fill('changes', picture=picture, a=before[0], diff=fill('diff', diffs=diffs, a=before[0], b=now[0], level=3))


if __name__ == '__main__':
    sys.exit(tasks.call(write_site, *sys.argv[1:]))
