"""The READMEs' listings and commands: `python tests/kit/readmes.py` runs the commands and rewrites their outputs."""
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
import tasks  # noqa: E402

READMES = [ROOT / 'README.md', *(folder / 'README.md' for folder, *_ in tasks.STEPS)]
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
NORMALISERS = [
    (r'(127\.0\.0\.1|localhost|port):? ?\d{4,5}', r'\1:8080'),  # port
    (r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT', 'TIME'),  # time
    (r'[\w-]{43}\b', 'TOKEN'),  # token
    (r' in \d+\.\d\ds( \([\d:]+\))?', ' in 1.00s'),  # duration
    (r', \d+ deselected', ', 1 deselected'),  # the tests of other steps
    (r'^0\.0\d+$', '0.0'), (r'^0\.[1-9]\d*$', '0.2'),  # seconds of a request: next to nothing, or a password's hash
    (r'[^\s\'"]*[/\\]kit(?=[/\\])', '/path/to/kit'),  # path
    (r'(CPython|Python|Bottle) ?[/v]?\d+\.\d+\.\d+\S*', r'\1 X.Y.Z'),  # version
]


def blocks(readme, language):
    """Yield (line number, text) of each block of a language in a README."""
    text = readme.read_text(encoding='utf-8')
    for match in BLOCK.finditer(text):
        if match[1] == language:
            yield text.count('\n', 0, match.start()) + 1, match[2]


def normal(text):
    """Return an output without what differs from run to run."""
    for pattern, value in NORMALISERS:
        text = re.sub(pattern, value, text, flags=re.MULTILINE)
    return '\n'.join(line.rstrip() for line in text.strip().splitlines())


class Reader:
    """A learner who types every command of a README, in a copy of the kit, and every listing of a step's page into work/."""

    def __init__(self, folder, step):
        self.step = step
        self.root = Path(folder) / 'kit'
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns('.git', '.venv', 'work*', '.fuzz', '*.db*', '__pycache__'))
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = str(free.getsockname()[1])
        self.server, self.token = None, 'TOKEN'
        folders = [folder for folder, *_ in tasks.STEPS]
        before = folders[folders.index(step) - 1] if step in folders[1:] else None
        self.gone = tasks.read(before).keys() - tasks.read(step).keys() if before else []

    def type(self, command):
        """Return what a command prints. A server goes on until the next one starts."""
        folder, _, rest = command.removeprefix('cd ').partition(' && ') if command.startswith('cd ') else ('.', '', command)
        words = [word.replace('8080', self.port).replace('TOKEN', self.token) for word in shlex.split(rest)]
        words[0] = str(tasks.python()) if words[0] == 'python3' else words[0]
        environ = {**os.environ, 'NO_COLOR': '1', 'PYTHONUTF8': '1', 'COLUMNS': '80', 'CHAT_PORT': self.port, 'PYTHONDONTWRITEBYTECODE': ''}
        environ.pop('PYTEST_CURRENT_TEST', None)
        options = {'cwd': self.root / folder, 'env': environ, 'encoding': 'utf-8', 'stdout': subprocess.PIPE,
                   'stderr': subprocess.STDOUT, 'stdin': subprocess.DEVNULL}
        if words[1:3] == ['tasks.py', 'run']:
            return self.serve([*words, '--port', self.port], options)
        output = subprocess.run(words, timeout=120, **options).stdout.replace('\r', '').replace(self.port, '8080')
        if words[1:3] == ['tasks.py', 'start'] and self.step != ROOT:
            shutil.copytree(self.step, self.root / 'work', dirs_exist_ok=True, ignore=shutil.ignore_patterns('*.db*', '__pycache__'))
            for name in self.gone:
                (self.root / 'work' / name).unlink()
        token = re.search(r'"token": "([\w-]+)"', output)
        self.token = token[1] if token else self.token
        return output

    def serve(self, words, options):
        """Start a server; return what it prints until it is there."""
        self.stop()
        self.server = subprocess.Popen(words, start_new_session=True, **options)
        lines = []
        for line in self.server.stdout:
            lines.append(line)
            if 'Ctrl-C ends it' in line:
                break
        return ''.join(lines).replace(self.port, '8080')

    def stop(self):
        """Stop the server, if there is one, as Ctrl-C would."""
        if self.server:
            os.killpg(self.server.pid, signal.SIGINT)
            self.server.communicate(timeout=10)
            self.server = None


def transcript(readme):
    """Yield (line number, command, output in the README, output now) of each command."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        reader = Reader(folder, readme.parent)
        try:
            for line, text in blocks(readme, 'console'):
                parts = re.split(r'^\$ (.*)\n', text, flags=re.MULTILINE)[1:]
                for command, output in zip(parts[::2], parts[1::2]):
                    line += 1
                    yield line, command, output, reader.type(command)
                    line += output.count('\n')
        finally:
            reader.stop()


def rewrite(readme):
    """Put what the commands print now into a README, where it differs from what stands there."""
    new = iter([(command, old if normal(old) == normal(now) else now) for _, command, old, now in transcript(readme)])

    def block(match):
        if match[1] != 'console':
            return match[0]
        text = '```console\n'
        for _ in range(len(re.findall(r'^\$ ', match[2], re.MULTILINE))):
            command, output = next(new)
            output = '\n'.join(line.rstrip() for line in output.strip('\n').splitlines())
            text += f'$ {command}\n' + (output + '\n' if output else '')
        return text + '```'
    readme.write_text(BLOCK.sub(block, readme.read_text(encoding='utf-8')), encoding='utf-8', newline='\n')


if __name__ == '__main__':
    for path in [Path(name).resolve() for name in sys.argv[1:]] or READMES:
        print(path.relative_to(ROOT))
        rewrite(path)
