"""tasks.py: each verb, its main errors, its exit status, in a copy of the kit."""
import ast
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
import zipfile

import pytest

import packages
import server
from processes import free_port
from steps import STEPS
from suite import FOLDERS, PIPED, ROOT, copy, replace, run, serve

pytestmark = pytest.mark.thorough
# One test a step is enough. A proxy that isn't there must not matter.
ENVIRON = {**os.environ, 'PYTEST_ADDOPTS': '-k test_head', 'NO_COLOR': '1', 'PYTHONUTF8': '1',
           'http_proxy': 'http://127.0.0.1:9'}


@pytest.fixture
def kit(tmp_path):
    """A copy of the kit, whose site has no diffs, because these take their time."""
    kit = copy(ROOT, tmp_path / 'kit')
    replace(kit / 'tests/tools/website.py', 'make_diff(find_changes(before, folder), level=3)', "''")
    return kit


def tasks(kit, *words, status=0, **environ):
    """Run tasks.py, from another folder; return what it prints."""
    done = run([sys.executable, '-u', kit / 'tasks.py', *words], cwd=kit.parent, env={**ENVIRON, **environ})
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
    command = [sys.executable, '-u', kit / 'tasks.py', *words]
    process = subprocess.Popen(command, env=ENVIRON, start_new_session=True, **PIPED)
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


def git(folder, *words):
    """Run git in a folder; return what it prints."""
    return run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', *words], cwd=folder, check=True).stdout


def test_overview(kit):
    """tasks.py alone says where to begin, or where one is, on one screen; steps is the table of all steps."""
    assert tasks(kit).splitlines()[0].endswith('tasks.py start 1')
    for number in ('5', '18', '17'):
        tasks(kit, 'start', number)
    lines = tasks(kit).splitlines()
    assert lines[0].startswith('work/: step 17-layers, not begun, saved ')
    assert len(lines) <= 23 and max(map(len, lines)) < 80  # the 24th row is for what is typed next
    _, *rows, _ = tasks(kit, 'steps').splitlines()
    assert [row.split()[0] for row in rows] == [folder.name for folder in FOLDERS]


def test_mistakes(kit):
    """A mistake that a person can make: one line that says what to do."""
    for command, status, says in [
        ('frob', 2, 'frob'), ('test 0', 2, "'0'"), ('run --port 0', 2, 'port'), ('run work', 1, 'start 1'),
        ('start work-1', 1, 'work-1'), ('check', 1, 'start 1'), ('diff 1 2 a b', 2, '7 8'),
        ('diff 11 nope.py', 2, 'app/api/body.py, '), ('site .', 1, 'not empty'), ('stick kit', 1, 'not empty'),
        ('release kit', 1, 'not empty'), ('carry 1', 1, 'needs git'),
    ]:
        assert says in wrong(kit, *command.split(), status=status), command


# The verbs to learn with

def test_start(kit):
    """start puts into work/ what a step begins with. What was there is kept, and its posts come along, if they fit."""
    tasks(kit, 'start', '1')
    assert sorted(path.name for path in (kit / 'work').iterdir()) == ['.reached', 'static', 'templates']
    query(kit / 'work/chat.db', 'create table post (id, username, body)')
    output = tasks(kit, 'start', '4')
    assert 'Your posts are in work-1/chat.db' in output and 'Now read steps/04-login/README.md' in output
    assert not (kit / 'work/README.md').exists() and (kit / 'work/templates/login.tpl').exists()
    query(kit / 'work/chat.db', 'create table user (id, username, email, password_hash, about_me, created_at)',
          'create table post (id, user_id, body, created_at)', "insert into post (body) values ('hello')")
    assert 'has come along' in tasks(kit, 'start', '5')
    assert query(kit / 'work/chat.db', 'select body from post') == [('hello',)]
    assert 'work/: step 01-flat-script, ' in tasks(kit, 'start', 'work-1')
    assert query(kit / 'work/chat.db', 'select * from post') == [] and (kit / 'work-3/chat.db').exists()


def test_run(kit, tmp_path):
    """run starts a server, and says where it is. --demo fills an empty room only, --empty deletes what was there."""
    path, port = tmp_path / 'chat.db', free_port()
    command = [sys.executable, '-u', kit / 'tasks.py', 'run', '2', '--demo', '--db', path, '--port', port]
    query(path, 'create table post (id)', 'insert into post values (1)')
    with serve(command, env=ENVIRON) as output:
        assert 'a table post that is not as in SCHEMA' in output and 'no demo' in output
    with serve([*command, '--empty', '--host', '0.0.0.0'], env=ENVIRON) as output:
        assert 'In the room: ann, bob and eve.\n' in output
        everyone, last = output.splitlines()[-2:]
        assert last == f'02-database: open http://127.0.0.1:{port}/ in a browser. Ctrl-C ends it.'
        assert 'The room' in get(f'http://127.0.0.1:{port}/') == get(everyone.split()[-1])
        assert 'taken' in wrong(kit, 'run', '--port', port)
    assert not server.listens('127.0.0.1', int(port)), 'SIGTERM ends the server, too'


def test_run_after_a_save(kit):
    """After a save, run starts the server again, unless the file can't be read: it is named, and the server stays."""
    tasks(kit, 'start', '2')
    chat, port = kit / 'work/chat.py', free_port()
    text = chat.read_text(encoding='utf-8')
    with started(kit, 'run', 'work', '--port', port) as wait_for:
        wait_for('work: open http')
        chat.write_text(text.replace('def room():', 'def room()'), encoding='utf-8')
        assert re.match(r"work/chat.py:\d+: SyntaxError: expected ':'", wait_for('work/chat.py:'))
        assert 'The room' in get(f'http://127.0.0.1:{port}/')
        chat.write_text(text, encoding='utf-8')
        wait_for('started again')


def test_check(kit):
    """check stops at the first test that is red, notes the slice, and names a slip. diff shows what has been typed."""
    tasks(kit, 'start', '11')
    with (kit / 'work/config.py').open('a', encoding='utf-8') as file:
        file.write('mine = 1\n')
    assert '\n+mine = 1' in tasks(kit, 'diff', 'work')
    output = tasks(kit, 'check', status=1, PYTEST_ADDOPTS='')
    assert 'tests/test_11_api_errors.py::' in output and '\n1 failed in ' in output and ': mine = 1\n' in output
    assert re.search(r'work/: step 11-api-errors, \d of \d slices done, saved ', tasks(kit))


def test_watch(kit):
    """check --watch checks again at every save."""
    tasks(kit, 'start', '2')
    with started(kit, 'check', '1', '--watch') as wait_for:
        for _ in range(2):
            wait_for('Waiting for a save')
            (kit / 'work/chat.py').touch()


def test_diff(kit):
    """diff needs no git. Without A, it compares a step with what it starts from. --html writes a page."""
    output = tasks(kit, 'diff', '9', PATH='')
    assert output.startswith('08-blueprints -> 09-app-factory:') and '\n+def create_app(config=Config):' in output
    output = tasks(kit, 'diff', '1', '--stat')
    assert re.search(r'the given templates -> 01.*\n[+]\d+ +-0 +>0 +<0 +chat.py \(new\)$', output)
    assert tasks(kit, 'diff', '9', '11', 'body.py', '--html') == f'{kit / "diff.html"}\n'
    text = (kit / 'diff.html').read_text(encoding='utf-8')
    assert 'read_json' in text and 'users.py' not in text


def test_shell(kit):
    """shell has a client of a new app. It names a line that fails, and a file that has been saved since."""
    tasks(kit, 'start', '10')
    auth = kit / 'work/app/auth.py'
    replace(auth, "return render('register', form={})", 'return 1 / 0')
    lines = f"api.get('/auth/register', status=500)\nopen({str(auth)!r}, 'a').write('x' * 9)\n1 + 1\n"
    output = run([sys.executable, kit / 'tasks.py', 'shell'], env=ENVIRON, input=lines).stdout
    assert 'work/app/auth.py", line ' in output and 'ZeroDivisionError' in output
    assert re.search(r'>>> work/app/auth.py is newer than .*\n2\n', output)
    assert re.match(r"work/app/auth.py:\d+: NameError: name 'xxxxxxxxx'", wrong(kit, 'shell'))


# The verbs to lead a workshop with

def test_ready(kit):
    """ready tries an app, and says in a line that all is there; or what is wrong, and what to do."""
    port = free_port()
    replace(kit / 'tests/tools/ready.py', 'PORT = 8080', f'PORT = {port}')
    usual = {'no_proxy': '127.0.0.1', 'WSL_DISTRO_NAME': 'Ubuntu'}
    assert re.fullmatch(r'This laptop is ready: Python 3.* a browser\.\n', tasks(kit, 'ready', **usual))
    assert 'http_proxy is set' in wrong(kit, 'ready')


def test_site(kit, tmp_path):
    """site --serve shows the pages, until Ctrl-C."""
    port = free_port()
    with started(kit, 'site', str(tmp_path / 'site'), '--serve', port) as wait_for:
        wait_for(f'http://127.0.0.1:{port}/')
        assert 'Rows that last' in get(f'http://127.0.0.1:{port}/02-database.html')


def test_stick(kit, tmp_path):
    """wheels fetches what every system and every Python can install; stick makes a kit that needs no network."""
    tasks(kit, 'wheels', http_proxy='')
    files = [path.name for path in (kit / 'wheels').iterdir()]
    assert len(files) == len(packages.read_requirements()) and all(name.endswith('-none-any.whl') for name in files)
    tasks(kit, 'stick', str(tmp_path / 'stick'))
    laptop = (tmp_path / 'stick').rename(tmp_path / 'laptop')
    assert (laptop / 'site/index.html').exists()
    run([sys.executable, '-m', 'venv', '--without-pip', tmp_path / 'bare'], check=True)
    bare = tmp_path / 'bare' / packages.VENV_PYTHON.relative_to(packages.VENV)
    done = run([bare, laptop / 'tasks.py', 'test', '1'], env={**ENVIRON, 'PIP_CONFIG_FILE': os.devnull})
    assert done.stdout.startswith('Making .venv') and '1 passed' in done.stdout


def test_packages(kit, tmp_path):
    """Without the packages in their versions, .venv is made; what is missing for it is said in a line."""
    replace(kit / 'requirements.txt', 'bottle==', 'bottle==99.')
    nobody = {'PIP_INDEX_URL': 'https://127.0.0.1:9/simple', 'PIP_CONFIG_FILE': os.devnull, 'PIP_FIND_LINKS': ''}
    for words, says in [(['--offline', str(tmp_path)], 'not complete'), ([], 'pip cannot reach the network')]:
        first, last = tasks(kit, 'test', '1', *words, status=1, **nobody).splitlines()
        assert first.startswith('Making .venv') and says in last


def test_old_python(kit):
    """A Python that is too old: one line; tasks.py has nothing that 3.6 can't read."""
    ast.parse((kit / 'tasks.py').read_text(encoding='utf-8'), feature_version=(3, 6))
    code = 'import sys; sys.version_info = 3, 9; exec(open(sys.argv[1]).read())'
    done = run([sys.executable, '-c', code, kit / 'tasks.py'])
    assert done.returncode == 1 and re.fullmatch(r'The kit needs Python 3\.10 .*\n', done.stdout)


# The verbs to maintain the kit with

def test_carry(kit):
    """carry brings a fix to the later steps, wherever its lines are by then; a step that differs is a conflict."""
    replace(kit / 'tests/tools/runner.py', "'-m', 'pytest', '-q'", "'-c', 'print(\"1 passed\")'")
    hash_token, find_user = 'def hash_token(token):\n', 'def find_user(username):\n'
    replace(kit / 'steps/09-app-factory/app/db.py', find_user, 'def find_user(name):\n')
    git(kit, 'init', '-q')
    git(kit, 'add', '-A')
    git(kit, 'commit', '-qm', 'kit')
    assert 'uncommitted' in wrong(kit, 'carry', '6')
    replace(kit / 'steps/06-strangers/chat.py', hash_token, f'{hash_token}    # fixed\n')
    (kit / 'steps/06-strangers/new.py').write_text('x = 1\n', encoding='utf-8')
    for result in ('took it', 'had it '):  # twice is once
        output = tasks(kit, 'carry', '6')
        assert output.count(f'{result}   app/security.py') == len([*kit.rglob('new.py')]) - 1 == 13
        assert '14 passed' in output, 'the suite runs on step 06 and all later ones'
    assert {path.read_text(encoding='utf-8').count('# fixed') for path in kit.rglob('security.py')} == {1}
    replace(kit / 'steps/08-blueprints/app/db.py', find_user, f'# changed\n{find_user}')
    assert re.search('09-app-factory +conflict +app/db.py: .*find_user', tasks(kit, 'carry', '8', status=1))


def test_release(kit, tmp_path):
    """release makes a repository with a tag a step, and zips that have their tests."""
    target = tmp_path / 'releases'
    tasks(kit, 'release', str(target))
    assert len(git(target / 'chat', 'tag').split()) == len([*target.glob('*.zip')]) == len(STEPS)
    zipfile.ZipFile(target / 'v2.1.0-app-factory.zip').extractall(target)
    output = run([sys.executable, '-m', 'pytest'], cwd=target / 'v2.1.0-app-factory').stdout
    assert 'You have reached step 09-app-factory.\n' in output and ' passed in ' in output and 'failed' not in output
