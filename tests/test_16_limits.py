"""Step 16: a stranger who does not stop."""
import contextlib
import hashlib
import itertools
import os
import time
from collections import Counter
from http.client import HTTPConnection
from threading import Event
from urllib.parse import urlencode, urlsplit

import pytest

from answers import fail
from apps import SETTINGS
from checks import replace_scrypt, retry_after
from clients import PASSWORD
from patience import in_background
from processes import PATIENCE, check_refused, send, serve

HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most
THREADS = SETTINGS['THREADS']  # of the server
CROWD = THREADS + 6  # people at the same moment
REFUSED = CROWD - (THREADS - 8)  # of them, at least: so some threads stay free for pages
CORES = os.cpu_count() or 1
ELSEWHERE = {'REMOTE_ADDR': '192.0.2.7'}


@pytest.fixture
def crowd(chat, monkeypatch):
    """A function that lets many register at once, or do something else with these statuses.

    No password is hashed before the block ends, which begins when so many are refused, with the
    last of the statuses.
    """
    def register(number, status):
        return chat.browser().register(f'user{number}', status=status)

    @contextlib.contextmanager
    def crowd(count=CROWD, request=register, statuses=(303, 503), refused=REFUSED):
        scrypt, end, hashing = hashlib.scrypt, Event(), []

        def hash_slowly(*args, **more):
            hashing.append(args)
            end.wait(3 * PATIENCE)
            return scrypt(*args, **more)
        replace_scrypt(monkeypatch, hash_slowly)
        calls = [in_background(request, number, statuses) for number in range(count)]
        try:
            look_at_pages(chat, lambda: told(calls)[statuses[-1]] >= refused
                          or len(hashing) + told(calls).total() == count)
            if told(calls)[statuses[-1]] < refused:
                fail(f'status {statuses[-1]} for at least {refused} of {count} at the same time',
                     f'{len(hashing)} hash at the same time; the statuses: {dict(told(calls))}')
            yield
        finally:
            at_once = len(hashing)
            end.set()
        for call in calls:
            call.result('an answer for everybody, because each gives back its place to hash')
        assert told(calls)[statuses[0]], f'status {statuses[0]} for none of {count}'
        if at_once > CORES:
            fail(f'at most {CORES} passwords hashed at the same time, one on each core',
                 f'{at_once} at the same time')
    return crowd


def look_at_pages(chat, enough=lambda: True):
    """Let other threads work meanwhile. Pages are the clock, because they need the same machine."""
    for number in range(500):
        chat.browser().get('/auth/login', status=200)
        if number > 20 and enough():
            break


def told(calls):
    """Return {status: how often it came}."""
    return Counter(call.result().status_int for call in calls if call.done())


# More threads

def test_bad_threads(step, tmp_path):
    """No threads would never answer, 1,000 need too many files: no start, and one line says why."""
    check_refused(step, tmp_path, ('CHAT_THREADS', '0'), ('CHAT_THREADS', '1000'))


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

def test_class_is_welcome(crowd):
    """A class of thirty may register in the same second. Each core hashes one of the passwords."""
    with crowd(30, statuses=[303], refused=0):
        pass


# No place left

def test_hashing_limit(crowd, browser):
    """When many register at once, some wait for a core, and the rest gets 503: pages are served."""
    with crowd():
        retry_after(browser.register('ann', status=503))


def test_failed_hash_leaves_its_place(browser, crowd, monkeypatch):
    """A hash that fails gives back its place, so that others can register."""
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        for number in range(THREADS):
            browser.register(f'error{number}', status=500)
    with crowd():
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


def test_login_limit(ann, browser):
    """More wrong passwords than a person types: 429 with Retry-After, whoever has that name."""
    retry_after(guess_until_refused(browser, 'ann'))
    guess(browser, 'ANN', status=429)  # the same name
    guess_until_refused(browser, 'nobody')


def test_login_limit_of_the_api(chat, ann, browser):
    """The API counts wrong passwords together with the pages, and answers 429 as JSON."""
    retry_after(guess_until_refused(chat.api()))
    assert guess(browser, status=429).content_type == 'text/html'


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


def test_right_password_takes_back_one_attempt(chat, ann, browser):
    """The right password takes back its own attempt, and no wrong one, by whomever."""
    bob = chat.browser('bob')
    bob.extra_environ = ELSEWHERE
    for _ in range(HANDFUL):
        guess(browser)
        browser.log_in('ann', status=[303, 429])
        bob.log_in('bob')
    guess(browser, status=429)


@pytest.mark.modules
def test_attempts_have_a_lock(chat, ann, monkeypatch):
    """A right password waits for the lock before it takes back its attempt."""
    lock = getattr(chat.app, 'lock', None) or fail('app.lock, a threading.Lock()', 'no app.lock')
    hashing, scrypt = Event(), hashlib.scrypt

    def take_the_lock(*args, **more):
        lock.acquire()
        hashing.set()
        return scrypt(*args, **more)
    replace_scrypt(monkeypatch, take_the_lock)
    log_in = in_background(chat.browser().log_in, 'ann')
    hashing.wait(PATIENCE)
    look_at_pages(chat, log_in.done)
    assert not log_in.done(), 'app.attempts was changed while another thread had the lock'
    lock.release()
    log_in.result()


@pytest.mark.modules
def test_login_that_takes_more_than_a_minute(chat, ann, browser, monkeypatch):
    """A log-in whose attempt is forgotten before it ends: it works."""
    assert hasattr(chat.app, 'attempts'), 'no app.attempts, the list of attempts to log in'
    scrypt = hashlib.scrypt

    def forget_attempts(*args, **more):
        chat.app.attempts.clear()
        return scrypt(*args, **more)
    replace_scrypt(monkeypatch, forget_attempts)
    browser.log_in('ann')


def test_guesses_at_the_same_moment(chat, ann, crowd):
    """Of twenty guesses at once, a handful is hashed. The others don't even wait for a core."""
    def guess_again(number, status):
        return guess(chat.browser(), status=status)
    with crowd(20, guess_again, statuses=[400, 429], refused=10):
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


# Name or address

def test_login_limit_is_for_one_name_and_address(chat, ann, browser):
    """Others, the same user elsewhere, and open sessions and tokens are not locked out."""
    browser.register('bob')
    api, elsewhere = chat.api(), chat.browser()
    api.log_in('ann')
    guess_until_refused(browser)
    browser.log_in('bob')
    elsewhere.extra_environ = ELSEWHERE
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


@pytest.mark.modules
def test_login_limit_keeps_no_long_names(chat, browser):
    """Names of any length don't fill the memory."""
    guess(browser, 'x' * 100_000)
    kept = str(getattr(chat.app, 'attempts', 'no app.attempts'))
    assert 'x' * 10 in kept and 'x' * 1000 not in kept


# Ever new names

def test_crowd_at_one_address(chat, ann, crowd):
    """A crowd at one address doesn't get all places to hash: those elsewhere log in."""
    elsewhere = chat.browser()
    elsewhere.extra_environ = ELSEWHERE
    with crowd():
        login = in_background(elsewhere.log_in, 'ann')
        look_at_pages(chat)
    login.result()


# Nobody's fault

def test_only_wrong_passwords_count(ann, browser, crowd, monkeypatch):
    """A log-in that the server couldn't check, with a 503 or a 500, is no wrong password."""
    with crowd():
        for _ in range(HANDFUL + 1):
            browser.log_in('ann', status=503)
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        for _ in range(HANDFUL + 1):
            browser.log_in('ann', status=500)
    browser.log_in('ann')
