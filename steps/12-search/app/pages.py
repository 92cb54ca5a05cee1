"""What every page needs."""
from pathlib import Path

from bottle import request, response, template

HERE = Path(__file__).resolve().parent
LOOKUP = [str(HERE / 'templates')]  # always this one list: Bottle's template cache depends on its identity


def render(name, errors=None, **values):
    """Return a page. A form with errors is shown again, with status 400."""
    if errors:
        response.status = 400
    return template(name, template_lookup=LOOKUP, user=getattr(request, 'user', None), errors=errors or {}, **values)


def redirect_to(path):
    """Send the browser to another page with 303 See Other, so that it makes a GET request."""
    response.status = 303
    response.set_header('Location', path)
