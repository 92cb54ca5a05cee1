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
import threading
import urllib.request
import zipfile

import pytest

import database
import packages
import ready
import server
import terminal
import versions
from processes import free_ports, listens
from steps import STEPS, read_code
from suite import FOLDERS, PIPED, ROOT, copy, replace, run, serve

pytestmark = pytest.mark.thorough
# One test a step is enough: it is not the suite that is tested. A proxy that isn't there must not matter.
QUICK = {'PYTEST_ADDOPTS': '-k test_head', 'NO_COLOR': '1', 'PYTHONUTF8': '1', 'http_proxy': 'http://127.0.0.1:9'}


@pytest.fixture(scope='module')
def shared_kit(tmp_path_factory):
    """A copy of the kit, whose site has no diffs, because these take their time."""
    kit = copy(ROOT, tmp_path_factory.mktemp('shared') / 'kit')
    replace(kit / 'tests/tools/website.py', 'make_diff(find_changes(before, folder), level=3)', "''")
    return kit


@pytest.fixture
def kit(shared_kit):
    """A copy of the kit, in which a test may fill work/."""
    yield shared_kit
    for folder in shared_kit.glob('work*'):
        shutil.rmtree(folder)


@pytest.fixture
def own_kit(shared_kit, tmp_path):
    """A copy of the kit, as a git repository, in which a test may change all."""
    kit = copy(shared_kit, tmp_path / 'kit')
    git(kit, 'init', '-q')
    git(kit, 'add', '-A')
    git(kit, 'commit', '-qm', 'kit')
    return kit


def git(kit, *words):
    return run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', *words], cwd=kit, check=True).stdout


def tasks(kit, *words, status=0, **environ):
    """Run tasks.py, from another folder; return what it prints."""
    environ = {**os.environ, **QUICK, **environ}
    done = run([sys.executable, '-u', kit / 'tasks.py', *words], cwd=kit.parent, env=environ)
    assert done.returncode == status and 'Traceback' not in done.stdout, f'{words}: {done.stdout}'
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
    guard = threading.Timer(60, process.kill)  # a line that never comes fails the test
    guard.start()
    try:
        yield lambda words: next(line for line in process.stdout if words in line)
    finally:
        guard.cancel()
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
    assert 'Traceback' not in rest and process.returncode == (0 if words[0] == 'run' else 130)


def get(address):
    """Return a page that anybody may see."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
        return answer.read().decode()


def query(path, *statements):
    """Run SQL on a database; return the rows of the last statement."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        return [db.execute(statement).fetchall() for statement in statements][-1]


# Without a verb, and what can be wrong on the command line

def test_overview(kit):
    """tasks.py alone says where to begin, or where one is. On a screen, as the table of all steps."""
    assert tasks(kit).splitlines()[0].endswith('tasks.py start 1')
    for number in ('5', '18', '17'):
        tasks(kit, 'start', number)
        (kit / 'work/mine.py').touch()
    lines = tasks(kit).splitlines()
    assert [line.partition(', saved')[0] for line in lines[:4]] == [
        'work/: step 17-layers, not begun', 'work-2/: step 18-a-million-posts, not begun',
        'work-1/: step 05-profiles, not begun', 'Go on with steps/17-layers/README.md.']
    assert len(lines) <= 23 and max(map(len, lines)) < 80  # the 24th row is for what is typed next
    _, *rows, _ = tasks(kit, 'steps').splitlines()
    assert [row.split()[0] for row in rows] == [folder.name for folder in FOLDERS] and max(map(len, rows)) <= 80


def test_mistakes(kit):
    """A mistake that a person can make: one line that says what to do."""
    for command, status, says in [
        ('frob', 2, 'frob'), ('start', 2, 'step'), ('test 0', 2, "'0'"), ('run --port 0', 2, 'port'),
        ('run work', 1, 'start'), ('run work-1', 1, 'work-1'), ('check', 1, 'start 1'),
        ('diff', 2, 'STEP'), ('diff 1 2 a b', 2, '7 8'), ('diff 5 5 x.py', 2, 'no difference'),
        ('diff 11 nope.py', 2, 'app/api/body.py, '), ('site .', 1, 'not empty'),
        (f'release {__file__}', 1, 'not empty'), (f'wheels {__file__}', 1, 'is a file'),
        ('stick kit', 1, 'not empty'),
    ]:
        assert says in wrong(kit, *command.split(), status=status), command


def test_test(kit, tmp_path):
    """test checks the steps that it is told, and hands pytest's options on, whatever is set for other programs."""
    (tmp_path / 'bottle.py').write_text('oops', encoding='utf-8')
    odd = {'PYTHONPATH': str(tmp_path), 'PYTHONSAFEPATH': '1', 'PYTHONWARNINGS': 'error', 'PIP_USER': '1'}
    output = tasks(kit, 'test', '1', 'final', '--', '-k', 'test_head', PYTEST_ADDOPTS='', **odd)
    assert '\n2 passed in ' in output and 'final  ' in output


# diff

def test_diff(kit):
    """diff needs no git. Without A, it compares a step with the one before, and the first with the given templates."""
    output = tasks(kit, 'diff', '9', PATH='')
    assert output.startswith('08-blueprints -> 09-app-factory:') and '\x1b[' not in output
    assert '\n+def create_app(config=Config):' in output
    assert versions.read_words(['8', 'final', 'x.py']) == (FOLDERS[7], FOLDERS[-1], 'x.py')
    first = tasks(kit, 'diff', '1', '--stat')
    assert re.search(r'the given templates -> 01.*\n[+]\d+ +-0 +>0 +<0 +chat.py \(new\)$', first)
    output = run(f'{sys.executable} {kit}/tasks.py diff 9 | true', shell=True).stdout
    assert output == '', 'whoever does not read all is no reason for a traceback'


def test_diff_as_a_page(kit, tmp_path):
    """--html writes a page and prints its path; into a pipe, no browser is opened. A file's name may be cut."""
    browser = {'BROWSER': f'touch {tmp_path / "opened"} %s', 'DISPLAY': ':0'}
    assert tasks(kit, 'diff', '11', 'api\\body.py', '--html', **browser).splitlines()[-1] == str(kit / 'diff.html')
    text = (kit / 'diff.html').read_text(encoding='utf-8')
    assert 'read_json' in text and 'users.py' not in text and not (tmp_path / 'opened').exists()


def test_colours(monkeypatch):
    """Colours are for terminals that show them, where NO_COLOR isn't set."""
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    for no_color, term, colours in [('', '', True), ('1', '', False), ('', 'dumb', False)]:
        monkeypatch.setattr(os, 'environ', {'NO_COLOR': no_color, 'TERM': term})
        assert ('\x1b[32m' in terminal.paint('text', 32)) is colours, (no_color, term)


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
    assert 'What was in work/ is now in work-1/.' in tasks(kit, 'start', '7')
    (kit / 'work/mine.py').touch()
    output = tasks(kit, 'start', 'work-1/')
    assert 'work/ is now in work-2/.' in output and 'work/: step 02-database, ' in output
    assert query(kit / 'work/chat.db', 'select * from mine') == [] and (kit / 'work-2/mine.py').exists()
    assert 'kept: work-2.' in wrong(kit, 'start', 'work-1')


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
    assert query(kit / ('work' if comes else 'work-1') / 'chat.db', 'select body from post') == [('hello',)]


def test_check(kit):
    """check stops at the first test that is red, and notes the slice. diff shows what has changed."""
    tasks(kit, 'start', '11')
    with (kit / 'work/config.py').open('a', encoding='utf-8') as file:
        file.write('# mine\n')
    output = tasks(kit, 'diff', 'work')
    assert '10-api-blueprint -> work' in output and '\n+# mine' in output
    output = tasks(kit, 'check', status=1, PYTEST_ADDOPTS='')
    assert 'tests/test_11_api_errors.py::' in output and output.splitlines()[-1].startswith('1 failed in ')
    assert re.search(r'work/: step 11-api-errors, \d of \d slices done, saved ', tasks(kit))


def test_letters_and_lines_of_a_failure(kit):
    """A failure is no wider than the terminal, and no word is cut. A letter that a pipe lacks is a question mark."""
    tasks(kit, 'start', '2')
    (kit / 'work/chat.py').write_text("raise ValueError('你好 ' + 'word ' * 50)\n", encoding='utf-8')
    output = tasks(kit, 'check', '1', status=1, COLUMNS='80', PYTHONIOENCODING='cp437')
    lines = [line for line in output.splitlines() if 'word word' in line]
    assert lines[0].startswith('came      ValueError: ?? word ')
    assert max(map(len, lines)) <= 80 and sum(line.split().count('word') for line in lines) == 50


def test_watch(kit):
    """check --watch checks again at every save, whatever an editor leaves beside the files."""
    tasks(kit, 'start', '2')
    with started(kit, 'check', '1', '--watch') as wait_for:
        (kit / 'work/.#chat.py').symlink_to('nowhere')
        for _ in range(2):
            assert re.fullmatch(r'\d\d:\d\d:\d\d\n', wait_for(':'))
            wait_for('Waiting for a save')
            (kit / 'work/chat.py').touch()


# run and shell

def test_run(kit, tmp_path):
    """run starts the server of a step, and says where it is: also to everyone in the network, for --host 0.0.0.0."""
    port, = free_ports(1)
    command = [sys.executable, '-u', kit / 'tasks.py', 'run', '5', '--db', tmp_path / 'chat.db', '--port', port]
    with serve([*command, '--host', '0.0.0.0'], env={**os.environ, **QUICK}) as output:
        everyone, last = output.splitlines()[-2:]
        assert everyone.startswith('Everyone in this network: http://') and '0.0.0.0' not in everyone
        assert last == f'05-profiles: open http://127.0.0.1:{port}/ in a browser. Ctrl-C ends it.'
        assert 'Log in' in get(f'http://127.0.0.1:{port}/auth/login') == get(f'{everyone.split()[-1]}auth/login')
        assert 'taken' in wrong(kit, 'run', '--port', port)
    assert not server.listens('127.0.0.1', int(port)), 'SIGTERM ends the server, too'


def test_demo(kit, tmp_path):
    """--demo fills an empty room, once, also where nobody registers yet. --empty deletes all that is in its way."""
    path, (port,) = tmp_path / 'chat.db', free_ports(1)
    command = [sys.executable, '-u', kit / 'tasks.py', 'run', '2', '--demo', '--db', path, '--port', port]
    for name in ('chat.db', 'chat.db-wal', 'chat.db-shm'):
        (tmp_path / name).write_text('no database', encoding='utf-8')
    with serve([*command, '--empty'], env={**os.environ, **QUICK}) as output:
        assert 'In the room: ann, bob and eve.\n' in output
    with serve(command, env={**os.environ, **QUICK}) as output:
        assert 'no demo' in output
    assert query(path, 'select count(*) from post') == [(len(database.POSTS),)]


def test_run_after_a_save(kit):
    """After a save, run starts the server again. A file that can't be read is named; an exception waits for a save.

    --demo does as much as an app can do that is not finished.
    """
    tasks(kit, 'start', '2')
    chat, (port,) = kit / 'work/chat.py', free_ports(1)
    text = chat.read_text(encoding='utf-8')
    replace(chat, "@app.route('/', 'POST')", "@app.route('/say', 'POST')")
    with started(kit, 'run', 'work', '--demo', '--port', port) as wait_for:
        assert 'ends early: http' in wait_for(' 405: ')
        wait_for('work: open http')
        chat.write_text(text.replace('def room():', 'def room()'), encoding='utf-8')
        assert re.match(r"work/chat.py:\d+: SyntaxError: expected ':'", wait_for('work/chat.py:'))
        assert 'The room' in get(f'http://127.0.0.1:{port}/')
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


def shell(kit, step, *lines):
    """Type lines into the shell of a step; return what it prints."""
    command = [sys.executable, kit / 'tasks.py', 'shell', step]
    return run(command, env={**os.environ, **QUICK}, input='\n'.join([*lines, ''])).stdout


def test_shell(kit):
    """shell is Python's own, with a client of a new app. It says once that a file has been saved since it was loaded.

    If a view fails, its line is shown, and if the app can't be loaded, one line is all.
    """
    assert 'Response: 200 OK\n' in shell(kit, '8', "print(api.get('/static/style.css'))")
    assert not list(kit.rglob('chat.db'))
    tasks(kit, 'start', '10')
    auth = kit / 'work/app/auth.py'
    replace(auth, "return render('register', form={})", 'return 1 / 0')
    output = shell(kit, 'work', "api.get('/auth/register', status=500)", f"open({str(auth)!r}, 'a').write('x' * 9)",
                   '1 + 1', '2 + 2')
    assert 'work/app/auth.py", line ' in output and 'ZeroDivisionError' in output
    assert re.search(r'>>> work/app/auth.py is newer than .*\n2\n>>> 4\n', output)
    assert re.match(r"work/app/auth.py:\d+: NameError: name 'xxxxxxxxx'", wrong(kit, 'shell'))


# The site, carry and release

def test_site(kit, tmp_path):
    """site --serve shows the pages to everyone in the network, until Ctrl-C."""
    port, = free_ports(1)
    with started(kit, 'site', str(tmp_path / 'site'), '--serve', port) as wait_for:
        wait_for('Everyone in this network: http://')
        wait_for(f'http://127.0.0.1:{port}/')
        assert 'Rows that last' in get(f'http://127.0.0.1:{port}/02-database.html')
        assert 'taken' in wrong(kit, 'site', str(tmp_path / 'other'), '--serve', port)


def be_quick(kit):
    """Let the suite be green at once."""
    replace(kit / 'tests/tools/runner.py', "'-m', 'pytest', '-q'", "'-c', 'print(\"1 passed\")'")


def test_carry(own_kit):
    """carry brings a fix to the later steps, wherever its lines are by then; it says who had it. Twice is once."""
    assert 'uncommitted' in wrong(own_kit, 'carry', '6')
    be_quick(own_kit)
    replace(own_kit / 'steps/06-strangers/chat.py', 'def hash_token(token):\n', 'def hash_token(token):\n    # fixed\n')
    for result in ('took it', 'had it '):
        output = tasks(own_kit, 'carry', '6')
        assert len(re.findall(rf'^\S+ +{result} +app/security.py', output, re.MULTILINE)) == 13
        assert '14 passed' in output, 'the suite runs on step 06 and all later ones'
    assert {path.read_text(encoding='utf-8').count('# fixed') for path in own_kit.rglob('security.py')} == {1}


def test_carry_into_a_conflict(own_kit):
    """A step that differs is named: there, the fix has to be made by hand."""
    head = 'def find_user(username):\n'
    replace(own_kit / 'steps/09-app-factory/app/db.py', f'{head}    """', f'{head[:-1]}  # in\n    """its own way')
    git(own_kit, 'commit', '-qam', 'This step differs')
    replace(own_kit / 'steps/08-blueprints/app/db.py', head, f'{head}    # fixed\n')
    be_quick(own_kit)
    output = tasks(own_kit, 'carry', '8', status=1)
    assert re.search('09-app-factory +conflict +app/db.py: .*find_user', output)


def test_carry_files(own_kit):
    """carry brings a new file, and takes one away; then the suite is red. Without a repository, a line says so."""
    (own_kit / 'steps/18-a-million-posts/app/new.py').write_text('x = 1\n', encoding='utf-8')
    (own_kit / 'steps/18-a-million-posts/app/blueprint.py').unlink()
    tasks(own_kit, 'carry', '18', status=1)
    assert (own_kit / 'final/app/new.py').read_text(encoding='utf-8') == 'x = 1\n'
    assert not (own_kit / 'final/app/blueprint.py').exists()
    shutil.rmtree(own_kit / '.git')
    assert 'git' in wrong(own_kit, 'carry', '1')


def test_release(kit, tmp_path):
    """release makes a repository with a tag a step, and a zip of each, with the same hashes each time.

    Who has only a release can install, test and run it with the commands of its README.
    """
    for name in ('one', 'other'):
        tasks(kit, 'release', str(tmp_path / name))
    one, other = [git(tmp_path / name / 'chat', 'show-ref', '--tags') for name in ('one', 'other')]
    assert one == other and len(one.splitlines()) == len(STEPS)
    zips = [sorted((tmp_path / name).glob('*.zip')) for name in ('one', 'other')]
    assert [path.read_bytes() for path in zips[0]] == [path.read_bytes() for path in zips[1]]
    changed = git(tmp_path / 'one/chat', 'diff', '--name-only', 'v2.1.0-app-factory', 'v3.0.0-api-blueprint').split()
    assert {'README.md', 'app/__init__.py', 'app/api/users.py', 'tests/test_10_api_blueprint.py'} <= set(changed)

    zipfile.ZipFile(tmp_path / 'one/v2.1.0-app-factory.zip').extractall(tmp_path)
    release, (port,) = tmp_path / 'v2.1.0-app-factory', free_ports(1)
    settings = {'cwd': release, 'env': {**os.environ, 'PIP_NO_INDEX': '1', 'CHAT_PORT': port}}
    commands = re.findall(r'^\$ python3 (.*)', (release / 'README.md').read_text(encoding='utf-8'), re.MULTILINE)
    install, check, start = [[sys.executable, *command.split()] for command in commands[-3:]]
    assert 'already satisfied' in run(install, **settings).stdout
    output = run(check, **settings).stdout
    assert 'You have reached step 09-app-factory.\n' in output and ' passed in ' in output and 'failed' not in output
    process = subprocess.Popen(start, **PIPED, **settings)
    assert listens(process, port) and 'Log in' in get(f'http://127.0.0.1:{port}/auth/login')
    process.terminate()
    process.communicate(timeout=10)


# The packages

def test_old_python(kit):
    """A Python that is too old: one line; tasks.py has nothing that 3.6 can't read."""
    ast.parse((kit / 'tasks.py').read_text(encoding='utf-8'), feature_version=(3, 6))
    code = ("import runpy, sys; sys.version_info, sys.version = (3, 9, 18), '3.9.18 (old)'; "
            "runpy.run_path(sys.argv.pop(1), run_name='__main__')")
    done = run([sys.executable, '-c', code, kit / 'tasks.py', 'run'])
    assert (done.returncode, done.stdout.count('\n')) == (1, 1) and 'and this is 3.9.18.' in done.stdout


def test_packages(own_kit, tmp_path):
    """Without the packages in their versions, .venv is made; what is missing for it is said in a line."""
    replace(own_kit / 'requirements.txt', 'bottle==', 'bottle==99.')
    (tmp_path / 'empty').mkdir()
    assert 'wheels nowhere' in wrong(own_kit, 'test', '1', '--offline', 'nowhere')
    gone = own_kit / packages.VENV_PYTHON.relative_to(ROOT)
    gone.parent.mkdir(parents=True)
    gone.symlink_to(tmp_path / 'no-python')
    lines = tasks(own_kit, 'test', '1', '--offline', str(tmp_path / 'empty'), status=1).splitlines()
    assert len(lines) == 2 and lines[0].startswith('Making .venv') and 'not complete' in lines[1]
    nobody = {'PIP_INDEX_URL': 'https://127.0.0.1:9/simple', 'PIP_CONFIG_FILE': os.devnull, 'PIP_FIND_LINKS': ''}
    lines = tasks(own_kit, 'test', '1', status=1, **nobody).splitlines()
    assert len(lines) == 2 and 'wheels/' in lines[1]


def test_explain():
    """What venv and pip say of a mishap becomes a line that says what to do."""
    for log, says in [
        ('not created successfully because ensurepip is not\navailable.  On Debian', 'sudo apt install python3'),
        ('WARNING: one\nERROR: THE HASHES DIFFER\n', 'ERROR: THE HASHES DIFFER Delete the folder .venv'),
        ('', 'Delete the folder .venv'),
    ]:
        text = packages.explain(log)
        assert says in text and '\n' not in text


def test_ready(own_kit):
    """ready tries an app, and says in a line that all is there; or what is wrong, and what to do."""
    port, = free_ports(1)
    replace(own_kit / 'tests/tools/ready.py', 'PORT = 8080', f'PORT = {port}')
    usual = {'no_proxy': '127.0.0.1', 'WSL_DISTRO_NAME': 'Ubuntu'}
    assert re.fullmatch(r'This laptop is ready: Python 3.* a browser\.\n', tasks(own_kit, 'ready', **usual))
    with socket.create_server(('127.0.0.1', int(port))):
        assert 'is taken' in wrong(own_kit, 'ready', **usual)
    replace(own_kit / 'final/app/security.py', 'hashlib.scrypt', 'hashlib.no_scrypt')
    assert "has no attribute 'no_scrypt'" in wrong(own_kit, 'ready', **usual)
    assert not list(own_kit.glob('work*'))


def test_ready_for_the_pages(monkeypatch):
    """ready names what the pages need and is not there: curl, a way past a proxy, a browser (in WSL: Windows' own)."""
    for environ, says in [
        ({'WSL_DISTRO_NAME': 'Ubuntu'}, ''), ({'DISPLAY': ':0', 'BROWSER': 'curl'}, ''), ({}, 'no browser'),
        ({'PATH': ''}, 'no curl'), ({'http_proxy': 'http://127.0.0.1:9'}, 'type first: '),
    ]:
        monkeypatch.setattr(os, 'environ', {'PATH': os.environ['PATH'], **environ})
        problem = ready.find_problem() or ''
        assert says in problem and bool(says) == bool(problem), environ
        monkeypatch.undo()


def test_stick(kit, tmp_path):
    """wheels fetches what every system and every Python can install; stick makes a kit that needs no network."""
    tasks(kit, 'wheels', http_proxy='')
    files = [path.name for path in (kit / 'wheels').iterdir()]
    assert len(files) == len(packages.read_requirements()) and all(name.endswith('-none-any.whl') for name in files)
    tasks(kit, 'start', '2')
    tasks(kit, 'stick', str(tmp_path / 'stick'))
    laptop = (tmp_path / 'stick').rename(tmp_path / 'laptop')
    assert (laptop / 'site/index.html').exists() and not list(laptop.glob('work*'))
    shutil.rmtree(kit / 'wheels')
    run([sys.executable, '-m', 'venv', '--without-pip', tmp_path / 'bare'], check=True)
    bare = tmp_path / 'bare' / packages.VENV_PYTHON.relative_to(packages.VENV)
    done = run([bare, laptop / 'tasks.py', 'test', '1'], env={**os.environ, **QUICK, 'PIP_CONFIG_FILE': os.devnull})
    assert done.stdout.startswith('Making .venv') and '1 passed' in done.stdout
