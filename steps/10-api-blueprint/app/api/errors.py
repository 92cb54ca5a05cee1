"""Errors of the API."""
from bottle import abort


def not_implemented():
    """Answer 501, because a later step fills this view in."""
    abort(501, 'This is not implemented yet.')
