"""tasks.py site: the kit as a website of plain files, with a page for each step."""
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from markdown_it import MarkdownIt

from diff_page import FOLDER, fill, make_diff
from listings import highlight
from versions import find_changes, tasks


class Page:
    """A README, as a page of the site."""

    def __init__(self, folder, file):
        self.folder, self.readme, self.file = folder, folder / 'README.md', file
        self.number, _, self.short_title = folder.name.partition('-')
        self.title = self.introduction = self.html = ''
        self.sections = []  # (id, text) of each heading of the second level


def write_site(name):
    """Write the site into a folder that is new, empty, or has an earlier site."""
    target = Path(name).resolve()
    pages = [Page(tasks.ROOT, 'index.html'), *(Page(folder, f'{folder.name}.html') for folder, *_ in tasks.STEPS)]
    if target.is_file() or target.is_dir() and any(target.iterdir()) and not (target / pages[1].file).exists():
        tasks.stop(f'{name} is not empty, and has no earlier site. Name a new folder.')
    copies = {'style.css': FOLDER / 'style.css', 'site.js': FOLDER / 'site.js'}
    for page in pages:
        read_readme(page, pages, copies)
    texts = {page.file: fill_page(place, pages) for place, page in enumerate(pages)}
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (target / name).write_text(text, encoding='utf-8', newline='\n')
    for name, source in copies.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    print(f'The site is in {target}: open index.html there.')


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
    ids = ['main', 'changes']  # ours
    for token, inline in zip(tokens, tokens[1:]):
        if token.type == 'heading_open':
            text = inline.content.replace('`', '')
            token.attrSet('id', find_id(text, ids))
            page.title = page.title or text
            if token.tag == 'h2':
                page.sections.append((token.attrGet('id'), text))
    end = next((place for place, token in enumerate(tokens) if token.tag == 'h2'), len(tokens))
    page.introduction = markdown.renderer.render(tokens[:end], markdown.options, {})
    page.html = markdown.renderer.render(tokens[end:], markdown.options, {})


def find_id(text, ids):
    """Return the id of a heading, as GitHub makes it; one that is taken gets a number."""
    plain = re.sub(r'[^\w\- ]', '', text.lower()).replace(' ', '-')
    ids.append(plain if plain not in ids else next(f'{plain}-{number}' for number in range(1, 1000) if f'{plain}-{number}' not in ids))
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
    """Return a page as HTML: a README, and below the introduction of the first one the cards of the steps, below the others what changes."""
    page, home, steps = pages[place], pages[0], pages[1:]
    folders = [None, *(step.folder for step in steps)]
    cards, changes = [], ''
    if page is home:
        cards = [(step, tasks.new_lines(before, step.folder), *row[2:]) for step, before, row in zip(steps, folders, tasks.STEPS)]
    else:
        changes = make_diff(find_changes(folders[place - 1], page.folder), level=3)
    previous = pages[place - 1] if place else None
    following = pages[place + 1] if place < len(steps) else None
    body = fill('site', page=page, home=home, steps=steps, cards=cards, changes=changes, previous=previous, following=following)
    return fill('page', title=page.title if page is home else f'{page.title} · {home.title}', body=body)


if __name__ == '__main__':
    sys.exit(tasks.call(write_site, *sys.argv[1:]))
