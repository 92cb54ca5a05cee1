"""Limits, so that nobody can use up what everybody needs."""
import collections
import contextlib
import functools
import os
import sqlite3
import threading
import time

from bottle import HTTPError, request

HASHES = 40  # passwords that are being hashed or wait for it, at most
FAILURES, SECONDS = 5, 60  # failed logins in that time with one username from one address, at most
UNAVAILABLE = ('locked', 'full', 'readonly', 'unable to open', 'disk I/O')  # SQLite's words for what may pass


def init_app(app):
    """Give an app what its threads share to keep the limits."""
    app.cores = threading.Semaphore(os.cpu_count() or 1)
    app.hashes = threading.Semaphore(HASHES)
    app.failures = collections.deque(maxlen=10_000)  # (time, guesser) of each failed login
    app.install(catch_database_errors)


def come_back(status, seconds, message):
    """Answer with a status and a Retry-After header."""
    raise HTTPError(status, f'{message} Try again in {seconds} seconds.', Retry_After=str(seconds))


@contextlib.contextmanager
def hashing():
    """Wait for a free core to hash a password on, or answer 503 if too many are waiting."""
    if not request.app.hashes.acquire(blocking=False):
        come_back(503, 2, 'Too many people are logging in.')
    try:
        with request.app.cores:
            yield
    finally:
        request.app.hashes.release()


def guesser(username):
    """Return by what failed logins are counted: the username, in lower case and cut short, and the address."""
    return username.lower()[:64], request.environ.get('REMOTE_ADDR')


def refuse_guesses(username):
    """Answer 429 if too many logins have failed with this username from this address."""
    now, who = time.monotonic(), guesser(username)
    times = [then for then, other in list(request.app.failures) if other == who and then > now - SECONDS]
    if len(times) >= FAILURES:
        come_back(429, int(times[-FAILURES] + SECONDS - now) + 1, 'Too many wrong passwords.')


def add_failure(username):
    """Remember a failed login."""
    request.app.failures.append((time.monotonic(), guesser(username)))


def catch_database_errors(view):
    """Answer 503 if the database is locked, full or read-only. (Bottle calls this for each view.)"""
    @functools.wraps(view)
    def wrapper(**args):
        try:
            return view(**args)
        except sqlite3.OperationalError as error:
            if not any(word in str(error) for word in UNAVAILABLE):
                raise
            vars(request.app.local).clear()  # a new connection may find that the database is well again
            request.environ['wsgi.errors'].write(f'503 {request.method} {request.path!r}: {error}\n')
            come_back(503, 5, 'The database is not available.')
    return wrapper
