"""tasks.py: each verb, its errors, its exit status, in a copy of the kit."""
import ast
import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile

import pytest

import database
import packages
import ready
import server
import terminal
from processes import free_ports
from steps import STEPS, read_code
from suite import FOLDERS, PIPED, ROOT, copy, replace, run, serve

pytestmark = pytest.mark.thorough
# One test a step is enough: it is not the suite that is tested. A proxy that isn't there must not matter.
QUICK = {'PYTEST_ADDOPTS': '-k test_head', 'NO_COLOR': '1', 'PYTHONUTF8': '1', 'http_proxy': 'http://127.0.0.1:9'}
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
    return run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', *words], cwd=kit, check=True).stdout


def tasks(kit, *words, status=0, typed='', **environ):
    """Run tasks.py, from another folder; return what it prints."""
    environ = {**os.environ, **QUICK, **environ}
    done = run([sys.executable, '-u', kit / 'tasks.py', *words], cwd=kit.parent, env=environ, input=typed)
    assert done.returncode == status, done.stdout
    assert 'Traceback' not in done.stdout
    return done.stdout


def wrong(kit, *words, status=1, **environ):
    """Run tasks.py with a mistake: it says one line, and ends with this status."""
    output = tasks(kit, *words, status=status, **environ)
    assert len(output.strip().splitlines()) == 1, output
    return output


@contextlib.contextmanager
def started(kit, *words):
    """Run tasks.py; yield a function that waits for a line with some words. Ctrl-C ends it, without a traceback."""
    process = subprocess.Popen([sys.executable, '-u', kit / 'tasks.py', *words], env={**os.environ, **QUICK},
                               start_new_session=True, **PIPED)
    try:
        yield lambda words: next(line for line in process.stdout if words in line)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
    assert 'Traceback' not in rest and process.returncode == (0 if words[0] == 'run' else 130)


# Without a verb, and what can be wrong on the command line

def test_overview(kit):
    """tasks.py alone begins with a beginner's command, later with where one is, and fits on a screen."""
    assert tasks(kit).splitlines()[0].endswith('tasks.py start 1')
    for number in ('5', '18', '17'):
        tasks(kit, 'start', number)
        (kit / 'work/mine.py').touch()
    lines = tasks(kit).splitlines()
    assert [line.partition(', saved')[0] for line in lines[:4]] == [
        'work/: step 17-layers, not begun', 'work-2/: step 18-a-million-posts, not begun',
        'work-1/: step 05-profiles, not begun',
        'Go on with steps/17-layers/README.md.']
    assert len(lines) <= 23 and max(map(len, lines)) < 80  # the 24th row is for what is typed next


def test_steps(shared_kit):
    """steps is a table with a row for each step, in 80 columns."""
    _, *rows, _ = lines = tasks(shared_kit, 'steps').splitlines()
    assert [row.split()[0] for row in rows] == NAMES and max(map(len, lines)) <= 80


@pytest.mark.parametrize('words, status, says', [
    (['frob'], 2, 'frob'), (['test', '0'], 2, "'0'"), (['start'], 2, 'step'), (['start', '1', '2'], 2, '2'),
    (['run', 'nope'], 2, 'nope'), (['run', '--frob', '1'], 2, '--frob'), (['run', '--port', '0'], 2, 'port'),
    (['run', '--port', 'x'], 2, 'port'), (['run', 'work'], 1, 'start'), (['run', 'work-1'], 1, 'work-1'),
    (['shell'], 1, 'start'), (['check'], 1, 'start 1'), (['carry', '3'], 1, 'uncommitted'),
    (['diff'], 2, 'STEP'), (['diff', '1', '2', 'a', 'b'], 2, '7 8'), (['diff', '5', '5', 'x.py'], 2, 'no difference'),
    (['diff', '11', 'nope.py'], 2, 'app/api/body.py, '),
    (['diff', '11', 'nope.py', '--html'], 2, 'api/body.py, '),
    (['release', '.'], 1, 'not empty'), (['wheels', __file__], 1, 'is a file'), (['site', '.'], 1, 'not empty'),
    (['stick', 'x/../kit/x'], 1, 'in the kit'),
    (['site', __file__], 1, 'not empty'),
])
def test_mistakes(shared_kit, words, status, says):
    """A mistake that a person can make: one line that says what to do."""
    assert says in wrong(shared_kit, *words, status=status)


def test_test(kit, tmp_path):
    """test checks the steps that it is told, and hands pytest's options on, whatever is set for other programs."""
    (tmp_path / 'bottle.py').write_text('oops', encoding='utf-8')
    odd = {'PYTHONPATH': str(tmp_path), 'PYTHONSAFEPATH': '1', 'PYTHONWARNINGS': 'error', 'PIP_USER': '1'}
    assert '2 passed' in tasks(kit, 'test', '1', 'final', **odd)
    assert NAMES[0] in tasks(kit, 'test', '1', '--', '--collect-only')


# diff

def test_diff(shared_kit):
    """diff needs no git. Without A, it compares a step with the one before, and the first with the given templates."""
    output = tasks(shared_kit, 'diff', '8', '9', PATH='')
    assert '\n+def create_app(config=Config):' in output and '\x1b[' not in output
    assert tasks(shared_kit, 'diff', '9') == output
    first = tasks(shared_kit, 'diff', '1', '--stat')
    assert re.search(r'the given templates -> 01.*\n[+]\d+ +-0 +>0 +<0 +chat.py \(new\)$', first)


def test_diff_as_a_page(kit, tmp_path):
    """--html writes a page and prints its path; into a pipe, no browser is opened. A file's name may be cut."""
    opened = tmp_path / 'opened'
    browser = {'BROWSER': f'{sys.executable} -c "open({str(opened)!r}, \'w\')" %s', 'DISPLAY': ':0'}
    assert tasks(kit, 'diff', '11', 'api\\body.py', '--html', **browser).splitlines()[-1] == str(kit / 'diff.html')
    text = (kit / 'diff.html').read_text(encoding='utf-8')
    assert 'read_json' in text and 'users.py' not in text
    assert not opened.exists()


@pytest.mark.parametrize('environ, colours', [({}, True), ({'NO_COLOR': '1'}, False), ({'TERM': 'dumb'}, False)])
def test_colours(monkeypatch, environ, colours):
    """Colours are for terminals that show them, where NO_COLOR isn't set."""
    for name in ('NO_COLOR', 'TERM'):
        monkeypatch.setenv(name, environ.get(name, ''))
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    assert ('\x1b[32m' in terminal.paint('text', 32)) is colours


def test_diff_into_a_closed_pipe(kit):
    """Whoever reads only the first line is no reason for a traceback."""
    command = [sys.executable, '-u', kit / 'tasks.py', 'diff', '1', 'final']
    diff = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    diff.stdout.readline()
    diff.stdout.close()
    assert b'Traceback' not in diff.communicate(timeout=30)[1]


# start and check

def test_start(kit):
    """start puts into work/ what a step begins with: the step before, and its own templates. It says what to read."""
    assert 'Now read steps/04-login/README.md' in tasks(kit, 'start', '4')
    assert not (kit / 'work/README.md').exists() and (kit / 'work/templates/login.tpl').exists()
    assert tasks(kit, 'diff', 'work') == 'There is no difference.\n'
    tasks(kit, 'start', '1')
    assert sorted(path.name for path in (kit / 'work').iterdir()) == ['.reached', 'static', 'templates']
    assert (kit / 'work-1/templates/login.tpl').exists()


def test_start_goes_back(kit):
    """What is in work/ is kept as work-1, and start work-1 makes that copy work/ again, with its posts."""
    tasks(kit, 'start', '2')
    query(kit / 'work/chat.db', 'create table mine (id)')
    tasks(kit, 'check', '2', status=1, PYTEST_ADDOPTS='')
    assert 'What was in work/ is now in work-1/.' in tasks(kit, 'start', '7')
    (kit / 'work/mine.py').touch()
    output = tasks(kit, 'start', 'work-1/')
    assert 'is now in work-2/.' in output and '\nwork-1/ is work/ again' in output
    assert re.search(r'work/: step 02-database, 0 of \d+ slices done, saved ', output)
    assert query(kit / 'work/chat.db', 'select * from mine') == [] and (kit / 'work-2/mine.py').exists()
    assert 'kept: work-2.' in wrong(kit, 'start', 'work-1')


def query(path, *statements):
    """Run SQL on a database; return the rows of the last statement."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        return [db.execute(statement).fetchall() for statement in statements][-1]


USER = 'create table user (id, username, email, password_hash, about_me, created_at)'
POST = 'create table post (id, user_id, body, created_at)'


@pytest.mark.parametrize('number, tables, comes', [
    ('5', [USER, POST], True), ('2', [USER, POST], False), ('4', ['create table post (id, username, body)'], False),
])
def test_start_brings_posts(kit, number, tables, comes):
    """People and posts come along if they fit the step; else a line says where they are."""
    tasks(kit, 'start', '4')
    query(kit / 'work/chat.db', *tables, "insert into post (id, body) values (1, 'hello')")
    assert ('has come along' if comes else 'Your posts are in work-1/chat.db') in tasks(kit, 'start', number)
    place = 'work/chat.db' if comes else 'work-1/chat.db'
    assert query(kit / place, 'select body from post') == [('hello',)]


def test_check(kit):
    """check stops at the first test that is red. diff shows what has changed."""
    tasks(kit, 'start', '11')
    with (kit / 'work/config.py').open('a', encoding='utf-8') as file:
        file.write('# mine\n')
    output = tasks(kit, 'diff', 'work')
    assert '10-api-blueprint -> work' in output and '\n+# mine' in output
    output = tasks(kit, 'check', status=1, PYTEST_ADDOPTS='')
    assert 'tests/test_11_api_errors.py::' in output and output.splitlines()[-1].startswith('1 failed in ')


def test_letters_and_lines_of_a_failure(kit):
    """A failure is no wider than the terminal, and no word is cut. A letter that a pipe lacks is a question mark."""
    tasks(kit, 'start', '2')
    (kit / 'work/chat.py').write_text("raise ValueError('你好 ' + 'word ' * 50)\n", encoding='utf-8')
    output = tasks(kit, 'check', '1', status=1, COLUMNS='80', PYTHONIOENCODING='cp437')
    assert '\ncame      ValueError: ?? word' in output
    lines = [line for line in output.splitlines() if 'word word' in line]
    assert max(map(len, lines)) <= 80 and sum(line.split().count('word') for line in lines) == 50


def test_watch(kit):
    """check --watch checks again at every save, whatever an editor leaves beside the files."""
    tasks(kit, 'start', '7')
    with started(kit, 'check', '6', '--watch') as wait_for:
        (kit / 'work/.#chat.py').symlink_to('nowhere')
        for _ in range(2):
            assert re.fullmatch(r'\d\d:\d\d:\d\d\n', wait_for(':'))
            wait_for('Waiting for a save')
            (kit / 'work/chat.py').touch()


# run and shell

@contextlib.contextmanager
def served(kit, *words):
    """Run tasks.py run; yield its address and what it prints. At its end, its server must not be left behind."""
    port, = free_ports(1)
    command = [sys.executable, '-u', kit / 'tasks.py', 'run', *map(str, words), '--port', port]
    with serve(command, env={**os.environ, **QUICK}) as output:
        yield f'http://127.0.0.1:{port}/', output
    assert not server.answers('127.0.0.1', int(port)), 'the server is still there'


def wait_until_served(port):
    """Wait until a server listens on a port."""
    end = time.monotonic() + 30
    while not server.answers('127.0.0.1', port) and time.monotonic() < end:
        time.sleep(0.05)


def get(address):
    """Return a page that anybody may see."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
        return answer.read().decode()


def test_run(shared_kit, tmp_path):
    """run starts the server of a step, and says where it is: also to everyone in the network, for --host 0.0.0.0."""
    with served(shared_kit, '5', '--db', tmp_path / 'chat.db', '--host', '0.0.0.0') as (address, output):
        everyone, last = output.splitlines()[-2:]
        assert everyone.startswith('Everyone in this network: http://') and '0.0.0.0' not in everyone
        assert last == f'05-profiles: open {address} in a browser. Ctrl-C ends it.'
        assert 'Log in' in get(f'{address}auth/login') == get(f'{everyone.split()[-1]}auth/login')
        port = address.strip('/').split(':')[-1]
        assert 'taken' in wrong(shared_kit, 'run', '--port', port)


def test_demo(shared_kit, tmp_path):
    """--demo fills an empty room as its people would, once. --empty deletes the database and all that belongs to it."""
    words = ['3', '--demo', '--db', tmp_path / 'chat.db']
    with served(shared_kit, *words) as (_, output):
        assert 'ann, bob and eve. The password of each is chat-demo.' in output
    with served(shared_kit, *words) as (_, output):
        assert 'no demo' in output
    assert query(tmp_path / 'chat.db', 'select count(*) from post') == [(len(database.POSTS),)]
    for name in ('chat.db', 'chat.db-wal', 'chat.db-shm'):
        (tmp_path / name).write_text('no database', encoding='utf-8')
    with served(shared_kit, *words, '--empty') as (_, output):
        assert 'ann, bob and eve' in output


def test_site(shared_kit, tmp_path):
    """site --serve shows the pages to everyone in the network, until Ctrl-C."""
    port, = free_ports(1)
    with started(shared_kit, 'site', str(tmp_path / 'site'), '--serve', port) as wait:
        wait('Everyone in this network: http://')
        wait(f'http://127.0.0.1:{port}/')
        assert 'Rows that last' in get(f'http://127.0.0.1:{port}/02-database.html')
        assert 'taken' in wrong(shared_kit, 'site', str(tmp_path / 'other'), '--serve', port)


def test_demo_ends_early(kit):
    """In work/, --demo does as much as an app can do that is not finished."""
    tasks(kit, 'start', '2')
    replace(kit / 'work/chat.py', "@app.route('/', 'POST')", "@app.route('/say', 'POST')")
    with served(kit, 'work', '--demo') as (_, output):
        assert 'ends early: http' in output and ' 405: ' in output and '\nwork: open' in output


def test_run_after_a_save(kit):
    """After a save, run starts the server again. A file that can't be read is named; an exception waits for a save."""
    tasks(kit, 'start', '2')
    chat, (port,) = kit / 'work/chat.py', free_ports(1)
    text = chat.read_text(encoding='utf-8')
    with started(kit, 'run', 'work', '--port', port) as wait_for:
        wait_for('open http')
        chat.write_text(text.replace('def room():', 'def room()'), encoding='utf-8')
        assert re.match(r"work/chat.py:\d+: SyntaxError: expected ':'", wait_for('work/chat.py:'))
        assert 'The room' in get(f'http://127.0.0.1:{port}/')
        (kit / 'work/client.py').write_text('x = (', encoding='utf-8')  # the server has no use for it
        chat.write_text(text.replace("template('room'", "str('my room'"), encoding='utf-8')
        assert wait_for('work').startswith('work: started again')
        chat.write_text('nonsense\n', encoding='utf-8')
        assert 'nonsense' in wait_for('NameError')
        wait_for('It starts again when you save')
        chat.write_text(text, encoding='utf-8')
        wait_for('started again')


def test_old_tables(tmp_path):
    """A table that is not as SCHEMA says is named."""
    query(tmp_path / 'old.db', 'create table post (id integer, bdy text)', 'create table other (id integer)')
    code = '\n'.join(read_code(FOLDERS[2]).values())
    assert database.find_old_tables(code, tmp_path / 'old.db') == ['post']


@pytest.mark.parametrize('number', ['1', '8', 'final'])
def test_shell(shared_kit, number):
    """shell is Python's own, with a client of a new app."""
    output = tasks(shared_kit, 'shell', number, typed="answer = api.get('/static/style.css')\nprint(answer)\n")
    assert 'Response: 200 OK\n' in output and 'Content-Type: text/css' in output
    assert not list(shared_kit.rglob('chat.db'))


def test_shell_shows_what_is_wrong(kit):
    """If a view fails, its line is shown. The shell says once that a file has been saved since it was loaded."""
    tasks(kit, 'start', '10')
    replace(kit / 'work/app/auth.py', "return render('register', form={})", 'return 1 / 0')
    typed = ["api.get('/auth/register', status=500)",
             f"open({str(kit / 'work/app/auth.py')!r}, 'a').write('# mine')", '1 + 1', '2 + 2', '']
    output = run([sys.executable, kit / 'tasks.py', 'shell'], input='\n'.join(typed)).stdout
    assert 'work/app/auth.py", line ' in output and 'ZeroDivisionError' in output
    assert re.search(r'>>> work/app/auth.py is newer than .*\n2\n>>> 4\n', output)


def test_shell_of_an_app_with_a_mistake(kit):
    """If an app can't be loaded, a line says where."""
    tasks(kit, 'start', '10')
    replace(kit / 'work/app/main.py', "bp = Blueprint('main')", "bp = Blueprnt('main')")
    assert re.match(r"work/app/main.py:\d+: NameError: name 'Blueprnt'", wrong(kit, 'shell'))


# carry and release

def test_carry(kit):
    """carry brings a fix to the later steps, wherever its lines are by then; it says who had it. Twice is once."""
    replace(kit / 'steps/06-strangers/chat.py', 'def hash_token(token):\n', 'def hash_token(token):\n    # fixed\n')
    for result, count in [('took it', 13), ('had it ', 13)]:
        output = tasks(kit, 'carry', '6')
        assert len(re.findall(rf'^\S+ +{result} +app/security.py', output, re.MULTILINE)) == count
        assert '14 passed' in output, 'the suite ran on step 06 and all later ones'
    assert {path.read_text(encoding='utf-8').count('# fixed') for path in kit.rglob('security.py')} == {1}


def test_carry_into_a_conflict(kit):
    """A step that differs is named: there, the fix has to be made by hand."""
    head = 'def find_user(username):\n'
    replace(kit / 'steps/09-app-factory/app/db.py', f'{head}    """', f'{head[:-1]}  # in\n    """its own way')
    git(kit, 'commit', '-qam', 'This step differs')
    replace(kit / 'steps/08-blueprints/app/db.py', head, f'{head}    # fixed\n')
    assert re.search('09-app-factory +conflict +app/db.py: .*find_user', tasks(kit, 'carry', '8', status=1))


def test_carry_files(kit):
    """carry brings a new file, and takes one away. Without a repository, it says what it needs."""
    (kit / 'steps/14-api-posts/app/new.py').write_text('x = 1\n', encoding='utf-8')
    (kit / 'steps/14-api-posts/app/blueprint.py').unlink()
    tasks(kit, 'carry', '14', status=1)
    assert (kit / 'final/app/new.py').read_text(encoding='utf-8') == 'x = 1\n'
    assert not (kit / 'final/app/blueprint.py').exists()
    shutil.rmtree(kit / '.git')
    assert 'git' in wrong(kit, 'carry', '1')


def test_release(shared_kit, tmp_path):
    """release makes a repository with a tag a step, and a zip of each, with the same hashes each time."""
    for name in ('one', 'other'):
        tasks(shared_kit, 'release', str(tmp_path / name))
    for _, tag, *_ in STEPS:
        assert (tmp_path / f'one/{tag}.zip').read_bytes() == (tmp_path / f'other/{tag}.zip').read_bytes()
    tags = [git(tmp_path / name / 'chat', 'show-ref', '--tags') for name in ('one', 'other')]
    assert tags[0] == tags[1] and len(tags[0].splitlines()) == len(NAMES)
    tags = ['v2.1.0-app-factory', 'v3.0.0-api-blueprint']
    changed = git(tmp_path / 'one/chat', 'diff', '--name-only', *tags).split()
    assert {'README.md', 'app/__init__.py', 'app/api/users.py', 'tests/test_10_api_blueprint.py'} <= set(changed)


def test_a_release_alone(shared_kit, tmp_path):
    """Who has only a release can install, test and run it with the commands of its README."""
    tag, (port,) = 'v2.1.0-app-factory', free_ports(1)
    tasks(shared_kit, 'release', str(tmp_path))
    zipfile.ZipFile(tmp_path / f'{tag}.zip').extractall(tmp_path)
    settings = {'cwd': tmp_path / tag, 'env': {**os.environ, 'PIP_NO_INDEX': '1', 'CHAT_PORT': port}}
    commands = re.findall(r'^\$ python3 (.*)', (tmp_path / tag / 'README.md').read_text(encoding='utf-8'), re.MULTILINE)
    *_, install, check, start = [[sys.executable, *command.split()] for command in commands]
    assert 'already satisfied' in run(install, **settings).stdout
    output = run(check, **settings).stdout
    assert 'You have reached step 09-app-factory.\n' in output and ' passed in ' in output and 'failed' not in output
    process = subprocess.Popen(start, **PIPED, **settings)
    wait_until_served(port)
    assert 'Log in' in get(f'http://127.0.0.1:{port}/auth/login')
    process.terminate()
    process.communicate(timeout=10)


# The packages

def test_old_python(shared_kit):
    """A Python that is too old: one line; tasks.py has nothing that 3.6 can't read."""
    ast.parse((shared_kit / 'tasks.py').read_text(encoding='utf-8'), feature_version=(3, 6))
    code = ("import runpy, sys; sys.version_info, sys.version = (3, 9, 18), '3.9.18 (old)'; "
            "runpy.run_path(sys.argv.pop(1), run_name='__main__')")
    done = run([sys.executable, '-c', code, shared_kit / 'tasks.py', 'run'])
    assert (done.returncode, done.stdout.count('\n')) == (1, 1) and 'and this is 3.9.18.' in done.stdout


def test_packages(kit, tmp_path):
    """Without the packages in their versions, .venv is made; what is missing for it is said in a line."""
    replace(kit / 'requirements.txt', 'bottle==', 'bottle==99.')
    (tmp_path / 'empty').mkdir()
    assert 'wheels nowhere' in wrong(kit, 'test', '1', '--offline', 'nowhere')
    gone = kit / packages.VENV_PYTHON.relative_to(ROOT)
    gone.parent.mkdir(parents=True)
    gone.symlink_to(tmp_path / 'no-python')
    lines = tasks(kit, 'test', '1', '--offline', str(tmp_path / 'empty'), status=1).splitlines()
    assert len(lines) == 2 and lines[0].startswith('Making .venv') and 'not complete' in lines[1]
    nobody = {'PIP_INDEX_URL': 'https://127.0.0.1:9/simple', 'PIP_CONFIG_FILE': os.devnull, 'PIP_FIND_LINKS': ''}
    lines = tasks(kit, 'test', '1', status=1, **nobody).splitlines()
    assert len(lines) == 2 and 'wheels/' in lines[1]


def test_ready(kit):
    """ready tries an app, and says in a line that all is there; or what is wrong, and what to do."""
    port, = free_ports(1)
    replace(kit / 'tests/tools/ready.py', 'PORT = 8080', f'PORT = {port}')
    usual = {'no_proxy': '127.0.0.1', 'WSL_DISTRO_NAME': 'Ubuntu'}
    assert re.fullmatch(r'This laptop is ready: Python 3.* a browser\.\n', tasks(kit, 'ready', **usual))
    with socket.create_server(('127.0.0.1', int(port))):
        assert 'is taken' in wrong(kit, 'ready', **usual)
    replace(kit / 'final/app/security.py', 'hashlib.scrypt', 'hashlib.no_scrypt')
    assert "has no attribute 'no_scrypt'" in wrong(kit, 'ready', **usual)
    assert not list(kit.glob('work*'))


@pytest.mark.parametrize('environ, says', [
    ({'DISPLAY': ':0', 'BROWSER': 'curl', 'WSL_DISTRO_NAME': ''}, ''), ({'WSL_DISTRO_NAME': 'Ubuntu'}, ''),
    ({'PATH': ''}, 'no curl'), ({'http_proxy': 'http://127.0.0.1:9'}, 'type first: '),
    ({'DISPLAY': '', 'WAYLAND_DISPLAY': '', 'WSL_DISTRO_NAME': ''}, 'no browser'),
])
def test_ready_for_the_pages(monkeypatch, environ, says):
    """ready names what the pages need and is not there: curl, a way past a proxy, a browser (in WSL: Windows' own)."""
    for name, value in {'http_proxy': '', 'WSL_DISTRO_NAME': 'Ubuntu', **environ}.items():
        monkeypatch.setenv(name, value)
    assert says in (ready.find_problem() or '') and bool(says) == bool(ready.find_problem())


@pytest.mark.parametrize('log, says', [
    ('not created successfully because ensurepip is not\navailable.  On Debian', 'sudo apt install python3'),
    ('WARNING: one\nERROR: THE HASHES DIFFER\n', 'ERROR: THE HASHES DIFFER Delete the folder .venv'),
    ('', 'Delete the folder .venv'),
])
def test_explain(log, says):
    """What venv and pip say of a mishap becomes a line that says what to do."""
    text = packages.explain(log)
    assert says in text and '\n' not in text


def test_stick(kit, tmp_path):
    """wheels fetches what every system and every Python can install; stick makes a kit that needs no network."""
    tasks(kit, 'wheels', http_proxy='')
    files = [path.name for path in (kit / 'wheels').iterdir()]
    assert len(files) == len(packages.read_requirements()) and all(name.endswith('-none-any.whl') for name in files)
    run([sys.executable, '-m', 'venv', tmp_path / 'bare'], check=True)
    bare = tmp_path / 'bare' / packages.VENV_PYTHON.relative_to(packages.VENV)
    environ = {**os.environ, **QUICK, 'PIP_CONFIG_FILE': os.devnull}
    tasks(kit, 'start', '2')
    tasks(kit, 'stick', str(tmp_path / 'stick'))
    (tmp_path / 'stick').rename(tmp_path / 'laptop')
    assert (tmp_path / 'laptop/site/index.html').exists() and not list(tmp_path.glob('laptop/work*'))
    done = run([bare, tmp_path / 'laptop/tasks.py', 'test', '1'], env=environ)
    assert done.stdout.startswith('Making .venv') and '1 passed' in done.stdout
