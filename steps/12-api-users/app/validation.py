"""What clients send, and whether it is valid."""
import re

from bottle import MultipartError, abort, request

BAD_CHARACTERS = r'[\0\ud800-\udfff]'  # NUL, and lone surrogates, which UTF-8 can't write
RULES = {  # field: (pattern of a valid value, message for any other)
    'username': ('[A-Za-z0-9][A-Za-z0-9._-]{0,63}',
                 'Use 1 to 64 letters (a to z), digits, dots, dashes or underscores, '
                 'a letter or digit first.'),
    'email': (r'(?=.{3,254}$)[^@\s]+@[^@\s]+',
              'Enter an address with one @ inside, at most 254 characters.'),
    'password': ('.{8,256}', 'Use 8 to 256 characters.'),
    'about_me': ('.{0,140}', 'Use at most 140 characters.'),
    'body': ('.{1,500}', 'Use 1 to 500 characters.'),
}


def validate(values):
    """Return {field: message} for each value that is not valid."""
    errors = {}
    for field, value in values.items():
        pattern, message = RULES[field]
        valid = isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL)
        if not valid or re.search(BAD_CHARACTERS, value):
            errors[field] = message
    return errors


def read_form(*fields):
    """Return {field: text} from the form in the request."""
    try:
        form = {field: getattr(request.forms, field) for field in fields}
        ''.join(form.values()).encode()  # half a character can be read, but not written
    except (LookupError, MultipartError, ValueError):  # unknown charset, broken form, bad bytes
        abort(400, 'This form cannot be read. Send it as UTF-8.')
    return form


def read_number(name, default, most=10**15):
    """Return a number from the query string, 1 to most, or answer 400."""
    text = request.query.get(name, str(default))
    if not re.fullmatch('[0-9]{1,16}', text) or not 1 <= int(text) <= most:
        abort(400, f'{name} must be a whole number from 1 to {most}.')
    return int(text)
