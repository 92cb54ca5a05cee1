"""tasks.py run: the server of a folder, which is started again after each save."""
import contextlib
import os
import socket
import subprocess
import time
import warnings
from pathlib import Path

import database
from packages import find_python
from steps import ROOT, look, read_code
from terminal import ME, stop

warnings.simplefilter('ignore')  # of code that is only compiled: the server says it, too


class Server:
    """The server of a folder. That of work/ waits for the next save when it has ended by itself."""

    def __init__(self, folder, options, stderr=None):
        self.folder, self.options, self.port, self.stderr = folder, options, options.port, stderr
        self.database = Path(options.db or folder / 'chat.db').resolve()
        self.host = '127.0.0.1' if options.host == '0.0.0.0' else options.host  # 0.0.0.0: all addresses
        self.address = f'http://{self.host}:{self.port}'
        if listens(self.host, self.port):
            stop(f'Port {self.port} is taken. Take another: {ME} run {options.step} --port {self.port % 65535 + 1}')
        for end in ('', '-wal', '-shm') if options.empty else ():
            Path(f'{self.database}{end}').unlink(missing_ok=True)
        self.command = [find_python(), '-B', folder / 'chat.py']
        self.environ = {'CHAT_HOST': options.host, 'CHAT_PORT': str(self.port), 'CHAT_DB': str(self.database)}
        self.has_been_up = False

    def run(self):
        """Run until Ctrl-C, or until the server of a finished step ends: return its exit status."""
        self.start()
        try:
            while self.process.poll() is None or self.folder.name.startswith('work'):
                self.report()
                if self.is_saved() and self.can_be_compiled():
                    self.stop()
                    self.start()
                time.sleep(0.1)
            return self.process.returncode
        except KeyboardInterrupt:
            return 0
        finally:
            self.stop()

    def start(self):
        """Start the server, after a line for each table that is older than the code."""
        self.files, self.state = look(self.folder), 'starting'
        for name in database.find_old_tables('\n'.join(read_code(self.folder).values()), self.database):
            self.say(f'{self.database} has a table {name} that is not as in SCHEMA: "create table if not exists" keeps '
                     'an old one. Stop the server (Ctrl-C), and start it with --empty: that deletes the file.')
        self.process = subprocess.Popen(self.command, env={**os.environ, **self.environ}, stderr=self.stderr)

    def stop(self):
        """End the server, if it has not ended by itself."""
        self.process.terminate()
        self.process.wait()

    def report(self):
        """Say, once, that the server is up, or has ended."""
        if self.state != 'ended' and self.process.poll() is not None:
            self.state = 'ended'
            self.say('the server has ended. It starts again when you save a file. Ctrl-C ends it.')
        elif self.state == 'starting' and listens(self.host, self.port):
            self.state = 'up'
            if self.has_been_up:
                self.say('started again, with what you have saved.')
            else:
                self.welcome()

    def welcome(self):
        """Fill the room, if that is wanted, and say where it is."""
        self.has_been_up = True
        if self.options.demo and database.has_rows(self.database):
            print('There are people or posts in the room already: no demo.')
        elif self.options.demo:
            try:
                print(database.fill_room(self.address))
            except OSError as error:  # work/ may not be that far
                print(f'The demo ends early: {getattr(error, "url", self.address)}: {error}.')
        if self.host != self.options.host:
            print(f'Everyone in this network: http://{find_address()}:{self.port}/')
        self.say(f'open {self.address}/ in a browser. Ctrl-C ends it.')

    def is_saved(self):
        """Return True if a file has been saved since the last look. Wait a moment for others that are being saved."""
        if look(self.folder) == self.files:
            return False
        time.sleep(0.2)
        self.files = look(self.folder)
        return True

    def can_be_compiled(self):
        """Return True if Python can read all modules; if not, say where it can't."""
        try:
            for path in self.files:
                if path.suffix == '.py':
                    compile(path.read_bytes(), path, 'exec')
            return True
        except (SyntaxError, ValueError) as error:  # ValueError: a NUL
            line, message = getattr(error, 'lineno', 1), getattr(error, 'msg', error)
            print(f'{path.relative_to(ROOT)}:{line}: SyntaxError: {message}. '
                  'Until you fix that, the server stays as it was.', flush=True)
            return False

    def say(self, words):
        """Print a line that begins with the name of the folder."""
        print(f'{self.folder.name}: {words}', flush=True)


def listens(host, port):
    """Return True if there is a server at this address."""
    with contextlib.suppress(OSError):
        socket.create_connection((host, port), timeout=1).close()
        return True


def find_address():
    """Return the address of this machine in its network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(('192.0.2.1', 9))  # sends nothing, but chooses the address to send from
        return probe.getsockname()[0]
    return socket.gethostname()
