"""The clients that talk to the app: a browser with cookies, and an API client with a token."""
import base64
import json
import re
from http import HTTPStatus
from urllib.parse import quote, urljoin

from webtest import TestApp

from answers import Unexpected, fail, summary, watch
from pages import address, bodies, field
from patience import patiently

PASSWORD = 'correct horse'
TOLD = ('Origin', 'Sec-Fetch-Site', 'Accept', 'Authorization', 'Cookie')  # shown in a failure


class Client(TestApp):
    """WebTest's client. A status that is not expected, or not in a list of those, is a failure.

    The status '*' expects nothing.
    """

    __test__ = False  # pytest must not collect it, although its base is called TestApp
    expected = [200, 201, 204, 303]
    last = answer = None  # the last request of any client, and what came, to show in a failure
    owners = {}  # {the header Authorization: what to show for it}

    def __init__(self, app):
        super().__init__(watch(app))

    def do_request(self, request, status=None, expect_errors=None):
        words = in_words(request)
        Client.last, Client.answer = words, None
        response = patiently('an answer', super().do_request, request, '*', True)
        Client.last, Client.answer = words, response  # other threads may have asked meanwhile
        expected = [status] if isinstance(status, int) else status or self.expected
        if status != '*' and response.status_int not in expected:
            error = Unexpected('status ' + ' or '.join(map(str, expected)), summary(response))
            error.request = words
            raise error
        return response


def in_words(request):
    """Return a request for a failure: its first line, what it tells in headers, and its body."""
    path, query = request.environ['PATH_INFO'], request.environ['QUERY_STRING']
    lines = [f'{request.method} {quote(path, encoding="latin-1")}{"?" if query else ""}{query}']
    for name in TOLD:
        if request.headers.get(name):
            value = request.headers[name]
            lines.append(f'{name}: {Client.owners.get(value, value)[:60]}')
    kind = request.environ.get('CONTENT_TYPE', '')
    if request.content_type == 'application/json' != kind:  # it has a charset, or other letters
        lines.append(f'Content-Type: {kind}')
    if 'REMOTE_ADDR' in request.environ:
        lines.append(f'from {request.environ["REMOTE_ADDR"]}')
    text = request.body.decode('utf-8', 'replace').replace('\r\n', ' ')
    lines.append(text if len(text) <= 120 else f'{text[:120]} … ({len(text)} characters)')
    return '\n'.join(lines).strip()


def somebody(username):
    """Return what somebody with this name registers with."""
    return {'username': username, 'email': f'{username}@example.com', 'password': PASSWORD}


class Browser(Client):
    """A browser, which keeps cookies but does not follow redirects."""

    username = ''  # under which name somebody posts as long as nobody logs in

    def register(self, username, /, password=PASSWORD, status=303, **more):
        fields = {**somebody(username), 'password': password, **more}
        return self.post('/auth/register', fields, status=status)

    def log_in(self, username, password=PASSWORD, path='/auth/login', status=303):
        return self.post(path, {'username': username, 'password': password}, status=status)

    def submit(self, page, **values):
        """Fill in the form of a page that has these fields, and send it to where it says."""
        form = field(page, [*values][0]).find_parent('form')
        hidden = {element['name']: element.get('value', '')
                  for element in form.select('input[type=hidden][name]')}
        path = urljoin(page.request.path_qs, form.get('action') or '')
        return self.post(path, {**hidden, **values}, status=303)

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
            fail('status 303', summary(response))
        location = response.headers.get('Location', '')
        # a browser takes \ for /, and leaves out line ends and tabs
        if not re.fullmatch(r'/(?![/\\])[^\0-\x20]*', location):
            fail('a Location that is a path, such as /auth/login', f'Location: {location}')
        return location


def check_json(response):
    """Check that an answer is a JSON object, and that an error has the form of the contract."""
    try:
        data = json.loads(response.body.decode('utf-8'))
    except ValueError:
        data = None
    if response.content_type != 'application/json' or not isinstance(data, dict):
        fail('a JSON object, application/json', summary(response))
    if response.status_int >= 400:
        name = HTTPStatus(response.status_int).phrase
        more = re.sub(rf"(?i){name}|unknown error|'.*'", '', str(data.get('message')))
        is_named = set(data) == {'error', 'message'} and data['error'] == name
        if not is_named or len(more.split()) < 2 or re.search(r'\{[a-z]\w*\}', more):
            fail(f'{{"error": "{name}", "message": "<what to do>"}}', json.dumps(data))


class Api(Client):
    """An API client. Each answer must be JSON, and each status 200 if no other is expected."""

    expected = [200]

    def do_request(self, request, status=None, expect_errors=None):
        response = super().do_request(request, status)
        if response.status_int != 204:
            check_json(response)
        if status == 401:
            is_login = (request.method, request.path) == ('POST', '/api/tokens')
            scheme = 'Basic' if is_login else 'Bearer'
            challenge = response.headers.get('WWW-Authenticate', 'no header WWW-Authenticate')
            if not challenge.startswith(f'{scheme} '):
                fail(f'the header WWW-Authenticate: {scheme} realm="..."', challenge)
        return response

    def register(self, username, status=201, **more):
        """Register with the API. Return the JSON of the answer."""
        return self.post_json('/api/users', {**somebody(username), **more}, status=status).json

    def log_in(self, username, password=PASSWORD, status=200):
        """Ask for a token, and send it from now on. Return the answer."""
        headers = {'Authorization': basic(username, password)}
        answer = self.post('/api/tokens', headers=headers, status=status)
        if answer.status_int == 200:
            self.authorization = 'Bearer', answer.json['token']
            Client.owners[' '.join(self.authorization)] = f'Bearer <a token of {username}>'
        return answer


def basic(username, password):
    """Return an Authorization header for HTTP Basic."""
    return 'Basic ' + base64.b64encode(f'{username}:{password}'.encode()).decode()
