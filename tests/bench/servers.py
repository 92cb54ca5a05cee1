"""A server of an app, started as its user would start it, and clients that talk to it over HTTP."""
import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time

PASSWORD = 'correct horse'


class Server:
    """`python chat.py` of a folder, on a free port, with its database and its log in a directory."""

    def __init__(self, folder, directory, **settings):
        self.script = folder / 'chat.py'
        self.database, self.log_file = directory / 'chat.db', directory / 'server.log'
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        self.environ = {**os.environ, 'CHAT_DB': str(self.database), 'CHAT_HOST': '127.0.0.1', 'CHAT_PORT': str(self.port),
                        **{f'CHAT_{name}': str(value) for name, value in settings.items()}}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.kill()

    def start(self, **popen):
        """Start the server and wait until it answers."""
        with open(self.log_file, 'ab') as log:
            self.process = subprocess.Popen([sys.executable, '-B', '-W', 'ignore', str(self.script)], env=self.environ,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, **popen)
        for _ in range(1000):
            if self.process.poll() is not None:
                break
            try:
                return socket.create_connection(('127.0.0.1', self.port), timeout=5).close()
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise RuntimeError(f'{self.script} does not start: {self.log()[-500:]}')

    def kill(self):
        """End the server at once, as kill -9 does."""
        self.process.kill()
        self.process.wait()

    def log(self):
        """Return what the server has written to its log."""
        return self.log_file.read_text(encoding='utf-8', errors='replace')


class Client:
    """Somebody with a connection that is kept open, and with a token after log_in."""

    def __init__(self, port, username=None, authorization=None):
        self.username, self.authorization = username, authorization
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=120)

    def ask(self, method, path, data=None, authorization=None):
        """Send a request. Return the status, the headers and the JSON of the answer."""
        headers = {'Authorization': authorization or self.authorization, 'Content-Type': data and 'application/json'}
        headers = {name: value for name, value in headers.items() if value}
        self.connection.request(method, path, json.dumps(data).encode() if data else None, headers)
        response = self.connection.getresponse()
        body = response.read()
        return response.status, response.headers, json.loads(body or 'null')

    def register(self):
        """Send a registration. Return what ask returns."""
        fields = {'username': self.username, 'email': f'{self.username}@example.com', 'password': PASSWORD}
        return self.ask('POST', '/api/users', fields)

    def log_in(self, password=PASSWORD):
        """Send the password for a token, and keep the token. Return what ask returns."""
        basic = base64.b64encode(f'{self.username}:{password}'.encode()).decode()
        answer = self.ask('POST', '/api/tokens', authorization=f'Basic {basic}')
        if answer[0] == 200:
            self.authorization = f'Bearer {answer[2]["token"]}'
        return answer

    def post(self, body):
        """Send a post. Return what ask returns."""
        return self.ask('POST', '/api/posts', {'body': body})

    def read(self, page=1, per_page=10):
        """Ask for a page of posts. Return what ask returns."""
        return self.ask('GET', f'/api/posts?page={page}&per_page={per_page}')

    def all_posts(self):
        """Return the bodies of all posts."""
        bodies, pages, page = [], 1, 1
        while page <= pages:
            status, _, answer = self.read(page, 100)
            if status != 200:
                raise RuntimeError(f'status {status} for page {page} of the posts')
            bodies += [post['body'] for post in answer['items']]
            pages, page = answer['_meta']['total_pages'], page + 1
        return bodies
