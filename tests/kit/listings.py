"""Code in colours: Pygments finds out what each word is, our stylesheet has the colours."""
import difflib
import functools
import re
from html import escape
from itertools import groupby
from pathlib import Path

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String

LEXERS = {'.py': 'python', '.tpl': 'html', '.css': 'css'}
CLASSES = {  # what Pygments calls it, and our class for it
    Comment: 'comment', Generic.Prompt: 'comment', String: 'string', Number: 'number', Keyword: 'keyword', Operator.Word: 'keyword',
    Name.Decorator: 'decorator', Name.Function: 'name', Name.Class: 'name', Name.Tag: 'keyword', Name.Attribute: 'name', Name.Builtin: 'builtin',
}


class Word:
    """A word, a space or a sign in a line of code."""

    def __init__(self, text, style):
        self.text, self.style, self.is_changed = text, style, False


def split_file(text, name):
    """Return a list of words for each line of a file."""
    return split_lines('\n'.join(text.splitlines()), LEXERS[Path(name).suffix])


def split_lines(text, language):
    """Return a list of words for each line of a text in a language that Pygments knows."""
    lines = [[]]
    for kind, value in get_lexer_by_name(language, stripnl=False).get_tokens(text):
        style = next((CLASSES[parent] for parent in CLASSES if kind in parent), None)
        for part in re.findall(r'\n|\w+|[^\S\n]+|\W', value):
            if part == '\n':
                lines.append([])
            else:
                lines[-1].append(Word(part, style))
    return lines


def to_html(words, breaks=False):
    """Return the HTML of a line; with breaks, one that is too long may go on below after a bracket, a dot or a comma."""
    html = ''
    for (style, is_changed), group in groupby(words, key=lambda word: (word.style, word.is_changed)):
        text = escape(''.join(word.text for word in group), quote=False)
        if breaks and style not in ('comment', 'string'):
            text = re.sub(r'([(\[{.,])', r'\1<wbr>', text)
        if style and not text.isspace():
            text = f'<span class="{style}">{text}</span>'
        html += f'<mark>{text}</mark>' if is_changed else text
    return html.replace('</mark><mark>', '')


def likeness(one, other):
    """Return how much two lines have in common, from 0 to 1, white space aside."""
    texts = [tuple(word.text for word in words if not word.text.isspace()) for words in (one, other)]
    return texts_likeness(*texts)


@functools.lru_cache(maxsize=None)
def texts_likeness(one, other):
    """Return how many words two lists have in common, in the same order, from 0 to 1."""
    return difflib.SequenceMatcher(None, one, other, False).ratio()


def mark_changes(old, new):
    """Mark the words that differ between two lines."""
    matcher = difflib.SequenceMatcher(None, [word.text for word in old], [word.text for word in new], False)
    operations = matcher.get_opcodes()
    for index, (tag, i, j, k, m) in enumerate(operations):
        is_between = 0 < index < len(operations) - 1 and not any(word.text.isalnum() for word in old[i:j])
        if tag != 'equal' or is_between:
            for word in old[i:j] + new[k:m]:
                word.is_changed = True
