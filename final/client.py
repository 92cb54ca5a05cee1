"""Chat from a terminal: `python client.py ann`, or `… ann http://192.168.1.5:8080`."""
import argparse
import base64
import contextlib
import getpass
import http.client
import json
import sys
import threading
import urllib.error
import urllib.request

SECONDS = 1  # between two requests for new posts
ERRORS = (OSError, http.client.HTTPException, ValueError, RecursionError)  # no connection, no JSON


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """To be sent elsewhere is an error: no other host gets the password or the token."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


class Client:
    """A client of the API. It sends the password once, to get a token for everything else."""

    def __init__(self, url, username, password):
        self.url = url.rstrip('/')
        self.authorization = 'Basic ' + base64.b64encode(f'{username}:{password}'.encode()).decode()
        self.authorization = 'Bearer ' + self.send('POST', '/api/tokens')['token']

    def send(self, method, path, data=None):
        """Send a request with data as JSON. Return the data in the response."""
        body = json.dumps(data).encode() if data else None
        headers = {'Authorization': self.authorization, 'Content-Type': 'application/json'}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with OPENER.open(request, timeout=10) as response:
            return json.loads(response.read(2**21) or 'null')


def printable(text):
    """Return a text without control characters, because a terminal would obey them."""
    return ''.join(character if character.isprintable() else ' ' for character in text)


def talk(client):
    """Post each line that the user types, until the input ends."""
    for line in sys.stdin:
        try:
            if line.strip():
                client.send('POST', '/api/posts', {'body': line})
        except ERRORS as error:
            print(explain(error), file=sys.stderr)


def watch(client, talker):
    """Poll for new posts and print them while the talker is alive. Begin with the last ten."""
    last_id, per_page, alive = 0, 10, True
    while alive:
        alive = talker.is_alive()
        for post in reversed(client.send('GET', f'/api/posts?per_page={per_page}')['items']):
            if post['id'] > last_id:
                show(post)
                last_id = post['id']
        per_page = 100
        talker.join(SECONDS)


def show(post):
    """Print a post."""
    time, username = post['created_at'][11:16], post['author']['username']
    print(printable(f"{time} {username}: {post['body']}"), flush=True)


def explain(error):
    """Return what went wrong with a request, in the server's words if it sent any."""
    if isinstance(error, urllib.error.HTTPError):
        with contextlib.suppress(*ERRORS, LookupError, TypeError):
            return printable(str(json.load(error)['message']))
    return printable(f'{type(error).__name__}: {error}. Is this the address of a chat room?')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='Type a line to post it, Ctrl-C to leave.')
    parser.add_argument('username')
    parser.add_argument('url', nargs='?', default='http://127.0.0.1:8080')
    args = parser.parse_args()
    try:
        client = Client(args.url, args.username, getpass.getpass())
        talker = threading.Thread(target=talk, args=[client], daemon=True)
        talker.start()
        try:
            watch(client, talker)
        finally:
            client.send('DELETE', '/api/tokens')
    except (*ERRORS, LookupError, TypeError) as error:
        sys.exit(explain(error))
    except (EOFError, KeyboardInterrupt):
        sys.exit()
