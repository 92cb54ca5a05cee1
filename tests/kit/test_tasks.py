"""tasks.py: each verb, its errors, its exit status, in a copy of the kit."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from suite import ROOT

QUICK = {'PYTEST_ADDOPTS': '-k test_head', 'NO_COLOR': '1', 'PYTHONUTF8': '1'}  # one test a step: it is not the suite that is tested


@pytest.fixture
def kit(tmp_path):
    """A copy of the kit, as a git repository."""
    copy = tmp_path / 'kit'
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns('.git', '.venv', 'work*', '*.db*', '__pycache__', 'kit'))
    for command in (['init', '-q'], ['add', '-A'], ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'kit']):
        subprocess.run(['git', *command], cwd=copy, check=True, capture_output=True)
    return copy


def tasks(kit, *words, status=0, **environ):
    """Run tasks.py, from another folder; return what it prints."""
    done = subprocess.run([sys.executable, str(kit / 'tasks.py'), *words], cwd=kit.parent, env={**os.environ, **QUICK, **environ},
                          encoding='utf-8', stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert done.returncode == status, done.stdout
    assert 'Traceback' not in done.stdout
    return done.stdout


def wrong(kit, *words, status):
    """Run tasks.py with a mistake: it says one line, and ends with this status."""
    output = tasks(kit, *words, status=status)
    assert len(output.strip().splitlines()) == 1, output
    return output


def test_table(kit):
    """Without a verb: a line for each step, and one for each verb."""
    lines = tasks(kit).splitlines()
    assert [line.split()[0] for line in lines[1:10]] == [*sorted(path.name for path in (ROOT / 'steps').glob('0*')), 'final']
    assert [line.split()[0] for line in lines[12:]] == ['run', 'test', 'diff', 'start', 'check', 'carry', 'release']


@pytest.mark.parametrize('words, status, says', [
    (['frob'], 2, 'frob'), (['run', 'nope'], 2, 'nope'), (['run', '12'], 2, '12'), (['test', '0'], 2, "'0'"), (['start', 'x'], 2, 'x'),
    (['diff', '1'], 2, 'b'), (['diff', '1', 'nope'], 2, 'nope'), (['run', '--port', '0'], 2, 'port'), (['run', '--port', '99999'], 2, 'port'),
    (['run', '--port', 'x'], 2, 'port'), (['check'], 1, 'start'), (['diff', 'work', '5'], 1, 'start'), (['run', 'work'], 1, 'start'),
    (['carry', '3'], 1, 'uncommitted'), (['carry', 'nope'], 2, 'nope'), (['release', '.'], 1, 'not empty'), (['start'], 2, 'step'),
])
def test_mistakes(kit, words, status, says):
    """A mistake that a person can make: one line that says what to do."""
    assert says in wrong(kit, *words, status=status)


def test_help(kit):
    """-h tells about a verb."""
    assert '--watch' in tasks(kit, 'check', '-h')


def test_diff(kit):
    """A diff tells new lines from moved ones, follows renames, and needs no git."""
    shutil.rmtree(kit / '.git')
    output = tasks(kit, 'diff', '1', '2')
    assert '\n+def create_app(config=Config):' in output
    assert '\n>def find_user(username):' in output
    assert '\n-@app.route' in output
    assert 'static/style.css -> app/static/style.css' in output
    assert '\x1b[' not in output
    assert tasks(kit, 'diff', '5', '5').count('\n') == 1
    assert 'app/api/body.py' in tasks(kit, 'diff', '4', '5', '--stat')


def test_diff_into_a_closed_pipe(kit):
    """Whoever reads only the first line is no reason for a traceback."""
    diff = subprocess.Popen([sys.executable, str(kit / 'tasks.py'), 'diff', '1', 'final'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, 'PYTHONUNBUFFERED': '1'})
    diff.stdout.readline()
    diff.stdout.close()
    assert b'Traceback' not in diff.stderr.read()
    diff.wait(30)
    diff.stderr.close()


def test_start_and_check(kit):
    """start puts the step before into work/, and keeps what was there; check says how far it is."""
    tasks(kit, 'start', '5')
    assert not (kit / 'work/README.md').exists() and (kit / 'work/app/api/users.py').exists()
    (kit / 'work/mine.txt').write_text('mine', encoding='utf-8')
    output = tasks(kit, 'check', '5', status=1, PYTEST_ADDOPTS='')
    assert 'You have reached step 04-api-blueprint.' in output and 'read steps/05-api-errors/README.md' in output
    assert 'work-1' in tasks(kit, 'start', '1')
    assert (kit / 'work-1/mine.txt').read_text(encoding='utf-8') == 'mine'
    assert sorted(path.name for path in (kit / 'work').iterdir()) == ['static', 'templates']
    tasks(kit, 'start', '8')
    output = tasks(kit, 'check', '8', status=1, PYTEST_ADDOPTS='-k "test_head or test_create_post"')
    assert 'You have reached step 07-api-tokens.' in output and 'came      501 Not Implemented' in output
    tasks(kit, 'start', 'final')
    assert 'You have reached step 08-api-posts.' in tasks(kit, 'check', '8')
    (kit / 'work/app/auth.py').write_text('x = (', encoding='utf-8')
    output = tasks(kit, 'check', '8', status=1)
    assert 'auth.py:1' in output and 'cannot be loaded' in output


def test_watch(kit):
    """check --watch checks again at every save, whatever an editor leaves beside the files."""
    tasks(kit, 'start', '5')
    watch = subprocess.Popen([sys.executable, '-u', str(kit / 'tasks.py'), 'check', '4', '--watch'], env={**os.environ, **QUICK},
                             encoding='utf-8', stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    for times in range(2):
        for line in watch.stdout:
            if 'Waiting for a save' in line:
                break
        (kit / 'work/app/.#auth.py').symlink_to('nowhere') if not times else None
        with (kit / 'work/app/auth.py').open('a', encoding='utf-8') as file:
            file.write('\n')
    os.killpg(watch.pid, signal.SIGINT)
    rest = watch.communicate(timeout=30)[0]
    assert 'Traceback' not in rest and watch.returncode == 130


def test_test(kit):
    """test checks the steps that it is told, and hands pytest's options on."""
    assert '2 passed' in tasks(kit, 'test', '1', 'final')
    assert '01-flat-script' in tasks(kit, 'test', '1', '--', '--collect-only')


def test_run(kit, tmp_path):
    """run serves a step and prints its address; --demo fills an empty room, once; a taken port is told."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = str(free.getsockname()[1])
    for says in ('chat-demo', 'no demo'):
        command = [sys.executable, '-u', str(kit / 'tasks.py'), 'run', '3', '--port', port, '--demo', '--db', str(tmp_path / 'demo.db')]
        server = subprocess.Popen(command, env={**os.environ, **QUICK}, encoding='utf-8', stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in server.stdout:
            lines.append(line)
            if 'Ctrl-C ends it' in line:
                break
        assert says in ''.join(lines) and f'http://127.0.0.1:{port}/' in lines[-1]
        assert urllib.request.urlopen(f'http://127.0.0.1:{port}/auth/login', timeout=5).status == 200
        if says == 'no demo':
            assert 'taken' in wrong(kit, 'run', '--port', port, status=1)
        server.terminate()  # SIGTERM: the server must not be left behind
        server.communicate(timeout=10)
        for _ in range(100):
            with socket.socket() as client:
                if client.connect_ex(('127.0.0.1', int(port))):
                    break
            time.sleep(0.05)
        else:
            raise AssertionError('the server is still there')


def test_run_without_a_database(kit, tmp_path):
    """A database that can't be opened: its line, and status 1."""
    assert 'nothing' in wrong(kit, 'run', '1', '--port', '65123', '--db', str(tmp_path / 'nothing/chat.db'), status=1)


def test_carry(kit):
    """carry brings a fix to the later steps, says what came of it, and runs the suite."""
    chat, final = kit / 'steps/01-flat-script/chat.py', kit / 'final/app/db.py'
    text = chat.read_text(encoding='utf-8')
    text = text.replace('is taken: choose another.', 'is taken: take another.').replace('PAGE_SIZE = 20', 'PAGE_SIZE = 30')
    chat.write_text(text, encoding='utf-8')
    had = kit / 'steps/05-api-errors/app/db.py'
    had.write_text(had.read_text(encoding='utf-8').replace('is taken: choose another.', 'is taken: take another.'), encoding='utf-8')
    odd = kit / 'steps/02-app-factory/app/views.py'
    odd.write_text(odd.read_text(encoding='utf-8').replace('PAGE_SIZE = 20', 'PAGE_SIZE = 7'), encoding='utf-8')
    subprocess.run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x', 'steps/05-api-errors', 'steps/02-app-factory'],
                   cwd=kit, check=True)
    output = tasks(kit, 'carry', '1', status=1)
    assert 'is taken: take another.' in final.read_text(encoding='utf-8')
    assert output.count('took it   app/db.py') == 7 and 'had it    app/db.py' in output
    assert 'conflict  chat.py: ' in output and 'PAGE_SIZE = 30' in output and '9 passed' in output
    assert 'PAGE_SIZE = 7' in odd.read_text(encoding='utf-8')


def test_carry_files(kit):
    """carry brings a new file, and takes one away."""
    (kit / 'steps/08-api-posts/app/new.py').write_text('x = 1\n', encoding='utf-8')
    (kit / 'steps/08-api-posts/config.py').unlink()
    tasks(kit, 'carry', '8', status=1)
    assert (kit / 'final/app/new.py').read_text(encoding='utf-8') == 'x = 1\n'


def test_carry_without_git(kit):
    """Without a repository, carry says what it needs."""
    shutil.rmtree(kit / '.git')
    assert 'git' in wrong(kit, 'carry', '1', status=1)


def test_release(kit, tmp_path):
    """release makes a repository with a tag a step, and a zip of each, with the same hashes each time."""
    hashes = []
    for name in ('one', 'two'):
        tasks(kit, 'release', str(tmp_path / name))
        chat = tmp_path / name / 'chat'
        tags = subprocess.run(['git', 'show-ref', '--tags'], cwd=chat, capture_output=True, text=True).stdout
        hashes.append((tags, [path.read_bytes() for path in sorted((tmp_path / name).glob('*.zip'))]))
    assert hashes[0] == hashes[1] and len(hashes[0][1]) == 9 and hashes[0][0].count('refs/tags/v') == 9
    changed = subprocess.run(['git', 'diff', '--name-only', 'v2.0.0-blueprint', 'v3.0.0-api-blueprint'], cwd=chat, capture_output=True, text=True)
    assert set(changed.stdout.split()) == {'README.md', 'app/__init__.py', 'app/auth.py', *(
        f'app/api/{name}.py' for name in ('__init__', 'errors', 'posts', 'tokens', 'users'))}


def test_offline(kit, tmp_path):
    """A bare Python without a network, and a folder without wheels: one line more than the progress, and status 1."""
    (tmp_path / 'wheels').mkdir()
    bare = tmp_path / 'bare'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', str(bare)], check=True)
    python = bare / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')
    done = subprocess.run([str(python), str(kit / 'tasks.py'), 'test', '1', '--offline', str(tmp_path / 'wheels')], capture_output=True,
                          encoding='utf-8', timeout=120)
    assert done.returncode == 1 and '--offline DIR' in done.stderr and 'Traceback' not in done.stderr
