"""The error pages."""
from bottle import request

from app.blueprint import Blueprint
from app.pages import current_user, render

bp = Blueprint('errors')

MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address does not accept this method.',
    413: 'This is too large. Send at most 100 KiB.',
    500: 'Something broke on our side. Try again in a minute.',
}


@bp.app_errorhandler
def show_error(error):
    """Answer any error with a page that shows its status and says what to do."""
    message = MESSAGES.get(error.status_code, error.body)
    try:
        current_user()
    except Exception:  # an error page must not fail, whatever is wrong with the database
        request.user = None
    return render('error', status=error.status_line, message=message)
