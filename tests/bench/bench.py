"""How fast the app is, as a multiple of a yardstick that is measured beside it: `python tests/bench/bench.py`.

It reports, and never fails because something is slow. It fails if an app doesn't answer what the yardstick answers.
"""
import argparse
import base64
import contextlib
import gc
import io
import json
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

import yardstick

ROOT = Path(__file__).resolve().parent.parent.parent
PEER = 'Flask + SQLAlchemy'

REQUESTS = [  # name, method, path, what is sent, goal: how many times the yardstick's time it may take
    ('GET a post', 'GET', '/api/posts/500', None, 2.5),
    ('GET a user', 'GET', '/api/users/2', None, 2.5),
    ('GET a page of 10', 'GET', '/api/posts?page=7', None, 2.3),
    ('POST a post', 'POST', '/api/posts', {'body': 'Is anybody here?'}, 2.5),
    ('PUT a post', 'PUT', '/api/posts/1000', {'body': 'Nobody is here.'}, 2.3),
]
SIZES = [1_000, 100_000, 1_000_000]  # posts in a database, for --growth
PAGE_1_GOAL, MIDDLE_GOAL = 1.5, 100


def main(argv=None):
    """Read the command line, measure, and report."""
    options = read_options(argv)
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        make_app = load(options.app)
        say = print if options.json != '-' else lambda *args: None
        report = {'python': platform.python_version(), 'sqlite': sqlite3.sqlite_version, 'system': platform.platform(),
                  'rounds': options.rounds}
        if options.growth:
            report['growth'] = run_growth(make_app, Path(folder), options, say)
        else:
            report['requests'] = run_requests(make_app, Path(folder), options, say)
    if options.json:
        text = json.dumps(report, indent=2) + '\n'
        sys.stdout.write(text) if options.json == '-' else Path(options.json).write_text(text, encoding='utf-8')


def read_options(argv):
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog='bench', description='Measure the app beside a yardstick: a bare WSGI callable with sqlite3.')
    parser.add_argument('--growth', action='store_true', help='measure how the pages of posts grow with the table instead')
    parser.add_argument('--rounds', type=int, metavar='N', help='how often each request has its turn (default: 80)')
    parser.add_argument('--quick', action='store_true', help='a first look: few rounds, small tables, rough figures')
    parser.add_argument('--json', nargs='?', const='-', metavar='FILE', help='write JSON to a file, or instead of the table')
    parser.add_argument('--app', type=Path, default=ROOT / 'final', metavar='DIR', help='the folder with the app (default: final)')
    options = parser.parse_args(argv)
    options.rounds = max(1, options.rounds or (5 if options.quick else 80))
    options.seconds = 0.0005 if options.quick else 0.003  # of each turn: short, so that few turns meet a slow moment of the machine
    return options


def run_requests(make_app, folder, options, say):
    """Measure each request on each app; return a list of {name, goal, apps}."""
    authorization = make_database(make_app, folder / 'new.db', 1000)
    makers = {'yardstick': yardstick.create_app, 'final': make_app, PEER: load_peer()}
    apps = {name: make(shutil.copy(folder / 'new.db', folder / f'{number}.db'))
            for number, (name, make) in enumerate(makers.items()) if make}
    compare(apps, authorization)
    say(heading(options, PEER in apps))
    report = []
    for name, method, path, data, goal in REQUESTS:
        jobs = {app: (apps[app], *make_environ(method, path, data, authorization)) for app in apps}
        times = measure(jobs, options.rounds, options.seconds)
        report.append({'name': name, 'goal': goal, 'apps': summarize(times)})
        say(row(report[-1]))
    say(f'\n* {PEER}: tests/bench/peer_flask.py' if PEER in apps else
        f'{PEER:20}not installed: pip install flask flask-sqlalchemy')
    return report


def summarize(times):
    """Return {app: the quartiles of its time in microseconds, and of its multiple of the yardstick's}."""
    return {app: {'microseconds': quartiles([1e6 * seconds for seconds in times[app]]),
                  'times': quartiles([a / b for a, b in zip(times[app], times['yardstick'])])} for app in times}


def heading(options, has_peer):
    """Return what stands above the table."""
    return (f'Microseconds of a request, and how many times the yardstick: medians of {options.rounds} rounds\n'
            f'Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}\n\n'
            f'{"request":18}{"yardstick":>9}{"final":>8}{"times":>7}{"quartiles":>14}{"goal":>6}{"":6}'
            f'{"Flask*" if has_peer else "":>6}{"times" if has_peer else "":>6}').rstrip()


def row(result):
    """Return a line of the table."""
    final, yard, peer = (result['apps'].get(app) for app in ('final', 'yardstick', PEER))
    low, times, high = final['times']
    line = (f'{result["name"]:18}{yard["microseconds"][1]:9.0f}{final["microseconds"][1]:8.0f}{times:7.1f}'
            f'{f"{low:.1f} to {high:.1f}":>14}{result["goal"]:6}{verdict(times, result["goal"]):6}')
    return (line + (f'{peer["microseconds"][1]:6.0f}{peer["times"][1]:6.0f}' if peer else '')).rstrip()


def verdict(value, goal):
    """Return a mark for what misses its goal."""
    return ' over' if round(value, 1) > goal else ''


def run_growth(make_app, folder, options, say):
    """Measure the first and the middle page of tables of several sizes; return {sizes, page_1, middle, and their ratios}."""
    sizes = [size // 100 for size in SIZES] if options.quick else SIZES
    jobs = {}
    for size in sizes:
        authorization = make_database(make_app, folder / f'{size}.db', size)
        app = make_app(folder / f'{size}.db')
        for page, number in (('page 1', 1), ('the middle page', size // 20)):
            jobs[page, size] = (app, *make_environ('GET', f'/api/posts?page={number}', None, authorization))
    times = measure(jobs, options.rounds, options.seconds)
    medians = {page: [1e6 * statistics.median(times[page, size]) for size in sizes] for page in ('page 1', 'the middle page')}
    first, middle = medians['page 1'], medians['the middle page']
    say(f'Microseconds of a page of 10 posts, median of {options.rounds} rounds\n')
    say(f'{"posts in the table":20}' + ''.join(f'{size:>12,}' for size in sizes))
    for page, values in medians.items():
        say(f'{page:20}' + ''.join(f'{value:>12,.0f}' for value in values))
    page_1_ratio, middle_ratio = first[-1] / first[0], middle[-1] / first[-1]
    say(f'\nPage 1 of {sizes[-1]:,} posts takes {page_1_ratio:.1f} times that of {sizes[0]:,}'
        f' (goal: {PAGE_1_GOAL}){verdict(page_1_ratio, PAGE_1_GOAL)}')
    say(f'The middle page of {sizes[-1]:,} posts takes {middle_ratio:.0f} times page 1'
        f' (goal: {MIDDLE_GOAL}){verdict(middle_ratio, MIDDLE_GOAL)}')
    return {'sizes': sizes, 'page_1': first, 'middle': middle, 'page_1_ratio': page_1_ratio, 'middle_ratio': middle_ratio,
            'page_1_goal': PAGE_1_GOAL, 'middle_goal': MIDDLE_GOAL}


# The apps

def load(folder):
    """Return a function that makes the app of a folder, with the folder's own Config, for a database."""
    sys.path.insert(0, str(folder.resolve()))
    try:
        from app import create_app
        from config import Config
    except ModuleNotFoundError as error:
        sys.exit(f'{error}. Install the packages (pip install -r requirements.txt), and name a folder that has app/ and config.py.')
    return lambda database: create_app(type('BenchConfig', (Config,), {'DATABASE': str(database), 'PASSWORD_COST': 2}))


def load_peer():
    """Return the function that makes the peer's app, or None where Flask is not installed."""
    with contextlib.suppress(ImportError):
        import peer_flask
        return peer_flask.create_app


# Requests

def make_environ(method, path, data=None, authorization=''):
    """Return what a WSGI server hands to an app, less the body's stream."""
    path, _, query = path.partition('?')
    body = json.dumps(data).encode() if data else b''
    environ = {
        'REQUEST_METHOD': method, 'SCRIPT_NAME': '', 'PATH_INFO': path, 'QUERY_STRING': query, 'SERVER_PROTOCOL': 'HTTP/1.1',
        'SERVER_NAME': '127.0.0.1', 'SERVER_PORT': '8080', 'HTTP_HOST': '127.0.0.1:8080', 'REMOTE_ADDR': '127.0.0.1',
        'HTTP_AUTHORIZATION': authorization, 'HTTP_ACCEPT': '*/*', 'HTTP_USER_AGENT': 'bench', 'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http', 'wsgi.errors': sys.stderr, 'wsgi.multithread': True, 'wsgi.multiprocess': False,
        'wsgi.run_once': False,
    }
    if data:
        environ.update(CONTENT_TYPE='application/json', CONTENT_LENGTH=str(len(body)))
    return environ, body


def call(app, environ, body):
    """Send a request to an app; return its status line, its headers and its body."""
    started = []
    result = app({**environ, 'wsgi.input': io.BytesIO(body)}, lambda *args: started.extend(args))
    answer = b''.join(result)
    if hasattr(result, 'close'):
        result.close()
    return started[0], dict(started[1]), answer


# Databases

def make_database(make_app, path, posts):
    """Make a database with 50 users and so many posts; return the Authorization header of user 1."""
    app = make_app(path)
    user = {'username': 'ann', 'email': 'ann@example.com', 'password': 'correct horse'}
    expect('201', call(app, *make_environ('POST', '/api/users', user)))
    basic = 'Basic ' + base64.b64encode(b'ann:correct horse').decode()
    answer = expect('200', call(app, *make_environ('POST', '/api/tokens', authorization=basic)))
    fill(path, posts)
    return f'Bearer {json.loads(answer)["token"]}'


def expect(status, answer):
    """Return the body of an answer that has this status; end if it has another."""
    if not answer[0].startswith(status):
        sys.exit(f'Expected {status}, came {answer[0]}: {answer[2][:300].decode(errors="replace")}')
    return answer[2]


def fill(path, posts):
    """Write users 2 to 50 and all posts with SQL, as the API would take minutes."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute('pragma synchronous = off')
    db.execute('begin')
    db.execute("""
        with recursive n(i) as (values (2) union all select i + 1 from n where i < 50)
        insert into user (username, email, password_hash, about_me, created_at)
        select 'user' || i, 'user' || i || '@example.com', '2$x$x', 'I am number ' || i, '2026-01-02T03:04:05Z' from n
    """)
    db.execute("""
        with recursive n(i) as (values (1) union all select i + 1 from n where i < ?)
        insert into post (user_id, body, created_at)
        select 1 + i % 50, 'Hello, this is the post with the number ' || i, '2026-01-02T03:04:05Z' from n
    """, [posts])
    db.execute('commit')
    db.execute('pragma wal_checkpoint(truncate)')
    db.close()


# The comparison

def compare(apps, authorization):
    """End if an app answers something else than the yardstick, because then their times say nothing."""
    for name, method, path, data, _ in REQUESTS:
        for _ in range(3):  # the clock may tick between two answers
            answers = ask(apps, method, path, data, authorization)
            wrong = [app for app in apps if not same(app, answers[app], answers['yardstick'])]
            if not wrong:
                break
        else:
            both = '\n'.join(f'{app:20}{shown(answers[app])}' for app in ('yardstick', wrong[0]))
            sys.exit(f'{name}: {wrong[0]} and the yardstick must answer the same.\n{both}')
        for app, answer in ask(apps, method, path, data, authorization + 'x').items():
            if not answer[0].startswith('401'):
                sys.exit(f'{name}: {app} must check the token, and answers {answer[0]} to a wrong one.')


def ask(apps, *request):
    """Return {app: its answer} to a request."""
    return {name: call(app, *make_environ(*request)) for name, app in apps.items()}


def same(app, answer, expected):
    """Return True if status, type and body are the same bytes. Of a peer, the status and the JSON must be the same."""
    if not expected[0].startswith('20'):
        return False
    if app == PEER:
        return answer[0][:3] == expected[0][:3] and json.loads(answer[2]) == json.loads(expected[2])
    return shown(answer) == shown(expected)


def shown(answer):
    """Return what is compared of an answer."""
    status, headers, body = answer
    return ' '.join([status, headers.get('Content-Type', ''), headers.get('Location', ''), repr(body)])


# The measurement

def measure(jobs, rounds, seconds):
    """Return {job: the seconds of one call in each round}; the jobs take turns, so a slow moment slows them all."""
    counts = {name: max(1, int(seconds / min(time_calls(job, 3) for _ in range(5)))) for name, job in jobs.items()}
    gc.collect()
    gc.freeze()
    times = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            times[name].append(time_calls(job, counts[name]))
    gc.unfreeze()
    return times


def time_calls(job, count):
    """Return the seconds that one of so many calls takes."""
    start = time.perf_counter()
    for _ in range(count):
        call(*job)
    return (time.perf_counter() - start) / count


def quartiles(values):
    """Return the first quartile, the median and the third."""
    values = statistics.quantiles(values, n=4, method='inclusive') if len(values) > 1 else values * 3
    return [round(value, 2) for value in values]


if __name__ == '__main__':
    main()
