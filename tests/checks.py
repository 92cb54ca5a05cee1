"""What several test files share: checks, fixtures, and a server in a process of its own."""
import hashlib
import importlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime

from clients import Client, Unexpected, fail, places, summary, value


# What many steps refuse or accept

BAD_NUMBERS = ['0', '-1', '1.5', 'x', '', '%D9%A3', '1%D9%A3', '%C2%B2', '1e3', '+1', ' 1', '9' * 30, '9' * 5000, '%00', '%ff']
LONG_EMAIL = 'a' * 243 + '@example.com'  # 255 characters
BAD_VALUES = [None, 1, 1.5, True, [], {}, ['x'], 'nul\0', '\ud800']
ROUTES = [
    ('GET', '/api/users/1'), ('GET', '/api/users'), ('POST', '/api/users'), ('PUT', '/api/users/1'),
    ('GET', '/api/posts/1'), ('GET', '/api/posts'), ('POST', '/api/posts'), ('PUT', '/api/posts/1'),
    ('DELETE', '/api/posts/1'), ('POST', '/api/tokens'), ('DELETE', '/api/tokens'),
]


# Pages

def check_page(page):
    """Check what every page must have."""
    assert page.content_type == 'text/html'
    assert (page.charset or 'no charset').lower() == 'utf-8'
    html = page.html
    for selector, example in [('html[lang]:not([lang=""])', '<html lang="en">'), ('title:not(:empty)', '<title>Room</title>'), ('meta[name=viewport]', '<meta name="viewport" ...>')]:
        if not html.select(selector):
            hint = 'does its template begin with % rebase?' if page.status_int < 400 else 'does the app have a handler for errors, which renders error.tpl?'
            fail(f'{example} in the page ({hint})', summary(page))
    for field in html.select('input, textarea, select'):
        own = field.find_parent('label') or field.get('aria-label') or field.get('aria-labelledby')
        if field.get('type') not in ('hidden', 'submit', 'button', 'image', 'reset') and not own:
            if not field.get('id') or not html.find('label', {'for': field['id']}):
                raise Unexpected(f'a label for the field {field.get("name")}', 'no label')


def check_no_html(page, selector='script'):
    """Check that nothing that people typed became an element of the page."""
    if page.html.select(selector):
        fail('no HTML from what people typed (does a template have {{! where it needs {{?)', page.html.select(selector)[0])


def check_no_password(page):
    """Check that a form shows no password that was typed before."""
    if value(page, 'password'):
        fail('a form with an empty field for the password', f'the field has the value {value(page, "password")}')


def check_no_link(page, rel):
    """Check that a page has no link to older (next) or newer (prev) posts."""
    link = page.html.find('a', rel=rel)
    if link:
        fail(f'no link with rel="{rel}" on this page, because there are no such posts', link)


def check_profile(browser, path, name):
    """Check that the heading of a page has this name."""
    page = browser.get(path, status=200)
    if name not in ' '.join(heading.get_text() for heading in page.html.select('h1, h2')):
        raise Unexpected(f'a heading with the name {name}', summary(page))


UTC = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'


def check_times(rows):
    """Check that the values in these rows are times in UTC."""
    for moment, in rows:
        if not re.fullmatch(UTC, str(moment)):
            fail('a time in UTC, such as 2026-01-31T12:00:00Z', moment)


# Logging in

def session(chat, browser):
    """Return the name and the value of the cookie with the token."""
    hashes = {row[0] for row in chat.rows('select hash from token')}
    for name, value in browser.cookies.items():
        if hashlib.sha256(value.strip('"').encode()).hexdigest() in hashes:
            return name, value.strip('"')
    raise Unexpected('a cookie with a token whose SHA-256 is in the table token', ', '.join(browser.cookies) or 'no cookie')


def set_cookie(response, name=''):
    """Return the Set-Cookie header of an answer, for the cookie of this name or the first, in lower case, or ''."""
    headers = [value for header, value in response.headers.items() if header.lower() == 'set-cookie']
    return next((header.lower() for header in headers if header.startswith(name)), '')


def flags(cookie):
    """Return {attribute: value} of a Set-Cookie header."""
    return dict(part.strip().partition('=')[::2] for part in cookie.split(';')[1:])


def lifetime(cookie):
    """Return for how many seconds a browser keeps a cookie, or 0 if only until it is closed."""
    values = flags(cookie)
    if 'max-age' in values:
        return int(values['max-age'])
    return round(parsedate_to_datetime(values['expires']).timestamp() - time.time(), -1) if 'expires' in values else 0


def check_logged_out(browser, answer):
    """Check that an answer sends the browser to the log-in page."""
    if answer.status_int != 303:
        fail('a redirect to /auth/login, because nobody is logged in here', summary(answer))
    assert browser.redirected(answer).split('?')[0] == '/auth/login'


def count_hashes(monkeypatch):
    """Return a list that gets the (n, r, p) of each scrypt from now on."""
    costs, scrypt = [], hashlib.scrypt

    def count(*args, **values):
        costs.append(tuple(values.get(name) for name in 'nrp'))
        return scrypt(*args, **values)
    replace_scrypt(monkeypatch, count)
    return costs


def replace_scrypt(monkeypatch, function):
    """Put a function in place of hashlib.scrypt, also where a module has imported it by its name."""
    scrypt = hashlib.scrypt
    for module in list(sys.modules.values()):
        if getattr(module, '__dict__', {}).get('scrypt') is scrypt:
            monkeypatch.setattr(module, 'scrypt', function)


def together(monkeypatch):
    """Make each thread wait for the other when it hashes a password, so that looking first and writing later fails."""
    barrier, scrypt = threading.Barrier(2), hashlib.scrypt

    def wait(*args, **more):
        try:
            barrier.wait(2)  # in vain only if the app lets one hash at a time
        except threading.BrokenBarrierError:
            pass
        return scrypt(*args, **more)
    replace_scrypt(monkeypatch, wait)


def run_both(function, *values):
    threads = [threading.Thread(target=function, args=[value]) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Posts and crashes

def fill(chat, count, username='ann'):
    """Add posts straight to the database: `1` is the oldest."""
    chat.rows("""
        with recursive number(n) as (select 1 union all select n + 1 from number where n < ?)
        insert into post (user_id, body, created_at)
        select user.id, n, '2026-01-01T00:00:00Z' from number, user where username = ? order by n""", count, username)


def break_posts(chat):
    """Make every query of the posts fail, also for an app that makes missing tables again."""
    chat.rows('drop table post')
    chat.rows('create view post as select * from nowhere')


def check_crash(answer, caplog):
    """Check that the log has the traceback, and the answer does not."""
    for word in ('Traceback', 'OperationalError', 'no such table'):
        if word in answer.text:
            fail('an answer without the traceback and the exception, which are for the log', f'{word} in the answer')
    for word in ('Traceback', 'OperationalError'):
        if word not in answer.errors + caplog.text:
            fail('the traceback in the log (the environment wsgi.errors, or the module logging)', f'a log without {word}')


# The API

def blueprint(module):
    """Return the blueprint in a module of the app."""
    try:
        return importlib.import_module(module).bp
    except (ImportError, AttributeError) as error:
        raise Unexpected(f'a blueprint `bp` in {module}', str(error)) from None


def make_api(chat):
    """Return an API client, with a token as soon as there are tokens."""
    return chat.api('ann' if chat.step.number >= 9 else None)


def first_user(chat):
    """Return an API client of a new user, whose id is 1 if nobody else has registered yet."""
    api = chat.api()
    api.user = api.register('eve')
    api.log_in('eve')
    return api


def items(page):
    """Return the items of a collection."""
    found = page['items']
    return found if isinstance(found, list) and all(isinstance(item, dict) for item in found) else fail('items: a list of objects', json.dumps(found)[:200])


def link(item, name):
    """Return a link of a representation."""
    links = item['_links']
    return links[name] if isinstance(links, dict) else fail('_links: {"self": "<path>", ...}', json.dumps(links))


def follow(api, item, name):
    """Follow a link of a representation. Return the answer."""
    return api.ask('GET', link(item, name) or fail(f'a link {name}', 'null'))


def path_of(user):
    """Return the path of a user."""
    return f"/api/users/{user['id']}"


def check_item(item, **expected):
    """Check these fields of a representation."""
    assert {name: item[name] for name in expected} == expected


# A server in a process of its own

PATIENCE = 15  # seconds, to wait for what comes at once if all is well


def start(step, folder, **environ):
    """Start the app from another folder. Return the process."""
    Client.last = None  # what an earlier test asked for
    environ = {**os.environ, 'CHAT_HOST': '127.0.0.1', 'CHAT_DB': str(folder / 'chat.db'), 'CHAT_PORT': '0',
               'CHAT_TOKEN_SECONDS': '3600', 'CHAT_PASSWORD_COST': '2', **environ}
    return subprocess.Popen([sys.executable, '-B', str(step.folder / 'chat.py')], cwd=folder, env=environ, encoding='utf-8',
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def serve(step, folder, **environ):
    """Start the app on a free port. Return the process and the port when it accepts connections."""
    for _ in range(3):  # another program may take the port in the meantime
        port, = free_ports(1)
        process = start(step, folder, CHAT_PORT=str(port), **environ)
        if listens(process, port):
            return process, port
        ended = process.poll() is not None
        process.kill()
        errors = process.communicate()[1]
        if not ended:
            break
    came = 'it ended' if ended else 'it runs, and does not listen there'
    raise Unexpected(f'`python chat.py` serves the app on CHAT_HOST and CHAT_PORT (here, 127.0.0.1:{port})', f'{came}\n{last_words(errors)}'.strip())


def free_ports(count):
    """Return different ports that nobody uses."""
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


def listens(process, port, hosts=('127.0.0.1',)):
    """Wait until a process accepts connections on a port. Return False if it ends instead, or does neither in a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            process.wait(0.02)
            return False
        except subprocess.TimeoutExpired:
            pass
        for host in hosts:
            try:
                socket.create_connection((host, port), timeout=0.5).close()
                return True
            except OSError:
                pass
    return False


def last_words(errors):
    """Return the last line that a program wrote, or its last exception, and where in the app that was raised."""
    lines = re.findall(r'(?m)^[\w.]*(?:Error|Exception)\b.*', errors) or errors.strip().splitlines()
    return '\n'.join([*lines[-1:], *places(errors)])


def stop(process):
    process.kill()
    process.communicate()


def check_refused(step, folder, environs, may_start=None):
    """Check that the app does not start with these settings, {word: settings}, and says so in one line that has the word.

    Return True if it starts with those that some apps can use and others can't.
    """
    started = False
    ports = free_ports(len(environs))
    processes = [(*case, port, start(step, folder, **{'CHAT_PORT': str(port), **case[1]})) for case, port in zip(environs.items(), ports)]
    try:
        for word, environ, port, process in processes:
            told = ' and '.join(f'{name}={value}' for name, value in environ.items())
            if listens(process, port, ('127.0.0.1', '::1')):
                if word != may_start:
                    fail(f'chat.py does not start with {told}', 'it starts')
                started = True
                continue
            process.kill()  # if it neither ended nor listens
            errors = process.communicate()[1]
            if process.returncode != 1 or 'Traceback' in errors or word not in (errors.strip().splitlines() or [''])[-1]:
                fail(f'with {told}: exit status 1, and no traceback but a line with the word {word}', f'exit status {process.returncode}\n{last_words(errors)}')
    finally:
        for *_, process in processes:
            stop(process)
    return started


def send(server, path, body=None, headers={}):
    """Send a request to a server at this address. Return the answer."""
    request = urllib.request.Request(server + path, body, headers)
    told = [f'{request.get_method()} {path}', *(f'{name}: {value}' for name, value in headers.items()), (body or b'').decode()]
    Client.last, Client.answer = '\n'.join(told).strip(), None  # what a failure shows
    try:
        return urllib.request.build_opener(NoRedirect).open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        return error
    except OSError as error:
        raise Unexpected(f'an answer of the server to {request.get_method()} {path}', str(error)) from None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
