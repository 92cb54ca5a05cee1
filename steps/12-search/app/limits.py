"""Limits, so that nobody can use up what everybody needs."""
import contextlib
import os
import threading
import time

from bottle import HTTPError, request

FAILURES, SECONDS = 5, 60  # failed logins in that time with one username from one address, at most


def init_app(app):
    """Give an app what its threads share to keep the limits."""
    app.cores = threading.Semaphore(os.cpu_count() or 1)
    app.hashes = threading.Semaphore(app.config['THREADS'] // 2)  # the other threads answer whoever hashes nothing
    app.failures = set()  # (time, (username, address)) of each failed login
    app.lock = threading.Lock()


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


@contextlib.contextmanager
def failed_login(username):
    """Count a failed login and give it to the block, or answer 429. An error in the block takes it back."""
    failure = add_failure(username)
    try:
        yield failure
    except Exception:
        remove_failure(failure)
        raise


def add_failure(username):
    """Count a failed login and return it, or answer 429 if there are too many with this username from this address."""
    now, failures = time.monotonic(), request.app.failures
    who = (username.lower()[:64], request.environ.get('REMOTE_ADDR'))
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
