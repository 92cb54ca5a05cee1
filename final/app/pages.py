"""What every page needs."""
from pathlib import Path

from bottle import request, response, template

HERE = Path(__file__).resolve().parent
LOOKUP = [str(HERE / 'templates')]  # one list for good: Bottle's template cache goes by its identity


def render(name, mistakes=None, **values):
    """Return a page. With mistakes to show on its form, the status is 400."""
    response.status = 400 if mistakes else 200
    return template(name, template_lookup=LOOKUP, user=request.user, mistakes=mistakes or {}, **values)
