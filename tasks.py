"""The kit's helper, with the standard library only: `python3 tasks.py` lists the steps, and what can be done with them."""
import argparse
import contextlib
import difflib
import importlib.util
import os
import pydoc
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

ROOT = Path(__file__).resolve().parent
WORK = ROOT / 'work'
VENV = ROOT / '.venv'
VENV_PYTHON = VENV / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
ME = f"{'python' if os.name == 'nt' else 'python3'} tasks.py"
CODE, KEPT = ('.py', '.tpl', '.css'), ('.py', '.tpl', '.css', '.md', '.png')
AROUND = [(3, 3), (2, 2), (1, 1), (3, 0), (0, 3), (1, 0), (0, 1), (0, 0)]  # lines above and below a change
COLOURS = {'+': 32, '-': 31, '<': 36, '>': 36, '@': 2}

STEPS = [  # folder, release, minutes, the one idea
    (ROOT / 'steps/01-flat-script', 'v1.0.0-basic-app', 30, 'a whole chat app in one file'),
    (ROOT / 'steps/02-app-factory', 'v1.1.0-app-factory', 20, 'the app is made, not imported'),
    (ROOT / 'steps/03-blueprints', 'v2.0.0-blueprint', 20, 'routes, recorded and replayed'),
    (ROOT / 'steps/04-api-blueprint', 'v3.0.0-api-blueprint', 15, 'the API: every route says 501'),
    (ROOT / 'steps/05-api-errors', 'v4.0.0-api-errors', 20, 'failures under /api are JSON'),
    (ROOT / 'steps/06-api-users', 'v5.0.0-api-users', 30, 'users and their representation'),
    (ROOT / 'steps/07-api-tokens', 'v6.0.0-api-tokens', 25, 'Basic buys, Bearer spends'),
    (ROOT / 'steps/08-api-posts', 'v7.0.0-api-posts', 25, 'a post belongs to its author'),
    (ROOT / 'final', 'v8.0.0-final', 30, 'ready for real clients'),
]


def main():
    """Read the command line, and do what it says."""
    words = [*sys.argv[1:], '--']
    options = make_parser().parse_args(words[:words.index('--')])
    options.pytest_options = words[words.index('--') + 1:-1]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
    try:
        return options.do(options)
    except KeyboardInterrupt:
        return 0 if options.do is run else 130
    except BrokenPipeError:
        sys.stdout = None  # whoever reads our output, as `head` does, has enough
    except OSError as error:
        stop(f'{error.strerror}: {error.filename}')


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
    verb(run, ('step', {'nargs': '?', 'default': 'final'}), ('--port', {'type': port, 'default': 8080}),
         ('--host', {'default': '127.0.0.1'}), ('--db', {'metavar': 'FILE', 'help': 'the database (default: the step\'s chat.db)'}),
         ('--demo', {'action': 'store_true', 'help': 'fill an empty room with a few people and posts'}), offline)
    verb(test, ('steps', {'nargs': '*', 'metavar': 'step'}), offline, epilog='Options after -- go to pytest.')
    verb(diff, ('a', {}), ('b', {}), ('--stat', {'action': 'store_true', 'help': 'only count the lines of each file'}))
    verb(start, ('step', {}))
    verb(check, ('step', {'nargs': '?', 'default': 'final'}),
         ('--watch', {'action': 'store_true', 'help': 'again at every save'}), offline)
    verb(carry, ('step', {}), offline)
    verb(release, ('dir', {}))
    return parser


def port(text):
    """Return the number of a port, or raise ValueError."""
    return range(1, 65536).index(int(text)) + 1


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


# the table

def table(options):
    """List the steps and the verbs."""
    print(paint(f'{"step":17}{"release":21}{"min":>3}{"lines":>6}  the one idea', '1'))
    for index, (folder, name, minutes, idea) in enumerate(STEPS):
        before = STEPS[index - 1][0] if index else None
        print(f'{folder.name:17}{name:21}{minutes:3}{new_lines(before, folder):6}  {idea}')
    print(f'\n{ME} <verb> -h tells more about a verb:')
    for function in (run, test, diff, start, check, carry, release):
        print(f'  {paint(function.__name__, "1")}{" " * (9 - len(function.__name__))}{function.__doc__}')


def new_lines(before, after):
    """Return how many lines of code in a step stand nowhere in the one before, white space aside."""
    old, new = ([line.strip() for name, text in read(folder).items() if not name.endswith('.css') for line in text.splitlines()]
                if folder else [] for folder in (before, after))
    return sum(line not in {'', *old} for line in new)


def read(folder):
    """Return {name: text} of the code in a step's folder; what an editor keeps beside it begins with a dot."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding='utf-8', errors='replace')
            for path in sorted(folder.rglob('[!.]*')) if path.suffix in CODE and path.is_file()}


# run, test, check: they need the packages

def python(offline=None):
    """Return a Python that has the packages: this one, or that of .venv, which is made where there is none."""
    needed = (ROOT / 'requirements.txt').read_text(encoding='utf-8')
    ready = VENV / 'ready.txt'
    if ready.exists() and ready.read_text(encoding='utf-8') == needed:
        return VENV_PYTHON
    if all(importlib.util.find_spec(name) for name in ('bottle', 'sqlite_utils', 'waitress', 'webtest', 'pytest')):
        return sys.executable
    print('Making .venv, once, for the packages of requirements.txt:', flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.run([sys.executable, '-m', 'venv', VENV], capture_output=True).returncode:
        stop('This Python cannot make a .venv. On Debian or Ubuntu, first type: sudo apt install python3-venv')
    source = ['--no-index', '--find-links', offline] if offline else ['--retries', '1', '--timeout', '10']
    command = [VENV_PYTHON, '-m', 'pip', 'install', '--disable-pip-version-check', *source, '-r', ROOT / 'requirements.txt']
    pip, log = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', errors='replace'), []
    for line in pip.stdout:
        log.append(line)
        if line.startswith(('Collecting', 'Processing')):
            print(' ', Path(line.split()[1]).name, flush=True)
    if pip.wait():
        reason = next((line.strip() for line in reversed(log) if line.startswith('ERROR')), 'no reason given')
        stop(f'pip could not install the packages ({reason}). Without a network, name a folder of wheels: --offline DIR')
    ready.write_text(needed, encoding='utf-8')
    return VENV_PYTHON


def run(options):
    """Serve a step (default: final), and print its address."""
    folder = find_folder(options.step)
    database = Path(options.db or folder / 'chat.db').resolve()
    if answers(options.host, options.port):
        stop(f'Port {options.port} is taken. Take another: {ME} run {options.step} --port {options.port % 65535 + 1}')
    environ = {**os.environ, 'CHAT_HOST': options.host, 'CHAT_PORT': str(options.port), 'CHAT_DB': str(database)}
    if not (file := next((folder / name for name in ('main.py', 'chat.py') if (folder / name).exists()), None)):
        stop(f'{folder.name}/ has neither main.py nor chat.py: there is nothing to run yet.')
    server = subprocess.Popen([python(options.offline), '-B', file], env=environ)
    try:
        while server.poll() is None and not answers(options.host, options.port):
            time.sleep(0.05)
        if server.poll() is None:
            if options.demo:
                demo(f'http://{options.host}:{options.port}', database)
            print(f'{folder.name}: open http://{options.host}:{options.port}/ in a browser. Ctrl-C ends it.', flush=True)
        return server.wait()
    finally:
        server.terminate()
        server.wait()


def answers(host, port):
    """True if there is a server at this address."""
    with contextlib.suppress(OSError):
        return not socket.create_connection((host, port), timeout=1).close()


def demo(address, database):
    """Let a few people talk, if nobody has yet."""
    with sqlite3.connect(database) as db:
        if db.execute('select count(*) from user').fetchone()[0]:
            return print('There are people in the room already: no demo.')

    def send(name, path, **fields):
        browsers[name].open(address + path, urlencode(fields).encode(), timeout=10).close()
    browsers = {name: build_opener(HTTPCookieProcessor()) for name in ('ann', 'bob', 'eve')}
    for name in browsers:
        send(name, '/auth/register', username=name, email=f'{name}@example.com', password='chat-demo')
    for line in ('ann Good morning! Is anybody here?', 'bob Here. Is this the room of the workshop?',
                 'ann It is. We start with one file, and end with a JSON API.', 'eve Can I write in <b>bold</b>?',
                 'bob We see what you typed, and so it should be.', 'ann Step 03 in ten minutes. Get a coffee ☕'):
        send(line[:3], '/', body=line[4:])
    send('ann', '/profile', about_me='I lead the workshop.')
    print('In the room: ann, bob and eve. The password of each is chat-demo.')


def test(options):
    """Check some steps, or all: the suite of tests/."""
    steps = [f'--step={find_step(text) + 1}' for text in options.steps]
    return pytest(options, '--ignore=tests/kit', *steps, *options.pytest_options)


def pytest(options, *arguments):
    """Run the suite; return its exit status."""
    return subprocess.run([python(options.offline), '-m', 'pytest', '-q', *arguments], cwd=ROOT).returncode


def check(options):
    """Check work/: which step it has reached, and what is missing first."""
    work, step = find_folder('work'), find_step(options.step) + 1
    while True:
        before, status = read(work), pytest(options, '--app=work', f'--step={step}', '-xrN')
        if not options.watch:
            return status
        print('Waiting for a save in work/. Ctrl-C ends it.', flush=True)
        while read(work) == before:
            time.sleep(0.3)


def start(options):
    """Put the starting point of a step into work/; what was there is kept."""
    index = find_step(options.step)
    if WORK.exists():
        number = next(n for n in range(1, 1000) if not (ROOT / f'work-{n}').exists())
        try:
            WORK.rename(ROOT / f'work-{number}')
        except OSError as error:
            stop(f'work/ cannot be renamed: {error.strerror}. Close the programs that use it, and try again.')
        print(f'What was in work/ is now in work-{number}/.')
    left_out = ('README.md', '*.png', '__pycache__', '*.db', '*.db-*', *(['*.py'] if index == 0 else []))
    shutil.copytree(STEPS[max(index - 1, 0)][0], WORK, ignore=shutil.ignore_patterns(*left_out))
    what = f'the end of {STEPS[index - 1][0].name}' if index else 'the templates and the stylesheet of the app'
    print(f'work/ has {what}. Now read {STEPS[index][0].relative_to(ROOT).as_posix()}/README.md, and type.\n'
          f'How far you are: {ME} check {index + 1 if index + 1 < len(STEPS) else "final"}')


# diff

def diff(options):
    """Show what changes from A to B: steps, final or work."""
    a, b = find_folder(options.a), find_folder(options.b)
    changes = {names: list(difflib.unified_diff(*texts, lineterm=''))[2:] for *texts, names in pair(read(a), read(b))}
    gone, come = ({line[1:].strip() for lines in changes.values() for line in lines if line[0] == sign} for sign in '-+')
    moved = {line for line in gone & come if sum(map(str.isalnum, line)) > 3}
    text = [f'{a.name} -> {b.name}:  {paint("+ new", 32)}  {paint("- gone", 31)}  {paint("> moved here  < moved away", 36)}']
    for (one, two), lines in changes.items():
        name, marks = (f'{one or "new"} -> {two or "gone"}' if one != two else one), mark(lines, moved)
        if options.stat and (lines or one != two):
            counts = (f'{sign}{sum(line[0] == sign for line in marks):<4}' for sign in '+-><')
            text.append(f'{name:62}{"".join(counts) if lines else "the same"}'.rstrip())
        elif lines or one != two:
            shown = [line for line in marks if two or line[0] == '-']  # of a file that is gone, what has not moved elsewhere
            text += ['', paint(name, 1), *(paint(line, COLOURS.get(line[0], 0)) for line in shown)]
    os.environ.setdefault('LESS', '-FRX')
    pydoc.pager('\n'.join(text) + '\n') if sys.stdout.isatty() else print('\n'.join(text))


def find_folder(text):
    """Return the folder of a step, or work/."""
    if text.strip('/\\') == 'work' and not WORK.is_dir():
        stop(f'There is no work/ yet. With all that you need for step 5, say, this makes it: {ME} start 5')
    return WORK if text.strip('/\\') == 'work' else STEPS[find_step(text)][0]


def pair(old, new):
    """Yield (old lines, new lines, (old name, new name)) of each file: of one name, or much alike, or with None for a name."""
    old, new = ({name: text.splitlines() for name, text in texts.items()} for texts in (old, new))
    names = {name: name for name in new if name in old}
    for name in sorted(new.keys() - names.keys()):
        likeness = {other: difflib.SequenceMatcher(None, old[other], new[name], False).ratio()
                    for other in sorted(old.keys() - set(names.values()))}
        best = max(likeness, key=likeness.get, default=None)
        names[name] = best if likeness.get(best, 0) > 0.6 else None
    yield from ((old[name], [], (name, None)) for name in sorted(old.keys() - set(names.values())))
    yield from ((old.get(names[name], []), new[name], (names[name], name)) for name in sorted(new))


def mark(lines, moved):
    """Return the lines of a diff with those marked that have moved; blank and tiny ones go with the one above."""
    marks = [' ']
    for line in lines:
        arrow = {'+': '>', '-': '<'}.get(line[0])
        moves = line[1:].strip() in moved or marks[-1][0] == arrow and sum(map(str.isalnum, line)) < 4
        marks.append(arrow + line[1:] if arrow and moves else line)
    return marks[1:]


# carry: for those who mend the kit

def carry(options):
    """Bring your uncommitted fix to all later steps, and check them."""
    index = find_step(options.step)
    if not shutil.which('git') or git('ls-files', '--error-unmatch', 'tasks.py').returncode:
        stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    if not (fix := uncommitted(STEPS[index][0])):
        stop(f'Nothing is uncommitted in {STEPS[index][0].name}. Make the fix there first (READMEs are not carried).')
    conflicts = 0
    for folder, *_ in STEPS[index + 1:]:
        results = [f'{result:9} {name}' for name, change in sorted(fix.items()) for result, name in bring(folder, name, *change)]
        print(f'{folder.name:18}' + ('\n' + ' ' * 18).join(results), flush=True)
        conflicts += sum('conflict' in result for result in results)
        fix = uncommitted(folder) or fix
    return pytest(options, *(f'--step={number + 1}' for number in range(index, len(STEPS)))) or min(conflicts, 1)


def git(*arguments, **more):
    """Run git in the kit's folder; return what subprocess.run returns."""
    return subprocess.run(['git', *map(str, arguments)], **{'cwd': ROOT, 'capture_output': True, 'encoding': 'utf-8', **more})


def uncommitted(folder):
    """Return {name: (lines in the last commit, lines now)} of the files that differ; no lines where there is no file."""
    names = git('ls-tree', '-r', '--name-only', 'HEAD', '.', cwd=folder).stdout.splitlines()
    before = {name: git('show', f'HEAD:./{name}', cwd=folder).stdout for name in names if name.endswith(CODE)}
    return {name: (before.get(name, '').splitlines(), now.get(name, '').splitlines()) for now in [read(folder)]
            for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)}


def bring(folder, name, before, after):
    """Bring a change to a folder, part by part; yield what came of each part, and the file that took it."""
    texts = {other: text.splitlines() for other, text in [*read(folder).items(), *([(name, '')] if not before else [])]}
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        around = [(before[max(0, i - up):j + down], after[max(0, k - up):m + down]) for up, down in AROUND]
        if tag != 'equal':
            result, file = next(filter(None, (place(texts, name, old, new) for old, new in around)), ('conflict', name))
            yield result, file if result != 'conflict' else f'{name}: {" / ".join(map(str.strip, around[2][1]))}'
            if result == 'took it':
                write(folder / file, texts[file])


def place(texts, name, old, new):
    """Put new lines in place of the old ones in the file that has them, once; None if none has, or several."""
    for lines, result in ((old, 'took it'), (new, 'had it')):
        for files in ([name] if name in texts else [], texts):
            spots = [(file, i) for file in files for i in range(len(texts[file]) or 1)
                     if texts[file][i:i + len(lines)] == lines and (lines or not texts[file])]
            if len(spots) == 1:
                file, i = spots[0]
                texts[file][i:i + len(lines)] = new
                return result, file


def write(path, lines):
    """Write lines into a file, or delete it if there are none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8', newline='\n') if lines else path.unlink()


# release

def release(options):
    """Make the releases in DIR: a repository with tags, and zips."""
    target = Path(options.dir).resolve()
    if target.is_file() or target.is_dir() and any(target.iterdir()):
        stop(f'{options.dir} is not empty. Name a new folder.')
    if not shutil.which('git'):
        stop('A release is a git repository: install git first.')
    (chat := target / 'chat').mkdir(parents=True)
    environ = {**os.environ, 'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_NOSYSTEM': '1'}  # for the same hashes everywhere
    for role in ('AUTHOR', 'COMMITTER'):
        environ |= {f'GIT_{role}_NAME': 'chat', f'GIT_{role}_EMAIL': 'chat@example.com'}
    git('init', '-q', '-b', 'main', cwd=chat, env=environ)
    for day, (folder, name, _, idea) in enumerate(STEPS, 1):
        git('rm', '-rfq', '--ignore-unmatch', '.', cwd=chat, env=environ)
        files = {'LICENSE': ROOT / 'LICENSE', 'requirements.txt': ROOT / 'requirements.txt',
                 **{path.relative_to(folder).as_posix(): path for path in folder.rglob('*') if path.suffix in KEPT}}
        with zipfile.ZipFile(target / f'{name}.zip', 'w') as archive:
            for file in sorted(files):
                data = files[file].read_bytes()
                (chat / file).parent.mkdir(parents=True, exist_ok=True)
                (chat / file).write_bytes(data)
                archive.writestr(zipfile.ZipInfo(f'{name}/{file}'), data)
        environ |= dict.fromkeys(('GIT_AUTHOR_DATE', 'GIT_COMMITTER_DATE'), f'2026-01-{day:02}T12:00:00Z')
        for command in (['add', '-A', '-f'], ['commit', '-q', '-m', f'{name}: {idea}'], ['tag', name]):
            git('-c', 'core.autocrlf=false', '-c', 'core.fileMode=false', *command, cwd=chat, env=environ, check=True)
        print(f'{git("rev-parse", "--short", "HEAD", cwd=chat).stdout.strip()}  {name}')
    print(f'{target / "chat"} is the repository: git diff v2.0.0-blueprint v3.0.0-api-blueprint shows a step.')


if __name__ == '__main__':
    sys.exit(main())
