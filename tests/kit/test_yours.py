"""What a page leaves to the learner: each new function is listed or yours, and a failure names what is missing."""
import re

from learner import starting_point
from suite import BLOCK, FOLDERS, STRUCTURE, each_step, functions, replace
from versions import CAPSTONE, read_page, yours

CASES = {f'{folder.name}-{name}': (folder, name) for folder in FOLDERS for name in yours(read_page(folder))
         if not name.startswith('test_') and folder.name != CAPSTONE and FOLDERS.index(folder) + 1 not in STRUCTURE}
SAMPLE = 30


@each_step
def test_functions_are_listed_or_yours(folder):
    """What is new or changed is listed (or its new lines), or yours, and not both. In structure steps, it moves."""
    index, page = FOLDERS.index(folder), (folder / 'README.md').read_text(encoding='utf-8')
    listings = '\n'.join(text for language, text in BLOCK.findall(page) if language == 'python')
    own, listed = set(yours(read_page(folder))), set(re.findall(r'^(?:def|class) (\w+)', listings, re.MULTILINE))
    if folder.name == CAPSTONE:
        assert not listings, 'all Python is yours, and none is listed'
    elif index + 1 not in STRUCTURE:
        old = [text for step in FOLDERS[:index][-1:] for *_, text in functions(step)]
        new = {name: decorators + text for path, name, decorators, text in functions(folder)
               if text not in old and path.name != 'test_chat.py'}
        seen = {line.strip() for text in [listings, *starting_point(index).values()] for line in text.splitlines()}
        listed |= {name for name in new.keys() - own if {line.strip() for line in new[name].splitlines()} <= seen}
        assert new.keys() - listed == own & new.keys(), 'what is new and not listed is yours'


def test_missing_function_is_named(case, check):
    """Without a function that is yours, the first failure shows its name or its route."""
    folder, missing = case
    routes = [route for _, name, decorators, _ in functions(folder) if name == missing
              for route in re.findall(r"route\('([^'<]*)", decorators)]

    def leave_out(work):
        for path, name, decorators, text in functions(work):
            if name == missing:
                replace(path, decorators + text, '')
    results, _ = check(FOLDERS.index(folder) + 1, leave_out)
    first = next(filter(None, results.values()))
    assert any(text in first for text in [missing, *routes]), first
