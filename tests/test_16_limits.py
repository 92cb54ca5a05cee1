"""Step 16: a stranger who does not stop."""
import contextlib
import gc
import hashlib
import itertools
import os
import time
import tracemalloc
from concurrent.futures import wait
from http.client import HTTPConnection
from threading import Event
from urllib.parse import urlencode, urlsplit

import pytest

from answers import fail, summary
from apps import SETTINGS
from checks import replace_scrypt, retry_after
from clients import PASSWORD
from patience import in_background, in_time
from processes import PATIENCE, check_refused, send, serve

HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most
THREADS = SETTINGS['THREADS']  # of the server
CROWD = 100  # people at the same moment: more than may wait
CORES = os.cpu_count() or 1


@contextlib.contextmanager
def crowd(monkeypatch, request, count, *statuses, refused=0):
    """Make a request in many threads, while scrypt takes until the block ends.

    The block begins when so many of them are refused, with the last of the statuses.
    """
    scrypt, end, hashing = hashlib.scrypt, Event(), []

    def hash_slowly(*args, **more):
        if not end.is_set():
            hashing.append(args)
        end.wait(3 * PATIENCE)
        return scrypt(*args, **more)
    replace_scrypt(monkeypatch, hash_slowly)
    calls = [in_background(request, number) for number in range(count)]
    try:
        wait_for(calls, hashing, statuses[-1], refused)
        yield
    finally:
        end.set()
    if wait(calls, PATIENCE).not_done:
        fail('an answer for everybody, because each gives back its place to hash', told(calls))
    if {call.result().status_int for call in calls} != {*statuses}:
        fail(f'for everybody, status {" or ".join(map(str, statuses))}', told(calls))
    if len(hashing) > CORES:
        fail(f'at most {CORES} passwords hashed at the same time, one on each core',
             f'{len(hashing)} at the same time')


def wait_for(calls, hashing, status, count):
    """Wait until this status came so often, or until nobody is left for whom it could come."""
    wait(calls, 0.3)
    for _ in range(50 * PATIENCE):
        done = [call.result().status_int for call in calls if call.done()]
        if done.count(status) >= count:
            return
        if len(done) + len(hashing) == len(calls):
            break
        wait(calls, 0.02)
    fail(f'status {status} for at least {count} of {len(calls)} at the same time',
         f'{len(hashing)} hash at the same time, on {CORES} cores\n{told(calls)}')


def told(calls):
    """Return how often each status came, in words, with the first crash."""
    answers = [call.result() for call in calls if call.done()]
    statuses = [answer.status for answer in answers]
    crashes = [summary(answer) for answer in answers if answer.status_int == 500]
    counts = [f'{statuses.count(status)} times {status}' for status in sorted({*statuses})]
    return '\n'.join([*counts, f'{len(calls) - len(answers)} times no answer', *crashes[:1]])


# More threads

@pytest.mark.parametrize('threads', ['0', '1000'])
def test_bad_threads(step, tmp_path, threads):
    """No threads would never answer, 1,000 need too many files: no start, and one line says why."""
    check_refused(step, tmp_path, ('CHAT_THREADS', threads))


SLOW = 'import hashlib, time\nhashlib.scrypt = lambda *args, **more: time.sleep(999)\n'


def test_server_with_slow_hashes(step, tmp_path):
    """Thirty who wait for a hash keep nobody waiting who only wants to see a page."""
    (tmp_path / 'sitecustomize.py').write_text(SLOW, encoding='utf-8')  # Python imports it
    form = urlencode({'username': 'ann', 'email': 'ann@x', 'password': PASSWORD})
    headers = {'Content-Type': 'application/x-www-form-urlencoded'}
    with serve(step, tmp_path, PYTHONPATH=str(tmp_path)) as server:
        many = [HTTPConnection(urlsplit(server).netloc) for _ in range(31)]
        for connection in many:
            connection.request('POST', '/auth/register', form, headers)
        assert send(server, '/auth/login').status == 200


# One hash for each core

@pytest.fixture
def register(chat):
    """A function that registers another user each time."""
    return lambda number: chat.browser().register(f'user{number}', status='*')


def test_class_is_welcome(register, monkeypatch):
    """A class of thirty may register in the same second. Each core hashes one of the passwords."""
    with crowd(monkeypatch, register, 30, 303):
        pass


# No place left

def test_hashing_limit(browser, register, monkeypatch):
    """When many register at once, some wait for a core. The rest gets 503: 8 threads stay free."""
    with crowd(monkeypatch, register, CROWD, 303, 503, refused=CROWD - (THREADS - 8)):
        retry_after(in_time('503 at once', lambda: browser.register('ann', status=503)))
        in_time('a page at once', lambda: browser.get('/auth/login', status=200))


def test_failed_hash_leaves_its_place(browser, register, monkeypatch):
    """A hash that fails gives back its place, so that others can register."""
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        in_time('a place to hash on, which a failed hash has given back', lambda: [
            browser.register(f'error{number}', status=500) for number in range(THREADS)])
    with crowd(monkeypatch, register, CROWD, 303, 503, refused=1):
        pass


# Five a minute

def guess(browser, name='ann', status='*'):
    """Log in with a wrong password. Return the answer."""
    return browser.log_in(name, 'wrong horse', status=status)


def guess_until_refused(browser, name='ann'):
    """Send more wrong passwords than a person types. Return the last answer, a 429."""
    for _ in range(HANDFUL):
        guess(browser, name)
    return guess(browser, name, status=429)


@pytest.mark.parametrize('name', ['ann', 'nobody'])
def test_login_limit(ann, browser, name):
    """More wrong passwords than a person types: 429 with Retry-After, whoever has that name."""
    answer = guess_until_refused(browser, name)
    retry_after(answer)
    assert answer.content_type == 'text/html'
    guess(browser, name.upper(), status=429)  # the same name


def test_login_limit_of_the_api(chat, ann, browser):
    """The API counts wrong passwords together with the pages, and answers 429 as JSON."""
    for _ in range(HANDFUL):
        chat.api().log_in('ann', 'wrong horse', status='*')
    retry_after(chat.api().log_in('ann', 'wrong horse', status=429))
    guess(browser, status=429)


# The right password

def test_login_limit_for_the_right_password(chat, ann, browser):
    """After too many wrong passwords, the right one is refused, too, on the page and in the API."""
    guess_until_refused(browser)
    browser.log_in('ann', status=429)
    chat.api().log_in('ann', status=429)


def test_right_passwords_do_not_count(chat, ann, browser):
    """Three wrong passwords are forgiven, and right ones are welcome however often they come."""
    for _ in range(3):
        guess(browser, status=400)
    for _ in range(HANDFUL):
        chat.api().log_in('ann')
        browser.log_in('ann')
    guess_until_refused(browser)


def test_guesses_at_the_same_moment(chat, ann, monkeypatch):
    """Of thirty guesses at once, a handful is hashed. The others don't even wait for a core."""
    with crowd(monkeypatch, lambda _: guess(chat.browser()), 30, 400, 429, refused=30 - HANDFUL):
        pass


def later(monkeypatch, seconds):
    """Put the clocks forward. From now on they tick only when somebody looks at them."""
    for clock in ('time', 'monotonic'):
        ticks = itertools.count(getattr(time, clock)() + seconds, 0.001)
        monkeypatch.setattr(time, clock, ticks.__next__)


def test_login_limit_passes(ann, browser, monkeypatch):
    """After the time in Retry-After, and not long before, the right password is welcome again."""
    later(monkeypatch, 0)
    guess(browser)
    later(monkeypatch, 25)
    seconds = retry_after(guess_until_refused(browser))
    later(monkeypatch, max(0, seconds - 10))
    answer = browser.log_in('ann', status=429)
    later(monkeypatch, retry_after(answer))
    browser.log_in('ann')


def test_login_that_takes_more_than_a_minute(chat, ann, browser, monkeypatch):
    """A log-in of more than a minute, whose attempt is forgotten before it ends: it works."""
    guess_until_refused(browser, 'bob')
    scrypt = hashlib.scrypt

    def wait_for_a_core(*args, **more):
        replace_scrypt(monkeypatch, scrypt)
        later(monkeypatch, 100)
        wait([in_background(guess, chat.browser(), 'bob')], 1)  # for ever, on a single core
        return scrypt(*args, **more)
    replace_scrypt(monkeypatch, wait_for_a_core)
    browser.log_in('ann')


# Name or address

def test_login_limit_is_for_one_name_and_address(chat, ann, browser):
    """Others, the same user elsewhere, and open sessions and tokens are not locked out."""
    browser.register('bob')
    api, elsewhere = chat.api(), chat.browser()
    api.log_in('ann')
    guess_until_refused(browser)
    browser.log_in('bob')
    browser.log_in('ann', status=429)  # the right password of bob forgives no wrong ones
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    elsewhere.log_in('ann')
    ann.get('/', status=200)
    api.get('/api/users')


# A false address

def test_login_limit_and_forged_address(ann, browser):
    """A header can't pretend another address: it is the connection's that counts."""
    for number in range(HANDFUL + 1):
        browser.extra_environ = {'HTTP_X_FORWARDED_FOR': f'192.0.2.{number}'}
        answer = guess(browser)
    assert answer.status_int == 429


def test_login_limit_keeps_no_long_names(browser):
    """Names of any length don't fill the memory."""
    guess_until_refused(browser, 'nobody')
    tracemalloc.start()
    for number in range(20):
        guess(browser, f'{number}'.ljust(100_000, 'x'))
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 1_000_000, 'less than 1 MB kept of twenty names of 100 KB each'


# Ever new names

def test_crowd_at_one_address(chat, ann, register, monkeypatch):
    """A crowd at one address doesn't get all places to hash: those elsewhere log in."""
    elsewhere = chat.browser()
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    with crowd(monkeypatch, register, CROWD, 303, 503, refused=CROWD - (THREADS - 8)):
        login = in_background(elsewhere.log_in, 'ann')
        wait([login], 0.3)
    login.result()


# Nobody's fault

def test_errors_do_not_count(ann, browser, monkeypatch):
    """A login that the server couldn't check, because of an error, is no wrong password."""
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        in_time('a place to hash on', lambda: [guess(browser) for _ in range(HANDFUL)])
    browser.log_in('ann')
    guess_until_refused(browser)


def test_refused_logins_do_not_count(chat, ann, browser, monkeypatch):
    """A login that gets 503, because too many log in at once, is not a wrong password."""
    with crowd(monkeypatch, lambda number: guess(chat.browser(), f'user{number}'), CROWD, 400, 503,
               refused=1):
        for _ in range(HANDFUL + 1):
            in_time('503 at once', lambda: browser.log_in('ann', status=503))
    browser.log_in('ann')
