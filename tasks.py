"""The kit's helper: `python3 tasks.py` lists the steps, and what can be done with them.

One file, the standard library only. Where the packages of requirements.txt are missing, it puts them into .venv first.
"""
import argparse
import difflib
import http.cookiejar
import importlib.util
import itertools
import os
import pydoc
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WORK = ROOT / 'work'
VENV = ROOT / '.venv'
VENV_PYTHON = VENV / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
ME = f"{'python' if os.name == 'nt' else 'python3'} tasks.py"
CODE = ('.py', '.tpl', '.css')
SHIPPED = (*CODE, '.md', '.png')

STEPS = [  # folder, release, minutes, the one idea
    (ROOT / 'steps/01-flat-script', 'v1.0.0-basic-app', 30, 'a whole chat app in one file'),
    (ROOT / 'steps/02-app-factory', 'v1.1.0-app-factory', 20, 'create_app(config): the app is made, not imported'),
    (ROOT / 'steps/03-blueprints', 'v2.0.0-blueprint', 20, 'a blueprint is a recording of routes, replayed onto an app'),
    (ROOT / 'steps/04-api-blueprint', 'v3.0.0-api-blueprint', 15, 'the API is a blueprint of its own; every route answers 501'),
    (ROOT / 'steps/05-api-errors', 'v4.0.0-api-errors', 20, 'one place turns every failure under /api into JSON'),
    (ROOT / 'steps/06-api-users', 'v5.0.0-api-users', 30, 'resources and their representation: users'),
    (ROOT / 'steps/07-api-tokens', 'v6.0.0-api-tokens', 25, 'Basic buys a token, Bearer spends it'),
    (ROOT / 'steps/08-api-posts', 'v7.0.0-api-posts', 25, 'a post belongs to the user behind the token'),
    (ROOT / 'final', 'v8.0.0-final', 30, 'ready for real clients, on a server for production'),
]


def main():
    """Read the command line, and do what it says."""
    words, pytest_options = sys.argv[1:], []
    if '--' in words:
        words, pytest_options = words[:words.index('--')], words[words.index('--') + 1:]
    options = make_parser().parse_args(words)
    options.pytest_options = pytest_options
    try:
        return options.do(options)
    except KeyboardInterrupt:
        print()


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong, and what to type."""

    def error(self, message):
        stop(f'{message}. To see what there is: {ME}', 2)


def make_parser():
    """Return the parser of the command line; without a verb, the table is shown."""
    parser = Parser(prog=ME, description='Run, check, compare and follow the steps. Without a verb: list them.')
    parser.set_defaults(do=table)
    verbs = parser.add_subparsers(metavar='verb')

    def verb(function, *arguments, **more):
        this = verbs.add_parser(function.__name__, help=function.__doc__, description=function.__doc__, **more)
        this.set_defaults(do=function)
        for name, settings in arguments:
            this.add_argument(name, **settings)
    offline = ('--offline', {'metavar': 'DIR', 'help': 'install the packages from this folder of wheels'})
    verb(run, ('step', {'nargs': '?', 'default': 'final'}), ('--port', {'type': int, 'default': 8080}),
         ('--host', {'default': '127.0.0.1'}), ('--db', {'metavar': 'FILE', 'help': 'the database (default: chat.db of the step)'}),
         ('--demo', {'action': 'store_true', 'help': 'fill an empty room with a few people and posts'}), offline)
    verb(test, ('steps', {'nargs': '*', 'metavar': 'step'}), offline, epilog='Options after -- go to pytest.')
    verb(diff, ('a', {}), ('b', {}), ('--stat', {'action': 'store_true', 'help': 'only count the lines of each file'}))
    verb(start, ('step', {}))
    verb(check, ('step', {'nargs': '?', 'default': 'final'}),
         ('--watch', {'action': 'store_true', 'help': 'again at every save'}), offline)
    verb(carry, ('step', {}), offline)
    verb(release, ('dir', {}))
    return parser


def stop(message, status=1):
    """End with a line on what is wrong and what to do: status 2 for a wrong command, 1 for all else."""
    print(message, file=sys.stderr)
    sys.exit(status)


def find_step(text):
    """Return the index of the step that is called 5, 05, 05-api-errors or final."""
    for index, (folder, *_) in enumerate(STEPS):
        if text.strip('/\\') in (folder.name, folder.relative_to(ROOT).as_posix(), str(index + 1), f'{index + 1:02}'):
            return index
    stop(f'There is no step {text!r}. The steps are 1 to {len(STEPS) - 1} and final.', 2)


def paint(text, code):
    """Return the text in a colour of the terminal, where it has colours and wants them."""
    return f'\x1b[{code}m{text}\x1b[0m' if sys.stdout.isatty() and not os.environ.get('NO_COLOR') else text


# The table

def table(options):
    """List the steps and the verbs."""
    print(paint(f'{"step":18}{"release":22}{"minutes":>7}{"new lines":>11}  idea', '1'))
    for index, (folder, name, minutes, idea) in enumerate(STEPS):
        before = STEPS[index - 1][0] if index else None
        print(f'{folder.name:18}{name:22}{minutes:7}{new_lines(before, folder):11}  {idea}')
    print(f'\n{ME} <verb> -h tells more about a verb:')
    for function in (run, test, diff, start, check, carry, release):
        print(f'  {paint(function.__name__, "1")}{" " * (9 - len(function.__name__))}{function.__doc__}')


def new_lines(before, after):
    """Return how many lines of code in a step stand nowhere in the one before, white space aside."""
    def lines(folder):
        texts = [text for name, text in read(folder).items() if name.endswith(('.py', '.tpl'))] if folder else []
        return [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    old = set(lines(before))
    return sum(line not in old for line in lines(after))


def read(folder):
    """Return {name: text} of the files in a step's folder, less its README and what was made by running it."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding='utf-8') for path in sorted(folder.rglob('*'))
            if path.suffix in CODE and '__pycache__' not in path.parts}


# run, test, check: they need the packages

def python(offline=None):
    """Return a Python that has the packages: this one, or that of .venv, which is made where there is none."""
    needed = (ROOT / 'requirements.txt').read_text(encoding='utf-8')
    ready = VENV / 'ready.txt'
    if ready.exists() and ready.read_text(encoding='utf-8') == needed:
        return VENV_PYTHON
    if all(importlib.util.find_spec(name) for name in ('bottle', 'sqlite_utils', 'waitress', 'webtest', 'pytest')):
        return sys.executable
    print('Making .venv, once, for the packages of requirements.txt', flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.run([sys.executable, '-m', 'venv', VENV], capture_output=True).returncode:
        stop('This Python cannot make a .venv. On Debian or Ubuntu, first type: sudo apt install python3-venv')
    source = ['--no-index', '--find-links', offline] if offline else []
    command = [VENV_PYTHON, '-m', 'pip', 'install', '--disable-pip-version-check', *source, '-r', ROOT / 'requirements.txt']
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', errors='replace')
    log = []
    for line in pip.stdout:
        log.append(line)
        if line.startswith(('Collecting', 'Processing', 'Installing')):
            print(' ', ' '.join(line.split()[:2]), flush=True)
    if pip.wait():
        reason = next((line.strip() for line in reversed(log) if line.startswith('ERROR')), 'pip failed')
        stop(f'{reason}\nThe packages could not be installed. Without a network, name a folder of wheels: --offline DIR')
    ready.write_text(needed, encoding='utf-8')
    return VENV_PYTHON


def run(options):
    """Serve a step (default: final), and print its address."""
    folder = STEPS[find_step(options.step)][0]
    database = Path(options.db or folder / 'chat.db').resolve()
    address = f'http://{options.host}:{options.port}'
    try:
        socket.create_connection((options.host, options.port), timeout=1).close()
        stop(f'Port {options.port} is taken. Take another: {ME} run {options.step} --port {options.port + 1}')
    except OverflowError:
        stop(f'There is no port {options.port}. Ports go from 1 to 65535.', 2)
    except OSError:
        pass  # nobody answers: the port is free
    environ = {**os.environ, 'CHAT_HOST': options.host, 'CHAT_PORT': str(options.port), 'CHAT_DB': str(database)}
    file = 'main.py' if (folder / 'main.py').exists() else 'chat.py'
    server = subprocess.Popen([python(options.offline), '-B', folder / file], env=environ)
    try:
        while server.poll() is None and not answers(address):
            time.sleep(0.05)
        if server.poll() is None:
            if options.demo:
                demo(address, database)
            print(f'{folder.name}: open {paint(address + "/", "1")} in a browser. Ctrl-C ends it.', flush=True)
        return server.wait()
    finally:
        server.terminate()
        server.wait()


def answers(address):
    """True if there is a server at this address."""
    try:
        return bool(urllib.request.urlopen(address + '/auth/login', timeout=2))
    except OSError:
        return False


def demo(address, database):
    """Let a few people talk, if nobody has yet."""
    with sqlite3.connect(database) as db:
        if db.execute('select count(*) from user').fetchone()[0]:
            return print('There are people in the room already: no demo.')
    browsers = {}
    for name in ('ann', 'bob', 'eve'):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browsers[name] = urllib.request.build_opener(cookies)
        send(browsers[name], f'{address}/auth/register', username=name, email=f'{name}@example.com', password='chat-demo')
    for name, body in [
        ('ann', 'Good morning! Is anybody here?'),
        ('bob', 'Here. Is this the room for the workshop?'),
        ('ann', 'It is. We start with one file, and end with a JSON API.'),
        ('eve', 'Can you see <b>bold</b> text?'),
        ('bob', 'We see what you typed, and that is how it should be.'),
        ('ann', 'Step 03 in ten minutes. Get a coffee ☕'),
    ]:
        send(browsers[name], f'{address}/', body=body)
    send(browsers['ann'], f'{address}/profile', about_me='I lead the workshop.')
    print('In the room: ann, bob and eve. The password of each is chat-demo.')


def send(browser, url, **fields):
    """Post a form."""
    browser.open(url, urllib.parse.urlencode(fields).encode(), timeout=10).close()


def test(options):
    """Check some steps, or all: the suite of tests/."""
    indexes = [find_step(text) for text in options.steps]
    return pytest(options, *(f'--step={index + 1}' for index in indexes), *options.pytest_options)


def pytest(options, *arguments):
    """Run the suite; return its exit status."""
    command = [python(options.offline), '-B', '-m', 'pytest', *(['-q'] if not options.pytest_options else []), *arguments]
    return subprocess.run(command, cwd=ROOT).returncode


def check(options):
    """Check work/: which step it has reached, and what is missing first."""
    need_work()
    arguments = ['--app=work', f'--step={find_step(options.step) + 1}', '-x']
    status = pytest(options, *arguments)
    while options.watch:
        before = saves()
        print('Waiting for a save in work/. Ctrl-C ends it.', flush=True)
        while saves() == before:
            time.sleep(0.3)
        status = pytest(options, *arguments)
    return status


def saves():
    """Return when each file of work/ was saved."""
    return {path: path.stat().st_mtime_ns for path in WORK.rglob('*') if path.suffix in CODE}


def need_work():
    """Stop if there is no work/."""
    if not WORK.is_dir():
        stop(f'There is no work/ yet. Make it with: {ME} start 1')


def start(options):
    """Put the starting point of a step into work/; what was there is kept beside it."""
    index = find_step(options.step)
    if WORK.exists():
        number = next(n for n in range(1, 1000) if not (ROOT / f'work-{n}').exists())
        try:
            WORK.rename(ROOT / f'work-{number}')
        except OSError as error:
            stop(f'work/ cannot be renamed: {error.strerror}. Close the programs that use it, and try again.')
        print(f'What was in work/ is now in work-{number}/.')
    if index:
        ignored = shutil.ignore_patterns('README.md', '*.png', '__pycache__', '*.db', '*.db-*')
        shutil.copytree(STEPS[index - 1][0], WORK, ignore=ignored)
    else:
        for name in ('templates', 'static'):
            shutil.copytree(STEPS[0][0] / name, WORK / name)
    what = f'the end of {STEPS[index - 1][0].name}' if index else 'the templates and the stylesheet of the app'
    print(f'work/ has {what}. Now read {STEPS[index][0].relative_to(ROOT).as_posix()}/README.md, and type.')
    print(f'How far you are: {ME} check {index + 1}')


# diff

def diff(options):
    """Show what changes from A to B: steps, final or work."""
    a, b = folder_of(options.a), folder_of(options.b)
    old, new = read(a), read(b)
    changes = {names: list(difflib.unified_diff(old.get(names[0], '').splitlines(), new.get(names[1], '').splitlines(), lineterm=''))[2:]
               for names in pair(old, new)}
    gone, come = ({line[1:].strip() for lines in changes.values() for line in lines if line[0] == sign} for sign in '-+')
    moved = {line for line in gone & come if sum(map(str.isalnum, line)) > 3}
    text = [f'{a.name} -> {b.name}:  {paint("+ new", 32)}  {paint("- gone", 31)}  {paint("> moved here  < moved away", 36)}']
    for (one, two), lines in changes.items():
        name = f'{two} (new)' if not one else f'{one} (gone)' if not two else one if one == two else f'{one} -> {two}'
        marks = mark(lines, moved)
        if options.stat and (lines or one != two):
            text.append(f'{name:60}' + ' '.join(f'{sign}{sum(line[0] == sign for line in marks):<4}' for sign in '+-><'))
        elif lines or one != two:
            text += ['', paint(name, 1), *(paint(line, COLOURS.get(line[0], 0)) for line in fold(marks))]
    show('\n'.join(text))


COLOURS = {'+': 32, '-': 31, '<': 36, '>': 36, '@': 2}


def folder_of(text):
    """Return the folder of a step, or work/."""
    if text.strip('/\\') == 'work':
        need_work()
        return WORK
    return STEPS[find_step(text)][0]


def pair(old, new):
    """Return [old name, new name] of each file: the same name, else nearly the same lines, else None on one side."""
    pairs = {name: name for name in new if name in old}
    for name in sorted(new.keys() - pairs.keys()):
        likeness = {other: difflib.SequenceMatcher(None, old[other].splitlines(), new[name].splitlines(), False).ratio()
                    for other in sorted(old.keys() - set(pairs.values()))}
        best = max(likeness, key=likeness.get, default=None)
        pairs[name] = best if best and likeness[best] > 0.6 else None
    gone = [(name, None) for name in sorted(old.keys() - set(pairs.values()))]
    return gone + [(pairs[name], name) for name in sorted(pairs)]


def mark(lines, moved):
    """Return the lines of a diff with those marked that have moved; a blank line goes with the one above it."""
    marks = [' ']
    for line in lines:
        arrow = {'+': '>', '-': '<'}.get(line[0])
        text = line[1:].strip()
        marks.append(arrow + line[1:] if arrow and (text in moved or not text and marks[-1][0] == arrow) else line)
    return marks[1:]


def fold(lines):
    """Yield the lines of a diff, without the middle of a long run of lines that have moved away."""
    for away, run in itertools.groupby(lines, lambda line: line[0] == '<'):
        run = list(run)
        yield from run if not away or len(run) < 8 else [*run[:2], f'<   ... {len(run) - 4} more lines ...', *run[-2:]]


def show(text):
    """Print a text; in a terminal, a long one page by page."""
    os.environ.setdefault('LESS', '-FRX')
    pydoc.pager(text + '\n') if sys.stdout.isatty() else print(text)


# carry: for those who mend the kit

def carry(options):
    """Bring your uncommitted fix in a step to all later ones, and check them."""
    index = find_step(options.step)
    if not shutil.which('git') or git('ls-files', '--error-unmatch', 'tasks.py').returncode:
        stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    fix = uncommitted(STEPS[index][0])
    if not fix:
        stop(f'Nothing is uncommitted in {STEPS[index][0].name}. Make the fix there first (READMEs are not carried).')
    conflicts = False
    for folder, *_ in STEPS[index + 1:]:
        results = [f'{result:9} {name}' for name, change in sorted(fix.items()) for result, name in bring(folder, name, *change)]
        print(f'{folder.name:18}' + ('\n' + ' ' * 18).join(results), flush=True)
        conflicts |= any('conflict' in result for result in results)
        fix = uncommitted(folder) or fix
    status = pytest(options, *(f'--step={number + 1}' for number in range(index, len(STEPS))))
    return 1 if conflicts else status


def git(*arguments, **more):
    """Run git in the kit's folder; return what subprocess.run returns."""
    return subprocess.run(['git', *map(str, arguments)], **{'cwd': ROOT, 'capture_output': True, 'encoding': 'utf-8', **more})


def uncommitted(folder):
    """Return {name: (text in the last commit, text now)} of the files that differ; '' where there is no file."""
    names = git('ls-tree', '-r', '--name-only', 'HEAD', '.', cwd=folder).stdout.splitlines()
    before = {name: git('show', f'HEAD:./{name}', cwd=folder).stdout for name in names if name.endswith(CODE)}
    now = read(folder)
    return {name: (before.get(name, ''), now.get(name, '')) for name in before.keys() | now.keys()
            if before.get(name, '') != now.get(name, '')}


def bring(folder, name, before, after):
    """Bring a change of a file to a folder, three-way; yield what came of it, with the file's name."""
    texts = read(folder)
    merged = merge(texts[name], before, after) if name in texts else None if before else after
    if merged is not None:
        yield ('had it' if merged == texts.get(name) else write(folder / name, merged)), name
        return
    matcher = difflib.SequenceMatcher(None, old := before.splitlines(), new := after.splitlines(), False)
    for tag, i, j, k, m in matcher.get_opcodes():  # the file was split or has changed nearby: look for the lines
        if tag != 'equal':
            yield replace(folder, [old[max(0, i - n):j + n] for n in (3, 2, 1)], [new[max(0, k - n):m + n] for n in (3, 2, 1)], name)


def merge(ours, before, after):
    """Return the text in which ours has the change from before to after as well; None if they conflict."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ('ours', 'before', 'after')]
        for path, text in zip(paths, (ours, before, after)):
            path.write_text(text, encoding='utf-8', newline='\n')
        merged = git('merge-file', '-p', *paths)
    return merged.stdout if merged.returncode == 0 else None


def replace(folder, olds, news, name):
    """Put new lines in place of old ones wherever in a folder they stand once; return what came of it, and where."""
    for old, new in zip(olds, news):
        for result, lines in (('took it', old), ('had it', new)):
            places = [(name, i) for name, text in read(folder).items() for i in find(lines, text.splitlines())]
            if len(places) == 1:
                name, i = places[0]
                if result == 'took it':
                    text = read(folder)[name].splitlines()
                    text[i:i + len(old)] = new
                    write(folder / name, '\n'.join(text) + '\n')
                return result, name
    return 'conflict', f'{name}: bring this change by hand: {" / ".join(line.strip() for line in news[-1])}'


def find(some, lines):
    """Return where some lines stand among others."""
    return [i for i in range(len(lines) - len(some) + 1) if lines[i:i + len(some)] == some]


def write(path, text):
    """Write a file, or delete it if it has no text; return what was done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8', newline='\n') if text else path.unlink()
    return 'took it' if text else 'deleted'


# release

def release(options):
    """Make the stepwise releases in DIR: a git repository with a tag a step, and a zip of each."""
    target = Path(options.dir).resolve()
    if target.exists() and any(target.iterdir() if target.is_dir() else [target]):
        stop(f'{options.dir} is not empty. Name a new folder.')
    if not shutil.which('git'):
        stop('A release is a git repository: install git first.')
    chat = target / 'chat'
    chat.mkdir(parents=True)
    who = {f'GIT_{role}_{what}': value for role in ('AUTHOR', 'COMMITTER')
           for what, value in (('NAME', 'chat'), ('EMAIL', 'chat@example.com'))}
    environ = {**os.environ, **who, 'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_NOSYSTEM': '1'}  # the same hashes everywhere
    git('init', '-q', '-b', 'main', cwd=chat, env=environ)
    for day, (folder, name, _, idea) in enumerate(STEPS, 1):
        for path in chat.iterdir():
            if path.name != '.git':
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        files = {'LICENSE': ROOT / 'LICENSE', 'requirements.txt': ROOT / 'requirements.txt',
                 **{path.relative_to(folder).as_posix(): path for path in folder.rglob('*') if path.suffix in SHIPPED
                    and '__pycache__' not in path.parts}}
        with zipfile.ZipFile(target / f'{name}.zip', 'w') as archive:
            for file in sorted(files):
                data = files[file].read_bytes()
                (chat / file).parent.mkdir(parents=True, exist_ok=True)
                (chat / file).write_bytes(data)
                archive.writestr(zipfile.ZipInfo(f'{name}/{file}'), data)
        date = f'2026-01-{day:02}T12:00:00Z'
        environ |= {'GIT_AUTHOR_DATE': date, 'GIT_COMMITTER_DATE': date}
        for command in (['add', '-A', '-f'], ['commit', '-q', '-m', f'{name}: {idea}'], ['tag', name]):
            git('-c', 'core.autocrlf=false', '-c', 'core.fileMode=false', *command, cwd=chat, env=environ, check=True)
        print(f'{git("rev-parse", "--short", "HEAD", cwd=chat).stdout.strip()}  {name}')
    print(f'{target / "chat"} is the repository: git diff v2.0.0-blueprint v3.0.0-api-blueprint shows a step.')


if __name__ == '__main__':
    sys.exit(main())
