"""What clients send, and whether it is valid."""
import re

from bottle import abort, request

BAD_CHARACTERS = r'[\0\ud800-\udfff]'  # NUL, and halves of characters (surrogates): no UTF-8
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
        if not re.fullmatch(pattern, value, re.DOTALL) or re.search(BAD_CHARACTERS, value):
            errors[field] = message
    return errors


FORM_TYPE = 'application/x-www-form-urlencoded(; ?charset=utf-8)?'


def read_form(*fields):
    """Return {field: text} from the form in the request, or answer 400 if it can't be read."""
    if not re.fullmatch(FORM_TYPE, request.content_type):
        abort(400, 'Send this form as application/x-www-form-urlencoded, in UTF-8.')
    try:
        form = request.forms.decode()
    except UnicodeError:
        abort(400, 'This form is not UTF-8.')
    return {field: form.get(field, '') for field in fields}


def read_token():
    """Return the token in the Cookie header, or '' if there is none, or more than one."""
    tokens = re.findall('(?:^|; *)token=([^;]*)', request.environ.get('HTTP_COOKIE', ''))
    return tokens[0] if len(tokens) == 1 else ''


def read_number(name, default, most=10**15):
    """Return a number from the query string, 1 to most, or answer 400."""
    text = request.query.get(name, str(default))
    if not re.fullmatch('[0-9]{1,16}', text) or not 1 <= int(text) <= most:
        abort(400, f'{name} must be a whole number from 1 to {most}.')
    return int(text)
