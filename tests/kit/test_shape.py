"""The rules of the steps: how large they are, what may be in them, and what may change from one to the next."""
import re
import statistics
import subprocess

import pytest

import diffs
from steps import new_lines, read_code
from suite import FOLDERS, ROOT, STRUCTURE, each_step, functions

each_pair = pytest.mark.parametrize('before, after', list(zip(FOLDERS, FOLDERS[1:])), ids=lambda folder: folder.name)


def test_top_level():
    """The top level has what it should have, and dotfiles."""
    names = subprocess.run(['git', 'ls-files', '[!.]*'], cwd=ROOT, capture_output=True, encoding='utf-8').stdout.split()
    expected = {'steps', 'final', 'tests', 'tasks.py', 'README.md', 'requirements.txt', 'LICENSE'}
    assert {name.split('/')[0] for name in names} <= expected


def test_sizes():
    """A step adds at most 90 lines (08: 95), the median step at most 60. Step 01 has at most 35 lines of Python."""
    first, *sizes = [new_lines(before, after) for before, after in zip([None, *FOLDERS], FOLDERS)]
    limits = {'08-blueprints': 95}
    assert first <= 35 and statistics.median(sizes) <= 60
    assert [size for folder, size in zip(FOLDERS[1:], sizes) if size > limits.get(folder.name, 90)] == []


@each_step
def test_line_length(folder):
    """A line of code has at most 100 characters: it fits on a projector, and beside a page."""
    for name, text in read_code(folder).items():
        assert name.endswith('.svg') or not [line for line in text.splitlines() if len(line) > 100], name


@each_pair
def test_files_by_hand(before, after):
    """A step touches at most 8 files by hand. Templates, tests and what only moves don't count, nor 07 to 09."""
    pairs = diffs.pair(read_code(before), read_code(after))
    touched = [new_name or old_name for old, new, (old_name, new_name) in pairs if old != new]
    touched = [name for name in touched if not name.endswith(('.tpl', 'test_chat.py'))]
    assert len(touched) <= 8 or FOLDERS.index(after) + 1 in STRUCTURE, touched


@each_step
def test_nothing_is_dead(folder):
    """A step uses each of its modules, templates and constants, and each function or class without a decorator."""
    code = '\n'.join(read_code(folder).values())
    names = [name for _, name, decorators, _ in functions(folder) if not decorators and not name.startswith('test_')]
    for name in names + re.findall(r'^([A-Z_]+)\b.* = ', code, re.MULTILINE):
        assert len(re.findall(rf'\b{name}\b', code)) > 1, f'{name} is not used'
    for path in folder.rglob('*.tpl'):
        assert f"'{path.stem}'" in code, f'{path} is not used'
    for path in folder.rglob('*.py'):
        is_main = path.name in ('chat.py', 'client.py', 'test_chat.py', '__init__.py')
        assert is_main or re.search(rf'import .*\b{path.stem}\b|\b{path.stem} import', code), f'{path} is not used'


@each_pair
def test_names_stay(before, after):
    """A function or class keeps its name in all later steps, but for one, and from 03 on a table its columns."""
    gone = {name for _, name, *_ in functions(before)} - {name for _, name, *_ in functions(after)}
    assert gone == ({'not_implemented'} if after.name == '14-api-posts' else set())
    old, new = (re.findall('create table .*?;', '\n'.join(read_code(folder).values()), re.DOTALL)
                for folder in (before, after))
    assert set(old) <= set(new) or after.name == '03-accounts'
