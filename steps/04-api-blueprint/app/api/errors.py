"""Errors of the API."""
from bottle import abort


def not_implemented():
    """501: this route is there, and does nothing yet."""
    abort(501, 'This route does nothing yet. A later step fills it in.')
