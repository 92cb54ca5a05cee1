"""Final: ready for real clients."""
import getpass
import io
import re
import runpy
import sys
import threading

import pytest

from answers import fail
from checks import case, fill
from clients import PASSWORD, Client
from pages import bodies
from patience import in_time
from processes import PATIENCE, serve

BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'


# JSON for those who want it

@pytest.mark.parametrize('accept', [
    'application/json', 'application/json, text/html;q=0.9', 'text/html;q=0.5, application/json',
    'application/*',
])
def test_json_for_clients_that_prefer_it(chat, ann, accept):
    """Content negotiation: an error outside /api, also a crash, is JSON if a client prefers it."""
    api, headers = chat.api(), {'Accept': accept}
    api.cookiejar = ann.cookiejar
    chat.rows('drop table post')
    api.get('/nothing', headers=headers, status=404)
    api.get('/auth/logout', headers=headers, status=405)
    api.get('/user/nobody', headers=headers, status=404)
    api.get('/', headers=headers, status=500)


# A page for all others

@pytest.mark.parametrize('accept', [
    '', BROWSER, '*/*', 'text/html', 'text/*', 'image/png', 'application/json;q=0', 'nonsense',
    ';;q=,', '\xff', 'text/html, application/json',
], ids=case)
def test_a_page_for_all_others(chat, ann, accept):
    """Everybody else gets a page. Under /api an error is JSON, whatever the client accepts."""
    chat.api().get('/nothing', headers={'Accept': 'application/json'}, status=404)
    page = ann.get('/nothing', headers={'Accept': accept}, status=404)
    assert page.content_type == 'text/html'
    chat.api().get('/api/nothing', headers={'Accept': accept}, status=404)


# A client that listens

@pytest.fixture(scope='module')
def server(step, tmp_path_factory):
    """The address and the database of a server for all tests, because it takes time to start."""
    folder = tmp_path_factory.mktemp('server')
    with serve(step, folder) as address:
        yield address, folder / 'chat.db'


@pytest.fixture
def terminal(step, server, make_chat, monkeypatch):
    """A terminal in which people start client.py, beside another app on the same database."""
    address, database = server
    terminal = Terminal(step.folder / 'client.py', address, make_chat(DATABASE=database))
    terminal.monkeypatch = monkeypatch
    return terminal


class Terminal(io.StringIO):
    """A terminal: what client.py prints, and what is typed while it runs."""

    def __init__(self, program, address, chat):
        super().__init__()
        self.program, self.address, self.chat = program, address, chat
        self.new, self.stderr = threading.Condition(), io.StringIO()

    def run(self, username, address=None, password=PASSWORD, typed=()):
        """Run client.py. Return the message with which it ends, or ''."""
        if not self.program.exists():
            fail('client.py', f'no such file in {self.program.parent.name}/')
        arguments = ['client.py', username, address or self.address]
        Client.last, Client.answer = f'python {" ".join(arguments)}', None
        crashes = []
        with self.monkeypatch.context() as patch:
            patch.setattr(sys, 'argv', arguments)
            patch.setattr(sys, 'stdin', Keyboard(typed))
            patch.setattr(sys, 'stdout', self)
            patch.setattr(sys, 'stderr', self.stderr)
            patch.setattr(threading, 'excepthook', crashes.append)
            patch.setattr(getpass, 'getpass', lambda *_: password)
            message = in_time('a client that ends when its input ends', self.start)
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
            if not self.new.wait_for(lambda: text in self.getvalue(), PATIENCE / 2):
                fail(f'a line with {text!r} while the client runs', repr(self.getvalue()))

    def lines(self):
        """Return the lines that have been printed, without their times."""
        return [re.sub(r'^\d\d:\d\d ', '', line) for line in self.getvalue().splitlines()]


class Keyboard(io.TextIOBase):
    """What somebody types, line by line."""

    def __init__(self, lines):
        self.rest = iter(lines)

    def readline(self, size=-1):
        return next(self.rest, '')


def test_last_posts(terminal):
    """The terminal client shows the last ten posts, the newest one last."""
    al = terminal.chat.browser('al')
    for number in range(12):
        al.say(f'number {number}')
    assert terminal.run('al') == ''
    assert terminal.lines() == [f'al: number {number}' for number in range(2, 12)]


# What a terminal obeys

def test_control_characters(terminal):
    """The client prints a space for each control character, which a terminal would obey."""
    terminal.chat.browser('ben').say('bad \x1b[2J\ncodes \x9bü')
    terminal.run('ben')
    assert terminal.lines()[-1] == 'ben: bad  [2J codes  ü'


# When a request fails

def test_wrong_password(terminal):
    """A wrong password: the client ends with the server's own words, which say what to do.

    The right one works, whatever its letters.
    """
    assert 'password' in terminal.run('nobody', password='wrong horse')
    terminal.chat.browser().register('hal', 'pässwörd 🙂')
    assert terminal.run('hal', password='pässwörd 🙂') == ''


@pytest.mark.parametrize('address', ['/nothing', 'http://127.0.0.1:9', 'nonsense', 'http://'])
def test_wrong_address(terminal, address):
    """A wrong address: the client ends with one line that says what to do."""
    address = terminal.address + address if address.startswith('/') else address
    assert 'address' in terminal.run('ann', address)


# You talk

def test_client_posts(terminal):
    """The client posts each line that you type, and no empty ones.

    When a post is refused, it prints the server's words, and goes on.
    """
    cy = terminal.chat.browser('cy')
    terminal.run('cy', typed=['one\n', '\n', '  \n', 'x' * 501 + '\n', 'two\n'])
    said = bodies(cy.get('/user/cy'))
    if said != ['two', 'one']:
        fail("the posts 'two' and 'one', which `talk` has sent", repr(said))
    words = terminal.stderr.getvalue()
    if words.count('\n') != 1 or 'Use 1 to 500 characters' not in words:
        fail("one line on stderr: the server's words about the post that is too long "
             '(none of empty lines, which are not sent)', repr(words))


# Polling

def test_posts_of_others(terminal):
    """While you type, the client shows all that others say. Your own last line is shown, too."""
    terminal.chat.browser('flo')
    terminal.chat.browser('eve').say('is anybody here?')

    def typed():
        terminal.wait_for('eve: is anybody here?')
        fill(terminal.chat, 11, 'eve', 'nobody ')
        terminal.wait_for('eve: nobody 11')
        yield 'I am\n'
    terminal.run('flo', typed=typed())
    expected = [f'eve: nobody {number}' for number in range(1, 12)]
    assert terminal.lines()[-13:] == ['eve: is anybody here?', *expected, 'flo: I am']


def test_client_revokes_its_token(terminal, monkeypatch):
    """When the client ends, also by Ctrl-C, its token is dead."""
    def press_ctrl_c(text):
        raise KeyboardInterrupt
    terminal.chat.browser('gus').say('hello')
    tokens = terminal.chat.rows('select hash from token')
    assert terminal.run('gus') == ''
    assert terminal.chat.rows('select hash from token') == tokens, 'no token of the client'
    monkeypatch.setattr(terminal, 'write', press_ctrl_c)
    assert terminal.run('gus') == ''
    assert terminal.chat.rows('select hash from token') == tokens, 'no token of the client'
