"""Posts: read one or all, write, change, delete."""
from app.api import bp
from app.api.body import read_json
from app.api.errors import not_implemented
from app.api.tokens import token_required


@bp.route('/posts/<id:id>')
@token_required
def get_post(id):
    not_implemented()


@bp.route('/posts')
@token_required
def get_posts():
    not_implemented()


@bp.route('/posts', 'POST')
@token_required
def create_post():
    read_json()
    not_implemented()


@bp.route('/posts/<id:id>', 'PUT')
@token_required
def update_post(id):
    read_json()
    not_implemented()


@bp.route('/posts/<id:id>', 'DELETE')
@token_required
def delete_post(id):
    not_implemented()
