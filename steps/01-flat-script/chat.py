"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import os
from pathlib import Path

from bottle import Bottle, request, response, run, static_file, template

HERE = Path(__file__).resolve().parent
TEMPLATES = [str(HERE / 'templates')]
HOST, PORT = os.environ.get('CHAT_HOST', '127.0.0.1'), os.environ.get('CHAT_PORT', '8080')

app = Bottle()
posts = []


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)


@app.route('/')
def room():
    return template('room', template_lookup=TEMPLATES, posts=posts)


@app.route('/', 'POST')
def say():
    posts.insert(0, {'username': request.forms.username, 'body': request.forms.body})
    return redirect_to('/')


@app.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))


if __name__ == '__main__':
    run(app, server='waitress', host=HOST, port=PORT)
