"""Step 01: a web app is a table of routes."""
from http.client import HTTPConnection
from urllib.parse import urlsplit

from answers import fail
from pages import address, bodies, check_no_html, check_page, element, field
from processes import send, serve

# A page

def test_room(ann):
    """GET / shows the room: a page with a form in which you say something."""
    page = ann.get('/', status=200)
    check_page(page)
    field(page, 'body')


# The stylesheet

def test_stylesheet(ann):
    """The page links to its stylesheet in /static. Nothing outside that folder can be read."""
    page = ann.get('/', status=200)
    path = address(page, element(page, 'link[rel=stylesheet]'))
    assert '/static/' in path
    assert ann.get(path, status=200).content_type == 'text/css'
    for path in ['../chat.py', '../../config.py', 'nothing.css']:
        ann.get(f'/static/{path}', status=[404, 403, 400])


# Say something

def test_say(ann):
    """What you say is in the room, the newest first, with your name. An empty room says so."""
    element(ann.get('/', status=200), '.empty')
    ann.post('/', {'username': 'ann', 'body': 'first'}, status=[200, 303])
    ann.post('/', {'username': 'ann', 'body': 'second'}, status=[200, 303])
    page = ann.get('/', status=200)
    assert bodies(page) == ['second', 'first']
    for post in page.html.select('.posts > *'):
        assert 'ann' in post.get_text()
    assert page.html.select('.empty') == []


# Send it twice

def test_post_redirect_get(ann):
    """A POST is answered with 303 and the path of the room. Reloading that posts nothing."""
    path = ann.redirected(ann.post('/', {'username': 'ann', 'body': 'hello'}))
    ann.get(path, status=200)
    assert bodies(ann.get(path, status=200)) == ['hello']


# Strangers' HTML

def test_xss(ann):
    """Any text is shown as it was typed. None of it becomes HTML."""
    texts = ['<script>alert(1)</script>', '<b>bold</b>', '"\'&amp;{{1}}', '% end', 'ü 你好 🙂 \u202e']
    for text in texts:
        ann.say(text)
    page = ann.get('/', status=200)
    check_no_html(page, 'script, .posts b b, .body *')
    assert bodies(page) == texts[::-1]


# A restart

def test_start(step, tmp_path):
    """The app starts from any folder, on CHAT_HOST and CHAT_PORT. A silent client stops nobody."""
    with serve(step, tmp_path) as server:
        silent = HTTPConnection(urlsplit(server).netloc)
        silent.connect()  # as browsers do, to be quick later
        status = send(server, '/').status
        if status not in (200, 303):
            fail('status 200, or 303 to log in', f'status {status}')


def test_head(ann):
    """HEAD answers like GET, without a body."""
    assert ann.head('/', status=200).text == ''
