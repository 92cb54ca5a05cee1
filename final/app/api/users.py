"""Users: read one or all, register, change yourself."""
from bottle import abort, request

from app.api import bp
from app.api.body import read_fields
from app.api.errors import raise_for_errors
from app.api.representation import collection, created, read_page
from app.api.tokens import read_bearer, token_required
from app.blueprint import url_for
from app.db import (
    add_user, change_user, count_users, delete_tokens_of, find_user, find_user_by_id, find_users,
)
from app.security import hash_password
from app.validation import validate


def represent_user(user, me):
    """Return the representation of a user for the user whose id is me. Others see no email."""
    fields = ['id', 'username', 'about_me', 'created_at', 'post_count']
    if me == user['id']:
        fields.append('email')
    links = {
        'self': url_for('api.get_user', id=user['id']),
        'posts': url_for('api.get_user_posts', id=user['id']),
    }
    return {**{field: user[field] for field in fields}, '_links': links}


def read_user(required=()):
    """Return the fields of a user in the body, with a hash for the password, or answer 400."""
    values = read_fields('username', 'email', 'password', 'about_me')
    raise_for_errors(validate({**dict.fromkeys(required), **values}))
    if 'password' in values:
        cost = request.app.config['PASSWORD_COST']
        values['password_hash'] = hash_password(values.pop('password'), cost)
    return values


@bp.route('/users/<id:id>')
@token_required
def get_user(id):
    return represent_user(find_user_by_id(id) or abort(404), me=request.user['id'])


@bp.route('/users')
@token_required
def get_users():
    page, per_page = read_page()
    users = [represent_user(user, request.user['id']) for user in find_users(page, per_page)]
    return collection(users, count_users(), page, per_page)


@bp.route('/users', 'POST')
def create_user():
    values = read_user(required=['username', 'email', 'password'])
    raise_for_errors(add_user(**values))
    user = find_user(values['username'])
    return created(represent_user(user, me=user['id']))


@bp.route('/users/<id:id>', 'PUT')
@token_required
def update_user(id):
    find_user_by_id(id) or abort(404)
    if id != request.user['id']:
        abort(403, 'You may change only yourself.')
    values = read_user()
    raise_for_errors(change_user(id, values))
    if 'password_hash' in values:
        delete_tokens_of(id, kept=read_bearer())
    return represent_user(find_user_by_id(id), me=id)
