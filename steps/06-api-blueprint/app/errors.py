"""The error pages."""
from app.blueprint import Blueprint
from app.pages import render

bp = Blueprint('errors')

MESSAGES = {
    404: 'There is nothing here. Check the address.',
    405: 'This address does not accept this method.',
    500: 'Something broke on our side. Try again in a minute.',
}


@bp.app_errorhandler
def show_error(error):
    """Answer any error with a page that shows its status and says what to do."""
    return render('error', status=error.status_line, message=MESSAGES.get(error.status_code, error.body))
