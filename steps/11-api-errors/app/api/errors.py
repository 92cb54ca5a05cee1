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


def not_implemented():
    """Answer 501, because a later step fills this view in."""
    abort(501, 'This is not implemented yet.')
