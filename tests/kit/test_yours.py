"""What a page leaves to the learner is reported by its name when it is missing."""
import re
import shutil
import tempfile
from pathlib import Path

import step_pages as pages
import pytest

from suite import run_suite, slow

CASES = [(folder, name) for folder in pages.FOLDERS for name in pages.yours(folder)]


@slow(CASES)
def run_without(config, case):
    """Return what the suite shows first for a step without a function."""
    folder, name = case
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        copy = Path(temporary) / 'work'
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns('*.db*', '__pycache__'))
        for (other, file), lines in pages.functions(folder).items():
            if other == name:
                text = (copy / file).read_text(encoding='utf-8')
                (copy / file).write_text(text.replace('\n'.join(lines) + '\n', '', 1), encoding='utf-8')
        results = run_suite([copy], pages.FOLDERS.index(folder) + 1, '-x')
        return next(shown for shown in results.values() if shown)


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case[0].name}-{case[1]}')
def test_missing_function_is_named(results, case):
    """Without the function, the first failure shows its name or its route."""
    folder, name = case
    shown, lines = results[case], next(lines for (other, _), lines in pages.functions(folder).items() if other == name)
    routes = re.findall(r"route\('([^'<]*)", '\n'.join(lines))
    assert name in shown or any(route in shown for route in routes), shown
