"""Tokens: get one for a password, show it with every request, give it back."""
import functools

from bottle import HTTPError, request, response

from app.api import bp
from app.db import add_token, check_password, delete_token, find_token_user, find_user


def unauthorized(scheme, message):
    """Stop here: 401, and the scheme of HTTP authentication that opens this door."""
    raise HTTPError(401, message, WWW_Authenticate=f'{scheme} realm="chat"')


def read_bearer():
    """Return the token that the request shows, or ''."""
    scheme, _, token = request.environ.get('HTTP_AUTHORIZATION', '').partition(' ')
    return token.strip() if scheme.lower() == 'bearer' else ''


def token_required(view):
    """Open a view only to a request with a good token; request.user is the user behind it."""
    @functools.wraps(view)
    def wrapper(**args):
        request.user = find_token_user(read_bearer())
        if not request.user:
            unauthorized('Bearer', 'Get a token from POST /api/tokens, and send Authorization: Bearer <token>.')
        return view(**args)
    return wrapper


@bp.route('/tokens', 'POST')
def get_token():
    username, password = request.auth or ('', '')
    user = find_user(username)
    if not check_password(user, password):
        unauthorized('Basic', 'Send the right username and password by HTTP Basic authentication.')
    return add_token(user['id'])


@bp.route('/tokens', 'DELETE')
@token_required
def revoke_token():
    delete_token(read_bearer())
    response.status = 204
