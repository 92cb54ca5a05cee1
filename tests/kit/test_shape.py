"""The rules of the steps: how large they are, what may be in them, and what may change from one to the next."""
import ast
import re
import statistics
import subprocess
import sys

import pytest

import diffs
from suite import FOLDERS, ROOT, each_step, functions, tasks

each_pair = pytest.mark.parametrize('before, after', list(zip(FOLDERS, FOLDERS[1:])), ids=lambda folder: folder.name)


def test_top_level():
    """The top level has what it should have, and dotfiles."""
    names = subprocess.run(['git', 'ls-files', '[!.]*'], cwd=ROOT, capture_output=True, encoding='utf-8').stdout.split()
    assert {name.split('/')[0] for name in names} <= {'steps', 'final', 'tests', 'tasks.py', 'README.md', 'requirements.txt', 'LICENSE'}


def test_sizes():
    """Each step adds at most 110 lines, and the median step at most 60. Step 01 has at most 180 lines of Python, blank lines aside."""
    first, *sizes = [tasks.new_lines(before, after) for before, after in zip([None, *FOLDERS], FOLDERS)]
    assert first <= 180 and max(sizes) <= 110 and statistics.median(sizes) <= 60, [first, *sizes]


@each_pair
def test_files_by_hand(before, after):
    """A step touches at most 8 files by hand: it adds, deletes or changes them. What only moves does not count, nor the templates that step 12 gives."""
    touched = [names for old, new, names in diffs.pair(tasks.read(before), tasks.read(after)) if old != new]
    touched = [names for names in touched if after.name != '12-search' or not names[1].endswith('.tpl')]
    assert len(touched) <= 8, touched


def count(name, text):
    """Return how often a name is in a text."""
    return len(re.findall(rf'\b{name}\b', text))


@each_step
def test_nothing_is_dead(folder):
    """A step uses each of its modules, templates and constants, and each function or class without a decorator."""
    everything = '\n'.join(tasks.read(folder).values())
    for path, name, decorators, _ in functions(folder):
        assert decorators or count(name, everything) > 1, f'{path}: {name} is not used'
    for name in re.findall(r'^([A-Z_]+)\b.* = ', everything, re.MULTILINE):
        assert count(name, everything) > 1, f'{name} is not used'
    for path in folder.rglob('*.tpl'):
        assert f"'{path.stem}'" in everything, f'{path} is not used'
    for path in folder.rglob('*.py'):
        assert path.stem in ('chat', 'client', '__init__') or re.search(rf'import .*\b{path.stem}\b|\b{path.stem} import', everything), path


@each_step
def test_imports(folder):
    """A step imports only its own modules, the packages and the standard library, and uses what it imports."""
    known = {'bottle', 'sqlite_utils', 'waitress', 'webob', *(path.stem for path in folder.iterdir()), *sys.stdlib_module_names}
    for path in folder.rglob('*.py'):
        text = path.read_text(encoding='utf-8')
        for node in ast.walk(ast.parse(text)):
            for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else []:
                assert (getattr(node, 'module', None) or alias.name).split('.')[0] in known, f'{path}: {alias.name} is from elsewhere'
                name = (alias.asname or alias.name).split('.')[0]
                assert count(name, text) > 1 or path.match('api/__init__.py'), f'{path}: {name} is not used'


@each_pair
def test_names_stay(before, after):
    """A function or class keeps its name in all later steps, but for two that have had their time. The schema is the same in all steps."""
    gone = {name for _, name, *_ in functions(before)} - {name for _, name, *_ in functions(after)}
    assert gone == {'10-api-posts': {'not_implemented'}, '11-limits': {'Server'}}.get(after.name, set())
    old, new = [re.search(r'SCHEMA = """.*?"""', '\n'.join(tasks.read(folder).values()), re.DOTALL)[0] for folder in (before, after)]
    assert old == new
