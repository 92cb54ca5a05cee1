"""The kit's helper, with the standard library only: `python3 tasks.py` says where you are, and what can be done."""
import argparse
import contextlib
import importlib
import os
import pydoc
import re
import signal
import subprocess
import sys
import time
import webbrowser
from difflib import SequenceMatcher
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WORK = ROOT / 'work'
ME = f"{'python' if os.name == 'nt' else 'python3'} tasks.py"
CODE = ('.py', '.tpl', '.css')

STEPS = [(ROOT / path, *more) for path, *more in [  # folder, release, minutes, the one idea
    ('steps/01-flat-script', 'v0.1.0-flat-script', 40, 'an app is a table of routes'),
    ('steps/02-database', 'v0.2.0-database', 55, 'rows that last'),
    ('steps/03-accounts', 'v0.3.0-accounts', 60, 'people register'),
    ('steps/04-login', 'v0.4.0-login', 60, 'a session is a random token'),
    ('steps/05-profiles', 'v0.5.0-profiles', 65, 'pages about things'),
    ('steps/06-strangers', 'v1.0.0-basic-app', 90, 'never trust input'),
    ('steps/07-modules', 'v1.1.0-modules', 60, 'one file becomes a package'),
    ('steps/08-blueprints', 'v2.0.0-blueprint', 70, 'a blueprint records routes'),
    ('steps/09-app-factory', 'v2.1.0-app-factory', 60, 'apps are made, not imported'),
    ('steps/10-api-blueprint', 'v3.0.0-api-blueprint', 45, 'every API route answers 501'),
    ('steps/11-api-errors', 'v4.0.0-api-errors', 55, 'one place for every failure'),
    ('steps/12-api-users', 'v5.0.0-api-users', 75, 'resources and their JSON'),
    ('steps/13-api-tokens', 'v6.0.0-api-tokens', 60, 'a password buys a token'),
    ('steps/14-api-posts', 'v7.0.0-api-posts', 65, 'only you change your posts'),
    ('steps/15-search', 'v8.0.0-search', 150, 'a new feature is a new file'),
    ('steps/16-limits', 'v9.0.0-limits', 65, "a stranger who doesn't stop"),
    ('steps/17-layers', 'v10.0.0-layers', 70, 'layers around every request'),
    ('steps/18-a-million-posts', 'v11.0.0-a-million-posts', 60, 'costs do not grow with data'),
    ('final', 'v12.0.0-final', 55, 'ready for real clients'),
]]


def main():
    """Read the command line, and do what it says."""
    if sys.version_info < (3, 10):
        stop(f'The kit needs Python 3.10 or newer, and this is {sys.version.split()[0]}. '
             f'Where there is a newer one, type its name: {"py -3.12" if os.name == "nt" else "python3.12"} tasks.py. '
             'If there is none, install it from https://www.python.org/downloads/')
    for name in ('PYTHONPATH', 'PYTHONSAFEPATH', 'PYTHONWARNINGS'):  # they would change what our programs import
        os.environ.pop(name, None)
    os.environ['PIP_USER'] = '0'  # --user, if it is somebody's default, fails in a venv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
    words = sys.argv[1:]
    end = words.index('--') if '--' in words else len(words)
    options = make_parser().parse_args(words[:end], argparse.Namespace(do=overview, more_words=words[end + 1:]))
    return call(options.do, options)


def call(function, *arguments):
    """Call a function. Ctrl-C, a closed pipe, or a file that can't be used ends the program without a traceback."""
    with contextlib.suppress(AttributeError):  # IDLE's output has no such method
        sys.stdout.reconfigure(errors='replace')  # a pipe on Windows has few letters: ? stands for the others
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        return 0 if function is run else 130
    except BrokenPipeError:
        sys.stdout = None  # whoever reads our output, as `head` does, has enough
    except OSError as error:
        stop(f'{error.strerror}: {error.filename}' if error.filename else str(error))


# The command line

class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong, and what to type."""

    def error(self, message):
        stop(f'{message}. To see what there is: {ME}', 2)


A_FOLDER = 'a step, final, work, or a copy that start has kept, as work-1'


def make_parser():
    """Return the parser of the command line; the option do is the function of the verb."""
    parser = Parser(prog=ME, description='Run, check, compare and follow the steps. Without a verb: where you are.')
    verbs = parser.add_subparsers(metavar='verb')
    offline = argparse.ArgumentParser(add_help=False)  # for the verbs that need the packages
    offline.add_argument('--offline', metavar='DIR', help='install the packages from this folder of wheels')

    add_verb(verbs, steps)

    verb = add_verb(verbs, start)
    verb.add_argument('step', help='the step that you are going to do, or a copy to go back to: work-1')

    verb = add_verb(verbs, run, parents=[offline], epilog='After each save, the server starts again.')
    verb.add_argument('step', nargs='?', default='final', help=A_FOLDER)
    verb.add_argument('--port', type=port, default=8080)
    verb.add_argument('--host', default='127.0.0.1', help='0.0.0.0 lets in everyone in your network')
    verb.add_argument('--db', metavar='FILE', help="the database (default: the step's chat.db)")
    verb.add_argument('--empty', action='store_true', help='delete the database first, with all people and posts')
    verb.add_argument('--demo', action='store_true', help='fill an empty room with a few people and posts')

    verb = add_verb(verbs, check, parents=[offline])
    verb.add_argument('step', nargs='?', help='how far it should be (default: the step that you are typing)')
    verb.add_argument('--app', metavar='COPY', default='work', help='a copy that start has kept, as work-1')
    verb.add_argument('--watch', action='store_true', help='again at every save')

    verb = add_verb(verbs, diff, parents=[offline])
    verb.usage = f'{ME} diff [A] B [FILE] [--stat] [--ours] [--html] [-o FILE]'
    verb.add_argument('words', nargs='+', metavar='STEP', help=f'A and B: {A_FOLDER}. Without A: what B starts from. '
                      'Then FILE, if you want only one: its path in B, or the end of it')
    verb.add_argument('--stat', action='store_true', help='only count the lines of each file')
    verb.add_argument('--ours', action='store_true', help='show our solution of what a page leaves to you')
    verb.add_argument('--html', action='store_true', help='write a page, and open it in the browser')
    verb.add_argument('-o', '--output', metavar='FILE', help='write the page into this file (default: diff.html)')

    verb = add_verb(verbs, shell, parents=[offline])
    verb.add_argument('step', nargs='?', default='work', help=A_FOLDER)

    verb = add_verb(verbs, test, parents=[offline], epilog='Options after -- go to pytest.')
    verb.add_argument('steps', nargs='*', metavar='step', help='a step, or final (default: all of them)')

    add_verb(verbs, ready, parents=[offline])

    verb = add_verb(verbs, wheels, epilog='One folder serves every system, and every Python from 3.10 on.')
    verb.add_argument('dir', nargs='?', default=ROOT / 'wheels', help='(default: wheels, where each verb finds it)')

    verb = add_verb(verbs, stick, parents=[offline], epilog='Copied to a laptop, it needs no network.')
    verb.add_argument('dir', help='a new folder')

    verb = add_verb(verbs, site, parents=[offline])
    verb.add_argument('dir', nargs='?', default='site', help='a new folder, or one with an earlier site (default: site)')
    verb.add_argument('--serve', type=port, nargs='?', const=8000, metavar='PORT',
                      help='show it to everyone in your network, too (default: port 8000)')

    verb = add_verb(verbs, carry, parents=[offline])
    verb.add_argument('step', help='the step with your fix')

    verb = add_verb(verbs, release)
    verb.add_argument('dir', help='a new folder')
    return parser


def add_verb(verbs, function, **settings):
    """Add a verb that is called and described like its function; return its parser."""
    verb = verbs.add_parser(function.__name__, help=function.__doc__, description=function.__doc__, **settings)
    verb.set_defaults(do=function)
    return verb


def port(text):
    """Return the number of a port, or raise ValueError."""
    return range(1, 65536).index(int(text)) + 1


def stop(message, status=1):
    """End with a line on what is wrong and what to do: status 2 for a wrong command, 1 for all else."""
    print(message, file=sys.stderr)
    sys.exit(status)


def find_step(text):
    """Return the index of the step that is called 7, 07, 07-api-errors or final."""
    for index, (folder, *_) in enumerate(STEPS):
        if text.strip('/\\') in (folder.name, folder.relative_to(ROOT).as_posix(), str(index + 1), f'{index + 1:02}'):
            return index
    stop(f'There is no step {text!r}. The steps are 1 to {len(STEPS) - 1} and final.', 2)


def find_folder(text):
    """Return the folder of a step, work/, or one of its copies."""
    name = text.strip('/\\')
    if not re.fullmatch(r'work(-\d+)?', name):
        return STEPS[find_step(text)][0]
    if name == 'work' and not WORK.is_dir():
        stop(f'There is no work/ yet. This makes it, for step 1: {ME} start 1')
    if not (ROOT / name).is_dir():
        names = ', '.join(copy.name for copy in find_copies()) or 'none yet'
        stop(f'There is no {name}/. The copies of work/ that start has kept: {names}.')
    return ROOT / name


def find_copies():
    """Return the copies of work/, the one that was saved last at the end."""
    copies = [path for path in ROOT.glob('work-*') if re.fullmatch(r'work-\d+', path.name)]
    return sorted(copies, key=saved_at)


def saved_at(folder):
    """Return when a folder's code was saved."""
    return max(look(folder).values(), default=0) / 10**9


def find_app(text):
    """Return the folder of a step, work/, or one of its copies, if there is an app in it."""
    folder = find_folder(text)
    if not (folder / 'chat.py').exists():
        stop(f'{folder.name}/ has no chat.py: there is nothing to run yet.')
    return folder


def page(index):
    """Return where a step's page is to be read: on the site, if it is there."""
    folder = STEPS[index][0]
    site_page = f'site/{folder.name}.html'
    if (ROOT / site_page).exists():
        return f'{site_page} (in a browser)'
    return folder.relative_to(ROOT).as_posix() + '/README.md'


def paint(text, code):
    """Return the text in a colour, if the output is a terminal that shows colours, and NO_COLOR isn't set."""
    return f'\x1b[{code}m{text}\x1b[0m' if is_terminal() and not os.environ.get('NO_COLOR') else text


def is_terminal():
    """Return True if the output is a terminal that obeys codes. Windows' old console doesn't."""
    is_new = os.name != 'nt' or os.environ.get('WT_SESSION') or os.environ.get('TERM_PROGRAM')
    return is_new and os.environ.get('TERM') != 'dumb' and sys.stdout.isatty()


# Without a verb, and the table of the steps

def overview(options):
    """Say where one is, and list the verbs, on one screen."""
    print(f'New here? This is how to begin: {ME} start 1\n{where()}')
    for whom, verbs in [
        ('To learn:', (steps, start, run, check, diff, shell)),
        ('To lead a workshop:', (ready, wheels, site, stick)),
        ('To maintain the kit:', (test, carry, release)),
    ]:
        print(paint(whom, '1'))
        for verb in verbs:
            print(f'  {verb.__name__:9}{verb.__doc__}')
    print(f'{ME} <verb> -h tells more about a verb.')


def where():
    """Return how far work/ and its last two copies are, and what is next."""
    copies = find_copies()[:-3:-1]
    lines = [describe(folder) for folder in [WORK, *copies] if folder.is_dir()]
    if not WORK.is_dir():
        lines.append('There is no work/ yet, the folder for your own app.')
    elif count_done(WORK) < len(STEPS):
        lines.append(f'Go on with {page(count_done(WORK))}.')
    if copies:
        lines.append(f'To go back to a copy: {ME} start {copies[0].name}')
    return '\n'.join(lines)


def describe(folder):
    """Return in a line how far work/ or a copy is, as `check` has seen it, and when it was saved."""
    done, _, heading = read_reached(folder).partition('\n')
    name, progress = 'final, done', ''
    if int(done) < len(STEPS):
        readme = STEPS[int(done)][0] / 'README.md'
        name = f'step {readme.parent.name}'
        slices = re.findall(r'^### (.*)', readme.read_text(encoding='utf-8'), re.MULTILINE)
        progress = f', {slices.index(heading)} of {len(slices)} slices done' if heading in slices else ''
    return f'{folder.name}/: {name}{progress}, saved {time.strftime("%d %b %H:%M", time.localtime(saved_at(folder)))}'


def steps(options):
    """List the steps: their releases, minutes, new lines, and ideas."""
    print(paint(f'{"step":18} {"release":23} {"min":>3} {"new":>3}  the one idea', '1'))
    before = None
    for folder, release_name, minutes, idea in STEPS:
        print(f'{folder.name:18} {release_name:23} {minutes:3} {new_lines(before, folder):3}  {idea}')
        before = folder
    print('min: minutes, estimated. new: lines of code that the step before does not have.')


def new_lines(before, after):
    """Return how many lines of a step's code stand nowhere in the step before, white space aside.

    A line that replaces one in a template doesn't count. The first step is given its templates.
    """
    new = code_lines(after)
    if before is None:
        return sum(line != '' for name, lines in new.items() if name.endswith('.py') for line in lines)
    old = code_lines(before)
    known = {'', *sum(old.values(), [])}
    count = 0
    for name, lines in new.items():
        count += sum(line not in known for line in lines)
        if name.endswith('.tpl'):
            count -= count_replaced(old.get(name, []), lines, known)
    return count


def code_lines(folder):
    """Return {name: lines without their indentation} of a step's modules and templates, the learner's tests aside."""
    files = {name: text for name, text in read(folder).items() if not name.endswith(('.css', 'test_chat.py'))}
    return {name.replace('app/templates/', 'templates/'): [line.strip() for line in text.splitlines()]
            for name, text in files.items()}


def count_replaced(old, new, known):
    """Return how many of the new lines stand in the place of old ones, and aren't known already."""
    changes = SequenceMatcher(None, old, new, False).get_opcodes()
    return sum(min(j - i, sum(line not in known for line in new[k:m]))
               for tag, i, j, k, m in changes if tag == 'replace')


def code_files(folder):
    """Yield (path, name) of the code in a folder; what begins with a dot is an editor's, or a .venv."""
    for path in sorted(folder.rglob('*')):
        name = path.relative_to(folder).as_posix()
        if path.suffix in CODE and path.is_file() and not re.search(r'(^|/)\.', name):
            yield path, name


def read(folder):
    """Return {name: text} of the code in a folder."""
    return {name: path.read_text(encoding='utf-8', errors='replace') for path, name in code_files(folder)}


def look(folder):
    """Return {path: when it was saved} of the code in a folder."""
    return {path: path.stat().st_mtime_ns for path, _ in code_files(folder)}


# The Python that has the packages

def python(offline=None):
    """Return the Python of .venv, which is made where there is none, or this one if it has the packages."""
    return kit_module('packages').find_python(offline)


def run_script(options, path, *words):
    """Run a script of the kit in the Python that has the packages; return its exit status."""
    return subprocess.run([python(options.offline), '-B', ROOT / path, *words]).returncode


# The verbs to learn with

def start(options):
    """Put what a step starts from, or a copy such as work-1, into work/."""
    kit = kit_module('start')
    if re.match(r'work-\d', options.step):
        return kit.go_back(find_folder(options.step))
    kit.start(find_step(options.step))


def run(options):
    """Start the server of a step (default: final), or of work."""
    return kit_module('server').Server(find_app(options.step), options).run()


def shell(options):
    """Try an app in Python's own shell (default: that of work)."""
    folder, interpreter = find_app(options.step), python(options.offline)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the shell
    return subprocess.run([interpreter, '-B', ROOT / 'tests/kit/shell.py', folder]).returncode


def check(options):
    """Check work/: which step it has reached, and what is missing first."""
    folder = find_folder(options.app)
    if not folder.name.startswith('work'):
        stop(f'check is for work/ and its copies. This checks a step: {ME} test {options.app}', 2)
    while True:
        step = find_step(options.step) + 1 if options.step else min(count_done(folder) + 1, len(STEPS))
        before = look(folder)
        if options.watch:
            print('\x1b[2J\x1b[H' if is_terminal() else '', time.strftime('%H:%M:%S'), sep='', flush=True)
        status = pytest(options, '--ignore=tests/kit', f'--app={folder.relative_to(ROOT)}', f'--step={step}',
                        f'--reached={folder / ".reached"}', '-rN', '--show-capture=no')
        if not options.watch:
            return status
        print(f'Waiting for a save in {folder.name}/. Ctrl-C ends it.', flush=True)
        while look(folder) == before:
            time.sleep(0.3)


def count_done(folder):
    """Return how many steps are done in work/: start and check have noted it."""
    return int(read_reached(folder).partition('\n')[0])


def read_reached(folder):
    """Return what start and check have noted: the number of steps that are done, and the heading of the next slice."""
    file = folder / '.reached'
    return file.read_text(encoding='utf-8') if file.exists() else '0'


def diff(options):
    """Show what changes from A to B: steps, final or work."""
    versions = kit_module('versions')
    a, b, file = versions.read_words(options.words)
    if options.html or options.output:
        return write_page(options, a, b, file)
    os.environ.setdefault('LESS', '-FRX')
    lines = versions.show(a, b, file, options.stat, options.ours)
    pydoc.pager('\n'.join(lines) + '\n')  # in a terminal, page by page


def write_page(options, a, b, file):
    """Write the diff as a page, print where it is, and open it where somebody sits at the screen."""
    page = Path(options.output or ROOT / 'diff.html').resolve()
    status = run_script(options, 'tests/kit/diff_page.py', page, a, b, file or '', 'ours' if options.ours else '')
    if status == 0:
        print(page)
        if sys.stdout.isatty() and has_windows():  # else, a browser would take over the terminal
            webbrowser.open(page.as_uri())
    return status


def has_windows():
    """Return True if somebody sits at a screen that shows windows."""
    return sys.platform in ('win32', 'darwin') or any(map(os.environ.get, ('DISPLAY', 'WAYLAND_DISPLAY')))


# The verbs to lead a workshop with

def ready(options):
    """Say whether this laptop is ready for a workshop, or what to do."""
    return kit_module('ready').ready(options)


def wheels(options):
    """Download the packages into wheels/, for laptops without a network."""
    kit_module('packages').download(options.dir)
    print(f'The packages are in {options.dir}. In wheels/, in the folder of the kit, each verb finds them.')


def stick(options):
    """Make a folder for a USB stick: the kit, its packages and its site."""
    return kit_module('stick').stick(options)


def site(options):
    """Write pages and diffs as a website; --serve shows it to the room."""
    return run_script(options, 'tests/kit/website.py', options.dir, *([str(options.serve)] if options.serve else []))


# The verbs to maintain the kit with

def test(options):
    """Check some steps, or all: the suite of tests/."""
    wanted = [f'--step={find_step(text) + 1}' for text in options.steps]
    return pytest(options, '--ignore=tests/kit', *wanted, *options.more_words)


def pytest(options, *arguments):
    """Run the suite; return its exit status."""
    return subprocess.run([python(options.offline), '-m', 'pytest', '-q', *arguments], cwd=ROOT).returncode


def carry(options):
    """Bring your uncommitted fix to all later steps, and check them."""
    return kit_module('carry').carry(options)


def release(options):
    """Make the releases in DIR: a repository with tags, and zips."""
    return kit_module('release').release(options.dir)


def kit_module(name):
    """Return a module of tests/kit/, where the work of the larger verbs is done."""
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(ROOT / 'tests/kit'), str(ROOT)]
    return importlib.import_module(name)


if __name__ == '__main__':
    sys.exit(main())
