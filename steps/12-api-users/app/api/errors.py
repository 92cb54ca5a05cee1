"""Errors of the API."""
import json

from bottle import HTTP_CODES, abort, response


def error_response(status, message):
    """Return an error as JSON: the name of the status, and a message that says what to do."""
    response.status = status
    response.content_type = 'application/json'
    return json.dumps({'error': HTTP_CODES[status], 'message': message})


def bad_request(message):
    """Answer 400 with a message that says what is wrong."""
    abort(400, message)


def raise_for_errors(errors):
    """Answer 400 if there are errors, with the name of each field and its message."""
    if errors:
        bad_request(' '.join(f'{field}: {message}' for field, message in errors.items()))


def not_implemented():
    """Answer 501, because a later step fills this view in."""
    abort(501, 'This is not implemented yet.')
