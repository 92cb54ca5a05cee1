"""Tokens: get one, revoke it."""
from app.api import bp
from app.api.errors import not_implemented


@bp.route('/tokens', 'POST')
def get_token():
    not_implemented()


@bp.route('/tokens', 'DELETE')
def revoke_token():
    not_implemented()
