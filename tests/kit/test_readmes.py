"""Every listing stands in its step, every command does what its page says, every link leads somewhere.

`python tests/kit/test_readmes.py` types the commands of all pages, or of those that are named,
and rewrites the outputs that have changed.
"""
import ast
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from suite import BLOCK, FOLDERS, ROOT, copy, normal, run, serve

from processes import free_port

READMES = [folder / 'README.md' for folder in [ROOT, *FOLDERS]]
CASES = {readme.relative_to(ROOT).as_posix(): readme for readme in READMES}
SAMPLE = 7
each_readme = pytest.mark.parametrize('readme', READMES, ids=list(CASES))
SUFFIXES = {'python': '.py', 'html': '.tpl'}
MARK = '-- end of an example --'


@each_readme
def test_listings(readme):
    """A listing stands in one of the step's files, to the letter. One that is tried only has to be Python."""
    for language, listing in BLOCK.findall(readme.read_text(encoding='utf-8')):
        if language in SUFFIXES:
            texts = [path.read_text(encoding='utf-8') for path in readme.parent.rglob(f'*{SUFFIXES[language]}')]
            stands = any(f'\n{listing}' in f'\n{text}' for text in texts)
            assert stands, f'{readme}: this stands in no file:\n{listing}'
        assert language != 'python try' or is_python(listing), f'{readme}: this is no Python:\n{listing}'


def is_python(listing):
    """Return True for a part of a file: a decorator, or the lines of a block, need what stands around them."""
    text = textwrap.dedent(listing).replace('…', '...')
    for whole in (text, f'{text}def f(): pass', f'{text}    pass', 'def f():\n' + textwrap.indent(text, '    ')):
        with contextlib.suppress(SyntaxError):
            return bool(ast.parse(whole))


@each_readme
def test_links_and_names(readme):
    """Links and pictures lead to files; the names of tests are there."""
    text = readme.read_text(encoding='utf-8')
    for target in re.findall(r'\]\(([^)#]+)\)', text):
        assert target.startswith('http') or (readme.parent / target).exists(), target
    files = [*(ROOT / 'tests').glob('test_*.py'), *ROOT.glob('*/**/test_chat.py')]
    tests = ''.join(path.read_text(encoding='utf-8') for path in files)
    for name in re.findall(r'`(test_\w+)`', text):
        assert f'def {name}(' in tests, name


def commands(text):
    """Yield (language, command, its output, where in the text that begins) of all that a page runs."""
    prompts = {'console': r'\$ ()(.*)\n((?:(?!\$ ).*\n)*)',
               'pycon': r'>>> ()(.*\n(?:\.\.\. ?.*\n)*)((?:(?!>>> ).*\n)*)'}
    for block in BLOCK.finditer(text):
        if block[1] in prompts:
            for match in re.finditer('^' + prompts[block[1]], block[2], re.MULTILINE):
                yield block[1], match[2], match[3], block.start(2) + match.start(3)


def type_commands(readme, is_whole=False):
    """Return what the commands of a page print, in a copy of the kit with the finished step in work/.

    If not is_whole, `check` runs one test.
    """
    port, shown, token, outputs = free_port(), '8080', 'TOKEN', []  # shown: the port on the page
    environ = {**os.environ, 'NO_COLOR': '1', 'PYTHONUTF8': '1', 'COLUMNS': '80', 'CHAT_PORT': port}
    if not is_whole and readme.parent != ROOT:
        environ['PYTEST_ADDOPTS'] = '-k test_head'
    text = readme.read_text(encoding='utf-8')
    examples = [command for language, command, *_ in commands(text) if language == 'pycon']
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, contextlib.ExitStack() as server:
        kit, answers = copy(ROOT, Path(folder) / 'kit'), None
        options = {'cwd': kit, 'env': environ, 'stdin': subprocess.DEVNULL}
        for language, command, *_ in commands(text):
            if language == 'pycon':
                answers = answers or run_session(kit, examples, environ)
                outputs.append(answers.pop(0))
                continue
            words = [word.replace(shown, port).replace('TOKEN', token) for word in shlex.split(command)]
            words[0] = sys.executable if words[0] == 'python3' else words[0]
            if words[1:3] == ['tasks.py', 'run']:
                server.close()  # one goes on until the next one starts
                shown = words[words.index('--port') + 1] if '--port' in words else '8080'
                output = server.enter_context(serve([*words, '--port', port], **options))
            else:
                output = run(words, **options).stdout
            if words[1:3] == ['tasks.py', 'start'] and readme.parent != ROOT:
                (kit / 'work/.reached').rename(kit / 'reached')  # what `start` has noted there
                shutil.rmtree(kit / 'work')
                (kit / 'reached').rename(copy(readme.parent, kit / 'work') / '.reached')
            token = next(iter(re.findall(r'"token": "([\w-]+)"', output)), token)
            outputs.append(output.replace(port, shown))
    return outputs


def run_session(kit, examples, environ):
    """Type all examples of a page, and a mark after each, into one Python shell. Return what each prints."""
    texts = [re.sub(r'^\.\.\. ?', '', example, flags=re.MULTILINE) for example in examples]
    typed = ''.join(f'{text}\nprint({MARK!r})\n' for text in texts)  # an empty line ends a block
    output = run([sys.executable, '-u', 'tasks.py', 'shell', 'work'], cwd=kit, env=environ, input=typed).stdout
    *parts, _ = output.partition('>>> ')[2].split(f'{MARK}\n')
    assert len(parts) == len(examples), output
    return [re.sub(r'^(>>> |\.\.\. )+|(>>> |\.\.\. )+$', '', part) for part in parts]


def test_commands(case):
    """Each command prints the lines that its page shows, in that order. A line that ends with … is cut."""
    text = case.read_text(encoding='utf-8')
    for (_, command, output, start), now in zip(commands(text), type_commands(case), strict=True):
        line, shown = text.count('\n', 0, start), find_missing(output, now)
        assert shown is None, f'{case}:{line}: $ {command}\nshould print:\n{shown}\nIt prints:\n{now}'


def find_missing(output, now):
    """Return the first line of an output on a page that a command doesn't print now, in that order, or None."""
    lines = normal(now).splitlines()
    for shown in normal(output).splitlines():
        start = shown.removesuffix('…').rstrip()
        while lines and lines[0] != shown and not (start != shown and lines[0].startswith(start)):
            lines.pop(0)
        if not lines and start:
            return shown


def rewrite(readme):
    """Put what the commands print now into a page, where it doesn't show what stands there."""
    text = readme.read_text(encoding='utf-8')
    for (*_, output, start), now in reversed([*zip(commands(text), type_commands(readme, is_whole=True))]):
        if find_missing(output, now) is not None:
            now = ''.join(f'{line.rstrip()}\n' for line in now.strip('\n').splitlines())
            text = text[:start] + now + text[start + len(output):]
    readme.write_text(text, encoding='utf-8', newline='\n')


if __name__ == '__main__':
    for path in [Path(name).resolve() for name in sys.argv[1:]] or READMES:
        print(path)
        rewrite(path)
