"""Errors, as pages or as JSON."""
from bottle import request
from webob.acceptparse import create_accept_header

from app.api.errors import error_response
from app.blueprint import Blueprint
from app.pages import current_user, render

bp = Blueprint('errors')

MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address does not accept this method.',
    413: 'This is too large. Send at most 100 KiB.',
    500: 'Something broke on our side. Try again in a minute.',
}


def is_api():
    """Return True if the request is for the API."""
    return (request.path + '/').startswith('/api/')


def wants_json():
    """Return True if the client prefers JSON to a page."""
    accept = create_accept_header(request.environ.get('HTTP_ACCEPT'))
    offers = accept.acceptable_offers(['text/html', 'application/json'])  # best first
    return bool(offers) and offers[0][0] == 'application/json'


@bp.app_errorhandler
def show_error(error):
    """Answer any error with its status and what to do: as JSON to those who want it, or a page."""
    message = MESSAGES.get(error.status_code, error.body)
    if is_api() or wants_json():
        return error_response(error.status_code, message)
    try:
        current_user()
    except Exception:  # an error page must not fail, whatever is wrong with the database
        request.user = None
    return render('error', status=error.status_line, message=message)
