"""A class at one server: `python tests/bench/classroom.py --clients 30`, or a stranger who guesses: `--guess`.

Everybody registers, logs in and posts over real HTTP, while an observer with a token only reads. Nothing may be lost or doubled.
"""
import argparse
import collections
import contextlib
import hashlib
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from servers import Client, Server

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 300  # seconds after which a client gives up
KINDS = ['register', 'log in', 'post', 'read']


def main(argv=None):
    """Read the command line, play, and report. Return 1 if something was lost, doubled or not served."""
    options = read_options(argv)
    with (tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
          Server(options.app.resolve(), Path(directory), PASSWORD_COST=options.cost) as server):
        report = play_guesses(server, options) if options.guess else play_class(server, options)
        report['log_lines'] = len(server.log().splitlines())
    text = (show_guesses if options.guess else show_class)(report)
    if options.json != '-':
        print(text)
    if options.json:
        data = json.dumps(report, indent=2) + '\n'
        sys.stdout.write(data) if options.json == '-' else Path(options.json).write_text(data, encoding='utf-8')
    return int(bool(report['lost'] or report['doubled'] or report['not_served']))


def read_options(argv):
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog='classroom', description='Let a class use one server at the same time, and measure.')
    parser.add_argument('--clients', type=int, default=30, metavar='N', help='people in the class (default: 30)')
    parser.add_argument('--posts', type=int, default=20, metavar='N', help='posts that each of them writes (default: 20)')
    parser.add_argument('--cost', type=int, default=16384, metavar='N', help="scrypt's n (default: 16384, the real one)")
    parser.add_argument('--guess', action='store_true', help='instead: 50 connections guess the password of one user')
    parser.add_argument('--connections', type=int, default=50, metavar='N', help='for --guess (default: 50)')
    parser.add_argument('--seconds', type=float, default=5, metavar='N', help='for --guess: how long (default: 5)')
    parser.add_argument('--json', nargs='?', const='-', metavar='FILE', help='write JSON to a file, or instead of the table')
    parser.add_argument('--app', type=Path, default=ROOT / 'final', metavar='DIR', help='the folder with the app (default: final)')
    return parser.parse_args(argv)


# The class

class Class:
    """What the clients of a class have lived through. Their threads write to it."""

    def __init__(self):
        self.times = collections.defaultdict(list)  # kind of request: seconds from the first try to the answer that serves
        self.refusals = collections.Counter()  # status: how often; without Retry-After it counts as another one
        self.acknowledged = []  # the bodies of the posts that were answered 201
        self.trouble = []  # why a client could not be served

    def serve(self, kind, send):
        """Send until it is served, and wait as long as Retry-After says. Return the answer."""
        start = time.monotonic()
        while True:
            status, headers, answer = send()
            if status < 300:
                self.times[kind].append(time.monotonic() - start)
                return answer
            retry_after = headers.get('Retry-After')
            self.refusals[f'{status}' if retry_after else f'{status} without Retry-After'] += 1
            if status not in (429, 503) or time.monotonic() - start > PATIENCE:
                raise RuntimeError(f'{kind}: status {status}')
            time.sleep(int(retry_after or 1))

    def attend(self, client, posts):
        """Register, log in, write some posts and read after each of them."""
        try:
            self.serve('register', client.register)
            self.serve('log in', client.log_in)
            for number in range(posts):
                body = f'{client.username} says {number}'
                self.serve('post', lambda body=body: client.post(body))
                self.acknowledged.append(body)
                self.serve('read', client.read)
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            self.trouble.append(f'{client.username}: {error or type(error).__name__}')


def play_class(server, options):
    """Let a class and an observer use the server. Return the report."""
    first = Client(server.port, 'observer')
    first.register()
    first.log_in()
    group = Class()
    clients = [Client(server.port, f'client{number}') for number in range(options.clients)]
    with observing(first, group.trouble) as seen:
        start = time.monotonic()
        run_together(group.attend, [(client, options.posts) for client in clients])
        seconds = time.monotonic() - start
    bodies = collections.Counter(first.all_posts())
    hashes, cores = 2 * options.clients, os.cpu_count() or 1
    hash_seconds, seconds_at_once = time_hashes(options.cost, 1), time_hashes(options.cost, cores)
    return {
        'clients': options.clients, 'posts': options.posts, 'seconds': seconds, 'cores': cores, 'hash_seconds': hash_seconds,
        'hashing_ideal': hashes * hash_seconds / cores, 'hashing_here': hashes * seconds_at_once / cores,
        'times': {kind: percentiles(group.times[kind]) for kind in KINDS} | {'observer': percentiles(seen)},
        'refusals': dict(group.refusals),
        'lost': [body for body in group.acknowledged if body not in bodies],
        'doubled': [body for body, count in bodies.items() if count > 1],
        'not_served': group.trouble,
    }


def run_together(function, calls):
    """Call a function in a thread for each tuple of arguments, and wait for all of them."""
    threads = [threading.Thread(target=function, args=arguments) for arguments in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def observing(client, trouble):
    """Read with this client's token while the block runs, from another process. Yield the list that gets the seconds of each answer."""
    seen = []
    here, there = multiprocessing.Pipe()
    port, authorization = client.connection.port, client.authorization
    process = multiprocessing.Process(target=observe, args=[port, authorization, there], daemon=True)
    process.start()
    here.recv()  # it is ready
    try:
        yield seen
    finally:
        here.send('stop')
        times, refused = here.recv()
        seen += times
        trouble += [f'observer: {status}' for status in refused]
        process.join()


def observe(port, authorization, pipe):
    """Read every 20 ms until something comes through the pipe. Send the seconds of each answer, and what was no answer."""
    client, times, refused = Client(port, authorization=authorization), [], []
    pipe.send('ready')
    while not pipe.poll(0.02):
        start = time.monotonic()
        try:
            status = client.read()[0]
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
        times.append(time.monotonic() - start)
        if status != 200:
            refused.append(status)
    pipe.send((times, refused))


def time_hashes(cost, count):
    """Return the seconds that so many passwords take at the same time, with nothing else to do."""
    times = []
    for _ in range(3):
        start = time.monotonic()
        run_together(hash_password, [[cost]] * count)
        times.append(time.monotonic() - start)
    return statistics.median(times)


def hash_password(cost):
    """Hash a password as the app does."""
    hashlib.scrypt(b'password', salt=b'salt', n=cost, r=8, p=5)


def percentiles(seconds):
    """Return how many there are, and the median and the 99th percentile in milliseconds."""
    ordered = sorted(seconds) or [0]
    return {'number': len(seconds), 'p50': 1000 * ordered[len(ordered) // 2], 'p99': 1000 * ordered[int(0.99 * (len(ordered) - 1))]}


def show_class(report):
    """Return the report of a class as text."""
    what = f'{report["clients"]} people register, log in, write {report["posts"]} posts each and read: {report["seconds"]:.1f} s'
    hashing = (f'Hashing alone: {2 * report["clients"]} x {report["hash_seconds"]:.3f} s / {report["cores"]} cores = '
               f'{report["hashing_ideal"]:.1f} s; with all cores busy: {report["hashing_here"]:.1f} s')
    return '\n'.join([what, hashing, *show_times(report['times']), *show_end(report)])


def show_times(times):
    """Return the lines of a table of times, with waiting for Retry-After in them."""
    rows = [f'{kind:20}{row["number"]:9}{row["p50"]:9.0f}{row["p99"]:9.0f}' for kind, row in times.items()]
    return ['', f'{"request":20}{"number":>9}{"p50 ms":>9}{"p99 ms":>9}', *rows, '']


def show_end(report):
    """Return the lines on what was refused and what went wrong."""
    refusals = ', '.join(f'{count} times {status}' for status, count in sorted(report['refusals'].items())) or 'nothing'
    wrong = ', '.join(f'{name.replace("_", " ")}: {len(report[name])}' for name in ('lost', 'doubled', 'not_served'))
    return [f'Refused: {refusals}', f'Posts and people {wrong}. Lines in the log: {report["log_lines"]}', *report['not_served'][:5]]


# A stranger who guesses

def play_guesses(server, options):
    """Let many connections guess one user's password without a pause, beside an observer and somebody who logs in."""
    ann, bob = Client(server.port, 'ann'), Client(server.port, 'bob')
    for client in (ann, bob):
        client.register()
        client.log_in()
    trouble = []
    with observing(ann, trouble) as before:
        time.sleep(min(1, options.seconds))
    statuses, times, end = collections.Counter(), collections.defaultdict(list), time.monotonic() + options.seconds

    def guess(number):
        client = Client(server.port, 'ann')
        try:
            for attempt in range(10**6):
                start = time.monotonic()
                if start > end:
                    break
                status = client.log_in(f'guess {number} {attempt}')[0]
                statuses[status] += 1
                times[f'guess: {status}'].append(time.monotonic() - start)
        except (OSError, http.client.HTTPException) as error:
            statuses[type(error).__name__] += 1

    def log_in():
        start, group = time.monotonic(), Class()
        try:
            group.serve('log in', bob.log_in)
        except RuntimeError as error:
            trouble.append(f'bob: {error}')
        times['bob logs in'].append(time.monotonic() - start)
    with observing(ann, trouble) as seen:
        timer = threading.Timer(options.seconds / 2, log_in)
        timer.start()
        run_together(guess, [[number] for number in range(options.connections)])
        timer.join()
    trouble += ['ann: her token does not work any more'] if ann.read()[0] != 200 else []
    rows = {'observer before': before, **dict(sorted(times.items())), 'observer meanwhile': seen}
    return {
        'connections': options.connections, 'seconds': options.seconds, 'hash_seconds': time_hashes(options.cost, 1),
        'times': {kind: percentiles(seconds) for kind, seconds in rows.items()},
        'refusals': {str(status): count for status, count in statuses.items()},
        'lost': [], 'doubled': [], 'not_served': trouble,
    }


def show_guesses(report):
    """Return the report of the guesses as text."""
    lines = [f'{report["connections"]} connections guess the password of one user for {report["seconds"]:.0f} s without a pause.',
             *show_times(report['times']), *show_end(report)]
    return '\n'.join(lines)


if __name__ == '__main__':
    sys.exit(main())
