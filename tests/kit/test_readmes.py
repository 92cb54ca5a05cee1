"""Every listing stands in its step, every command does what its page says, every link leads somewhere."""
import re

import pytest
from readmes import READMES, ROOT, blocks, normal, transcript

from suite import slow

IDS = [path.relative_to(ROOT).as_posix() for path in READMES]


@pytest.mark.parametrize('readme', READMES, ids=IDS)
def test_listings(readme):
    """A listing stands in one of the step's files, to the letter."""
    for language, suffix in [('python', '.py'), ('html', '.tpl')]:
        texts = [path.read_text(encoding='utf-8') for path in readme.parent.rglob(f'*{suffix}')]
        for line, listing in blocks(readme, language):
            assert any(f'\n{listing}' in f'\n{text}' for text in texts), f'{readme}:{line} stands in no file:\n{listing}'


@pytest.mark.parametrize('readme', READMES, ids=IDS)
def test_links_and_names(readme):
    """Links and pictures lead to files; the names of tests and the files in bold are there."""
    text = readme.read_text(encoding='utf-8')
    for target in re.findall(r'\]\(([^)#]+)\)', text):
        assert target.startswith('http') or (readme.parent / target).exists(), target
    tests = ''.join(path.read_text(encoding='utf-8') for path in (ROOT / 'tests').glob('test_*.py'))
    for name in re.findall(r'`(test_\w+)`', text):
        assert f'def {name}(' in tests, name
    for name in re.findall(r'\*\*`([\w/.]+\.py)`\*\*', text):
        assert (readme.parent / name).exists() or name == 'chat.py', name


@slow(READMES)
def type_all(config, readme):
    """Return the commands of a README and what they print now, in a fresh copy of the kit."""
    return list(transcript(readme))


@pytest.mark.parametrize('readme', READMES, ids=IDS)
def test_commands(results, readme):
    """Each command prints what its page says; if not: python3 tests/kit/readmes.py rewrites the outputs."""
    for line, command, output, now in results[readme]:
        assert normal(output) == normal(now), f'{readme}:{line}: $ {command}\nshould be followed by:\n{now}'
