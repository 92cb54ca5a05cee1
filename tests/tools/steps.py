"""The steps: where they are, what each is about, and the code in them."""
import re
from pathlib import Path

from terminal import stop

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ('.py', '.tpl', '.css', '.svg')

STEPS = [(ROOT / path, *more) for path, *more in [  # folder, release, minutes, the one idea
    ('steps/01-flat-script', 'v0.1.0-flat-script', 45, 'an app is a table of routes'),
    ('steps/02-database', 'v0.2.0-database', 60, 'rows that last'),
    ('steps/03-accounts', 'v0.3.0-accounts', 70, 'people register'),
    ('steps/04-login', 'v0.4.0-login', 75, 'a session is a random token'),
    ('steps/05-profiles', 'v0.5.0-profiles', 65, 'pages about things'),
    ('steps/06-strangers', 'v1.0.0-basic-app', 90, 'never trust input'),
    ('steps/07-modules', 'v1.1.0-modules', 60, 'one file becomes a package'),
    ('steps/08-blueprints', 'v2.0.0-blueprint', 70, 'a blueprint records routes'),
    ('steps/09-app-factory', 'v2.1.0-app-factory', 60, 'apps are made, not imported'),
    ('steps/10-api-blueprint', 'v3.0.0-api-blueprint', 45, 'every API route answers 501'),
    ('steps/11-api-errors', 'v4.0.0-api-errors', 55, 'one place for every failure'),
    ('steps/12-api-users', 'v5.0.0-api-users', 75, 'resources and their JSON'),
    ('steps/13-api-tokens', 'v6.0.0-api-tokens', 70, 'a password buys a token'),
    ('steps/14-api-posts', 'v7.0.0-api-posts', 70, 'only you change your posts'),
    ('steps/15-search', 'v8.0.0-search', 165, 'a new feature is a new file'),
    ('steps/16-limits', 'v9.0.0-limits', 80, "a stranger who doesn't stop"),
    ('steps/17-layers', 'v10.0.0-layers', 90, 'layers around every request'),
    ('steps/18-a-million-posts', 'v11.0.0-a-million-posts', 75, 'costs do not grow with data'),
    ('final', 'v12.0.0-final', 80, 'ready for real clients'),
]]


def find_step(text):
    """Return the index of the step that is called 7, 07, 07-modules or final."""
    for index, (folder, *_) in enumerate(STEPS):
        if text.strip('/\\') in (folder.name, folder.relative_to(ROOT).as_posix(), str(index + 1), f'{index + 1:02}'):
            return index
    stop(f'There is no step {text!r}. The steps are 1 to {len(STEPS) - 1} and final.', 2)


def new_lines(before, after):
    """Return how many lines of a step's code stand nowhere in the step before, white space aside.

    A line that replaces one in a template doesn't count. The first step is given its templates.
    """
    new = code_lines(after)
    if before is None:
        return sum(line != '' for name, lines in new.items() if name.endswith('.py') for line in lines)
    old, count = code_lines(before), 0
    known, kept = {'', *sum(old.values(), [])}, {*sum(new.values(), [])}
    for name, lines in new.items():
        added = sum(line not in known for line in lines)
        gone = sum(line not in kept for line in old.get(name, [])) if name.endswith('.tpl') else 0
        count += max(0, added - gone)
    return count


def code_lines(folder):
    """Return {name: lines without their indentation} of a step's modules and templates, the learner's tests aside."""
    return {name.replace('app/templates/', 'templates/'): [line.strip() for line in text.splitlines()]
            for name, text in read_code(folder).items() if name.endswith(('.py', '.tpl')) and name != 'test_chat.py'}


def code_files(folder):
    """Yield (path, name) of the code in a folder; what begins with a dot is an editor's, or a .venv."""
    for path in sorted(folder.rglob('*')):
        name = path.relative_to(folder).as_posix()
        if path.suffix in CODE and path.is_file() and not re.search(r'(^|/)\.', name):
            yield path, name


def read_code(folder):
    """Return {name: text} of the code in a folder."""
    return {name: path.read_text(encoding='utf-8', errors='replace') for path, name in code_files(folder)}


def is_taken(folder):
    """Return True if a folder isn't new, because there is a file or something in it."""
    return folder.is_file() or folder.is_dir() and any(folder.iterdir())


def look(folder):
    """Return {path: when it was saved} of the code in a folder."""
    return {path: path.stat().st_mtime_ns for path, _ in code_files(folder)}
