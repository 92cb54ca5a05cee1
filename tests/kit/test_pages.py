"""The steps' pages: their form and size, and what stands before a listing."""
import re

import pytest

from steps import STEPS, code_lines
from suite import BLOCK, FOLDERS, ROOT, each_step

SECTIONS = ['Before you start', 'What you will see', 'The idea', 'The map', 'The change', 'Check yourself',
            'The same in Flask', 'Questions']
FOLD = re.compile(r'<details>.*?</details>', re.DOTALL)
PLACES = re.compile(r"""
    \b(add|above|after|(is|are|by)[ ]now|at[ ]the[ ](top|end)|before|below|beside|between|changes?|creates?|delete
       |for[ ]now|instead|into|make|new|paste|place|puts?|replaces?|these[ ]lines|under|write)\b
    |\b(in|whole|file[ ]is)[ ]`""", re.IGNORECASE | re.VERBOSE)
STAYS = re.compile(r' (run|shell|http\.server|--watch|--serve)\b|client\.py')  # what occupies its terminal


def read_page(folder):
    return (folder / 'README.md').read_text(encoding='utf-8')


def slices(folder):
    """Return {heading: text} of the slices of a page."""
    change = read_page(folder).partition('\n## The change\n')[2].partition('\n## ')[0]
    parts = re.split(r'^### (.*)$', change, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def count_words(text):
    """Return how many words somebody reads: no listings, no folds, no tables."""
    text = FOLD.sub('', BLOCK.sub('', text))
    return len(re.sub(r'^\|.*$', '', text, flags=re.MULTILINE).split())


@each_step
def test_form(folder):
    """A page begins with number, release and minutes, and has the sections and commands that people look for."""
    number = FOLDERS.index(folder) + 1
    name = 'final' if folder.name == 'final' else str(number)
    _, release, minutes, _ = STEPS[number - 1]
    page = read_page(folder)
    assert page.startswith('# Final · ' if name == 'final' else f'# {number:02} · ')
    assert page.splitlines()[2] == f'Release {release} · about {minutes} minutes (estimated)'
    found = re.findall(r'^## (.*)', page, re.MULTILINE)
    assert [section for section in found if section in SECTIONS] == SECTIONS[number == 1:]
    for command in (f'start {name}', 'run work', f'check {name}'):
        assert f'$ python3 tasks.py {command}\n' in page, command


def test_table_of_steps():
    """README's table has each step, with its minutes."""
    rows = re.findall(r'^\| \[\w+\]\((.*)/README.md\) \| .* \| (\d+) \|$', read_page(ROOT), re.MULTILINE)
    assert rows == [(folder.relative_to(ROOT).as_posix(), str(minutes)) for folder, _, minutes, _ in STEPS]


@each_step
def test_sizes(folder):
    """A page has at most 1,600 words, a slice 250, and a listing of Python 25 new lines."""
    assert count_words(read_page(folder)) <= 1600
    number = FOLDERS.index(folder)
    known = {'', *(code_lines(FOLDERS[number - 1]) if number else [])}
    for heading, text in slices(folder).items():
        assert count_words(text) <= 250, heading
        for language, listing in BLOCK.findall(text):
            new = [line for line in listing.splitlines() if line.strip() not in known]
            assert language != 'python' or len(new) <= 25, heading


@each_step
def test_headings_of_the_suite(folder):
    """The comments above the tests of a step are headings of its page, in its order."""
    number = FOLDERS.index(folder) + 1
    file, = (ROOT / 'tests').glob(f'test_{number:02}_*.py')
    headings = re.findall(r'^# (.*)\n\n', file.read_text(encoding='utf-8'), re.MULTILINE)
    page = list(slices(folder))
    assert headings == [heading for heading in page if heading in headings] != [], f'{headings}\nThe page has: {page}'


@each_step
def test_words_before_listings(folder):
    """Above each listing stands a sentence that says where it goes."""
    for heading, text in slices(folder).items():
        text = FOLD.sub('', text)  # a fold shows what stands there by now
        for match in BLOCK.finditer(text):
            if match[1] in ('python', 'python try', 'html'):
                before = BLOCK.sub('', text[:match.start()]).strip().rpartition('\n\n')[2]
                assert PLACES.search(before), f'{heading}: no words above\n{match[2]}'


@pytest.mark.parametrize('folder', [ROOT, *FOLDERS], ids=lambda folder: folder.name)
def test_shells(folder):
    """Commands run in every shell, also PowerShell and cmd: no JSON for curl. What goes on is the last in its block."""
    for language, block in BLOCK.findall(read_page(folder)):
        if language.startswith('console'):
            lines = re.findall(r'^\$ (.*)', block, re.MULTILINE)
            for line in lines:
                bare = re.sub(r'"(%{time_total})?[^"`${]*"', '', line)  # PowerShell reads ` and $ within quotes, too
                assert re.match('(python3|curl) ', line) and not re.search(r"""["'\\|<>&;$()`{]|/dev/""", bare), line
            assert not any(map(STAYS.search, lines[:-1])), f'what goes on needs a terminal of its own:\n{block}'
