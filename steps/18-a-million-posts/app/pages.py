"""What every page needs."""
from pathlib import Path

from bottle import request, response, template

from app.blueprint import url_for
from app.db import find_token_user
from app.validation import read_token

HERE = Path(__file__).resolve().parent
TEMPLATES = [str(HERE / 'templates')]
PAGE_SIZE = 20


def current_user():
    """Return the user who is logged in, or None."""
    if not hasattr(request, 'user'):  # ask the database once a request
        request.user = find_token_user(read_token())
    return request.user


def render(name, errors=None, **values):
    """Return a page. A form with errors is shown again, with status 400."""
    if errors:
        response.status = 400
    values.update(user=current_user(), errors=errors or {}, url_for=url_for)
    return template(name, template_lookup=TEMPLATES, **values)


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)
