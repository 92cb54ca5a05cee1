"""Step 16: a stranger who does not stop."""
import gc
import itertools
import time
import tracemalloc
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest

from apps import SETTINGS
from checks import check_refused, fail, replace_scrypt, send, serve
from clients import PASSWORD, basic, summary
from crowd import Crowd
from patience import in_background, in_time

HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most
THREADS = SETTINGS['THREADS']  # of the server
CROWD = 100  # people at the same moment: more than may wait


def retry_after(answer):
    """Return the seconds in the header Retry-After of an answer."""
    seconds = answer.headers.get('Retry-After')
    if seconds not in map(str, range(1, 3601)):
        fail('the header Retry-After with a number of seconds', f'Retry-After: {seconds}')
    return int(seconds)


def register_often(chat):
    """Return a function that registers another user each time."""
    return lambda number: chat.browser().register(f'user{number}', status='*')


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
        crowd = [HTTPConnection(urlsplit(server).netloc) for _ in range(31)]
        for connection in crowd:
            connection.request('POST', '/auth/register', form, headers)
        assert send(server, '/auth/login').status == 200


# One hash for each core

def test_class_is_welcome(chat, monkeypatch):
    """A class of thirty may register in the same second. Each core hashes one of the passwords."""
    with Crowd(monkeypatch, 30, register_often(chat)) as crowd:
        crowd.gather()
    if crowd.statuses() != {303: 30}:
        fail('status 303 for all thirty', crowd.told())


# No place left

def test_hashing_limit(chat, browser, monkeypatch):
    """When many register at once, some wait for a core. The rest gets 503: 8 threads stay free."""
    with Crowd(monkeypatch, CROWD, register_often(chat)) as crowd:
        crowd.wait_for(503, CROWD - (THREADS - 8))
        retry_after(in_time('503 at once', lambda: browser.register('ann', status=503)))
        in_time('a page at once', lambda: browser.get('/auth/login', status=200))
    assert sorted(crowd.statuses()) == [303, 503]


def test_failed_hash_leaves_its_place(chat, browser, monkeypatch):
    """A hash that fails gives back its place, so that others can register."""
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        in_time('a place to hash on, which a failed hash has given back', lambda: [
            browser.register(f'error{number}', status=500) for number in range(THREADS)])
    with Crowd(monkeypatch, CROWD, register_often(chat)) as crowd:
        crowd.wait_for(503, 1)


# Five a minute

def guess(browser, name='ann', password='wrong horse', status='*', headers=None):
    """Log in on the page. Return the answer."""
    form = {'username': name, 'password': password}
    return browser.post('/auth/login', form, headers, status=status)


def guess_until_refused(browser, name='ann'):
    """Send more wrong passwords than a person types. Return the last answer, a 429."""
    for _ in range(HANDFUL):
        guess(browser, name)
    return guess(browser, name, status=429)


def log_in(browser, why, name='ann'):
    """Check that the right password is accepted."""
    answer = guess(browser, name, PASSWORD)
    if answer.status_int != 303:
        fail(f'status 303: {why}', summary(answer))


@pytest.mark.parametrize('name', ['ann', 'nobody'])
def test_login_limit(ann, browser, name):
    """More wrong passwords than a person types: 429 with Retry-After, whoever has that name."""
    answer = guess_until_refused(browser, name)
    retry_after(answer)
    assert answer.content_type == 'text/html'
    guess(browser, name.upper(), status=429)  # the same name


def test_login_limit_of_the_api(chat, ann, browser):
    """The API counts wrong passwords together with the pages, and answers 429 as JSON."""
    api, wrong = chat.api(), basic('ann', 'wrong horse')
    for _ in range(HANDFUL):
        api.ask('POST', '/api/tokens', status='*', Authorization=wrong)
    api.ask('POST', '/api/tokens', status=429, Authorization=wrong)
    retry_after(api.response)
    guess(browser, status=429)


# The right password

def test_login_limit_for_the_right_password(chat, ann, browser):
    """After too many wrong passwords, the right one is refused, too, on the page and in the API."""
    guess_until_refused(browser)
    guess(browser, 'ann', PASSWORD, 429)
    chat.api().ask('POST', '/api/tokens', status=429, Authorization=basic('ann', PASSWORD))


def test_right_passwords_do_not_count(chat, ann, browser):
    """Three wrong passwords are forgiven, and right ones are welcome however often they come."""
    for _ in range(3):
        guess(browser, status=400)
    for _ in range(HANDFUL):
        chat.api().log_in('ann')
        log_in(browser, 'right passwords do not count')
    guess_until_refused(browser)


def test_guesses_at_the_same_moment(chat, ann, monkeypatch):
    """Of thirty guesses at once, a handful is hashed. The others don't even wait for a core."""
    with Crowd(monkeypatch, 30, lambda number: guess(chat.browser())) as crowd:
        crowd.wait_for(429, 30 - HANDFUL)
    assert sorted(crowd.statuses()) == [400, 429]


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
    answer = guess(browser, 'ann', PASSWORD, 429)
    later(monkeypatch, retry_after(answer))
    log_in(browser, 'the seconds in Retry-After have passed')


# Name or address

def test_login_limit_is_for_one_name_and_address(chat, ann, browser):
    """Others, the same user elsewhere, and open sessions and tokens are not locked out."""
    browser.register('bob')
    api, elsewhere = chat.api(), chat.browser()
    api.log_in('ann')
    guess_until_refused(browser)
    log_in(browser, 'another user at the same address', 'bob')
    guess(browser, 'ann', PASSWORD, 429)  # the right password of bob forgives no wrong ones
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    log_in(elsewhere, 'the same user at another address')
    ann.get('/', status=200)
    api.ask('GET', '/api/users')


# A false address

def test_login_limit_and_forged_address(ann, browser):
    """A header can't pretend another address: it is the connection's that counts."""
    for number in range(HANDFUL + 1):
        answer = guess(browser, headers={'X-Forwarded-For': f'192.0.2.{number}'})
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

def test_crowd_at_one_address(chat, ann, monkeypatch):
    """A crowd at one address doesn't get all places to hash: those elsewhere log in."""
    elsewhere = chat.browser()
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    with Crowd(monkeypatch, CROWD, register_often(chat)) as crowd:
        crowd.wait_for(503, CROWD - (THREADS - 8))
        login = in_background(guess, elsewhere, 'ann', PASSWORD)
        crowd.gather()
    answer = login.result()
    if answer.status_int != 303:
        fail('status 303 for ann, who is not at the address of the crowd', summary(answer))


# Nobody's fault

def test_errors_do_not_count(ann, browser, monkeypatch):
    """A login that the server couldn't check, because of an error, is no wrong password."""
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        in_time('a place to hash on', lambda: [guess(browser) for _ in range(HANDFUL)])
    log_in(browser, 'an error of the server is no wrong password')
    guess_until_refused(browser)


def test_refused_logins_do_not_count(chat, ann, browser, monkeypatch):
    """A login that gets 503, because too many log in at once, is not a wrong password."""
    with Crowd(monkeypatch, CROWD, lambda n: guess(chat.browser(), f'user{n}')) as crowd:
        crowd.wait_for(503, 1)
        for _ in range(HANDFUL + 1):
            in_time('503 at once', lambda: guess(browser, 'ann', PASSWORD, 503))
    log_in(browser, 'a login that got 503 is no wrong password')
