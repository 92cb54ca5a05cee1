"""Final: ready for real clients."""
import getpass
import io
import re
import runpy
import sys
import threading

import pytest
from webtest.http import StopableWSGIServer

from answers import fail
from checks import fill
from clients import PASSWORD, Client
from patience import SECONDS, in_background

BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'


# JSON for those who want it

def test_json_for_clients_that_prefer_it(chat, ann):
    """Content negotiation: an error outside /api, also a crash, is JSON if a client prefers it."""
    api = chat.api()
    api.cookiejar = ann.cookiejar
    api.get('/nothing', headers={'Accept': 'text/html;q=0.5, application/json'}, status=404)
    api.get('/nothing', headers={'Accept': 'application/*'}, status=404)
    headers = {'Accept': 'application/json'}
    api.get('/auth/logout', headers=headers, status=405)
    chat.rows('drop table post')
    api.get('/', headers=headers, status=500)


# A page for all others

def test_a_page_for_all_others(chat, ann):
    """Everybody else gets a page. Under /api an error is JSON, whatever the client accepts."""
    chat.api().get('/nothing', headers={'Accept': 'application/json'}, status=404)
    for accept in ('', BROWSER, '*/*', 'image/png', 'application/json;q=0', ';;q=,', '\xff',
                   'text/html, application/json'):
        page = ann.get('/nothing', headers={'Accept': accept}, status=404)
        assert page.content_type == 'text/html'
        chat.api().get('/api/nothing', headers={'Accept': accept}, status=404)


# A client that listens

@pytest.fixture
def terminal(step, chat, monkeypatch):
    """A terminal in which people start client.py, and a server for it."""
    if not (step.folder / 'client.py').exists():
        fail('client.py', f'no such file in {step}/')
    server = StopableWSGIServer.create(chat.app, port=0)
    address = f'http://127.0.0.1:{server.effective_port}'
    yield Terminal(step.folder / 'client.py', address, monkeypatch)
    server.shutdown()


class Terminal(io.StringIO):
    """A terminal: what client.py prints, and what is typed while it runs."""

    def __init__(self, program, address, monkeypatch):
        super().__init__()
        self.program, self.address, self.monkeypatch = program, address, monkeypatch
        self.new, self.stderr = threading.Condition(), io.StringIO()

    def run(self, username, address='', password=PASSWORD, typed=()):
        """Run client.py, whose clock is quick. Return the message with which it ends, or ''."""
        arguments = ['client.py', username, address or self.address]
        Client.last, Client.answer = f'python {" ".join(arguments)}', None
        crashes, join = [], threading.Thread.join

        def join_quickly(thread, seconds=None):
            join(thread, seconds and seconds / 100)
        with self.monkeypatch.context() as patch:
            patch.setattr(sys, 'argv', arguments)
            patch.setattr(sys, 'stdin', Keyboard(typed))
            patch.setattr(sys, 'stdout', self)
            patch.setattr(sys, 'stderr', self.stderr)
            patch.setattr(getpass, 'getpass', lambda *_: password)
            patch.setattr(threading.Thread, 'join', join_quickly)
            patch.setattr(threading, 'excepthook', crashes.append)
            message = in_background(self.start).result('a client that ends with its input')
        for crash in crashes:
            raise crash.exc_value
        return message

    def start(self):
        try:
            runpy.run_path(str(self.program), run_name='__main__')
        except SystemExit as end:
            return str(end.code or '')
        except KeyboardInterrupt:
            fail('a client that ends without a traceback', 'KeyboardInterrupt')
        return ''

    def write(self, text):
        """Print, as client.py does."""
        with self.new:
            super().write(text)
            self.new.notify_all()

    def wait_for(self, text):
        """Wait until this has been printed."""
        with self.new:
            if not self.new.wait_for(lambda: text in self.getvalue(), SECONDS / 2):
                fail(f'a line with {text!r} while the client runs', repr(self.getvalue()))

    def lines(self):
        """Return the lines that have been printed, without their times."""
        return re.sub(r'(?m)^\d\d:\d\d ', '', self.getvalue()).splitlines()


class Keyboard(io.TextIOBase):
    """What somebody types, line by line."""

    def __init__(self, lines):
        self.rest = iter(lines)

    def readline(self, size=-1):
        return next(self.rest, '')


def test_last_posts(chat, terminal):
    """The terminal client shows the last ten posts, the newest one last."""
    chat.browser('al')
    fill(chat, 12, 'al', 'number ')
    assert terminal.run('al') == ''
    assert terminal.lines() == [f'al: number {number}' for number in range(3, 13)]


# What a terminal obeys

def test_control_characters(chat, terminal):
    """The client prints a space for each control character, which a terminal would obey."""
    chat.browser('ben').say('bad \x1b[2J\ncodes \x9bü')
    terminal.run('ben')
    assert terminal.lines() == ['ben: bad  [2J codes  ü']


# When a request fails

def test_wrong_password(terminal):
    """A wrong password: the client ends with the server's own words, which say what to do."""
    assert 'password' in terminal.run('nobody', password='wrong horse')


def test_wrong_address(terminal):
    """A wrong address: the client ends with one line that says what to do."""
    for address in (terminal.address + '/nothing', 'http://127.0.0.1:9', 'nonsense'):
        assert 'address' in terminal.run('ann', address)


def test_client_follows_no_redirect(terminal):
    """A server can't send the client on to another one, which would get the password."""
    asked = []

    def redirect(environ, start_response):
        asked.append(environ['PATH_INFO'])
        start_response('302 Found', [('Location', '/elsewhere')])
        return [b'']
    server = StopableWSGIServer.create(redirect, port=0)
    terminal.run('cy', f'http://127.0.0.1:{server.effective_port}')
    server.shutdown()
    assert '/elsewhere' not in asked, 'the client has gone where the server sent it'


# You talk

def test_client_posts(chat, terminal):
    """The client posts each line that you type, and no empty ones. A refusal doesn't end it."""
    cy = chat.browser('cy')
    terminal.run('cy', typed=['one\n', '\n', '  \n', 'x' * 501 + '\n', 'two\n'])
    assert cy.room() == ['two', 'one']
    words = terminal.stderr.getvalue()
    if words.count('\n') != 1 or 'Use 1 to 500 characters' not in words:
        fail("one line on stderr: the server's words about the long post", repr(words))


# Polling

def test_posts_of_others(chat, terminal):
    """While you type, the client shows all that others say. Your own last line is shown, too."""
    chat.browser('flo')
    chat.browser('eve').say('is anybody here?')

    def typed():
        terminal.wait_for('eve: is anybody here?')
        fill(chat, 11, 'eve', 'nobody ')
        terminal.wait_for('eve: nobody 11')
        yield 'I am\n'
        terminal.wait_for('flo: I am')
        yield 'Bye\n'
    terminal.run('flo', typed=typed())
    expected = [f'eve: nobody {number}' for number in range(1, 12)]
    assert terminal.lines() == ['eve: is anybody here?', *expected, 'flo: I am', 'flo: Bye']


def test_client_revokes_its_token(chat, terminal, monkeypatch):
    """When the client ends, also by Ctrl-C, its token is dead."""
    def press_ctrl_c(text):
        raise KeyboardInterrupt
    chat.browser('gus').say('hello')
    tokens = chat.rows('select hash from token')
    assert terminal.run('gus') == ''
    assert chat.rows('select hash from token') == tokens
    monkeypatch.setattr(terminal, 'write', press_ctrl_c)
    assert terminal.run('gus') == ''
    assert chat.rows('select hash from token') == tokens
