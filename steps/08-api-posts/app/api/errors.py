"""Errors of the API."""
import json

from bottle import HTTP_CODES, abort, response


def error_response(status, message):
    """Answer with an error as JSON: the status's name, and a message that says what to do."""
    response.status = status
    response.content_type = 'application/json'
    return json.dumps({'error': HTTP_CODES[status], 'message': message})


def bad_request(message):
    """Stop here: 400, and what to mend."""
    abort(400, message)


def refuse(mistakes):
    """Stop here if there are mistakes; each is a sentence that names its field."""
    if mistakes:
        bad_request(' '.join(mistakes.values()))
