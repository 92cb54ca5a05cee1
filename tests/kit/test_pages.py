"""The steps' pages: their form, their words, and what they leave to the learner."""
import re

import step_pages as pages
import pytest
import tasks
from step_pages import CAPSTONE, FINAL_SECTIONS, FOLDERS, SECTIONS, STRUCTURE, WORDS

each_page = pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)


@each_page
def test_head(folder):
    """A page begins with the step's number, its release, its minutes, and its kind."""
    index = FOLDERS.index(folder)
    _, release, minutes, _ = tasks.STEPS[index]
    lines = pages.page(folder).splitlines()
    assert lines[0].startswith('# Final · ' if folder.name == 'final' else f'# {index + 1:02} · ')
    kind = 'structure' if folder.name in STRUCTURE else 'behaviour'
    assert lines[2].startswith(f'Release {release} · {minutes} minutes · {kind}')


@each_page
def test_sections(folder):
    """A page has the sections that a learner and a workshop leader look for, in their order, and the answers at its end."""
    wanted = [name for name in SECTIONS if name != 'Yours' or folder.name not in STRUCTURE]
    if folder.name == 'final':
        after = wanted.index('Check yourself') + 1
        wanted[after:after] = FINAL_SECTIONS
    text = re.sub(r'^```.*?^```$', '', pages.page(folder), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r'^## (.*)', text, re.MULTILINE) == wanted
    assert re.search(r'<details>\s*<summary>Answers</summary>\n\n.+</details>\s*$', text, re.DOTALL)


@each_page
def test_own_copy(folder):
    """A page starts, runs and checks the learner's own copy."""
    number = folder.name if folder.name == 'final' else str(FOLDERS.index(folder) + 1)
    for command in (f'start {number}', 'run work', f'check {number}'):
        assert f'$ python3 tasks.py {command}\n' in pages.page(folder), command


@pytest.mark.parametrize('word, folder', [(word, folder) for folder in FOLDERS for word in WORDS[folder.name]],
                         ids=lambda value: str(getattr(value, 'name', value)))
def test_words(word, folder):
    """A word of the field is introduced once, in bold, at its step, and not used before."""
    bold = pages.introductions(word, folder)
    assert bold, f'{folder.name} does not introduce {word}'
    assert [text.lower() for text in bold].count(word.lower()) <= 1, f'{folder.name} introduces {word} twice'
    for before in FOLDERS[:FOLDERS.index(folder)]:
        assert not pages.find(word, pages.prose(before)), f'{before.name} uses {word}'
    for after in FOLDERS[FOLDERS.index(folder) + 1:]:
        assert not [bold for bold in pages.introductions(word, after) if bold.lower() == word.lower()], f'{after.name} introduces {word} again'


@each_page
def test_functions_are_listed_or_yours(folder):
    """Each function that is new or changed is listed or yours, and what is yours is not listed."""
    names, own, listed = set(pages.changed(folder)), set(pages.yours(folder)), pages.listed(folder)
    if folder.name == CAPSTONE:
        assert not own and '```python' not in pages.page(folder), 'all Python is yours, and none is listed'
        return
    assert not names - own - listed, 'neither listed nor yours'
    assert not own & listed, 'yours, and listed all the same'
    assert own <= names, 'yours, but not new'


@pytest.mark.parametrize('folder', [folder for folder in FOLDERS if folder.name not in (*STRUCTURE, CAPSTONE)], ids=lambda folder: folder.name)
def test_size_of_yours(folder):
    """What is yours is some 10 to 20 % of the new lines."""
    changed = pages.changed(folder)
    lines = sum(bool(line.strip()) for name in pages.yours(folder) for line in changed[name])
    assert 0.08 <= lines / pages.new_lines(folder) <= 0.25, f'{lines} of {pages.new_lines(folder)} lines'


def test_owasp():
    """The page of final names the ten risks, with tests that are there (test_readmes.py looks for the names)."""
    section = re.search(r'^## OWASP.*?^## ', pages.page(FOLDERS[-1]), re.MULTILINE | re.DOTALL)[0]
    rows = re.findall(r'^\| *API(\d+)\b.*\|$', section, re.MULTILINE)
    assert rows == [str(number) for number in range(1, 11)]
    assert len(re.findall(r'`test_\w+`', section)) >= 8
