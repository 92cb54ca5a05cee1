"""What a page leaves to the learner: each new function is listed or yours, and what is yours is reported by its name when it is missing."""
import re

from suite import BLOCK, FOLDERS, STRUCTURE, check, each_step, functions, replace, tasks
from versions import CAPSTONE, yours

CASES = {f'{folder.name}-{name}': (folder, name) for folder in FOLDERS for name in yours(folder)}
SAMPLE = 20


@each_step
def test_functions_are_listed_or_yours(folder):
    """Each function that is new or changed is listed or yours, and not both. Yours is some 10 to 20 % of the new lines, and all of step 12."""
    page = (folder / 'README.md').read_text(encoding='utf-8')
    listings = '\n'.join(text for language, text in BLOCK.findall(page) if language == 'python')
    own, listed = set(yours(folder)), set(re.findall(r'^(?:def|class) (\w+)', listings, re.MULTILINE))
    if folder.name == CAPSTONE:
        assert not own and not listings, 'all Python is yours, and none is listed'
        return
    before = FOLDERS[FOLDERS.index(folder) - 1] if folder != FOLDERS[0] else None
    old = [text for *_, text in functions(before)] if before else []
    new = {name: decorators + text for _, name, decorators, text in functions(folder) if text not in old}
    assert new.keys() - listed == own, 'what is new and not listed is yours'
    lines = sum(bool(line.strip()) for name in own for line in new[name].splitlines())
    all_lines = tasks.new_lines(before, folder)
    assert 0.08 <= lines / all_lines <= 0.25 or FOLDERS.index(folder) + 1 in STRUCTURE, f'{lines} of {all_lines} lines'


def work(folder, name):
    """Return the first failure of a step without one of its functions."""
    def leave_out(copy):
        for path, other, decorators, text in functions(copy):
            if other == name:
                replace(path, decorators + text, '')
    results, _ = check(FOLDERS.index(folder) + 1, leave_out)
    return next(filter(None, results.values()))


def test_missing_function_is_named(case, result):
    """Without the function, the first failure shows its name or its route."""
    folder, missing = case
    routes = [route for _, name, decorators, _ in functions(folder) if name == missing for route in re.findall(r"route\('([^'<]*)", decorators)]
    assert any(text in result for text in [missing, *routes]), result
