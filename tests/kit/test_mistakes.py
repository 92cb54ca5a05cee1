"""The first failure leads to the mistake: each mistake of mistakes.py, in a copy of its step, checked as a learner does.

`python tests/kit/test_mistakes.py 4 5` shows the reports of these steps that have a fault, and counts the faults; without numbers, of all.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mistakes import MISTAKES, UTF_16

from suite import FOLDERS, ROOT, slow

IDS = [f'{step:02} {what}' for step, what, *_ in MISTAKES]
CODE = r'==|!=|\bassert\b|\b(len|set|str|min|max|sorted|any|all|(check|count|run)_\w+)\(|\b(chat|browser|ann|api|answers?|page|html|response)\.\w+[([.]'


def make(folder, mistake):
    """Make a copy of a step with one mistake."""
    step, what, file, right, wrong = mistake
    shutil.copytree(FOLDERS[step - 1], folder, ignore=shutil.ignore_patterns('*.db*', '__pycache__', '*.png'))
    text = (folder / file).read_text(encoding='utf-8')
    if right is not None:
        assert text.count(right) == 1, f'{what}: its text is {text.count(right)} times in {file} of step {step}'
        return (folder / file).write_text(text.replace(right, wrong), encoding='utf-8')
    (folder / file).unlink()
    if wrong is not None:
        path = folder / (file if wrong == UTF_16 else wrong)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding='utf-16' if wrong == UTF_16 else 'utf-8')


SAMPLE = range(0, len(MISTAKES), 4)  # all of them take ten minutes: python tests/kit/test_mistakes.py


@slow(SAMPLE)
def check(config, number):
    """Return what `check` shows for a mistake, from the first failure on, or '' if it is green."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / 'work'
        make(folder, MISTAKES[number])
        command = [sys.executable, '-m', 'pytest', '-q', '-xrN', '--ignore=tests/kit', f'--app={folder}', f'--step={MISTAKES[number][0]}']
        run = subprocess.run(command, cwd=ROOT, env={**os.environ, 'PYTHONDONTWRITEBYTECODE': ''}, capture_output=True, encoding='utf-8', errors='replace', timeout=300)
        failed = re.search(r'(?ms)^(?:_+ .*?|INTERNALERROR.*?)\n(.*?)(^!!!|\Z)', run.stdout)
        return failed[1].strip().replace(f'{ROOT}{os.sep}', '') if failed else ''


def grade(number, report):
    """Return the faults of the report for a mistake."""
    page = FOLDERS[MISTAKES[number][0] - 1].relative_to(ROOT).as_posix()
    shown = dict(re.findall(r'(?m)^(expected|came) +(.*(?:\n {10}.*)*)', report))
    came = shown.get('came', report)
    own = re.search(r'\bat .*\bwork[/\\].*:\d+|\bview\b', came)
    ours = re.sub(r'(?m)^ *([\w.]+(Error|Exception|Warning)\b|at ).*$', '', '\n'.join(shown.values()))  # what the app says of itself may be code
    faults = {
        'page': set(re.findall(r'(steps/\d\d[\w-]*|final)/README\.md', report)) != {page} or not re.search(r'(?m)^read\b', report),
        'line': re.search(r'^500\b|\b[A-Z]\w*(Error|Exception|Interrupt)\b', came) and not own,
        'expression': re.search(CODE, ours) or re.search(r'(?m)^ *at .*(\btests[/\\]|site-packages)', came) or "'NoneType' object" in came and not own,
        'length': len(report.splitlines()) > 20,
    }
    return [fault for fault, found in faults.items() if found] if report else ['green']


@pytest.mark.parametrize('number', SAMPLE, ids=IDS[::4])
def test_mistake(results, number):
    """The suite is red; it leads to the page of the step, and where the app crashed to the line, in words, in 20 lines."""
    assert not grade(number, results[number]), f'{MISTAKES[number]}\n{results[number]}'


if __name__ == '__main__':
    wanted, table = [number for number, mistake in enumerate(MISTAKES) if str(mistake[0]) in (sys.argv[1:] or str(mistake[0]))], defaultdict(Counter)
    for number, report in zip(wanted, ThreadPoolExecutor(2).map(lambda number: check(None, number), wanted)):
        faults = grade(number, report)
        table[IDS[number][:2]].update(['mistakes', *(faults or ['good'])])
        print(f'\n##### {IDS[number]} ({MISTAKES[number][2]}): {", ".join(faults)}\n{report}' if faults else '', end='', flush=True)
    print('', *(f'{step} {dict(counts)}' for step, counts in table.items()), sum(table.values(), Counter()), sep='\n')
