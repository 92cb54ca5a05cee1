"""Chat from a terminal: `python client.py ann`, or `python client.py ann http://192.168.1.5:8080`."""
import argparse
import base64
import getpass
import json
import sys
import threading
import urllib.error
import urllib.request

SECONDS = 1  # between two looks for new posts


class Client:
    """Somebody at the API: a password buys a token, the token opens the rest."""

    def __init__(self, url, username, password):
        self.url = url.rstrip('/')
        self.authorization = 'Basic ' + base64.b64encode(f'{username}:{password}'.encode()).decode()
        self.authorization = 'Bearer ' + self.ask('POST', '/api/tokens')['token']

    def ask(self, method, path, data=None):
        """Send a request, with the data as JSON; return the JSON of the answer."""
        body = json.dumps(data).encode() if data else None
        headers = {'Authorization': self.authorization, 'Content-Type': 'application/json'}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or 'null')


def explain(error):
    """Return what went wrong with a request, in the server's own words where it has some."""
    if isinstance(error, urllib.error.HTTPError) and error.headers.get_content_type() == 'application/json':
        return json.load(error)['message']
    return f'{error}. Is this the address of a chat room that runs?'


def talk(client):
    """Post each line that is typed, until there are no more."""
    for line in sys.stdin:
        try:
            line.strip() and client.ask('POST', '/api/posts', {'body': line})
        except OSError as error:
            print(explain(error), file=sys.stderr)


def watch(client, talker):
    """Print posts as they come, until the talker has ended; the first look shows the last ten."""
    last, count = 0, 10
    while True:
        more = talker.is_alive()
        for post in reversed(client.ask('GET', f'/api/posts?per_page={count}')['items']):
            if post['id'] > last:
                show(post)
                last = post['id']
        if not more:
            break
        count = 100
        talker.join(SECONDS)


def show(post):
    """Print a post, without the codes in it that a terminal would obey."""
    text = ''.join(c if c.isprintable() else ' ' for c in post['body'])
    print(post['created_at'][11:16], post['author']['username'] + ':', text, flush=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='Chat from a terminal. Type a line to post it, Ctrl-C to leave.')
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
            client.ask('DELETE', '/api/tokens')
    except (OSError, ValueError) as error:
        sys.exit(explain(error))
    except (EOFError, KeyboardInterrupt):
        sys.exit()
