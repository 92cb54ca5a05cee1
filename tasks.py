"""The kit's helper, with the standard library only: `python3 tasks.py` says where you are, and what can be done."""
import argparse
import os
import pydoc
import re
import signal
import sys
import time
import webbrowser
from importlib import import_module
from pathlib import Path

if sys.version_info < (3, 10):
    sys.exit('The kit needs Python 3.10 or newer, and this is ' + sys.version.split()[0] + '. '
             'Where there is a newer one, type its name: python3.12 tasks.py, or on Windows: py -3.12 tasks.py. '
             'If there is none, install it from https://www.python.org/downloads/')
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent / 'tests/tools'))  # there, the work is done
import packages  # noqa: E402
from learner import WORK, count_done, describe, find_app, find_copies, find_folder, page  # noqa: E402
from packages import run_script, run_suite  # noqa: E402
from steps import ROOT, STEPS, find_step, look, new_lines  # noqa: E402
from terminal import ME, call, has_windows, is_terminal, paint, stop  # noqa: E402


def main():
    """Read the command line, and do what it says."""
    for name in ('PYTHONPATH', 'PYTHONSAFEPATH', 'PYTHONWARNINGS'):  # they would change what our programs import
        os.environ.pop(name, None)
    os.environ['PIP_USER'] = '0'  # --user, if it is somebody's default, fails in a venv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
    words = sys.argv[1:]
    end = words.index('--') if '--' in words else len(words)
    defaults = argparse.Namespace(do=overview, offline=None, more_words=words[end + 1:])
    options = make_parser().parse_args(words[:end], defaults)
    packages.offline = options.offline
    return call(options.do, options)


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
    verb.add_argument('dir', nargs='?', default='site', help='a new folder, or that of an earlier site (default: site)')
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
    """Return the number of a port, or raise ValueError: argparse says what is wrong."""
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


# Without a verb, and the table of the steps

def overview(options):
    """Say where one is, and list the verbs, on one screen."""
    if not WORK.is_dir():
        print(f'New here? This is how to begin: {ME} start 1')
    print(where())
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


def steps(options):
    """List the steps: their releases, minutes, new lines, and ideas."""
    print(paint(f'{"step":18} {"release":23} {"min":>3} {"new":>3}  the one idea', '1'))
    before = None
    for folder, release_name, minutes, idea in STEPS:
        print(f'{folder.name:18} {release_name:23} {minutes:3} {new_lines(before, folder):3}  {idea}')
        before = folder
    print('min: minutes, estimated. new: lines of code that the step before does not have.')


# The verbs to learn with

def start(options):
    """Put what a step starts from, or a copy such as work-1, into work/."""
    if re.match(r'work-\d', options.step):
        return import_module('start').go_back(find_folder(options.step))
    import_module('start').start(find_step(options.step))


def run(options):
    """Start the server of a step (default: final), or of work."""
    return import_module('server').Server(find_app(options.step), options).run()


def shell(options):
    """Try an app in Python's own shell (default: that of work)."""
    folder = find_app(options.step)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the shell
    return run_script('shell.py', folder)


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
        status = run_suite(f'--app={folder.relative_to(ROOT)}', f'--step={step}',
                           f'--reached={folder / ".reached"}', '-rN', '--show-capture=no')
        if not options.watch:
            return status
        print(f'Waiting for a save in {folder.name}/. Ctrl-C ends it.', flush=True)
        while look(folder) == before:
            time.sleep(0.3)


def diff(options):
    """Show what changes from A to B: steps, final or work."""
    versions = import_module('versions')
    a, b, file = versions.read_words(options.words)
    if options.html or options.output:
        return write_page(options, a, b, file)
    os.environ.setdefault('LESS', '-FRX')
    lines = versions.show(a, b, file, options.stat, options.ours)
    pydoc.pager('\n'.join(lines) + '\n')  # in a terminal, page by page


def write_page(options, a, b, file):
    """Write the diff as a page, print where it is, and open it where somebody sits at the screen."""
    page = Path(options.output or ROOT / 'diff.html').resolve()
    status = run_script('diff_page.py', page, a, b, file or '', 'ours' if options.ours else '')
    if status == 0:
        print(page)
        if sys.stdout.isatty() and has_windows():  # else, a browser would take over the terminal
            webbrowser.open(page.as_uri())
    return status


# The verbs to lead a workshop with

def ready(options):
    """Say whether this laptop is ready for a workshop, or what to do."""
    return import_module('ready').ready()


def wheels(options):
    """Download the packages into wheels/, for laptops without a network."""
    packages.download(options.dir)
    print(f'The packages are in {options.dir}. In wheels/, in the folder of the kit, each verb finds them.')


def stick(options):
    """Make a folder for a USB stick: the kit, its packages and its site."""
    return import_module('stick').stick(options.dir)


def site(options):
    """Write pages and diffs as a website; --serve shows it to the room."""
    port = [str(options.serve)] if options.serve else []
    return run_script('website.py', options.dir, *port)


# The verbs to maintain the kit with

def test(options):
    """Check some steps, or all: the suite of tests/."""
    wanted = [f'--step={find_step(text) + 1}' for text in options.steps]
    return run_suite(*wanted, *options.more_words)


def carry(options):
    """Bring your uncommitted fix to all later steps, and check them."""
    return import_module('carry').carry(find_step(options.step))


def release(options):
    """Make the releases in DIR: a repository with tags, and zips."""
    return import_module('release').release(options.dir)


if __name__ == '__main__':
    sys.exit(main())
