"""The steps' pages: their form, and the field's words, each introduced once at the step where it is needed first."""
import re

from suite import BLOCK, FOLDERS, STRUCTURE, each_step, read_page, tasks

SECTIONS = ['What you will see', 'The idea', 'The map', 'The change', 'Yours', 'Try it', 'Check yourself', 'The same in Flask',
            'To think on', 'For the workshop leader']
WORDS = {  # the step that introduces them: the field's words
    '01-flat-script': ['route', 'view', 'template', 'autoescaping', 'XSS', 'POST/redirect/GET', 'session', 'HttpOnly', 'SameSite', 'Secure',
                       'password hash', 'salt', 'prepared statement', 'SQL injection', 'UNIQUE constraint', 'race condition', 'thread-local', 'WAL'],
    '02-profiles': ['pagination', 'offset', 'query string', '404', 'trigger', 'N+1 queries'],
    '03-strangers': ['validation', 'CSRF', 'open redirect', 'user enumeration', 'timing attack', 'post-validate-redisplay', 'error handler'],
    '04-app-factory': ['application factory', 'import side effect', 'dependency injection', 'test isolation'],
    '05-blueprints': ['blueprint', 'URL prefix', 'reverse routing', 'hook', 'middleware', 'circular import'],
    '06-api-blueprint': ['REST', 'resource', 'endpoint', 'status code'],
    '07-api-errors': ['content type'],
    '08-api-users': ['representation', 'serialization', 'partial update', 'idempotent', 'mass assignment', 'Location'],
    '09-api-tokens': ['authentication', 'Basic', 'Bearer', 'revocation', 'expiry'],
    '10-api-posts': ['authorization', 'object-level authorization', 'BOLA', '401 and 403'],
    '11-limits': ['WSGI server', 'rate limiting', 'back-pressure', 'Retry-After', 'security headers', 'CSP', 'nosniff', 'graceful degradation'],
    '12-search': ['full-text search', 'inverted index', 'tokenizer', 'query syntax', 'migration'],
    'final': ['content negotiation', 'quality values', 'polling'],
}


@each_step
def test_form(folder):
    """A page begins with number, release, minutes and kind, has the sections that people look for, in order, and checks the learner's own copy."""
    number = FOLDERS.index(folder) + 1
    name = folder.name if folder.name == 'final' else str(number)
    _, release, minutes, _ = tasks.STEPS[number - 1]
    page = read_page(folder)
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
    text = re.sub(r'`[^`\n]*`', '', BLOCK.sub('', read_page(folder)))
    return re.sub(r'\s+', ' ', re.sub(r'\]\([^)]*\)', ']', text))


def count(word, text):
    """Return how often a word, or its plural, is in a text. Words with capitals, such as Basic and REST, mean something else without them."""
    ending = '' if word.endswith('s') else '(?:s|es)?'
    return len(re.findall(rf'(?<![\w/-]){re.escape(word)}{ending}(?![\w-])', text, re.IGNORECASE if word.islower() else 0))


@each_step
def test_words(folder):
    """The field's words are introduced in bold at their step, nowhere else, and not used before."""
    number = FOLDERS.index(folder)
    texts = [prose(step) for step in FOLDERS]
    bold = [re.findall(r'\*\*(.+?)\*\*', text) for text in texts]
    for word in WORDS[folder.name]:
        assert any(count(word, text) for text in bold[number]), f'{folder.name} does not introduce {word}'
        times = [sum(text.lower() == word.lower() for text in texts) for texts in bold]
        assert times[number] <= 1 and sum(times) == times[number], f'{word} is introduced so often: {times}'
        assert not any(count(word, text) for text in texts[:number]), f'an earlier page uses {word}'


def test_owasp():
    """The page of final names the ten risks, with tests that are there (test_readmes.py looks for the names)."""
    section = re.search(r'^## OWASP.*?^## ', read_page(FOLDERS[-1]), re.MULTILINE | re.DOTALL)[0]
    assert re.findall(r'^\| *API(\d+)\b.*\|$', section, re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert len(re.findall(r'`test_\w+`', section)) >= 8
