"""Posts: read one or all, write, change, delete."""
from app.api import bp
from app.api.errors import not_implemented


@bp.route('/posts/<id:id>')
def get_post(id):
    not_implemented()


@bp.route('/posts')
def get_posts():
    not_implemented()


@bp.route('/posts', 'POST')
def create_post():
    not_implemented()


@bp.route('/posts/<id:id>', 'PUT')
def update_post(id):
    not_implemented()


@bp.route('/posts/<id:id>', 'DELETE')
def delete_post(id):
    not_implemented()
