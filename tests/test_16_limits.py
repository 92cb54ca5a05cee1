"""Step 16: a stranger who does not stop."""
import contextlib
import gc
import itertools
import os
import socket
import time
import tracemalloc
from urllib.parse import urlencode, urlsplit

import pytest

from apps import SETTINGS
from checks import check_refused, fail, in_time, replace_scrypt, send, serve
from clients import PASSWORD, Unexpected, basic, summary
from crowd import Crowd

FORM = 'application/x-www-form-urlencoded'
HANDFUL = 10  # wrong passwords that somebody may type in a minute, at most
THREADS = SETTINGS['THREADS']  # of the server
CROWD = 100  # people who log in at the same time: more than may wait


def retry_after(answer):
    """Return the seconds in the header Retry-After of an answer."""
    text = answer.headers.get('Retry-After', '')
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        fail('the header Retry-After with a number of seconds', f'Retry-After: {text or "none"}')
    return int(text)


def register_often(chat, name='user'):
    """Return a function that registers another user each time."""
    return lambda number: chat.browser().register(f'{name}{number}', status='*')


# More threads

def test_no_threads(step, tmp_path):
    """A server without threads would never answer: it doesn't start, and says why in one line."""
    check_refused(step, tmp_path, ('CHAT_THREADS', '0'))


SLOW = """
import hashlib, time

def scrypt(*args, **more):
    while True:
        time.sleep(1)

hashlib.scrypt = scrypt
"""


def test_server_with_slow_hashes(step, tmp_path):
    """Thirty who wait for a hash keep nobody waiting who only wants to see a page."""
    (tmp_path / 'sitecustomize.py').write_text(SLOW, encoding='utf-8')  # Python imports it
    path = os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')]).strip(os.pathsep)
    with serve(step, tmp_path, PYTHONPATH=path) as server, contextlib.ExitStack() as sockets:
        for number in range(31):
            fields = {'username': f'user{number}', 'email': f'{number}@x', 'password': PASSWORD}
            body = urlencode(fields)
            head = ['POST /auth/register HTTP/1.1', 'Host: localhost', f'Content-Type: {FORM}',
                    f'Content-Length: {len(body)}']
            address = '127.0.0.1', urlsplit(server).port
            client = sockets.enter_context(socket.create_connection(address))
            client.sendall('\r\n'.join([*head, '', body]).encode())
        assert send(server, '/auth/login').status == 200


# One hash for each core

def test_class_is_welcome(chat, monkeypatch):
    """A class of thirty may register in the same second. Each core hashes one of the passwords."""
    with Crowd(monkeypatch, 30, register_often(chat)) as crowd:
        crowd.gather()
    others = [summary(answer) for answer in crowd.answers() if answer.status_int != 303]
    if others:
        fail('status 303 for all thirty', '\n'.join([crowd.told(), others[0]]))


# No place left

def test_hashing_limit(chat, browser, monkeypatch):
    """When many register at the same moment, a few wait for a core. The others get 503 at once."""
    places = THREADS - 8
    with Crowd(monkeypatch, CROWD, register_often(chat)) as crowd:
        crowd.wait_for(503, 1, f'status 503 for some of {CROWD} people who register at once')
        in_time('a page at once, for somebody who hashes nothing',
                lambda: browser.get('/auth/login', status=200))
        what = f'503 for all but {places} of {CROWD}, so that 8 of {THREADS} threads are free'
        crowd.wait_for(503, CROWD - places, what)
    assert sorted(set(crowd.statuses())) == [303, 503]
    for answer in crowd.answers():
        if answer.status_int == 503:
            retry_after(answer)
    count = crowd.statuses().count(303)
    users = chat.rows("select count(*) from user where username like 'user%'")
    assert users == [(count,)], f'{count} new users, one for each status 303'


def test_failed_hash_leaves_its_place(chat, monkeypatch):
    """A hash that fails gives back its place, so that others can register."""
    def fail_often():
        for number in range(THREADS):
            chat.browser().register(f'error{number}', status=500)
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        in_time('a place to hash on, which a failed hash has given back', fail_often)
    with Crowd(monkeypatch, CROWD, register_often(chat)) as crowd:
        crowd.wait_for(503, 1, f'status 503 for some of {CROWD} people who register at once')
    assert sorted(set(crowd.statuses())) == [303, 503]


# Five a minute

def guess(browser, username, password='wrong horse', status='*', why='', headers={}):
    """Log in on the page, and check the status if one is expected. Return the answer."""
    form = {'username': username, 'password': password}
    answer = browser.post('/auth/login', form, headers, status='*')
    if status not in ('*', answer.status_int):
        is_crash = answer.status_int == 500
        raise Unexpected(f'status {status}: {why}', summary(answer), crash=is_crash)
    return answer


def guess_until_refused(browser, username):
    """Guess passwords until the answer is 429. Return it."""
    for _ in range(HANDFUL + 1):
        answer = guess(browser, username)
        if answer.status_int == 429:
            return answer
    fail(f'status 429 after {HANDFUL} wrong passwords', summary(answer))


@pytest.mark.parametrize('name', ['ann', 'nobody'])
def test_login_limit(chat, browser, name):
    """More wrong passwords than a person types: 429 with Retry-After.

    That holds for names that nobody has, too, and in upper or lower case.
    """
    chat.browser().register('ann')
    answer = guess_until_refused(browser, name)
    retry_after(answer)
    assert answer.content_type == 'text/html'
    guess(browser, name.upper(), status=429, why='ANN and ann are one name')


def test_login_limit_of_the_api(chat, browser):
    """The API counts wrong passwords together with the pages, and answers 429 as JSON."""
    chat.browser().register('ann')
    guess_until_refused(browser, 'ann')
    api = chat.api()
    api.ask('POST', '/api/tokens', status=429, Authorization=basic('ann', 'wrong horse'))
    retry_after(api.response)


# The right password

@pytest.mark.parametrize('name', ['ann', 'ANN'])
def test_login_limit_for_the_right_password(chat, browser, name):
    """After too many wrong passwords, the right one is refused, too, on the page and in the API."""
    chat.browser('ann')
    guess_until_refused(browser, 'ann')
    guess(browser, name, PASSWORD, 429, 'even for the right one, after too many wrong ones')
    chat.api().ask('POST', '/api/tokens', status=429, Authorization=basic(name, PASSWORD))


def test_login_limit_of_the_pages(chat, browser):
    """The pages count wrong passwords together with the API."""
    chat.browser('bob')
    api = chat.api()
    for _ in range(HANDFUL):
        api.ask('POST', '/api/tokens', status='*', Authorization=basic('bob', 'wrong horse'))
    api.ask('POST', '/api/tokens', status=429, Authorization=basic('bob', PASSWORD))
    guess(browser, 'bob', PASSWORD, 429, 'after too many wrong passwords in the API')


def test_right_passwords_do_not_count(chat, browser):
    """Somebody who logs in often with the right password is never refused."""
    chat.browser('ann')
    guess(browser, 'ann')
    guess(browser, 'ann')
    for _ in range(25):
        guess(browser, 'ann', PASSWORD, 303, 'right passwords do not count')
        chat.api().log_in('ann')
    guess_until_refused(browser, 'ann')


def test_three_mistakes_are_forgiven(chat, browser):
    """Three wrong passwords are forgiven, and then the right one is accepted."""
    chat.browser('bob')
    for _ in range(3):
        guess(browser, 'bob', 'wrong horse', 400, 'three wrong passwords are forgiven')
    guess(browser, 'bob', PASSWORD, 303, 'the right password after three wrong ones')
    guess_until_refused(browser, 'bob')


def test_guesses_at_the_same_moment(chat, monkeypatch):
    """Of thirty guesses at once, a handful is hashed. The others don't even wait for a core."""
    chat.browser('ann')
    with Crowd(monkeypatch, 30, lambda number: guess(chat.browser(), 'ann')) as crowd:
        what = f'status 429 for all but {HANDFUL} of thirty guesses, while these are hashed'
        crowd.wait_for(429, 30 - HANDFUL, what)
    if set(crowd.statuses()) != {400, 429} or crowd.statuses().count(400) > HANDFUL:
        fail(f'status 400 for at most {HANDFUL} of thirty guesses, 429 for the rest', crowd.told())


def later(monkeypatch, seconds):
    """Put the clocks forward. From now on they tick only when somebody looks at them."""
    for clock in ('time', 'monotonic'):
        ticks = itertools.count(1000 * (getattr(time, clock)() + seconds))
        monkeypatch.setattr(time, clock, lambda ticks=ticks: next(ticks) / 1000)


def test_login_limit_passes(chat, browser, monkeypatch):
    """After the time in Retry-After, and not long before, the right password is welcome again."""
    chat.browser('ann')
    later(monkeypatch, 0)
    for _ in range(3):
        guess(browser, 'ann')
    later(monkeypatch, 25)
    answer = guess_until_refused(browser, 'ann')
    seconds = retry_after(answer)
    if seconds > 10:
        later(monkeypatch, seconds - 10)
        why = f'until the {seconds} seconds in Retry-After have passed'
        answer = guess(browser, 'ann', PASSWORD, 429, why)
    later(monkeypatch, retry_after(answer))
    guess(browser, 'ann', PASSWORD, 303, 'the seconds in Retry-After have passed')


# Name or address

def test_login_limit_is_for_one_name_and_address(chat, browser):
    """Others, the same user elsewhere, and open sessions and tokens are not locked out."""
    ann, api, bob = chat.browser('ann'), chat.api(), chat.browser('bob')
    api.log_in('ann')
    guess_until_refused(browser, 'ann')
    guess(browser, 'bob', PASSWORD, 303, 'another user at the same address')
    elsewhere = chat.browser()
    elsewhere.extra_environ = {'REMOTE_ADDR': '192.0.2.7'}
    guess(elsewhere, 'ann', PASSWORD, 303, 'the same user at another address')
    for client in (ann, bob):
        client.get('/', status=200)
    api.ask('GET', '/api/users')


def test_login_limit_and_other_logins(chat, browser):
    """Right passwords of other users in between forgive no wrong ones."""
    chat.browser('ann')
    chat.browser('bob')
    for _ in range(HANDFUL):
        guess(browser, 'ann')
        guess(browser, 'bob', PASSWORD, 303, 'a right password')
    guess(browser, 'ann', PASSWORD, 429, f'{HANDFUL} wrong ones, with right ones of bob between')


# A false address

def test_login_limit_and_forged_address(chat, browser):
    """A header can't pretend another address: it is the connection's that counts."""
    chat.browser('ann')
    for number in range(HANDFUL):
        guess(browser, 'ann', headers={'X-Forwarded-For': f'192.0.2.{number}'})
    why = 'the address of the connection is the same each time'
    guess(browser, 'ann', PASSWORD, 429, why, {'X-Forwarded-For': '192.0.2.99'})


def test_login_limit_keeps_no_long_names(chat, browser):
    """Names of any length don't fill the memory."""
    guess_until_refused(browser, 'nobody')
    tracemalloc.start()
    for number in range(20):
        guess(browser, f'{number}'.ljust(100_000, 'x'))
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    if kept > 1_000_000:
        fail('less than 1 MB kept of twenty names of 100 KB each', f'{kept / 1e6:.1f} MB')


# Nobody's fault

def test_errors_do_not_count(chat, browser, monkeypatch):
    """A login that the server couldn't check, because of an error, is no wrong password."""
    chat.browser('ann')
    with monkeypatch.context() as broken:
        replace_scrypt(broken, None)
        for _ in range(HANDFUL):
            why = 'hashing fails here, so it is an error of the server, and no wrong password'
            guess(browser, 'ann', 'wrong horse', 500, why)
    why = 'logins that failed by an error of the server do not count'
    guess(browser, 'ann', PASSWORD, 303, why)
    guess_until_refused(browser, 'ann')


def test_refused_logins_do_not_count(chat, browser, monkeypatch):
    """A login that gets 503, because too many log in at once, is not a wrong password."""
    chat.browser('ann')
    with Crowd(monkeypatch, CROWD, lambda n: guess(chat.browser(), f'user{n}')) as crowd:
        crowd.wait_for(503, 1, f'status 503 for some of {CROWD} people who log in at once')
        for _ in range(HANDFUL + 1):
            in_time('status 503 at once', lambda: guess(browser, 'ann', PASSWORD, 503, 'too many'))
    guess(browser, 'ann', PASSWORD, 303, 'logins that got 503 do not count')
