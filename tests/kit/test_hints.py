"""Failures that say little have a hint: each hint belongs to something that comes, and is the first that fits."""
import importlib.util

import pytest

from suite import ROOT

spec = importlib.util.spec_from_file_location('suite_conftest', ROOT / 'tests/conftest.py')
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)
CAME = [  # what comes, in the order of the hints
    "TypeError: 'NoneType' object is not callable", "AttributeError: 'NoneType' object has no attribute '__name__'",
    "TypeError: 'NoneType' object is not subscriptable\nat profile.tpl:7: % if member['id'] == user['id']:",
    "TypeError: 'NoneType' object is not subscriptable", "KeyError: 'post'\nat chat.py:160: return get_db().cached_counts(['post'])['post']",
    'IndexError: No item with that key',
    "TypeError: 'sqlite3.Cursor' object is not subscriptable", 'TypeError: Object of type Row is not JSON serializable',
    'status 303\n200 OK, text/html\nan empty answer', 'TypeError: Secret key required for non-string cookies.',
    "ImportError: cannot import name 'bp' from partially initialized module 'app.api' (most likely due to a circular import)", "KeyError: 'id'\nat app/blueprint.py:34: app.route(url_prefix + path, method, view)",
    "KeyError: 'links'",
    'SyntaxError: source code string cannot contain null bytes', "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0", "NameError: name 'posts' is not defined\nat search.tpl:7: % if posts:", "NameError: name 'abort' is not defined", "ImportError: cannot import name 'find' from 'app.db'",
    "SyntaxError: '(' was never closed", 'sqlite3.ProgrammingError: Incorrect number of bindings supplied.', 'no such table: user: GET /, which should have', 'sqlite3.OperationalError: no such column: new.b', 'sqlite3.OperationalError: no such column: username',
    'sqlite3.OperationalError: near "email": syntax error', 'TypeError: create_app() takes from 0 to 1 positional arguments but 2 were given',
    'TypeError: add_post() takes 1 positional argument but 2 were given', 'TypeError: list indices must be integers or slices, not str',
    'RuntimeError: This request is not connected to an application.', 'status 303\n429 Too Many Requests, text/html', "[('ann', 'ann@example.com')]\n[]",
    "bottle.RouteBuildError: ('Missing URL argument: %r', 'id')", "bottle.RouteBuildError: ('No route with that name.', 'room')",
    "AttributeError: Attribute 'user' not defined.", "bottle.TemplateError: Template 'rom' not found.",
    'status 403\n303 See Other, text/html', 'status 200\n404 Not Found, text/html\nThere is nothing here.\nthere are: /, /profile', 'status 303\n405 Method Not Allowed, text/html',
]


@pytest.mark.parametrize('came, hint', list(zip(CAME, conftest.HINTS, strict=True)), ids=lambda value: str(value)[:40])
def test_hint(tmp_path, came, hint):
    """What comes has its hint, in a learner's folder."""
    assert conftest.hint(conftest.Step(tmp_path, 5), came) == hint[1]


def test_byte_order_mark(tmp_path):
    """A template that begins with a byte-order mark is named."""
    (tmp_path / 'room.tpl').write_bytes(b'\xef\xbb\xbf% rebase')
    assert 'room.tpl' in conftest.hint(conftest.Step(tmp_path, 5), '')
