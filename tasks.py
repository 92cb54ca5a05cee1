"""The kit's helper, with the standard library only: `python3 tasks.py` says where you are, and what can be done."""
import argparse
import os
import pydoc
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
import learner  # noqa: E402
import packages  # noqa: E402
from learner import WORK, count_done, find_app, find_copies, find_folder  # noqa: E402
from runner import check_steps, run_script, run_suite  # noqa: E402
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

    def add(function, *parents, **settings):
        """Add a verb that is called and described like its function; return the function that adds an option to it."""
        about = {'help': function.__doc__, 'description': function.__doc__}
        verb = verbs.add_parser(function.__name__, parents=parents, **about, **settings)
        verb.set_defaults(do=function)
        return verb.add_argument

    add(steps)

    option = add(start)
    option('step', help='the step that you are going to do, or a copy to go back to: work-1')

    option = add(run, offline, epilog='After each save, the server starts again.')
    option('step', nargs='?', default='final', help=A_FOLDER)
    option('--port', type=port, default=8080)
    option('--host', default='127.0.0.1', help='0.0.0.0 lets in everyone in your network')
    option('--db', metavar='FILE', help="the database (default: the step's chat.db)")
    option('--empty', action='store_true', help='delete the database first, with all people and posts')
    option('--demo', action='store_true', help='fill an empty room with a few people and posts')

    option = add(check, offline)
    option('step', nargs='?', help='how far it should be (default: the step that you are typing)')
    option('--watch', action='store_true', help='again at every save')

    option = add(diff, offline, usage=f'{ME} diff [A] B [FILE] [--stat] [--ours] [--html]')
    option('words', nargs='+', metavar='STEP', help=f'A and B: {A_FOLDER}. Without A: what B starts from. '
           'Then FILE, if you want only one: its path in B, or the end of it')
    option('--stat', action='store_true', help='only count the lines of each file')
    option('--ours', action='store_true', help='show our solution of what a page leaves to you')
    option('--html', action='store_true', help='write the page diff.html, and open it in the browser')

    option = add(shell, offline)
    option('step', nargs='?', default='work', help=A_FOLDER)

    option = add(test, offline, epilog='Options after -- go to pytest.')
    option('steps', nargs='*', metavar='step', help='a step, or final (default: all of them)')

    add(ready, offline)

    option = add(wheels, epilog='One folder serves every system, and every Python from 3.10 on.')
    option('dir', nargs='?', default=packages.WHEELS, help='(default: wheels, where each verb finds it)')

    option = add(stick, offline, epilog='Copied to a laptop, it needs no network.')
    option('dir', help='a new folder')

    option = add(site, offline)
    option('dir', nargs='?', default='site', help='a new folder, or that of an earlier site (default: site)')
    option('--serve', type=port, nargs='?', const=8000, metavar='PORT',
           help='show it to everyone in your network, too (default: port 8000)')

    option = add(carry, offline)
    option('step', help='the step with your fix')

    option = add(release)
    option('dir', help='a new folder')
    return parser


def port(text):
    """Return the number of a port, or raise ValueError: argparse says what is wrong."""
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


# Without a verb, and the table of the steps

def overview(options):
    """Say where one is, and list the verbs, on one screen."""
    copies = find_copies()[:-3:-1]  # the last two
    for folder in [WORK, *copies]:
        if folder.is_dir():
            print(learner.describe(folder))
    if not WORK.is_dir():
        print(f'New here? This is how to begin: {ME} start 1')
    elif count_done(WORK) < len(STEPS):
        print(f'Go on with {learner.page(count_done(WORK))}.')
    if copies:
        print(f'To go back to a copy: {ME} start {copies[0].name}')
    for whom, verbs in [
        ('To learn:', (steps, start, run, check, diff, shell)),
        ('To lead a workshop:', (ready, wheels, site, stick)),
        ('To maintain the kit:', (test, carry, release)),
    ]:
        print(paint(whom, '1'))
        for verb in verbs:
            print(f'  {verb.__name__:9}{verb.__doc__}')
    print(f'{ME} <verb> -h tells more about a verb.')


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
    if options.step.startswith('work-'):
        learner.go_back(find_folder(options.step))
    else:
        learner.start(find_step(options.step))


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
    folder = find_folder('work')
    while True:
        index = find_step(options.step) if options.step else min(count_done(folder), len(STEPS) - 1)
        before = look(folder)
        if options.watch:
            print('\x1b[2J\x1b[H' if is_terminal() else '', time.strftime('%H:%M:%S'), sep='', flush=True)
        typed = min(count_done(folder), len(STEPS) - 1)
        status = run_suite('--app=work', f'--step={index + 1}', '--reached=work/.reached', '-rN', '--show-capture=no')
        if status in (0, 1):
            page = index if status == 0 else min(index, typed)
            for line in import_module('slips').tell(folder, page, status == 0):
                print(line, flush=True)
        if not options.watch:
            return status
        print('Waiting for a save in work/. Ctrl-C ends it.', flush=True)
        while look(folder) == before:
            time.sleep(0.3)


def diff(options):
    """Show what changes from A to B: steps, final or work."""
    versions = import_module('versions')
    a, b, file = versions.read_words(options.words)
    if not options.html:
        os.environ.setdefault('LESS', '-FRX')
        lines = versions.show(a, b, file, options.stat, options.ours)
        return pydoc.pager('\n'.join(lines) + '\n')  # in a terminal, page by page
    page = ROOT / 'diff.html'
    status = run_script('diff_page.py', page, a, b, file, 'ours' * options.ours)
    if status == 0:
        print(page)
        if sys.stdout.isatty() and has_windows():  # else, a browser would take over the terminal
            webbrowser.open(page.as_uri())
    return status


# The verbs to lead a workshop with

def ready(options):
    """Say whether this laptop is ready for a workshop, or what to do."""
    import_module('ready').ready()


def wheels(options):
    """Download the packages into wheels/, for laptops without a network."""
    packages.download(options.dir)
    print(f'The packages are in {options.dir}. In wheels/, in the folder of the kit, each verb finds them.')


def stick(options):
    """Make a folder for a USB stick: the kit, its packages and its site."""
    return import_module('release').stick(options.dir)


def site(options):
    """Write pages and diffs as a website; --serve shows it to the room."""
    return run_script('website.py', options.dir, *[str(options.serve)] * bool(options.serve))


# The verbs to maintain the kit with

def test(options):
    """Check some steps, or all: the suite of tests/."""
    indexes = [find_step(text) for text in options.steps] or range(len(STEPS))
    return check_steps(indexes, *options.more_words)


def carry(options):
    """Bring your uncommitted fix to all later steps, and check them."""
    return import_module('carry').carry(find_step(options.step))


def release(options):
    """Make the releases in DIR: a repository with tags, and zips."""
    import_module('release').release(options.dir)


if __name__ == '__main__':
    sys.exit(main())
