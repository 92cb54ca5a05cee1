"""tasks.py site: the kit as a website of plain files, with a page for each step; --serve shows it to the room."""
import re
import sys
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from diff_page import fill, make_diff, to_html
from server import find_address, listens
from steps import ROOT, is_taken
from terminal import ME, call, stop
from versions import VERSIONS, find_changes

FOR_LEADERS = re.compile(r'^## (?:Lead|Maintain) .*?(?=^## |\Z)', re.DOTALL | re.MULTILINE)  # not on the projector


def write_site(name, port=None):
    """Write the site into a folder that is new, empty, or has an earlier site. With a port, show it to the network."""
    target = Path(name).resolve()
    if port and listens('127.0.0.1', port):
        stop(f'Port {port} is taken. Take another: {ME} site --serve {int(port) + 1}')
    if is_taken(target) and not any(target.glob('01-*.html')):
        stop(f'{name} is not empty, and has no earlier site. Name a new folder.')
    files = {ROOT / 'README.md': 'index.html'}
    files.update({folder / 'README.md': f'{folder.name}.html' for folder in VERSIONS[1:]})
    pages = [Page(readme, before, files) for readme, before in zip(list(files), [None, *VERSIONS])]
    texts = {page.file: fill('site', page=page, pages=pages) for page in pages}
    for source, file in [*files.items()]:
        if source.suffix == '.md' and file not in texts:  # a page that belongs to no step
            html = f'<main id="main"><article>{render(source, files)}</article></main>'
            texts[file] = fill('page', title=source.stem, base=html)
    for source, file in files.items():
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (target / file).write_bytes(texts[file].encode() if file in texts else source.read_bytes())
    print(f'The site is in {target}: open index.html there.')
    if port:
        SimpleHTTPRequestHandler.log_message = lambda *_: None  # no line for each request of each phone
        server = ThreadingHTTPServer(('', int(port)), partial(SimpleHTTPRequestHandler, directory=target))
        print(f'Everyone in this network: http://{find_address()}:{port}/')
        print(f'Here: http://127.0.0.1:{port}/ Ctrl-C ends it.', flush=True)
        server.serve_forever()


class Page:
    """A README, as a page of the site; it ends with all changes of its step. files: {source: its name on the site}."""

    def __init__(self, readme, before, files):
        folder, self.file = readme.parent, files[readme]
        self.number, _, self.short_title = folder.name.partition('-')
        self.html = render(readme, files)
        if before:
            self.html += f'<h2 id="changes">All changes from {before.name}</h2>\n'
        self.title = re.search('<h1.*?>(.*)</h1>', self.html)[1]
        self.sections = re.findall('<h([23]|4(?= id="yours)) id="(.*)">(.*)</h', self.html)
        if before:
            self.html += make_diff(find_changes(before, folder), level=3)


def render(readme, files):
    """Return a README as HTML: headings with the ids that GitHub gives them, links and pictures of the site."""
    markdown = MarkdownIt('commonmark', {'html': True, 'highlight': highlight}).enable('table')
    html = markdown.render(FOR_LEADERS.sub('', readme.read_text(encoding='utf-8')))
    html = html.replace('<table>', '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>')
    html = html.replace('</table>', '</table></div>')
    html = re.sub('<(h[1-4])>(.*)</h', lambda match: f'<{match[1]} id="{name(match[2])}">{match[2]}</h', html)
    link = '(<a href="|<img src=")(.*?)(?=")'
    return re.sub(link, lambda match: match[1] + resolve(match[2], readme, files), html)


def name(heading):
    """Return the id of a heading."""
    text = unescape(re.sub('<.*?>', '', heading)).lower()
    return re.sub(r'[^\w\- ]', '', text).replace(' ', '-')


def highlight(text, language, _):
    """Return the HTML of a listing."""
    return f'<pre class="{language}" tabindex="0"><code>{to_html(text, language)}</code></pre>'


def resolve(link, readme, files):
    """Return where a link of a README leads on the site: to a page, to the copy of a file, or elsewhere."""
    parts = urlsplit(link)
    if parts.scheme or not parts.path:
        return link
    path = (readme.parent / parts.path).resolve()
    name = f'{path.stem}.html' if path.suffix == '.md' else path.relative_to(ROOT).as_posix()
    return parts._replace(path=files.setdefault(path, name)).geturl()


if __name__ == '__main__':
    sys.exit(call(write_site, *sys.argv[1:]))
