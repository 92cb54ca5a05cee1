"""Code in colours: Pygments finds out what each word is, our stylesheet has the colours."""
import re
from html import escape
from itertools import groupby

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String

CLASSES = {  # what Pygments calls it, and our class for it
    Comment: 'comment', Generic.Prompt: 'prompt', String: 'string', Number: 'number', Keyword: 'keyword', Operator.Word: 'keyword',
    Name.Decorator: 'name', Name.Function: 'name', Name.Class: 'name', Name.Tag: 'keyword', Name.Attribute: 'name',
}
LANGUAGES = {'.py': 'python', '.tpl': 'html', '.css': 'css'}


def split_lines(text, language):
    """Return a list of (word, class) for each line of a text in a language that Pygments knows."""
    lines = [[]]
    for kind, value in get_lexer_by_name(language, stripnl=False).get_tokens(text):
        style = next((CLASSES[parent] for parent in CLASSES if kind in parent), None)
        for word in re.findall(r'\n|\w+|[^\S\n]+|\W', value):
            if word == '\n':
                lines.append([])
            else:
                lines[-1].append((word, style))
    return lines


def to_html(words, changed=()):
    """Return the HTML of a line, which may be broken at a bracket or a comma; changed are the places of the words to mark."""
    html = ''
    for (style, is_changed), group in groupby(enumerate(words), key=lambda item: (item[1][1], item[0] in changed)):
        text = escape(''.join(word for _, (word, _) in group), quote=False)
        if style not in ('comment', 'string'):
            text = re.sub(r'([(\[{](?![)\]}])|,|\)(?=\.))', r'\1<wbr>', text)
        text = f'<span class="{style}">{text}</span>' if style else text
        html += f'<mark>{text}</mark>' if is_changed else text
    return html.replace('</mark><mark>', '')


def highlight(text, language, _=None):
    """Return the HTML of a listing in a README."""
    lines = split_lines(text.rstrip('\n'), language if language in ('console', 'python', 'html') else 'text')
    html = '\n'.join(map(to_html, lines)).rstrip('\n')
    return f'<pre class="{language}" tabindex="0"><code>{html}\n</code></pre>'
