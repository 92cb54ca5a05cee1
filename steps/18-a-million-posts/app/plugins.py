"""Plugins: what holds for every view."""
import functools
import logging
import sqlite3

from bottle import request

from app.db import close_db
from app.limits import retry_later

logger = logging.getLogger(__name__)

TEMPORARY = ('locked', 'full', 'readonly', 'unable to open', 'disk I/O')  # SQLite's words


def catch_database_errors(view):
    """Return a view that answers 503 if the database is locked, full or read-only."""
    @functools.wraps(view)
    def wrapper(**args):
        try:
            return view(**args)
        except sqlite3.OperationalError as error:
            if not any(words in str(error) for words in TEMPORARY):
                raise
            close_db()  # a new connection may find that the database is well again
            logger.error('503 %s %r: %s', request.method, request.path, error)
            retry_later(503, 5, 'The database is not available.')
    return wrapper
