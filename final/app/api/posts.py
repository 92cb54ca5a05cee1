"""Posts: read one or all, write, change, delete."""
from bottle import abort, request, response

from app.api import bp
from app.api.body import read_fields
from app.api.errors import raise_for_errors
from app.api.representation import collection, created, read_page
from app.api.tokens import token_required
from app.blueprint import url_for
from app.db import (
    add_post, change_post, count_posts, find_post, find_posts, find_posts_of, find_user_by_id,
    remove_post,
)
from app.validation import validate


def represent_post(post):
    """Return the representation of a post."""
    return {
        'id': post['id'],
        'body': post['body'],
        'created_at': post['created_at'],
        'author': {'id': post['user_id'], 'username': post['username']},
        '_links': {
            'self': url_for('api.get_post', id=post['id']),
            'author': url_for('api.get_user', id=post['user_id']),
        },
    }


def find_own_post(id):
    """Return this post, or answer 404 if there is none, and 403 if somebody else wrote it."""
    post = find_post(id) or abort(404)
    if post['user_id'] != request.user['id']:
        abort(403, 'Only its author may change or delete a post.')
    return post


def read_body(default=None):
    """Return the body of a post, trimmed, or the default without one. Answer 400 if not valid."""
    body = read_fields('body').get('body', default)
    body = body.strip() if isinstance(body, str) else body
    raise_for_errors(validate({'body': body}))
    return body


@bp.route('/posts/<id:id>')
@token_required
def get_post(id):
    return represent_post(find_post(id) or abort(404))


@bp.route('/posts')
@token_required
def get_posts():
    page, per_page = read_page()
    posts = [represent_post(post) for post in find_posts(page, per_page)]
    return collection(posts, count_posts(), page, per_page)


@bp.route('/users/<id:id>/posts')
@token_required
def get_user_posts(id):
    user = find_user_by_id(id) or abort(404)
    page, per_page = read_page()
    posts = [represent_post(post) for post in find_posts_of(id, page, per_page)]
    return collection(posts, user['post_count'], page, per_page)


@bp.route('/posts', 'POST')
@token_required
def create_post():
    body = read_body()
    post = add_post(request.user, body)
    return created(represent_post(post))


@bp.route('/posts/<id:id>', 'PUT')
@token_required
def update_post(id):
    post = find_own_post(id)
    body = read_body(default=post['body'])
    change_post(id, body)
    return represent_post({**post, 'body': body})


@bp.route('/posts/<id:id>', 'DELETE')
@token_required
def delete_post(id):
    find_own_post(id)
    remove_post(id)
    response.status = 204
