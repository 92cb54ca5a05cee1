"""The rules of the steps: their sizes, what is in them, and what is not."""
import ast
import re
import statistics
import subprocess
import sys

import pytest

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
    top = {name.split('/')[0] for name in names} or {path.name for path in ROOT.iterdir()} - {'.venv', 'work'}
    assert {name for name in top if not name.startswith('.')} \
        == {'steps', 'final', 'tests', 'tasks.py', 'README.md', 'requirements.txt', 'LICENSE'}


def test_tasks_is_one_file_of_a_page():
    """tasks.py has at most 400 lines, and imports the standard library only."""
    text = (ROOT / 'tasks.py').read_text(encoding='utf-8')
    assert len(text.splitlines()) <= 400
    assert imports(text) <= set(sys.stdlib_module_names)


def imports(text):
    """Return the top names of all modules that a text imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split('.')[0])
    return names


def test_sizes():
    """At most 110 new lines a step, and 60 in the median."""
    sizes = [tasks.new_lines(before, after) for before, after in PAIRS]
    assert max(sizes) <= 110 and statistics.median(sizes) <= 60, sizes


@pytest.mark.parametrize('before, after', PAIRS, ids=lambda folder: folder.name)
def test_files_by_hand(before, after):
    """At most 8 files are touched by hand: those that are new, gone or changed; a file that only moved is not."""
    touched = [names for old, new, names in tasks.pair(tasks.read(before), tasks.read(after)) if old != new]
    assert len(touched) <= 8, touched


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_stands_alone(folder):
    """A step imports itself, the packages, and the standard library; nothing from another step."""
    used = set().union(*map(imports, code(folder).values()))
    own = {path.stem for path in folder.iterdir()}
    assert used - own - set(sys.stdlib_module_names) <= {'bottle', 'sqlite_utils', 'waitress', 'webob'}


@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_nothing_is_dead(folder):
    """Every function, constant and import of a step is used in it, and so is every template and file."""
    texts = code(folder)
    everything = '\n'.join([*texts.values(), *(path.read_text(encoding='utf-8') for path in folder.rglob('*.tpl'))])
    for path, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not (node.name.startswith('__') or recorded(node)):
                assert used(node.name, everything) > 1, f'{path}: {node.name} is used nowhere'
            if isinstance(node, (ast.Import, ast.ImportFrom)) and 'need bp' not in text.splitlines()[node.lineno - 1]:
                for alias in node.names:
                    name = alias.asname or alias.name.split('.')[0]
                    assert used(name, text) > 1, f'{path}: {name} is imported, and not used'
        for target in [t for node in ast.parse(text).body if isinstance(node, ast.Assign) for t in node.targets]:
            for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]:
                assert used(name, everything) > 1, f'{path}: {name} is used nowhere'
    for path in folder.rglob('*.tpl'):
        assert f"'{path.stem}'" in everything, f'{path} is used nowhere'
    starters = {'chat', 'main', 'client', '__init__'}
    for path in texts:
        assert path.stem in starters or re.search(rf'import [^#\n]*\b{path.stem}\b|\b{path.stem} import', everything), f'{path} is used nowhere'


def recorded(node):
    """True for a view, a hook or a handler: a decorator has taken it."""
    return any('route' in text or 'hook' in text or 'before_request' in text or 'error_handler' in text
               for text in map(ast.unparse, node.decorator_list)) or node.name == 'daemon_threads'


def used(name, text):
    """Return how often a name stands in a text."""
    return len(re.findall(rf'\b{re.escape(name)}\b', text))


NAMES = ('get_user get_users create_user update_user get_post get_posts create_post update_post delete_post '
         'get_token revoke_token bad_request error_response create_app').split()


def test_same_names_in_every_step():
    """A function of the contract that is in one step is in all later ones."""
    before = set()
    for folder in FOLDERS:
        names = {node.name for text in code(folder).values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
        assert before <= names, f'{folder.name} has lost {before - names}'
        before = names & set(NAMES)
    assert before == set(NAMES)


CHANGED = {  # step: the functions whose text the idea of the step changes
    '02-app-factory': {'get_db', 'hash_password', 'check_password', 'add_token', 'log_in'},
    '03-blueprints': {'login_required', 'register', 'login', 'logout', 'say', 'edit_profile', 'create_app', 'wrapper'},
    '04-api-blueprint': {'create_app', 'refuse_other_sites'},
    '05-api-errors': {'show_error', 'create_user', 'update_user', 'create_post', 'update_post'},
    '06-api-users': {'add_user', 'get_user', 'get_users', 'create_user', 'update_user'},
    '07-api-tokens': {'represent', 'get_user', 'get_users', 'update_user', 'load_user', 'get_token', 'revoke_token'},
    '08-api-posts': {'represent', 'add_post', 'get_post', 'get_posts', 'create_post', 'update_post', 'delete_post'},
    'final': {'show_error'},
}


@pytest.mark.parametrize('before, after', PAIRS, ids=lambda folder: folder.name)
def test_functions_stay_as_they_were(before, after):
    """A function has the same text as in the step before, but for those that the step is about; decorators aside."""
    old, new = functions(before), functions(after)
    changed = {name for name in old.keys() & new.keys() if old[name] != new[name] and name != '__init__'}
    assert changed == CHANGED[after.name]


def functions(folder):
    """Return {name: text} of the functions of a step."""
    return {node.name: ast.unparse(ast.Module([*node.body], [])) + ast.unparse(node.args)
            for text in code(folder).values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def test_one_schema():
    """All steps have one schema, to the letter."""
    schemas = {re.search(r'SCHEMA = """.*?"""', '\n'.join(code(folder).values()), re.DOTALL)[0] for folder in FOLDERS}
    assert len(schemas) == 1


@pytest.mark.parametrize('number', [1, 5, 9])
def test_monotone(number):
    """A step has to pass its own file and all earlier ones, and nothing of a later one: what is green stays green."""
    output = subprocess.run([sys.executable, '-m', 'pytest', '--collect-only', '-q', f'--step={FOLDERS[number - 1].name}'], cwd=ROOT,
                            capture_output=True, text=True).stdout
    files = sorted(path.name for path in (ROOT / 'tests').glob('test_0*.py'))
    assert sorted(set(re.findall(r'tests/(test_\w+\.py)::', output))) == files[:number]
    assert 'skip' not in output
