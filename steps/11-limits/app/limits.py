"""Limits, so that nobody can use up what everybody needs."""
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
    app.failures = set()  # (time, (username, address)) of each failed login
    app.lock = threading.Lock()
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


def add_failure(username):
    """Count a failed login and return it, or answer 429 if there are too many with this username from this address."""
    now, who, failures = time.monotonic(), (username.lower()[:64], request.environ.get('REMOTE_ADDR')), request.app.failures
    with request.app.lock:
        failures.difference_update([failure for failure in failures if failure[0] < now - SECONDS])
        times = [then for then, other in failures if other == who]
        if len(times) >= FAILURES:
            come_back(429, int(min(times) + SECONDS - now) + 1, 'Too many wrong passwords.')
        failures.add((now, who))
    return now, who


def remove_failure(failure):
    """Count a login as not failed after all."""
    with request.app.lock:
        request.app.failures.discard(failure)


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
