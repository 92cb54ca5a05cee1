"""Every listing stands in its step, every command does what its page says, every link leads somewhere.

`python tests/kit/test_readmes.py` types the commands of all pages, or of those that are named, and rewrites the outputs that have changed.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from suite import BLOCK, FOLDERS, ROOT, copy, free_port, run, serve, slow, stop, tasks

READMES = [folder / 'README.md' for folder in [ROOT, *FOLDERS]]


def name_of(readme):
    """Return the path of a README in the kit."""
    return readme.relative_to(ROOT).as_posix()


each_readme = pytest.mark.parametrize('readme', READMES, ids=name_of)


def blocks(readme, language):
    """Yield (line number, text) of each block of a language in a README."""
    text = readme.read_text(encoding='utf-8')
    for match in BLOCK.finditer(text):
        if match[1] == language:
            yield text.count('\n', 0, match.start()) + 1, match[2]


@each_readme
def test_listings(readme):
    """A listing stands in one of the step's files, to the letter."""
    for language, suffix in [('python', '.py'), ('html', '.tpl')]:
        texts = [path.read_text(encoding='utf-8') for path in readme.parent.rglob(f'*{suffix}')]
        for line, listing in blocks(readme, language):
            assert any(f'\n{listing}' in f'\n{text}' for text in texts), f'{readme}:{line} stands in no file:\n{listing}'


@each_readme
def test_links_and_names(readme):
    """Links and pictures lead to files; the names of tests and the files in bold are there."""
    text = readme.read_text(encoding='utf-8')
    for target in re.findall(r'\]\(([^)#]+)\)', text):
        assert target.startswith('http') or (readme.parent / target).exists(), target
    tests = ''.join(path.read_text(encoding='utf-8') for path in (ROOT / 'tests').glob('test_*.py'))
    for name in re.findall(r'`(test_\w+)`', text):
        assert f'def {name}(' in tests, name
    for name in re.findall(r'\*\*`([\w/.]+\.py)`\*\*', text):
        assert (readme.parent / name).exists() or name == 'chat.py', name


class Reader:
    """A learner who types the commands of a page in a copy of the kit, and has typed all its listings into work/."""

    def __init__(self, folder, step):
        self.step = step
        self.root = copy(ROOT, Path(folder) / 'kit')
        self.port, self.server, self.token = free_port(), None, 'TOKEN'

    def type(self, command, environ):
        """Return what a command prints. A server goes on until the next one starts."""
        folder, _, rest = command.removeprefix('cd ').partition(' && ') if command.startswith('cd ') else ('.', '', command)
        words = [word.replace('8080', self.port).replace('TOKEN', self.token) for word in shlex.split(rest)]
        words[0] = str(tasks.python()) if words[0] == 'python3' else words[0]
        environ = {**os.environ, 'NO_COLOR': '1', 'PYTHONUTF8': '1', 'COLUMNS': '80', 'CHAT_PORT': self.port, 'PYTHONDONTWRITEBYTECODE': '', **environ}
        environ.pop('PYTEST_CURRENT_TEST', None)
        options = {'cwd': self.root / folder, 'env': environ, 'stdin': subprocess.DEVNULL}
        if words[1:3] == ['tasks.py', 'run']:
            self.stop()
            self.server, output = serve([*words, '--port', self.port], **options)
        else:
            output = run(words, **options).stdout
        if words[1:3] == ['tasks.py', 'start'] and self.step != ROOT:
            shutil.rmtree(self.root / 'work')
            copy(self.step, self.root / 'work')
        token = re.search(r'"token": "([\w-]+)"', output)
        self.token = token[1] if token else self.token
        return output.replace('\r', '').replace(self.port, '8080')

    def stop(self):
        """Stop the server, if there is one."""
        if self.server:
            stop(self.server)


def transcript(readme, **environ):
    """Yield (line number, command, output in the README, output now) of each command."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        reader = Reader(folder, readme.parent)
        try:
            for line, text in blocks(readme, 'console'):
                parts = re.split(r'^\$ (.*)\n', text, flags=re.MULTILINE)[1:]
                for command, output in zip(parts[::2], parts[1::2]):
                    line += 1
                    yield line, command, output, reader.type(command, environ)
                    line += output.count('\n')
        finally:
            reader.stop()


NORMALISERS = [
    (r'(127\.0\.0\.1|localhost|port):? ?\d{4,5}', r'\1:8080'),  # port
    (r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT', 'TIME'),  # time
    (r'(?<![\w-])[\w-]{43}(?![\w-])', 'TOKEN'),  # token; it may end with -
    (r' in \d+\.\d\ds( \([\d:]+\))?', ' in 1.00s'),  # duration
    (r', \d+ deselected', ', 1 deselected'),  # the tests of other steps
    (r'^\d\.\d{6}$', 'SECONDS'),  # how long a request took: no test depends on that
    (r'[^\s\'"]*[/\\]kit(?=[/\\])', '/path/to/kit'),  # path
    (r'(CPython|Python|Bottle) ?[/v]?\d+\.\d+\.\d+\S*', r'\1 X.Y.Z'),  # version
]
FEW_TESTS = [(r'^\.+ *\[ *\d+%\]\n', ''), (r'^\d+ passed(, 1 deselected)?', '1 passed')]  # what differs if `check` is quick


def normal(text, more=()):
    """Return an output without what differs from run to run."""
    for pattern, value in [*NORMALISERS, *more]:
        text = re.sub(pattern, value, text, flags=re.MULTILINE)
    return '\n'.join(line.rstrip() for line in text.strip().splitlines())


def choose(config):
    """Return the READMEs whose commands are typed: all with --thorough, else every fourth."""
    return READMES if config.getoption('thorough') else READMES[::4]


@slow(READMES)
def type_all(config, readme):
    """Return the commands of a README and what they print now, in a fresh copy of the kit; without --thorough, `check` of a step runs one test."""
    quick = readme.parent != ROOT and not config.getoption('thorough')
    return list(transcript(readme, **{'PYTEST_ADDOPTS': '-k test_head'} if quick else {})) if readme in choose(config) else []


def pytest_generate_tests(metafunc):
    if 'results' in metafunc.fixturenames:
        metafunc.parametrize('readme', choose(metafunc.config), ids=name_of)


def test_commands(results, readme, pytestconfig):
    """Each command prints what its page says; if not: `python tests/kit/test_readmes.py` rewrites the outputs."""
    more = () if pytestconfig.getoption('thorough') else FEW_TESTS
    for line, command, output, now in results[readme]:
        assert normal(output, more) == normal(now, more), f'{readme}:{line}: $ {command}\nshould be followed by:\n{now}'


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
        print(name_of(path))
        rewrite(path)
