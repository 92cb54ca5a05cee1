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
    """The top level has what it should have, dotfiles, and what is made at run time."""
    names = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True).stdout.split()
    top = {name.split('/')[0] for name in names} or {path.name for path in ROOT.iterdir()} - {'__pycache__', 'work'}
    assert {name for name in top if not name.startswith('.')} \
        == {'steps', 'final', 'tests', 'tasks.py', 'README.md', 'requirements.txt', 'LICENSE'}


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


def code(folder):
    """Return {path: text} of a step's Python files."""
    return {path: path.read_text(encoding='utf-8') for path in sorted(folder.rglob('*.py'))}


@each_step
def test_stands_alone(folder):
    """A step imports only its own modules, the packages and the standard library."""
    known = {'bottle', 'sqlite_utils', 'waitress', 'webob', *(path.stem for path in folder.iterdir()), *sys.stdlib_module_names}
    for path, text in code(folder).items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                assert {(getattr(node, 'module', None) or alias.name).split('.')[0] for alias in node.names} <= known, path


@each_step
def test_nothing_is_dead(folder):
    """A step uses each of its modules and templates; and each constant, import, and function or class without a decorator."""
    texts = code(folder)
    everything = '\n'.join([*texts.values(), *(path.read_text(encoding='utf-8') for path in folder.rglob('*.tpl'))])
    for path, text in texts.items():
        assert path.stem in ('chat', 'client', '__init__') or re.search(rf'import [^#\n]*\b{path.stem}\b|\b{path.stem} import', everything), path
        for node in ast.walk(ast.parse(text)):
            names, users = [], everything
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith('__') and not node.decorator_list:
                names = [node.name]
            if isinstance(node, (ast.Import, ast.ImportFrom)) and 'import bp' not in text.splitlines()[node.lineno - 1]:
                names, users = [alias.asname or alias.name.split('.')[0] for alias in node.names], text
            if isinstance(node, ast.Assign) and not node.col_offset:
                names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            for name in names:
                assert len(re.findall(rf'\b{name}\b', users)) > 1, f'{path}: {name} is not used'
    for path in folder.rglob('*.tpl'):
        assert f"'{path.stem}'" in everything, f'{path} is not used'


CHANGED = {  # step: the functions and classes that its idea changes
    '02-profiles': {'open_db', 'find_user', 'find_posts', 'login_required', 'login', 'room'},
    '03-strangers': {'check_password', 'read_form', 'register', 'login', 'room', 'say', 'edit_profile'},
    '04-app-factory': {'get_db', 'hash_password', 'check_password', 'add_token', 'login_user'},
    '05-blueprints': {'create_app', 'login_required', 'register', 'login', 'logout', 'say', 'edit_profile'},
    '06-api-blueprint': {'create_app'},
    '07-api-errors': {'show_error', 'create_user', 'update_user', 'create_post', 'update_post'},
    '08-api-users': {'validate', 'add_user', 'get_user', 'get_users', 'create_user', 'update_user'},
    '09-api-tokens': {'add_token', 'login_user', 'login', 'get_user', 'get_users', 'update_user', 'get_token', 'revoke_token'},
    '10-api-posts': {'represent', 'add_post', 'get_post', 'get_posts', 'create_post', 'update_post', 'delete_post'},
    '11-limits': {'Config', 'create_app', 'hash_password', 'authenticate'},
    '12-search': {'open_db', 'create_app', 'collection'},
    'final': {'show_error'},
}
GONE = {'10-api-posts': {'not_implemented'}, '11-limits': {'Server'}}
NAMES = ('get_user get_users create_user update_user get_post get_posts create_post update_post delete_post '
         'get_token revoke_token bad_request error_response create_app').split()  # those of the contract


@each_pair
def test_functions_stay_as_they_were(before, after):
    """A step changes only the functions that it is about, decorators aside; all others keep their names. The schema is the same in all steps."""
    old, new = ({name: text for _, name, _, text in functions(folder)} for folder in (before, after))
    assert {name for name in old.keys() & new.keys() if old[name] != new[name]} == CHANGED[after.name]
    assert old.keys() - new.keys() == GONE.get(after.name, set())
    assert after.name != 'final' or new.keys() >= set(NAMES)
    one, other = [re.search(r'SCHEMA = """.*?"""', '\n'.join(code(folder).values()), re.DOTALL)[0] for folder in (before, after)]
    assert one == other
