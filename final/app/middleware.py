"""Middleware: what holds for every response."""
import logging
import time

logger = logging.getLogger(__name__)

HEADERS = [
    ('X-Content-Type-Options', 'nosniff'),
    ('Content-Security-Policy', "default-src 'none'; style-src 'self'; img-src 'self'; "
                                "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    ('Referrer-Policy', 'same-origin'),
]
PRIVATE = [('Cache-Control', 'no-store')]


def add_headers(app):
    """Return a WSGI app that adds the security headers to every response of an app."""
    def middleware(environ, start_response):
        more = HEADERS if environ['PATH_INFO'].startswith('/static/') else HEADERS + PRIVATE

        def start(status, headers, exc_info=None):
            return start_response(status, headers + more, exc_info)
        return app(environ, start)
    return middleware


def log_requests(app):
    """Return a WSGI app that writes a line to the log for every response of an app."""
    def middleware(environ, start_response):
        began = time.monotonic()
        address = environ.get('REMOTE_ADDR')
        line = f"{address} {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"

        def start(status, headers, exc_info=None):
            milliseconds = 1000 * (time.monotonic() - began)
            logger.info('%r %s, %.0f ms', line, status, milliseconds)
            return start_response(status, headers, exc_info)
        return app(environ, start)
    return middleware
