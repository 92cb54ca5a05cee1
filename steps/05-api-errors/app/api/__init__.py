"""The API: a blueprint of its own, under /api."""
from bottle import request

from app.blueprint import Blueprint

bp = Blueprint('api')


def is_api():
    """True if the request is for the API, where there are no pages, no forms and no cookies."""
    return (request.path + '/').startswith('/api/')


from app.api import errors, posts, tokens, users  # at the bottom: they need bp to be there
