"""What the app has answered, in words for a failure."""
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
    """The app did not answer as expected."""

    def __init__(self, expected, came):
        super().__init__(f'expected {expected}, came {came}')
        self.expected, self.came = expected, came


def fail(expected, came):
    """Fail a test with what was expected and what came, in words."""
    raise Unexpected(expected, came)


def watch(app):
    """Return a WSGI app that answers like this one and keeps its exceptions in the environ."""
    def watched(environ, start_response):
        def start(status, headers, exc_info=None):
            if exc_info:
                environ['suite.crash'] = ''.join(traceback.format_exception(*exc_info))
            return start_response(status, headers, exc_info)
        return app(environ, start)
    return watched


def summary(response):
    """Return the status, the content type and the beginning of an answer.

    After a crash, return the exception and its place in the app, or else the view.
    """
    environ = response.request.environ
    crash = response.errors  # what was logged comes before what its error handler has raised
    if 'Traceback' not in crash:
        crash = environ.get('suite.crash', '')
    lines = [', '.join(filter(None, [response.status, response.content_type]))]
    lines += [line[:200] for line in last_words(crash).splitlines() or [beginning(response)]]
    route = environ.get('bottle.route')
    if not route and response.status_int == 404 and 'bottle.app' in environ:
        lines.append('no route of this app has this path')
    if route and not re.search(r'\.py:\d', '\n'.join(lines)):
        name = getattr(route.callback, '__name__', None)
        lines.append(f'in the view {name}, {route.method} {route.rule}')
    return '\n'.join(lines)


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
    """Return in a list where in the app an exception was raised, and what called that."""
    frames = re.findall(r'  File "(.*)", line (\d+)(?:, in (.*))?\n    (.*)', crash)
    own = [frame for frame in frames if not frame[0].startswith((*LIBRARIES, '<'))]
    callers = [frame for frame in own[:-1] if frame[2] != 'wrapper']
    here = f'{os.getcwd()}{os.sep}'
    return [f'{word} {path.removeprefix(here)}:{number}: {line.strip()}'
            for word, (path, number, _, line) in zip(('at', 'called at'), own[-1:] + callers[-1:])]
