"""The steps' pages: their form, and the field's words, each introduced once at the step where it is needed first."""
import re

from suite import BLOCK, FOLDERS, STRUCTURE, each_step, tasks

SECTIONS = ['What you will see', 'The idea', 'The map', 'The change', 'Yours', 'Try it', 'Check yourself', 'The same in Flask',
            'To think on', 'For the workshop leader']


@each_step
def test_form(folder):
    """A page begins with number, release, minutes and kind, has the sections that people look for, in order, and checks the learner's own copy."""
    number = FOLDERS.index(folder) + 1
    name = folder.name if folder.name == 'final' else str(number)
    _, release, minutes, _ = tasks.STEPS[number - 1]
    page = (folder / 'README.md').read_text(encoding='utf-8')
    text = BLOCK.sub('', page)
    lines = text.splitlines()
    assert lines[0].startswith('# Final · ' if name == 'final' else f'# {number:02} · ')
    assert lines[2].startswith(f'Release {release} · {minutes} minutes · {"structure" if number in STRUCTURE else "behaviour"}')
    sections = [section for section in SECTIONS if section != 'Yours' or number not in STRUCTURE]
    if name == 'final':
        sections[7:7] = ['On the way to production', 'OWASP API Security Top 10 (2023)', 'Beyond one machine']
    assert re.findall(r'^## (.*)', text, re.MULTILINE) == sections
    assert re.search(r'<details>\s*<summary>Answers</summary>\n\n.+</details>\s*$', text, re.DOTALL)
    for command in (f'start {name}', 'run work', f'check {name}'):
        assert f'$ python3 tasks.py {command}\n' in page, command


def prose(folder):
    """Return a page without its code, commands and links' targets, as one line."""
    text = BLOCK.sub('', (folder / 'README.md').read_text(encoding='utf-8'))
    return re.sub(r'\s+', ' ', re.sub(r'\]\([^)]*\)|\*\*`[^`]*`\*\*|`[^`]*`', '', text))


@each_step
def test_words(folder):
    """A word in bold, without a full stop, is one of the field's: no other page has it in bold, and no earlier one uses it."""
    number = FOLDERS.index(folder)
    texts = [prose(step) for step in FOLDERS]
    words = re.findall(r'\*\*([^*]*\w)\*\*', texts[number])
    assert words
    for word in words:
        uses = [len(re.findall(rf'(?<![\w/-]){re.escape(word)}(?:s|es)?(?![\w-])', text)) for text in texts[:number]]
        assert not any(uses), f'earlier pages use {word}: {uses}'
        times = [text.count(f'**{word}**') for text in texts]
        assert sum(times) == 1, f'{word} is introduced so often: {times}'
