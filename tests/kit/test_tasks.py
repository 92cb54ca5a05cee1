"""tasks.py: each verb, its errors, its exit status, in a copy of the kit."""
import ast
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile

import pytest

import database
import packages
from suite import FOLDERS, PIPED, ROOT, copy, free_port, replace, run, serve
from suite import tasks as kit_tasks

QUICK = {'PYTEST_ADDOPTS': '-k test_head', 'NO_COLOR': '1', 'PYTHONUTF8': '1'}  # one test a step: it is not the suite that is tested
NAMES = [folder.name for folder in FOLDERS]


@pytest.fixture(scope='module')
def shared_kit(tmp_path_factory):
    """A copy of the kit, as a git repository, for tests that change nothing."""
    kit = copy(ROOT, tmp_path_factory.mktemp('shared') / 'kit')
    git(kit, 'init', '-q')
    git(kit, 'add', '-A')
    git(kit, 'commit', '-qm', 'kit')
    return kit


@pytest.fixture
def kit(shared_kit, tmp_path):
    """A copy of the kit, as a git repository, for one test."""
    return shutil.copytree(shared_kit, tmp_path / 'kit')


def git(kit, *words):
    """Run git, and return what it prints."""
    command = ['git', '-c', 'user.name=a', '-c', 'user.email=a@b', *words]
    return run(command, cwd=kit, check=True).stdout


def tasks(kit, *words, status=0, **environ):
    """Run tasks.py, from another folder; return what it prints."""
    done = run([sys.executable, kit / 'tasks.py', *words], cwd=kit.parent, env={**os.environ, **QUICK, **environ})
    assert done.returncode == status, done.stdout
    assert 'Traceback' not in done.stdout
    return done.stdout


def wrong(kit, *words, status):
    """Run tasks.py with a mistake: it says one line, and ends with this status."""
    output = tasks(kit, *words, status=status)
    assert len(output.strip().splitlines()) == 1, output
    return output


def test_test(kit, tmp_path):
    """test checks the steps that it is told, and hands pytest's options on. What somebody has set for other programs changes nothing."""
    (tmp_path / 'bottle.py').write_text('oops', encoding='utf-8')
    odd = {'PYTHONPATH': str(tmp_path), 'PYTHONSAFEPATH': '1', 'PYTHONWARNINGS': 'error', 'PIP_USER': '1', 'PIP_REQUIRE_VIRTUALENV': '1'}
    assert '2 passed' in tasks(kit, 'test', '1', 'final', **odd)
    assert NAMES[0] in tasks(kit, 'test', '1', '--', '--collect-only')


@pytest.mark.parametrize('words, status, says', [
    (['frob'], 2, 'frob'), (['run', 'nope'], 2, 'nope'), (['test', '0'], 2, "'0'"), (['start'], 2, 'step'), (['start', '1', '2'], 2, '2'),
    (['run', '--frob', '1'], 2, '--frob'), (['run', '--port', '0'], 2, 'port'), (['run', '--port', 'x'], 2, 'port'), (['run', 'work'], 1, 'start'),
    (['run', 'work-1'], 1, 'work-1'), (['check'], 1, 'start'), (['diff'], 2, 'STEP'), (['diff', '1', '2', 'a', 'b'], 2, 'diff 7 8'),
    (['diff', '7', 'nope.py'], 2, 'app/api/body.py, '), (['diff', '7', 'errors.py'], 2, 'Several'), (['diff', '5', '5', 'x.py'], 2, 'no difference'),
    (['diff', '7', 'nope.py', '-o', 'x.html'], 2, 'app/api/body.py, '), (['diff', '7', '-o', 'nowhere/x.html'], 1, 'nowhere'),
    (['carry', '3'], 1, 'uncommitted'), (['release', '.'], 1, 'not empty'), (['wheels', __file__], 1, 'is a file'),
    (['site', '.'], 1, 'not empty'), (['site', __file__], 1, 'not empty'),
])
def test_mistakes(shared_kit, words, status, says):
    """A mistake that a person can make: one line that says what to do."""
    assert says in wrong(shared_kit, *words, status=status)


def test_diff(shared_kit):
    """diff needs no git. Without A, it compares a step with the one before, and the first with the given templates. A file is named by the end of its path."""
    output = tasks(shared_kit, 'diff', '3', '4', PATH='')
    assert '\n+def create_app(config=Config):' in output and '\n>def find_user(username):' in output and '\x1b[' not in output
    assert tasks(shared_kit, 'diff', '4') == output
    assert re.search(r'the given templates -> 01.*\n[+]\d+ +-0 +>0 +<0 +chat.py \(new\)$', tasks(shared_kit, 'diff', '1', '--stat'))
    output = tasks(shared_kit, 'diff', '7', 'api\\errors.py')
    assert '\napp/api/errors.py\n' in output and 'body.py' not in output


def test_diff_as_a_page(kit, tmp_path):
    """--html writes a page and prints its path; into a pipe, no browser is opened."""
    opened = tmp_path / 'opened'
    browser = {'BROWSER': f'{sys.executable} -c "open({str(opened)!r}, \'w\')" %s', 'DISPLAY': ':0'}
    assert tasks(kit, 'diff', '7', 'body.py', '--html', **browser).splitlines()[-1] == str(kit / 'diff.html')
    text = (kit / 'diff.html').read_text(encoding='utf-8')
    assert 'read_json' in text and 'users.py' not in text
    assert not opened.exists()


def test_letters_that_a_pipe_lacks(kit):
    """Where the output can't have a letter, as in a pipe on Windows, it has a question mark; the rest is as ever."""
    tasks(kit, 'start', '2')
    (kit / 'work/chat.py').write_text("raise ValueError('你好')\n", encoding='utf-8')
    assert '\ncame      ValueError: ??\n' in tasks(kit, 'check', '1', status=1, PYTHONIOENCODING='cp437')


@pytest.mark.parametrize('environ, colours', [({}, True), ({'NO_COLOR': '1'}, False), ({'TERM': 'dumb'}, False)])
def test_colours(monkeypatch, environ, colours):
    """Colours are for terminals that show them, where NO_COLOR isn't set."""
    for name in ('NO_COLOR', 'TERM'):
        monkeypatch.setenv(name, environ.get(name, ''))
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    assert ('\x1b[32m' in kit_tasks.paint('text', 32)) is colours


def test_diff_into_a_closed_pipe(kit):
    """Whoever reads only the first line is no reason for a traceback."""
    diff = subprocess.Popen([sys.executable, str(kit / 'tasks.py'), 'diff', '1', 'final'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, 'PYTHONUNBUFFERED': '1'})
    diff.stdout.readline()
    diff.stdout.close()
    assert b'Traceback' not in diff.communicate(timeout=30)[1]


# start and check

def test_work(kit):
    """start puts the step before into work/, and keeps what was there; check says how far work/ or a kept copy is, and diff what has changed since start."""
    tasks(kit, 'start', '7')
    assert not (kit / 'work/README.md').exists() and tasks(kit, 'diff', 'work') == 'There is no difference.\n'
    output = tasks(kit, 'check', status=1, PYTEST_ADDOPTS='')
    assert 'You have reached step 06-api-blueprint.' in output and 'Go on with steps/07-api-errors/README.md' in output
    assert output.splitlines()[-1].startswith('1 failed in '), 'the tests of the step come first, and one failure is enough'
    with (kit / 'work/config.py').open('a', encoding='utf-8') as file:
        file.write('# mine\n')
    output = tasks(kit, 'diff', 'work')
    assert '06-api-blueprint -> work' in output and '\n+# mine' in output
    assert 'work-1' in tasks(kit, 'start', '1')
    assert sorted(path.name for path in (kit / 'work').iterdir()) == ['.reached', 'static', 'templates']
    (kit / 'work-1/.reached').write_text('7', encoding='utf-8')
    assert 'is yours: --ours' in tasks(kit, 'diff', 'work-1', '7'), 'whoever is at the end of a step has not seen our solution'
    (kit / 'work-1/app/auth.py').write_text('x = (', encoding='utf-8')
    output = tasks(kit, 'check', '6', '--app', 'work-1', status=1)
    assert 'auth.py:1' in output and 'cannot be loaded' in output


def test_watch(kit):
    """check --watch checks again at every save, whatever an editor leaves beside the files."""
    tasks(kit, 'start', '7')
    command = [sys.executable, '-u', str(kit / 'tasks.py'), 'check', '6', '--watch']
    watch = subprocess.Popen(command, env={**os.environ, **QUICK}, start_new_session=True, **PIPED)
    (kit / 'work/app/.#auth.py').symlink_to('nowhere')
    for _ in range(2):
        while 'Waiting for a save' not in watch.stdout.readline():
            assert watch.poll() is None
        with (kit / 'work/app/auth.py').open('a', encoding='utf-8') as file:
            file.write('\n')
    os.killpg(watch.pid, signal.SIGINT)
    rest = watch.communicate(timeout=30)[0]
    assert 'Traceback' not in rest and watch.returncode == 130


# run

@contextlib.contextmanager
def served(kit, *words):
    """Run tasks.py run; yield its address and what it prints. At its end, its server must not be left behind."""
    port = free_port()
    with serve([sys.executable, '-u', kit / 'tasks.py', 'run', *words, '--port', port], env={**os.environ, **QUICK}) as output:
        yield f'http://127.0.0.1:{port}/', output
    assert not kit_tasks.answers('127.0.0.1', int(port)), 'the server is still there'


def get(address):
    """Return the status of a page that anybody may see."""
    return urllib.request.urlopen(f'{address}auth/login', timeout=5).status


def test_run(kit, tmp_path):
    """run serves a step. --demo fills an empty room, once. With --host 0.0.0.0, there is an address for everyone in the network, too."""
    with served(kit, '1', '--demo', '--db', tmp_path / 'demo.db') as (address, output):
        assert 'chat-demo' in output and f'01-flat-script: open {address} ' in output and get(address) == 200
        assert 'taken' in wrong(kit, 'run', '--port', address.strip('/').split(':')[-1], status=1)
    with served(kit, '5', '--demo', '--db', tmp_path / 'demo.db', '--host', '0.0.0.0') as (address, output):
        *_, everyone, here = output.splitlines()
        assert 'no demo' in output and here.startswith(f'05-blueprints: open {address} ')
        assert everyone.startswith('Everyone in this network: http://') and '0.0.0.0' not in everyone and get(everyone.split()[-1]) == 200
    with contextlib.closing(sqlite3.connect(tmp_path / 'demo.db')) as db:
        assert db.execute('select count(*), count(distinct user_id) from post').fetchone() == (len(database.POSTS), 3)


def test_run_a_copy(kit):
    """run serves a copy that start has kept, and --demo does as much as an app can do that is not finished."""
    for _ in range(2):
        tasks(kit, 'start', '2')
    replace(kit / 'work-1/chat.py', "@app.route('/', 'POST')", "@app.route('/say', 'POST')")
    with served(kit, 'work-1', '--demo') as (_, output):
        assert 'ends early: http' in output and ' 405: ' in output and '\nwork-1: open' in output


def test_run_with_a_bad_database(shared_kit, tmp_path):
    """A database that can't be opened: its line, and status 1. A table that is not as SCHEMA says is named."""
    assert 'nothing' in wrong(shared_kit, 'run', '1', '--port', free_port(), '--db', str(tmp_path / 'nothing/chat.db'), status=1)
    with contextlib.closing(sqlite3.connect(tmp_path / 'old.db')) as db:
        db.executescript('create table post (id integer, bdy text); create table other (id integer)')
    assert database.find_old_tables('\n'.join(kit_tasks.read(FOLDERS[0]).values()), tmp_path / 'old.db') == ['post']


# carry and release

def test_carry(kit):
    """carry brings a fix to the later steps, whatever file its lines are in by then, says what came of it, and runs the suite. Twice is once."""
    one, other = 'def hash_token(token):\n', 'def find_user(username):\n'
    replace(kit / 'steps/07-api-errors/app/security.py', one, f'{one}    # fixed\n')
    replace(kit / 'steps/04-app-factory/app/db.py', f'{other}    """', f'{other[:-1]}  # in\n    """its own way')
    git(kit, 'commit', '-qam', 'One step has the fix already, another one differs')
    chat = kit / 'steps/01-flat-script/chat.py'
    text, final = chat.read_text(encoding='utf-8'), '\n'.join(kit_tasks.read(kit / 'final').values())
    kept = [line for line in re.findall(r'^def .*\n', text, re.MULTILINE) if final.count(f'\n{line}') == 1 and line != other]
    chat.write_text(re.sub(r'^(def .*)', r'\1\n    # fixed', text, flags=re.MULTILINE), encoding='utf-8')
    results = re.split(r'^(?=\S+ +(?:took it|had it|conflict))', tasks(kit, 'carry', '1', status=1), flags=re.MULTILINE)
    assert [result.split()[0] for result in results[1:] if 'had it    app/security.py' in result] == ['07-api-errors']
    assert re.search('04-app-factory.*conflict  chat.py: [^\n]*find_user', results[3], re.DOTALL) and '13 passed' in results[-1]
    final = '\n'.join(kit_tasks.read(kit / 'final').values())
    assert len(kept) > 20 and [line for line in kept if f'{line}    # fixed\n' not in final] == []
    changed = git(kit, 'diff')
    tasks(kit, 'carry', '1', status=1)
    assert git(kit, 'diff') == changed


def test_carry_files(kit):
    """carry brings a new file, and takes one away. Without a repository, it says what it needs."""
    (kit / 'steps/10-api-posts/app/new.py').write_text('x = 1\n', encoding='utf-8')
    (kit / 'steps/10-api-posts/app/blueprint.py').unlink()
    tasks(kit, 'carry', '10', status=1)
    assert (kit / 'final/app/new.py').read_text(encoding='utf-8') == 'x = 1\n' and not (kit / 'final/app/blueprint.py').exists()
    shutil.rmtree(kit / '.git')
    assert 'git' in wrong(kit, 'carry', '1', status=1)


def test_release(shared_kit, tmp_path):
    """release makes a repository with a tag a step, and a zip of each, with the same hashes each time."""
    for name in ('one', 'other'):
        tasks(shared_kit, 'release', str(tmp_path / name))
    for _, tag, *_ in kit_tasks.STEPS:
        assert (tmp_path / f'one/{tag}.zip').read_bytes() == (tmp_path / f'other/{tag}.zip').read_bytes()
    tags = [git(tmp_path / name / 'chat', 'show-ref', '--tags') for name in ('one', 'other')]
    assert tags[0] == tags[1] and len(tags[0].splitlines()) == len(NAMES)
    changed = git(tmp_path / 'one/chat', 'diff', '--name-only', 'v2.0.0-blueprint', 'v3.0.0-api-blueprint').split()
    assert {'README.md', 'app/__init__.py', 'app/api/__init__.py', 'app/api/users.py', 'tests/test_06_api_blueprint.py'} <= set(changed)


def test_a_release_alone(shared_kit, tmp_path):
    """Who has only a release can install, test and run it with the commands of its README."""
    tag, port = 'v2.0.0-blueprint', free_port()
    tasks(shared_kit, 'release', str(tmp_path))
    zipfile.ZipFile(tmp_path / f'{tag}.zip').extractall(tmp_path)
    settings = {'cwd': tmp_path / tag, 'env': {**os.environ, 'PIP_NO_INDEX': '1', 'CHAT_PORT': port}}
    commands = re.findall(r'^\$ python3 (.*)', (tmp_path / tag / 'README.md').read_text(encoding='utf-8'), re.MULTILINE)
    install, check, start = [[sys.executable, *command.split()] for command in commands]
    assert 'already satisfied' in run(install, **settings).stdout
    output = run(check, **settings).stdout
    assert 'You have reached step 05-blueprints.\n' in output and ' passed in ' in output and 'failed' not in output
    server = subprocess.Popen(start, **PIPED, **settings)
    while server.poll() is None and not kit_tasks.answers('127.0.0.1', port):
        time.sleep(0.05)
    assert get(f'http://127.0.0.1:{port}/') == 200
    server.terminate()
    server.communicate(timeout=10)


# The packages

def test_old_python(shared_kit):
    """A Python that is too old: one line; tasks.py has nothing that 3.6 can't read."""
    ast.parse((shared_kit / 'tasks.py').read_text(encoding='utf-8'), feature_version=(3, 6))
    code = "import runpy, sys; sys.version_info, sys.version = (3, 9, 18), '3.9.18 (old)'; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    done = run([sys.executable, '-c', code, shared_kit / 'tasks.py', 'run'])
    assert (done.returncode, done.stdout.count('\n')) == (1, 1) and '3.10 or newer, and this is 3.9.18.' in done.stdout


def test_packages(kit, tmp_path):
    """Without the packages in their versions, .venv is made; what is missing for it is said in a line, after the progress."""
    replace(kit / 'requirements.txt', 'bottle==', 'bottle==99.')
    (tmp_path / 'empty').mkdir()
    assert 'wheels nowhere' in wrong(kit, 'test', '1', '--offline', 'nowhere', status=1)
    gone = kit / packages.VENV_PYTHON.relative_to(ROOT)
    gone.parent.mkdir(parents=True)
    gone.symlink_to(tmp_path / 'no-python')
    lines = tasks(kit, 'test', '1', '--offline', str(tmp_path / 'empty'), status=1).splitlines()
    assert len(lines) == 2 and lines[0].startswith('Making .venv') and 'not complete' in lines[1]
    nobody = {'PIP_INDEX_URL': 'https://127.0.0.1:9/simple', 'PIP_CONFIG_FILE': os.devnull, 'PIP_FIND_LINKS': ''}
    lines = tasks(kit, 'test', '1', status=1, **nobody).splitlines()
    assert len(lines) == 2 and '--offline DIR' in lines[1]


@pytest.mark.parametrize('log, says', [
    ("The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian", 'sudo apt install python3'),
    ("Error: [Errno 13] Permission denied: '/kit/.venv'\n", 'cannot be written to'),
    ("WARNING: one\nERROR: THE HASHES DIFFER\n", 'ERROR: THE HASHES DIFFER Delete the folder .venv'), ('', 'Delete the folder .venv'),
])
def test_explain(log, says):
    """What venv and pip say of a mishap becomes a line that says what to do."""
    text = packages.explain(log)
    assert says in text and '\n' not in text


def test_wheels(kit, tmp_path):
    """wheels fetches what every system and every Python can install, and all that it takes: the folder is enough for a Python that has nothing."""
    tasks(kit, 'wheels', str(tmp_path / 'wheels'))
    files = [path.name for path in (tmp_path / 'wheels').iterdir()]
    assert len(files) == len(packages.read_requirements()) and all(name.endswith('-none-any.whl') for name in files)
    run([sys.executable, '-m', 'venv', tmp_path / 'bare'], check=True)
    bare = tmp_path / 'bare' / packages.VENV_PYTHON.relative_to(packages.VENV)
    done = run([bare, kit / 'tasks.py', 'test', '1', '--offline', tmp_path / 'wheels'], env={**os.environ, **QUICK, 'PIP_CONFIG_FILE': os.devnull})
    assert done.stdout.startswith('Making .venv') and '1 passed' in done.stdout
