"""Posts: read one or all, write, change, delete."""
from app.api import bp
from app.api.body import read_json
from app.api.errors import not_implemented


@bp.route('/posts/<id:id>')
def get_post(id):
    not_implemented()


@bp.route('/posts')
def get_posts():
    not_implemented()


@bp.route('/posts', 'POST')
def create_post():
    read_json()
    not_implemented()


@bp.route('/posts/<id:id>', 'PUT')
def update_post(id):
    read_json()
    not_implemented()


@bp.route('/posts/<id:id>', 'DELETE')
def delete_post(id):
    not_implemented()
