"""The rules of the steps: how large they are, and what may be in them."""
import ast
import re
import statistics
import subprocess
import sys

import pytest

import diffs
from suite import FOLDERS, ROOT

sys.path.insert(0, str(ROOT))
import tasks  # noqa: E402

PAIRS = list(zip(FOLDERS, FOLDERS[1:]))


def code(folder):
    """Return {path: text} of a step's Python files."""
    return {path: path.read_text(encoding='utf-8') for path in sorted(folder.rglob('*.py'))}


def test_top_level():
    """The top level has what it should have, dotfiles, and what is made at run time."""
    names = subprocess.run(['git', 'ls-files'], cwd=ROOT, capture_output=True, text=True).stdout.split()
    top = {name.split('/')[0] for name in names} or {path.name for path in ROOT.iterdir()} - {'__pycache__', '.venv', 'work'}
    assert {name for name in top if not name.startswith('.')} \
        == {'steps', 'final', 'tests', 'tasks.py', 'README.md', 'requirements.txt', 'LICENSE'}


def test_tasks_needs_no_packages():
    """tasks.py imports the standard library only."""
    text = (ROOT / 'tasks.py').read_text(encoding='utf-8')
    assert imports(text) <= set(sys.stdlib_module_names)


def imports(text):
    """Return the top-level names of the modules that this code imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split('.')[0])
    return names


def test_sizes():
    """Each step adds at most 110 lines, and the median step at most 60. Step 01 has at most 180 lines of Python, blank lines aside."""
    sizes = [tasks.new_lines(before, after) for before, after in PAIRS]
    assert max(sizes) <= 110 and statistics.median(sizes) <= 60, sizes
    first = [line for text in code(FOLDERS[0]).values() for line in text.splitlines() if line.strip()]
    assert len(first) <= 180, len(first)


@pytest.mark.parametrize('before, after', PAIRS, ids=lambda folder: folder.name)
def test_files_by_hand(before, after):
    """A step touches at most 8 files by hand: it adds, deletes or changes them. What only moves does not count, nor the templates that step 12 gives."""
    touched = [names for old, new, names in diffs.pair(tasks.read(before), tasks.read(after)) if old != new]
    touched = [names for names in touched if after.name != '12-search' or not names[1].endswith('.tpl')]
    assert len(touched) <= 8, touched


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_stands_alone(folder):
    """A step imports only its own modules, the packages and the standard library."""
    used = set().union(*map(imports, code(folder).values()))
    own = {path.stem for path in folder.iterdir()}
    assert used - own - set(sys.stdlib_module_names) <= {'bottle', 'sqlite_utils', 'waitress', 'webob'}


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_nothing_is_dead(folder):
    """A step uses each of its functions, constants, imports, templates and files."""
    texts = code(folder)
    everything = '\n'.join([*texts.values(), *(path.read_text(encoding='utf-8') for path in folder.rglob('*.tpl'))])
    for path, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not (node.name.startswith('__') or recorded(node)):
                assert used(node.name, everything) > 1, f'{path}: {node.name} is not used'
            if isinstance(node, (ast.Import, ast.ImportFrom)) and 'import bp' not in text.splitlines()[node.lineno - 1]:
                for alias in node.names:
                    name = alias.asname or alias.name.split('.')[0]
                    assert used(name, text) > 1, f'{path}: {name} is imported but not used'
        for target in [t for node in ast.parse(text).body if isinstance(node, ast.Assign) for t in node.targets]:
            for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]:
                assert used(name, everything) > 1, f'{path}: {name} is not used'
    for path in folder.rglob('*.tpl'):
        assert f"'{path.stem}'" in everything, f'{path} is not used'
    starters = {'chat', 'client', '__init__'}
    for path in texts:
        assert path.stem in starters or re.search(rf'import [^#\n]*\b{path.stem}\b|\b{path.stem} import', everything), f'{path} is not used'


def recorded(node):
    """Return True for a view, a hook or an error handler, which a decorator has recorded."""
    return any(re.search(r'route|hook|before_app_request|app_errorhandler', ast.unparse(decorator)) for decorator in node.decorator_list)


def used(name, text):
    """Return how often a name occurs in a text."""
    return len(re.findall(rf'\b{re.escape(name)}\b', text))


NAMES = ('get_user get_users create_user update_user get_post get_posts create_post update_post delete_post '
         'get_token revoke_token bad_request error_response create_app').split()


def test_same_names_in_every_step():
    """A function of the contract keeps its name in all later steps."""
    before = set()
    for folder in FOLDERS:
        names = {node.name for text in code(folder).values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
        assert before <= names, f'{folder.name} has lost {before - names}'
        before = names & set(NAMES)
    assert before == set(NAMES)


CHANGED = {  # step: the functions that its idea changes
    '02-profiles': {'open_db', 'find_user', 'find_posts', 'login_required', 'login', 'room'},
    '03-strangers': {'check_password', 'read_form', 'register', 'login', 'room', 'say', 'edit_profile'},
    '04-app-factory': {'get_db', 'hash_password', 'check_password', 'add_token', 'login_user'},
    '05-blueprints': {'create_app', 'login_required', 'register', 'login', 'logout', 'say', 'edit_profile'},
    '06-api-blueprint': {'create_app'},
    '07-api-errors': {'show_error', 'create_user', 'update_user', 'create_post', 'update_post'},
    '08-api-users': {'validate', 'add_user', 'get_user', 'get_users', 'create_user', 'update_user'},
    '09-api-tokens': {'add_token', 'login_user', 'login', 'get_user', 'get_users', 'update_user', 'get_token', 'revoke_token'},
    '10-api-posts': {'represent', 'add_post', 'get_post', 'get_posts', 'create_post', 'update_post', 'delete_post'},
    '11-limits': {'create_app', 'hash_password', 'authenticate'},
    '12-search': {'open_db', 'create_app', 'collection'},
    'final': {'show_error'},
}


@pytest.mark.parametrize('before, after', PAIRS, ids=lambda folder: folder.name)
def test_functions_stay_as_they_were(before, after):
    """A step changes only the functions that it is about, decorators aside."""
    old, new = functions(before), functions(after)
    changed = {name for name in old.keys() & new.keys() if old[name] != new[name] and name != '__init__'}
    assert changed == CHANGED[after.name]


def functions(folder):
    """Return {name: text} of a step's functions and methods. A function inside a function is part of its text."""
    modules = [ast.parse(text) for text in code(folder).values()]
    classes = [node for module in modules for node in module.body if isinstance(node, ast.ClassDef)]
    return {node.name: ast.unparse(ast.Module([*node.body], [])) + ast.unparse(node.args)
            for parent in modules + classes for node in parent.body if isinstance(node, ast.FunctionDef)}


def test_one_schema():
    """All steps have the same schema."""
    schemas = {re.search(r'SCHEMA = """.*?"""', '\n'.join(code(folder).values()), re.DOTALL)[0] for folder in FOLDERS}
    assert len(schemas) == 1


@pytest.mark.parametrize('number', [1, 5, len(FOLDERS)])
def test_monotone(number):
    """A step has to pass its own test file and all earlier ones, so a test that is green stays green."""
    output = subprocess.run([sys.executable, '-m', 'pytest', '--collect-only', '-q', f'--step={FOLDERS[number - 1].name}'], cwd=ROOT,
                            capture_output=True, text=True).stdout
    files = sorted(path.name for path in (ROOT / 'tests').glob('test_[0-9]*.py'))
    assert sorted(set(re.findall(r'tests/(test_\w+\.py)::', output))) == files[:number]
    assert 'skip' not in output
