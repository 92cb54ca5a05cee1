"""What may be sent in."""
import re

from bottle import abort, request

NO_TEXT = r'[\0\ud800-\udfff]'  # NUL and halves of surrogate pairs: SQLite and UTF-8 have no place for them

RULES = {  # field: the pattern of a good value, and how to say it
    'username': ('[A-Za-z0-9._-]{1,64}', '1 to 64 letters (a to z), digits, dots, dashes or underscores'),
    'email': (r'(?=.{3,254}$)[^@\s]+@[^@\s]+', 'an address with one @ inside, at most 254 characters'),
    'password': ('.{8,256}', '8 to 256 characters'),
    'about_me': ('.{0,140}', 'at most 140 characters'),
    'body': ('.{1,500}', '1 to 500 characters'),
}


def find_mistakes(values):
    """Return {field: a sentence} for each of the values that breaks its rule."""
    mistakes = {}
    for field, value in values.items():
        pattern, rule = RULES[field]
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL) or re.search(NO_TEXT, value):
            mistakes[field] = f'{field} must be {rule}.'
    return mistakes


def read_number(name, default, most):
    """Return a number from the query, 1 to most; 400 if it is anything else."""
    text = request.query.get(name, str(default))
    if not re.fullmatch('[0-9]{1,16}', text) or not 1 <= int(text) <= most:
        abort(400, f'{name} must be a whole number from 1 to {most}.')
    return int(text)


def read_form(*fields):
    """Return {field: text} of the form that the request brings; 400 if it can't be read."""
    try:
        return {field: getattr(request.forms, field) for field in fields}
    except (LookupError, ValueError):  # a multipart form may be in pieces, or name any charset
        abort(400, 'This form cannot be read. Send it as UTF-8.')
