"""What a page leaves to the learner: each new function is listed or yours, and what is yours is reported by its name when it is missing."""
import re

from suite import BLOCK, FOLDERS, STRUCTURE, check, each_step, functions, read_page, replace, tasks
from versions import CAPSTONE, yours

CASES = {f'{folder.name}-{name}': (folder, name) for folder in FOLDERS for name in yours(folder)}
SAMPLE = 20


def changed(folder):
    """Return {name: text} of the functions and classes of a step that are not in the step before; decorators may differ."""
    index = FOLDERS.index(folder)
    before = [text for *_, text in functions(FOLDERS[index - 1])] if index else []
    return {name: decorators + text for _, name, decorators, text in functions(folder) if text not in before}


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
    all_lines = tasks.new_lines(FOLDERS[index - 1] if index else None, folder)
    lines = sum(bool(line.strip()) for name in own for line in new[name].splitlines())
    assert index + 1 in STRUCTURE or 0.08 <= lines / all_lines <= 0.25, f'{lines} of {all_lines} lines'


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
