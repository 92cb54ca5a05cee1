"""What a page leaves to the learner: each new function is listed or yours, and what is yours is reported by its name when it is missing."""
import ast
import re
import tempfile
from pathlib import Path

from suite import BLOCK, FOLDERS, STRUCTURE, copy, each_step, read_page, replace, run_suites, slow, tasks
from versions import CAPSTONE, yours


def functions(folder):
    """Return {(name, its file): lines} of the top-level functions and classes of a step."""
    found = {}
    for path in sorted(folder.rglob('*.py')):
        lines = path.read_text(encoding='utf-8').splitlines()
        for node in ast.parse('\n'.join(lines)).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                found[node.name, path.relative_to(folder).as_posix()] = lines[start - 1:node.end_lineno]
    return found


def changed(folder):
    """Return {name: lines} of the functions and classes of a step that are not in the step before; decorators may differ."""
    def body(lines):
        return [line for line in lines if not line.startswith('@')]
    index = FOLDERS.index(folder)
    before = [body(lines) for lines in functions(FOLDERS[index - 1]).values()] if index else []
    return {name: lines for (name, _), lines in functions(folder).items() if body(lines) not in before}


@each_step
def test_functions_are_listed_or_yours(folder):
    """Each function that is new or changed is listed or yours, and not both. Yours is some 10 to 20 % of the new lines, and all of step 12."""
    listings = '\n'.join(text for language, text in BLOCK.findall(read_page(folder)) if language == 'python')
    new, own, listed = changed(folder), set(yours(folder)), set(re.findall(r'^(?:def|class) (\w+)', listings, re.MULTILINE))
    if folder.name == CAPSTONE:
        assert not own and not listings, 'all Python is yours, and none is listed'
        return
    assert not new.keys() - own - listed, 'neither listed nor yours'
    assert not own & listed, 'yours, and listed all the same'
    assert own <= new.keys(), 'yours, but not new'
    index = FOLDERS.index(folder)
    lines, all_lines = sum(bool(line.strip()) for name in own for line in new[name]), tasks.new_lines(FOLDERS[index - 1] if index else None, folder)
    assert index + 1 in STRUCTURE or 0.08 <= lines / all_lines <= 0.25, f'{lines} of {all_lines} lines'


CASES = [(folder, name) for folder in FOLDERS for name in yours(folder)]


def choose(config):
    """Return the functions to leave out: all with --thorough, else two."""
    return CASES if config.getoption('thorough') else CASES[::len(CASES) // 2 + 1]


@slow(FOLDERS)
def run_without(config, folder):
    """Return {function: the first failure} of a step without one of its functions."""
    names = [name for step, name in choose(config) if step == folder]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        runs = []
        for name in names:
            work = copy(folder, Path(temporary) / name)
            for (other, file), lines in functions(folder).items():
                if other == name:
                    replace(work / file, '\n'.join(lines) + '\n', '')
            (work / '.reached').write_text(str(FOLDERS.index(folder)), encoding='utf-8')
            runs.append([f'--app={work}', f'--step={FOLDERS.index(folder) + 1}', f'--reached={work / ".reached"}'])
        shown = run_suites(runs) if runs else []
    return {name: next(failure for failure in tests.values() if failure) for name, (tests, _) in zip(names, shown)}


def pytest_generate_tests(metafunc):
    if 'case' in metafunc.fixturenames:
        metafunc.parametrize('case', choose(metafunc.config), ids=lambda case: f'{case[0].name}-{case[1]}')


def test_missing_function_is_named(results, case):
    """Without the function, the first failure shows its name or its route."""
    folder, name = case
    shown, lines = results[folder][name], next(lines for (other, _), lines in functions(folder).items() if other == name)
    routes = re.findall(r"route\('([^'<]*)", '\n'.join(lines))
    assert name in shown or any(route in shown for route in routes), shown
