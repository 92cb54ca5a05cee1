"""Tokens: get one, revoke it."""
import functools

from bottle import HTTPError, parse_auth, request, response

from app.api import bp
from app.auth import authenticate
from app.db import add_token, delete_token, find_token_user


def unauthorized(scheme, message):
    """Answer 401 and name the authentication scheme that is needed."""
    raise HTTPError(401, message, WWW_Authenticate=f'{scheme} realm="chat"')


def read_bearer():
    """Return the token in the Authorization header, or ''."""
    scheme, _, token = request.environ.get('HTTP_AUTHORIZATION', '').partition(' ')
    return token.strip() if scheme.lower() == 'bearer' else ''


def token_required(view):
    """Let only requests with a valid token reach a view, with its user in request.user."""
    @functools.wraps(view)
    def wrapper(**args):
        request.user = find_token_user(read_bearer())
        if not request.user:
            unauthorized('Bearer', 'Get a token from POST /api/tokens, and send it as '
                                   'Authorization: Bearer <token>.')
        return view(**args)
    return wrapper


@bp.route('/tokens', 'POST')
def get_token():
    credentials = parse_auth(request.environ.get('HTTP_AUTHORIZATION', ''))
    user = authenticate(*credentials) if credentials else None
    if not user:
        unauthorized('Basic', 'Your username or password is wrong or missing. Use HTTP Basic.')
    return add_token(user)


@bp.route('/tokens', 'DELETE')
@token_required
def revoke_token():
    delete_token(read_bearer())
    response.status = 204
