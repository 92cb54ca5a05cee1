"""What every page needs."""
from pathlib import Path

from bottle import abort, redirect, request, response, template

HERE = Path(__file__).resolve().parent
LOOKUP = [str(HERE / 'templates')]  # always this one list: Bottle's template cache depends on its identity


def render(name, errors=None, **values):
    """Return a page. A form with errors is shown again, with status 400."""
    if errors:
        response.status = 400
    return template(name, template_lookup=LOOKUP, user=getattr(request, 'user', None), errors=errors or {}, **values)


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    try:
        redirect(path, 303)
    except ValueError:  # Bottle builds the address from the Host header, which may be nonsense like "["
        abort(400, 'The Host header is not a host name.')
