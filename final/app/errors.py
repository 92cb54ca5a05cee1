"""What is shown when something fails."""
from bottle import request, template
from webob.acceptparse import create_accept_header

from app.api import is_api
from app.api.errors import error_response
from app.blueprint import Blueprint
from app.pages import LOOKUP

bp = Blueprint('errors')

MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address takes another method.',
    413: 'This is too much: send at most 100 KiB.',
    500: 'Something broke on our side. Try again in a minute.',
}


def wants_json():
    """True if the client would rather have JSON than a page."""
    accept = create_accept_header(request.environ.get('HTTP_ACCEPT'))
    best = accept.acceptable_offers(['text/html', 'application/json'])
    return bool(best) and best[0][0] == 'application/json'


@bp.error_handler
def show_error(error):
    """Answer any error with its status, and what to do: as JSON to those who want it, else as a page."""
    message = MESSAGES.get(error.status_code, error.body)
    if is_api() or wants_json():
        return error_response(error.status_code, message)
    return template('error', template_lookup=LOOKUP, status=error.status_line, message=message)
