"""The body of a request."""
from bottle import HTTPError, abort, request

from app.api.errors import bad_request


def read_json():
    """Return the JSON object in the body, or answer 400, 413 or 415 if there is none."""
    if request.content_type.split(';')[0].strip() != 'application/json':
        abort(415, 'Send JSON with the header Content-Type: application/json.')
    try:
        data = request.json
    except (HTTPError, RecursionError, ValueError) as error:
        abort(getattr(error, 'status_code', 400), 'The body must be JSON in UTF-8.')
    if not isinstance(data, dict):
        bad_request('The body must be a JSON object, such as {"field": "value"}.')
    return data


def read_fields(*fields):
    """Return {field: value} for those fields that are in the body, and ignore the rest of it."""
    data = read_json()
    return {field: data[field] for field in fields if field in data}
