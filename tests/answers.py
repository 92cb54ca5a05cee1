"""What the app has answered, in words for a failure."""
import difflib
import html
import os
import re
import traceback
from pathlib import Path

import bottle

# Python's files, the packages' and the suite's
LIBRARIES = tuple(f'{Path(file).parent}{os.sep}'
                  for file in (os.__file__, bottle.__file__, __file__))


class Unexpected(AssertionError):
    """The app did not answer as expected. `crash` is true if it raised an exception."""

    def __init__(self, expected, came, crash=False):
        super().__init__(f'expected {expected}, came {came}')
        self.expected, self.came, self.crash = expected, came, crash


def fail(expected, came, crash=False):
    """Fail a test with what was expected and what came, in words."""
    raise Unexpected(expected, came, crash)


def watch(app):
    """Return a WSGI app that answers like this one and keeps its exceptions in the environ."""
    def watched(environ, start_response):
        def start(status, headers, exc_info=None):
            if exc_info:
                environ['suite.crash'] = ''.join(traceback.format_exception(*exc_info))
            return start_response(status, headers, exc_info)
        return app(environ, start)
    return watched


def tell_returned(view):
    """Note what a view returns, as a plugin of Bottle, whose answer hides what it can't send."""
    def told(*args, **values):
        returned = view(*args, **values)
        if not isinstance(returned, bottle.HTTPResponse):
            note = f'{repr(returned)[:80]} ({type(returned).__name__})'
            bottle.request.environ['suite.returned'] = note
        return returned
    return told


def summary(response):
    """Return the status, the content type and the beginning of an answer.

    After a crash, return the exception and its place in the app.
    """
    environ = response.request.environ
    first = response.errors.partition('<h1>Critical error')[0]  # before the error handler failed
    crash = first if 'Traceback' in first else environ.get('suite.crash') or response.errors
    lines = last_words(crash).splitlines()
    name = re.search(r"'No route with that name.', '(.*)'", crash)
    if name:
        lines[1:1] = similar_routes(environ, name[1])
    returned = environ.get('suite.returned')
    if response.status_int == 500 and returned and ('in _cast' in crash or not crash.strip()):
        lines += [f'It returned {returned}', 'Bottle can send a str, bytes, or a dict (as JSON)']
    lines = [line[:200] for line in lines or [beginning(response)]]
    if '.py:' not in ''.join(places(crash)):
        lines += view(environ)
    return '\n'.join([', '.join(filter(None, [response.status, response.content_type])), *lines])


def beginning(response):
    """Return the text of an answer without HTML, or what is known of an empty one."""
    text = response.text or ''
    if response.content_type == 'text/html':
        text = html.unescape(re.sub(r'<head>.*?</head>|<[^>]*>', ' ', text, flags=re.DOTALL))
        text = ' '.join(text.split())
    empty = 'an empty answer'
    if response.status_int in (302, 303) and 'Location' in response.headers:
        empty = f'Location: {response.headers["Location"]}'
    return text.strip() or empty


def last_words(text):
    """Return a program's last exception and where it was raised, or else its last line."""
    lines = re.findall(r'(?m)^[\w.]*(?:Error|Exception)\b.*', text) or text.strip().splitlines()
    return '\n'.join([*lines[-1:], *places(text)])


def places(crash):
    """Return in a list where in the app an exception was raised, and what called that.

    The caller is left out if it is the same function, or a decorator's wrapper.
    """
    frames = re.findall(r'  File "(.*)", line (\d+)(?:, in (.*))?\n    (.*)', crash)
    own = [frame for frame in frames if not frame[0].startswith((*LIBRARIES, '<'))]
    found = [('at', *frame) for frame in own[-1:]]
    callers = [frame for frame in own[:-1] if frame[0] != own[-1][0]] or own[:-1]
    for path, number, function, line in callers[-1:]:
        if (path, function) != (own[-1][0], own[-1][2]) and function != 'wrapper':
            found.append(('called at', path, number, function, line))
    return [f'{word} {path}:{number}: {line.strip()}' for word, path, number, _, line in found]


def similar_routes(environ, text):
    """Return in a list the names, or the paths, of a Bottle app's routes that are like a text."""
    routes = getattr(environ.get('bottle.app'), 'routes', [])
    if not routes and 'bottle.app' in environ:
        return ['there are: no routes at all in this app']
    known = {route.rule if '/' in text else route.name for route in routes} - {None}
    found = difflib.get_close_matches(text, known, cutoff=0.5) or sorted(known)[:3]
    return [f'there are: {", ".join(found)}'] if found else []


def view(environ):
    """Return in a list which view of a Bottle app answered, or which others might have."""
    route = environ.get('bottle.route')
    routes = environ['bottle.app'].routes if route else []
    names = [getattr(other.callback, '__name__', 'None') for other in routes
             if (other.method, other.rule) == (route.method, route.rule)]
    return [f'in the view {" or ".join(names)}, {route.method} {route.rule}'] if route else []
