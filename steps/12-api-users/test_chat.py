"""Tests of the chat room: `python -m pytest test_chat.py`."""
import pytest
from webtest import TestApp

from app import create_app
from config import Config

ANN = {'username': 'ann', 'email': 'ann@example.com', 'password': 'correct horse'}


@pytest.fixture
def make_browser(tmp_path):
    """A function that returns a browser for a new app, whose database has this name."""
    def make(name):
        class TestConfig(Config):
            DATABASE = str(tmp_path / name)
            PASSWORD_COST = 2
        return TestApp(create_app(TestConfig))
    return make


@pytest.fixture
def browser(make_browser):
    return make_browser('chat.db')


def log_in(browser):
    browser.post('/auth/register', ANN)
    browser.post('/auth/login', ANN)


def test_login_required(browser):
    assert '/auth/login' in browser.get('/', status=303).location


def test_post(browser):
    log_in(browser)
    browser.post('/', {'body': 'hello'}, status=303)
    assert 'hello' in browser.get('/')


def test_two_apps(make_browser):
    one, two = make_browser('one.db'), make_browser('two.db')
    log_in(one)
    one.post('/', {'body': 'hello'})
    log_in(two)
    assert 'hello' not in two.get('/')
