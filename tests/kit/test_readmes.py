"""Every listing stands in its step, every command does what its page says, every link leads somewhere.

`python tests/kit/test_readmes.py` types the commands of all pages, or of those that are named, and rewrites the outputs that have changed.
"""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from suite import BLOCK, FOLDERS, ROOT, copy, free_port, normal, run, serve

READMES = [folder / 'README.md' for folder in [ROOT, *FOLDERS]]
CASES = {readme.relative_to(ROOT).as_posix(): [readme] for readme in READMES}
SAMPLE = 4
each_readme = pytest.mark.parametrize('readme', READMES, ids=list(CASES))


@each_readme
def test_listings(readme):
    """A listing stands in one of the step's files, to the letter."""
    suffixes = {'python': '.py', 'html': '.tpl'}
    for language, listing in BLOCK.findall(readme.read_text(encoding='utf-8')):
        if language in suffixes:
            texts = [path.read_text(encoding='utf-8') for path in readme.parent.rglob(f'*{suffixes[language]}')]
            assert any(f'\n{listing}' in f'\n{text}' for text in texts), f'{readme}: this stands in no file:\n{listing}'


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


def commands(text):
    """Yield (command, its output, where in the text the output begins) of each command on a page."""
    for block in BLOCK.finditer(text):
        if block[1] == 'console':
            for match in re.finditer(r'^\$ (.*)\n((?:(?!\$ ).*\n)*)', block[2], re.MULTILINE):
                yield match[1], match[2], block.start(2) + match.start(2)


def work(readme, is_whole=False):
    """Return what the commands of a page print, in a copy of the kit with all of its listings in work/. If not is_whole, `check` runs one test."""
    quick = {} if is_whole or readme.parent == ROOT else {'PYTEST_ADDOPTS': '-k test_head'}  # pytest tells how many tests it leaves out
    port, token, outputs = free_port(), 'TOKEN', []
    environ = {**os.environ, 'NO_COLOR': '1', 'PYTHONUTF8': '1', 'COLUMNS': '80', 'CHAT_PORT': port, **quick}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, contextlib.ExitStack() as server:
        kit = copy(ROOT, Path(folder) / 'kit')
        options = {'cwd': kit, 'env': environ, 'stdin': subprocess.DEVNULL}
        for command, *_ in commands(readme.read_text(encoding='utf-8')):
            words = [word.replace('8080', port).replace('TOKEN', token) for word in shlex.split(command)]
            words[0] = sys.executable if words[0] == 'python3' else words[0]
            if words[1:3] == ['tasks.py', 'run']:
                server.close()  # one goes on until the next one starts
                output = server.enter_context(serve([*words, '--port', port], **options))
            else:
                output = run(words, **options).stdout
            if words[1:3] == ['tasks.py', 'start'] and readme.parent != ROOT:
                shutil.rmtree(kit / 'work')
                copy(readme.parent, kit / 'work')
            token = next(iter(re.findall(r'"token": "([\w-]+)"', output)), token)
            outputs.append(output.replace('\r', '').replace(port, '8080'))
    return outputs


def test_commands(case, result):
    """Each command prints what its page says; if not: `python tests/kit/test_readmes.py` rewrites the outputs."""
    text = case[0].read_text(encoding='utf-8')
    for (command, output, start), now in zip(commands(text), result, strict=True):
        line = text.count('\n', 0, start)
        assert normal(output) == normal(now), f'{case[0]}:{line}: $ {command}\nshould be followed by:\n{now}'


def rewrite(readme):
    """Put what the commands print now into a page, where it differs from what stands there."""
    text = readme.read_text(encoding='utf-8')
    for (_, output, start), now in reversed([*zip(commands(text), work(readme, is_whole=True))]):
        if normal(output) != normal(now):
            now = ''.join(f'{line.rstrip()}\n' for line in now.strip('\n').splitlines())
            text = text[:start] + now + text[start + len(output):]
    readme.write_text(text, encoding='utf-8', newline='\n')


if __name__ == '__main__':
    for path in [Path(name).resolve() for name in sys.argv[1:]] or READMES:
        print(path)
        rewrite(path)
