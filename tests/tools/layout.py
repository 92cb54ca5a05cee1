"""What a formatter, such as black or ruff, changes in a module is no difference: its lines as another one has them."""
import ast
import contextlib
import functools
import textwrap
import tokenize

from diffs import match


def lay_out_all(files, models):
    """Return {name: text} with each module in the layout of its model, the file of the same name."""
    return {name: lay_out(text, models[name]) if name.endswith('.py') and name in models else text
            for name, text in files.items()}


def lay_out(text, model):
    """Return a module with the model's lines where both say the same."""
    try:
        lines, others = list(split(text)), list(split(model))
    except (SyntaxError, tokenize.TokenError):  # no Python, yet
        return text
    meanings = [[meaning(line) for line in part] for part in (lines, others)]
    for i, j, size in match(*meanings).get_matching_blocks():
        lines[i:i + size] = others[j:j + size]
    return ''.join(lines)


def split(text):
    """Yield the logical lines of a module (one may be many in the file) and its comments, with the blank ones above."""
    lines, start = text.splitlines(keepends=True), 0
    for token in tokenize.generate_tokens(iter([*lines, '']).__next__):
        end = token.end[0]
        part = ''.join(lines[start:end])
        if token.type == tokenize.NEWLINE or token.type == tokenize.NL and part.lstrip().startswith('#'):
            yield part
            start = end
    yield ''.join(lines[start:])


@functools.cache
def meaning(line):
    """Return what a logical line says, and its indentation: its syntax tree, or its text if it has none by itself."""
    line = line.strip('\n')
    code = textwrap.dedent(line)
    for form in ['{}', '{}\n    pass', '{}\ndef f(): pass', 'if x: pass\n{}\n    pass', 'try: pass\n{}\n    pass']:
        with contextlib.suppress(SyntaxError):
            tree = ast.dump(ast.parse(form.replace('{}', code)))
            return len(line) - len(line.lstrip()), code if code.startswith('#') else tree
    return len(line) - len(line.lstrip()), code
