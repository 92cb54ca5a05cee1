"""What the steps' pages promise: their listings, their words, and the functions that they leave to the learner."""
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
import tasks  # noqa: E402

FOLDERS = [folder for folder, *_ in tasks.STEPS]
STRUCTURE = ('04-app-factory', '05-blueprints')
CAPSTONE = '12-search'  # all its Python is yours
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SECTIONS = ['What you will see', 'The idea', 'The map', 'The change', 'Yours', 'Try it', 'Check yourself', 'The same in Flask',
            'To think on', 'For the workshop leader']
FINAL_SECTIONS = ['On the way to production', 'OWASP API Security Top 10 (2023)', 'Beyond one machine']

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
CASED = {'Secure', 'REST', 'Location', 'Basic', 'Bearer'}  # words that mean something else in lower case


def page(folder):
    """Return the text of a step's page."""
    path = folder / 'README.md'
    return path.read_text(encoding='utf-8') if path.exists() else ''


def prose(folder):
    """Return a page without its code, commands and links' targets, as one line."""
    text = re.sub(r'`[^`\n]*`', '', BLOCK.sub('', page(folder)))
    return re.sub(r'\s+', ' ', re.sub(r'\]\([^)]*\)', ']', text))


def find(word, text):
    """Return the places of a word, or its plural, in a text."""
    ending = '' if word.endswith('s') or word in CASED else '(?:s|es)?'
    return re.findall(rf'(?<![\w/-]){re.escape(word)}{ending}(?![\w-])', text, 0 if word in CASED else re.IGNORECASE)


def introductions(word, folder):
    """Return the places where a page has a word in bold."""
    return [bold for bold in re.findall(r'\*\*(.+?)\*\*', prose(folder)) if find(word, bold)]


def yours(folder):
    """Return the names of the functions that a page leaves to the learner, in the order of the page."""
    section = re.search(r'^## Yours$(.*?)^## ', page(folder), re.MULTILINE | re.DOTALL)
    return re.findall(r'^- \*\*`(\w+)`\*\*', section[1], re.MULTILINE) if section else []


def listed(folder):
    """Return the names of the functions and classes in a page's listings."""
    return {name for language, text in BLOCK.findall(page(folder)) if language == 'python'
            for name in re.findall(r'^(?:def|class) (\w+)', text, re.MULTILINE)}


def functions(folder):
    """Return {(name, the file's folder): lines} of the top-level functions and classes of a step."""
    found = {}
    for path in sorted(folder.rglob('*.py')):
        lines = path.read_text(encoding='utf-8').splitlines()
        for node in ast.parse('\n'.join(lines)).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                found[node.name, path.relative_to(folder).as_posix()] = lines[start - 1:node.end_lineno]
    return found


def changed(folder):
    """Return {name: lines} of the functions and classes of a step that are not in the step before."""
    index = FOLDERS.index(folder)
    before = [body(lines) for lines in functions(FOLDERS[index - 1]).values()] if index else []
    return {name: lines for (name, _), lines in functions(folder).items() if body(lines) not in before}


def body(lines):
    """Return a function without its decorators, because a step may only add or change one."""
    return [line for line in lines if not line.startswith('@')]


def new_lines(folder):
    """Return the number of new lines of code in a step; of step 01's, only Python is typed."""
    index = FOLDERS.index(folder)
    return tasks.new_lines(FOLDERS[index - 1] if index else None, folder)
