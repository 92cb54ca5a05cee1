"""The body of a request."""
import json

from bottle import abort, request

from app.api.errors import bad_request

LIMIT = request.MEMFILE_MAX  # bytes: 100 KiB, which is Bottle's own limit for forms


def read_json():
    """Return the JSON object in the body, or answer 400, 413 or 415 if there is none."""
    if request.content_type.split(';')[0].strip() != 'application/json':
        abort(415, 'Send JSON with the header Content-Type: application/json.')
    try:
        if request.content_length > LIMIT:
            abort(413)
        body = request.body.read(LIMIT + 1)
        if len(body) > LIMIT:
            abort(413)
        data = json.loads(body.decode())
    except (ValueError, RecursionError):
        bad_request('The body must be JSON in UTF-8.')
    if not isinstance(data, dict):
        bad_request('The body must be a JSON object, such as {"field": "value"}.')
    return data
