"""The clients that talk to the app: a browser with cookies, and an API client with a token."""
import base64
import contextlib
import difflib
import html
import json
import os
import re
import traceback
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import bottle
from webtest import TestApp, TestRequest
from webtest.response import TestResponse

from patience import patiently

PASSWORD = 'correct horse'
LIBRARIES = tuple(f'{Path(file).parent}{os.sep}'  # Python's, the packages', the suite
                  for file in (os.__file__, bottle.__file__, __file__))
TOLD = ('Origin', 'Sec-Fetch-Site', 'Accept', 'Authorization')  # headers that a failure shows


class Unexpected(AssertionError):
    """The app did not answer as expected. `crash` is true if it raised an exception."""

    def __init__(self, expected, came, crash=False):
        super().__init__(f'expected {expected}, came {came}')
        self.expected, self.came, self.crash = expected, came, crash


def watch(app):
    """Return a WSGI app that answers like this one and keeps its exceptions in the environ."""
    def watched(environ, start_response):
        def start(status, headers, exc_info=None):
            if exc_info:
                environ['suite.crash'] = ''.join(traceback.format_exception(*exc_info))
            return start_response(status, headers, exc_info)
        return app(environ, start)
    return watched


class Client(TestApp):
    """WebTest's client. It raises Unexpected if the status is not the one expected.

    `status` is one status, or a list of them, or '*' for any.
    """

    __test__ = False  # pytest must not collect it, although its base is called TestApp
    expected = [200, 201, 204, 303]
    last = answer = None  # the last request of any client, and what came, to show in a failure

    def __init__(self, app):
        super().__init__(watch(app))

    def do_request(self, request, status=None, expect_errors=None):
        path, query = request.environ['PATH_INFO'], request.environ['QUERY_STRING']
        told = ''.join(f'\n{name}: {request.headers[name][:60]}'
                       for name in TOLD if request.headers.get(name))
        text = request.body.decode('utf-8', 'replace').replace('\r\n', ' ')
        if len(text) > 120:
            text = f'{text[:120]} … ({len(text)} characters)'
        address = quote(path, encoding='latin-1') + ('?' + query if query else '')
        Client.last = f'{request.method} {address}{told}\n{text}'.strip()
        Client.answer = None
        response = Client.answer = patiently('an answer', super().do_request, request, '*', True)
        expected = [status] if isinstance(status, int) else status or self.expected
        if status != '*' and response.status_int not in expected:
            came = [summary(response)]
            if response.status_int == 404 and 'bottle.route' not in request.environ:
                came += similar_routes(request.environ, path)
            raise Unexpected('status ' + ' or '.join(map(str, expected)), '\n'.join(came),
                             crash='suite.crash' in request.environ or bool(response.errors))
        return response


def summary(response):
    """Return the status, the content type and the beginning of an answer; after a crash, the exception and its place in the app."""
    environ = response.request.environ
    first = response.errors.partition('<h1>Critical error')[0]  # what failed before the error handler did
    crash = (first if 'Traceback' in first else environ.get('suite.crash') or response.errors).strip()
    text = response.text or ''
    if response.content_type == 'text/html':
        text = html.unescape(re.sub(r'<head>.*?</head>|<[^>]*>|\s+', ' ', text, flags=re.DOTALL))
    empty = 'an empty answer'
    if response.status_int in (302, 303) and 'Location' in response.headers:
        empty = f'Location: {response.headers["Location"]}'
    if 'suite.rendered' in environ:
        empty += f'\nThe page {environ["suite.rendered"]} was made, but not returned'
    name = re.search(r"'No route with that name.', '(.*)'", crash)
    lines = [*crash.splitlines()[-1:], *(similar_routes(environ, name[1]) if name else []), *places(crash)]
    if response.status_int == 500 and environ.get('suite.returned') and ('in _cast' in crash or not crash):
        lines += [f'It returned {environ["suite.returned"]}',
                  'Bottle can send a str, bytes, or a dict (as JSON)']
    lines = [line[:200] for line in lines or [text.strip() or empty]]
    if '.py:' not in ''.join(places(crash)):
        lines += view(environ)
    return '\n'.join([', '.join(filter(None, [response.status, response.content_type])), *lines])


def places(crash):
    """Return in a list where in the app an exception was raised, and what called that in another function."""
    frames = re.findall(r'  File "(.*)", line (\d+)(?:, in (.*))?\n    (.*)', crash)
    own = [frame for frame in frames if not frame[0].startswith((*LIBRARIES, '<'))]
    callers = [frame for frame in own[-2:-1] if frame[::2] != own[-1][::2] and frame[2] != 'wrapper']
    return [f'{word} {path}:{number}: {line.strip()}' for word, frames in (('at', own[-1:]), ('called at', callers)) for path, number, _, line in frames]


def similar_routes(environ, text):
    """Return in a list the names or the paths of a Bottle app's routes that are most like a text, because it has no such route."""
    routes = getattr(environ.get('bottle.app'), 'routes', [])
    known = {route.rule if '/' in text else route.name for route in routes} - {None}
    found = difflib.get_close_matches(text, known, cutoff=0.5) or sorted(known)[:3]
    return [f'there are: {", ".join(found)}'] if found else []


def view(environ):
    """Return in a list which view of a Bottle app answered, or which others might have, if that is known."""
    route = environ.get('bottle.route')
    if not route:
        return []
    same = [getattr(other.callback, '__name__', 'None') for other in environ['bottle.app'].routes
            if (other.method, other.rule) == (route.method, route.rule)]
    return [f'in the view {getattr(route.callback, "__name__", "None")}, {route.method} {route.rule}',
            *([f'{" and ".join(same)} have the same route and method'] if len(same) > 1 else [])]


def tell_refused(cast):
    """Make Bottle tell what a view has returned, because its answer hides that if it can't send it."""
    def told(self, out, peek=None):
        is_answer = isinstance(out, bottle.HTTPResponse)  # of abort, or the page of an error
        bottle.request.environ.setdefault(
            'suite.returned', '' if is_answer else f'{repr(out)[:80]} ({type(out).__name__})')
        return cast(self, out, peek)
    return told


bottle.Bottle._cast = tell_refused(bottle.Bottle._cast)


def tell_rendered(render):
    """Make a template tell that it was rendered: its view may have forgotten to return that."""
    def told(self, *args, **values):
        with contextlib.suppress(RuntimeError):  # no request is being answered
            bottle.request.environ['suite.rendered'] = self.name
        return render(self, *args, **values)
    return told


bottle.SimpleTemplate.render = tell_rendered(bottle.SimpleTemplate.render)


class Browser(Client):
    """A browser, which keeps cookies but does not follow redirects."""

    username = ''  # under which name somebody posts as long as nobody logs in

    def register(self, username, /, password=PASSWORD, status=303, **more):
        fields = {'username': username, 'email': f'{username}@example.com', 'password': password}
        return self.post('/auth/register', {**fields, **more}, status=status)

    def log_in(self, username, password=PASSWORD, path='/auth/login'):
        return self.post(path, {'username': username, 'password': password}, status=303)

    def submit(self, page, **values):
        """Fill in the form of a page that has these fields, and send it to where it says."""
        form = field(page, [*values][0]).find_parent('form')
        hidden = {element['name']: element.get('value', '') for element in form.select('input[type=hidden][name]')}
        return self.post(urljoin(page.request.path_qs, form.get('action') or ''), {**hidden, **values}, status=303)

    def say(self, body):
        return self.post('/', {'username': self.username, 'body': body}, status=303)

    def room(self, query=''):
        """Return the bodies of the posts on a page of the room."""
        return bodies(self.get('/' + query, status=200))

    def follow(self, page, rel):
        """Follow the link of a page to older (next) or newer (prev) posts."""
        link = page.html.find('a', rel=rel) or fail(f'a link with rel="{rel}"', summary(page))
        if ' ' in link['href']:
            fail('a link whose query string is encoded, as by urlencode', link['href'])
        return self.get(address(page, link), status=200)

    def redirected(self, response):
        """Return the path to which an answer redirects. Its status must be 303."""
        if response.status_int != 303:
            raise Unexpected('status 303', summary(response))
        location = response.headers.get('Location', '')
        if not re.fullmatch(r'/(?![/\\])[^\0-\x20]*', location):  # a browser takes \ for /, and leaves out line ends and tabs
            raise Unexpected('a Location that is a path, such as /auth/login', f'Location: {location}')
        return location


# What the suite looks for in a page

def bodies(page):
    """Return the texts of the posts on a page."""
    return [item.get_text().strip() for item in page.html.select('.posts .body')]


def address(page, link):
    """Return the path, and the query string, to which a link leads a browser. A link to another site stays as it is."""
    url = urlsplit(urljoin(page.request.url, link['href']))
    return url.path + ('?' + url.query if url.query else '') if url.hostname == 'localhost' else url.geturl()


def links(page, path, within='body'):
    """Return the links to this path in a part of a page."""
    return [link for link in page.html.select(f'{within} a[href]') if address(page, link).split('?')[0] == path]


def field(page, name):
    """Return the form field of this name on a page."""
    return page.html.select_one(f'form [name="{name}"]') or fail(f'a form field with the name {name}', summary(page))


def element(page, selector):
    """Return the first element of a page that fits a CSS selector."""
    return page.html.select_one(selector) or fail(f'an element {selector}', summary(page))


def fail(expected, came):
    raise Unexpected(expected, came)


def value(page, name):
    """Return the text in a form field, an <input> or a <textarea>."""
    element = field(page, name)
    return re.sub(r'^\r?\n', '', element.get_text()) if element.name == 'textarea' else element.get('value', '')  # HTML drops a first line break


def error(page, *names):
    """Return the error message of a form field, or of one of several: the element whose id is in its aria-describedby or aria-errormessage."""
    ids = [id for name in names for attribute in ('aria-describedby', 'aria-errormessage') for id in field(page, name).get(attribute, '').split()]
    texts = [element.get_text().strip() for element in map(lambda id: page.html.find(id=id), ids) if element]
    return ' '.join(texts) or fail(f'a message for the field {" or ".join(names)}, linked by aria-describedby', 'no message')


OTHER_PHRASES = {413: ['Content Too Large', 'Payload Too Large', 'Request Entity Too Large']}


class Answer(dict):
    """A JSON object. A missing key fails the test instead of raising KeyError."""

    def __missing__(self, key):
        raise Unexpected(f'{key!r} in the answer', json.dumps(self))


class JsonResponse(TestResponse):
    """An answer of the API."""

    @property
    def json(self):
        """The JSON object of this answer. An error must have the form of the contract."""
        try:
            data = json.loads(self.body.decode('utf-8'), object_hook=Answer)
        except ValueError:
            data = None
        if self.content_type != 'application/json' or not isinstance(data, dict):
            raise Unexpected('a JSON object, application/json', summary(self))
        if self.status_int >= 400:
            self.check_error(data)
        return data

    def check_error(self, data):
        """Check that an error has the name of its status, and a message that says more."""
        name, message = HTTPStatus(self.status_int).phrase, str(data['message'])
        if re.search(r'\{[A-Za-z][^"]*\}', message):
            fail('a message with its values filled in',
                 f'{message}\nDoes this text have its f before the first quote?')
        more = re.sub(rf"(?i){name}|unknown error|'.*'", '', message)  # not "Not Found: '/path'"
        names = [name, *OTHER_PHRASES.get(self.status_int, [])]
        is_named = set(data) == {'error', 'message'} and data['error'] in names
        if not is_named or len(re.findall(r'\w+', more)) < 2:
            fail(f'{{"error": "{name}", "message": "<what to do>"}}', json.dumps(data))


class JsonRequest(TestRequest):
    ResponseClass = JsonResponse


class Api(Client):
    """An API client. Each answer must be JSON, and each status 200 if no other is expected."""

    RequestClass = JsonRequest
    expected = [200]
    user = None

    def do_request(self, request, status=None, expect_errors=None):
        response = super().do_request(request, status)
        if response.status_int != 204:
            response.json  # checks it
        return response

    def register(self, username, status=201, **more):
        """Register with the API. Return the JSON of the answer."""
        fields = {'username': username, 'email': f'{username}@example.com', 'password': PASSWORD}
        return self.post_json('/api/users', {**fields, **more}, status=status).json

    def log_in(self, username, password=PASSWORD):
        """Get a new token, and send it from now on. Return the JSON of the answer."""
        headers = {'Authorization': basic(username, password)}
        answer = self.post('/api/tokens', headers=headers).json
        self.authorization = 'Bearer', answer['token']
        return answer


def basic(username, password):
    """Return an Authorization header for HTTP Basic."""
    return 'Basic ' + base64.b64encode(f'{username}:{password}'.encode()).decode()
