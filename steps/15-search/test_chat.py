"""Tests of the chat room: `python -m pytest test_chat.py`."""
import pytest
from webtest import TestApp

from app import create_app
from config import Config

ANN = {'username': 'ann', 'email': 'ann@example.com', 'password': 'correct horse'}


def make_browser(database):
    """Return a browser for a new app with this database."""
    class TestConfig(Config):
        DATABASE = str(database)
        PASSWORD_COST = 2
    return TestApp(create_app(TestConfig))


@pytest.fixture
def browser(tmp_path):
    return make_browser(tmp_path / 'chat.db')


def log_in(browser):
    browser.post('/auth/register', ANN)
    browser.post('/auth/login', ANN)


def test_login_required(browser):
    assert '/auth/login' in browser.get('/', status=303).location


def test_post(browser):
    log_in(browser)
    browser.post('/', {'body': 'hello'}, status=303)
    assert 'hello' in browser.get('/')


def test_two_apps(tmp_path):
    one, two = make_browser(tmp_path / 'one.db'), make_browser(tmp_path / 'two.db')
    log_in(one)
    one.post('/', {'body': 'hello'})
    log_in(two)
    assert 'hello' not in two.get('/')


def make_client(app, username):
    """Return a client of the API, with a token of a new user."""
    client = TestApp(app)
    client.post_json('/api/users', {**ANN, 'username': username, 'email': f'{username}@x'})
    client.authorization = ('Basic', (username, ANN['password']))
    client.authorization = ('Bearer', client.post('/api/tokens').json['token'])
    return client


def test_somebody_elses_post(browser):
    eve, ann = make_client(browser.app, 'eve'), make_client(browser.app, 'ann')
    post = ann.post_json('/api/posts', {'body': 'from ann'}).json
    path = post['_links']['self']
    eve.put_json(path, {'body': 'from eve'}, status=403)
    eve.delete(path, status=403)
    assert ann.get(path).json == post
    ann.put_json(path, {'body': 'better'}, status=200)


def find(client, q):
    """Return the bodies of the posts that a search finds."""
    return [post['body'] for post in client.get('/api/search', {'q': q}).json['items']]


def test_search(browser):
    ann = make_client(browser.app, 'ann')
    for body in ['I like tea', 'I like coffee', 'Tea time']:
        ann.post_json('/api/posts', {'body': body})
    assert find(ann, 'tea') == ['Tea time', 'I like tea']


def test_search_for_text(browser):
    ann = make_client(browser.app, 'ann')
    ann.post_json('/api/posts', {'body': 'I like tea'})
    assert find(ann, '"tea') == ['I like tea']
    assert find(ann, 'coffee OR tea') == []
