"""Limits, so that no stranger can use up what everybody needs."""
import contextlib
import ipaddress
import math
import os
import threading
import time
from types import SimpleNamespace

from bottle import HTTPError, request

MAX_FAILURES, WINDOW_SECONDS = 5, 60  # wrong passwords for a name from an address, in this time


def init_app(app):
    """Give an app what its threads share to keep the limits."""
    app.lock = threading.Lock()
    app.attempts = []  # to log in: those that failed in the last minute, and those not yet over
    app.hash_places = []  # the address of each who hashes a password, or waits for a core
    app.cores = threading.Semaphore(os.cpu_count() or 1)


def retry_later(status, seconds, message):
    """Answer with a status and a Retry-After header."""
    raise HTTPError(status, f'{message} Try again in {seconds} seconds.', Retry_After=str(seconds))


def client_address():
    """Return the client's address, or its network if it is IPv6: one customer has a whole /64."""
    address = request.environ.get('REMOTE_ADDR', '')
    if ':' not in address or '.' in address:  # IPv4, which may be written as ::ffff:192.0.2.7
        return address
    return str(ipaddress.ip_network((address, 64), strict=False))


@contextlib.contextmanager
def login_attempt(username):
    """Count an attempt to log in until the block ends, and for a minute if it failed."""
    who = (username.lower()[:64], client_address())
    attempt = SimpleNamespace(who=who, time=time.monotonic(), failed=False)
    add_attempt(attempt)
    try:
        yield attempt
    finally:
        if not attempt.failed:
            remove_attempt(attempt)


def add_attempt(attempt):
    """Count an attempt, or answer 429 if too many of the same name and address have failed."""
    start = attempt.time - WINDOW_SECONDS
    with request.app.lock:
        recent = [other for other in request.app.attempts if other.time > start]
        times = [other.time for other in recent if other.who == attempt.who]
        if len(times) >= MAX_FAILURES:
            retry_later(429, math.ceil(min(times) - start), 'Too many wrong passwords.')
        request.app.attempts[:] = [*recent, attempt]


def remove_attempt(attempt):
    """Forget an attempt: the password was right, or nobody looked at it."""
    with request.app.lock:
        request.app.attempts[:] = [other for other in request.app.attempts if other is not attempt]


@contextlib.contextmanager
def hashing():
    """Wait for a free core to hash a password on, or answer 503 if too many are waiting."""
    places, threads = request.app.hash_places, request.app.config['THREADS']
    address = client_address()
    if places.count(address) >= threads // 2 or len(places) >= threads * 3 // 4:
        retry_later(503, 2, 'Too many people are logging in.')
    places.append(address)
    try:
        with request.app.cores:
            yield
    finally:
        places.remove(address)
