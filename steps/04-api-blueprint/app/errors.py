"""What is shown when something fails."""
from bottle import template

from app.blueprint import Blueprint
from app.pages import LOOKUP

bp = Blueprint('errors')

MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address takes another method.',
    413: 'This is too much: send at most 100 KiB.',
    500: 'Something broke on our side. Try again in a minute.',
}


@bp.error_handler
def show_error(error):
    """Answer any error with a page: its status, and what to do."""
    message = MESSAGES.get(error.status_code, error.body)
    return template('error', template_lookup=LOOKUP, status=error.status_line, message=message)
