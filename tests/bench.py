"""How fast final/ is, as a multiple of a yardstick that is measured beside it: `python tests/bench.py`.

It reports, and never fails because something is slow. It ends with a line
if the app answers something else than the yardstick.
"""
import argparse
import gc
import hashlib
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
import timeit
from pathlib import Path
from urllib.parse import parse_qs

from webob import Request

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'final'))
from app import create_app  # noqa: E402
from config import Config  # noqa: E402

REQUESTS = [  # name, method, path, what is sent, goal: how many times the yardstick's time it may take
    ('GET a post', 'GET', '/api/posts/500', None, 2.5),
    ('GET a user', 'GET', '/api/users/2', None, 2.5),
    ('GET a page of 10', 'GET', '/api/posts?page=7', None, 2.3),
    ('POST a post', 'POST', '/api/posts', {'body': 'Is anybody here?'}, 2.5),
    ('PUT a post', 'PUT', '/api/posts/1000', {'body': 'Nobody is here.'}, 2.3),
]
TOKEN = 'the token of user 1'


def main():
    """Read the command line, measure, and report."""
    parser = argparse.ArgumentParser(description='Measure final/ beside the yardstick, a bare WSGI callable.')
    parser.add_argument('--growth', action='store_true', help='instead: how pages and a search grow')
    parser.add_argument('--quick', action='store_true', help='a first look: few rounds, small tables, rough figures')
    options = parser.parse_args()
    print(f'Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}. Times are medians in microseconds.\n')
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Windows deletes no file that is open
        (report_growth if options.growth else report_requests)(Path(folder), options.quick)


def report_requests(folder, quick):
    """Print how long the yardstick and the app take for each request."""
    app = make_app(folder / 'app.db', 1000)
    shutil.copy(folder / 'app.db', folder / 'yardstick.db')  # with the same indexes, counts and full-text index
    yardstick = make_yardstick(folder / 'yardstick.db')
    print(f'{"request":18}{"yardstick":>12}{"app":>12}{"times":>8}{"goal":>6}')
    for name, method, path, data, goal in REQUESTS:
        request = make_request(method, path, data)
        compare(name, request, yardstick, app)
        print_row(name, measure([(yardstick, request), (app, request)], quick), goal)


def report_growth(folder, quick):
    """Print how long two pages and a search take among more and more posts."""
    sizes = [10, 1_000, 10_000] if quick else [1_000, 100_000, 1_000_000]
    jobs = []
    for size in sizes:
        app = make_app(folder / f'{size}.db', size)
        for path in ('/api/posts', f'/api/posts?page={size // 20}', '/api/search?q=7'):  # 7 stands in one post
            jobs.append((app, make_request('GET', path)))
    times = measure(jobs, quick)
    page_1, middle, search = times[0::3], times[1::3], times[2::3]
    print(f'{"posts":18}' + ''.join(f'{size:12,}' for size in sizes) + f'{"times":>8}{"goal":>6}')
    print_row('page 1', page_1, 1.5)
    print_row('the middle page', middle, 100, page_1[-1])
    print_row('a rare word', search, 3)
    print(f'\nTimes: {sizes[-1]:,} posts against {sizes[0]:,}; the middle page against page 1 of as many.')


def print_row(name, columns, goal, base=None):
    """Print medians, and how many times the base (or the first column) the last one takes; mark it if over its goal."""
    medians = ''.join(f'{1e6 * statistics.median(column):12,.0f}' for column in columns)
    times = statistics.median(b / a for a, b in zip(base or columns[0], columns[-1]))
    print(f'{name:18}{medians}{times:8.1f}{goal:6}{"  over" if round(times, 1) > goal else ""}')


# The app, its database, and requests to it

def make_app(database, posts):
    """Return the app with 50 users, so many posts, and a token: added with SQL, because the API would take minutes."""
    Config.DATABASE = str(database)
    app = create_app(Config)
    call(app, make_request('GET', '/api/posts'))  # makes the tables
    numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)'
    columns = 'username, email, password_hash, about_me, created_at'
    user = "'user' || i, 'user' || i || '@example.com', '2$x$x', 'I am number ' || i, '2026-01-02T03:04:05Z'"
    post = "1 + i % 50, 'Hello, this is the post with the number ' || i, '2026-01-02T03:04:05Z'"
    db = sqlite3.connect(database)
    db.execute('pragma synchronous = off')
    db.execute(f'insert into user ({columns}) {numbers} select {user} from n', [50])
    db.execute(f'insert into post (user_id, body, created_at) {numbers} select {post} from n', [posts])
    db.execute("insert into token values (?, 1, '9999')", [hashlib.sha256(TOKEN.encode()).hexdigest()])
    db.commit()
    db.execute('pragma wal_checkpoint(truncate)')  # now everything is in the one file
    db.close()
    return app


def make_request(method, path, data=None):
    """Return what a WSGI server hands to an app."""
    headers = {'Authorization': f'Bearer {TOKEN}', 'Content-Type': 'application/json'}
    return Request.blank(path, method=method, headers=headers, **{'json': data} if data else {}).environ


def call(app, request):
    """Send a request to an app; return the status line, the type and the Location of the answer, and its body."""
    started = []
    request['wsgi.input'].seek(0)
    body = b''.join(app(dict(request), lambda *args: started.extend(args)))
    headers = dict(started[1])
    return started[0], headers.get('Content-Type'), headers.get('Location'), body


def compare(name, request, yardstick, app):
    """End if the app answers something else than the yardstick, because then their times say nothing."""
    pairs = [(call(yardstick, request), call(app, request)) for _ in range(2)]
    if all(first != second for first, second in pairs):  # once, the clock may have ticked between two answers
        sys.exit(f'{name}: the yardstick answers {pairs[1][0]}, and the app {pairs[1][1]}.')
    statuses = [call(each, {**request, 'HTTP_AUTHORIZATION': 'Bearer x'})[0] for each in (yardstick, app)]
    if statuses != ['401 Unauthorized'] * 2:
        sys.exit(f'{name}: to a wrong token, the yardstick and the app answer {statuses}.')


def measure(jobs, quick):
    """Return the seconds of a call in each round, for each job; they take turns, so a slow moment slows them all."""
    rounds, seconds = (5, 0.0005) if quick else (80, 0.003)  # short turns: few of them meet a slow moment
    timers = [timeit.Timer(lambda job=job: call(*job), gc.enable) for job in jobs]
    counts = [max(1, int(seconds * 3 / min(timer.repeat(5, 3)))) for timer in timers]
    gc.collect()
    gc.freeze()
    times = [[timer.timeit(count) / count for timer, count in zip(timers, counts)] for _ in range(rounds)]
    return list(zip(*times))


# The yardstick: the least that answers these requests

USER = 'select user.*, ifnull(total, 0) as post_count from user left join post_count on user_id = id where id = ?'
POSTS = 'select post.*, username from post join user on user.id = user_id where post.id'
PAGE = f'{POSTS} in (select id from post order by id desc limit 10 offset ?) order by post.id desc'
ME = 'select user.id, username from token join user on user.id = user_id where hash = ? and expires_at > ?'


def make_yardstick(database):
    """Return a bare WSGI callable with sqlite3, which serves what is in a database of the app to this thread."""
    db = sqlite3.connect(database, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.executescript('pragma foreign_keys = on; pragma synchronous = normal')

    def yardstick(environ, start_response):
        status, answer = respond(db, environ)
        body = json.dumps(answer).encode()
        location = [('Location', answer['_links']['self'])] if status == '201 Created' else []
        start_response(status, [('Content-Type', 'application/json'), ('Content-Length', str(len(body))), *location])
        return [body]
    return yardstick


def respond(db, environ):
    """Return the status line and the answer to a request."""
    scheme, _, token = environ['HTTP_AUTHORIZATION'].partition(' ')
    now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
    me = db.execute(ME, [hashlib.sha256(token.encode()).hexdigest(), now]).fetchone()
    if not me or scheme != 'Bearer':
        return '401 Unauthorized', {'error': 'Unauthorized'}
    method = environ['REQUEST_METHOD']
    kind, _, id = environ['PATH_INFO'].removeprefix('/api/').partition('/')
    if kind == 'users':
        user = db.execute(USER, [int(id)]).fetchone()
        fields = {name: user[name] for name in ('id', 'username', 'about_me', 'created_at', 'post_count')}
        return '200 OK', {**fields, '_links': {'self': f'/api/users/{id}', 'posts': f'/api/users/{id}/posts'}}
    if not id and method == 'GET':
        return '200 OK', get_posts(db, int(parse_qs(environ['QUERY_STRING'])['page'][0]))
    if method == 'GET':
        return '200 OK', post_json(db.execute(f'{POSTS} = ?', [int(id)]).fetchone())
    body = json.loads(environ['wsgi.input'].read())['body'].strip()
    if method == 'POST':
        sql = 'insert into post (user_id, body, created_at) values (?, ?, ?)'
        id = db.execute(sql, [me['id'], body, now]).lastrowid
        post = {'id': id, 'user_id': me['id'], 'username': me['username'], 'body': body, 'created_at': now}
        return '201 Created', post_json(post)
    post = db.execute(f'{POSTS} = ?', [int(id)]).fetchone()
    if post['user_id'] == me['id']:
        db.execute('update post set body = ? where id = ?', [body, id])
    return '200 OK', post_json({**post, 'body': body})


def get_posts(db, page):
    """Return a page of posts."""
    items = [post_json(row) for row in db.execute(PAGE, [(page - 1) * 10])]
    total, = db.execute('select count from _counts where "table" = ?', ['post']).fetchone()
    pages = -(-total // 10)
    links = {name: f'/api/posts?page={number}&per_page=10' if 1 <= number <= pages else None
             for name, number in (('self', page), ('next', page + 1), ('prev', page - 1))}
    meta = {'page': page, 'per_page': 10, 'total_pages': pages, 'total_items': total}
    return {'items': items, '_meta': meta, '_links': links}


def post_json(row):
    """Return what the API shows of a post."""
    links = {'self': f'/api/posts/{row["id"]}', 'author': f'/api/users/{row["user_id"]}'}
    author = {'id': row['user_id'], 'username': row['username']}
    return {'id': row['id'], 'body': row['body'], 'created_at': row['created_at'], 'author': author, '_links': links}


if __name__ == '__main__':
    main()
