"""Security headers, which tell the browser what our pages never do."""

HEADERS = [
    ('X-Content-Type-Options', 'nosniff'),
    ('Content-Security-Policy', "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                                "base-uri 'none'; frame-ancestors 'none'"),
    ('Referrer-Policy', 'same-origin'),
]
PRIVATE = [('Cache-Control', 'no-store')]


def add_headers(app):
    """Return a WSGI app that adds the headers to every response of an app, errors included."""
    def middleware(environ, start_response):
        more = HEADERS if environ['PATH_INFO'].startswith('/static/') else HEADERS + PRIVATE

        def start_with_headers(status, headers, exc_info=None):
            return start_response(status, headers + more, exc_info)
        return app(environ, start_with_headers)
    return middleware
