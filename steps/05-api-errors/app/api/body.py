"""The body of a request to the API."""
import json

from bottle import abort, request

from app.api.errors import bad_request

LIMIT = 100 * 1024  # bytes


def read_json():
    """Return the JSON object in the body; 400, 413 or 415 if there is none."""
    if request.content_type.split(';')[0].strip() != 'application/json':
        abort(415, 'Send JSON, and say so: Content-Type: application/json.')
    try:
        if request.content_length > LIMIT:
            abort(413)
        data = json.loads(request.body.read(LIMIT).decode())
    except (ValueError, RecursionError):
        bad_request('The body must be JSON, in UTF-8.')
    if not isinstance(data, dict):
        bad_request('The body must be a JSON object: {"field": "value"}.')
    return data
