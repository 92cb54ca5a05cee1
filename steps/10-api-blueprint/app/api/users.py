"""Users: read one or all, register, change yourself."""
from app.api import bp
from app.api.errors import not_implemented


@bp.route('/users/<id:id>')
def get_user(id):
    not_implemented()


@bp.route('/users')
def get_users():
    not_implemented()


@bp.route('/users', 'POST')
def create_user():
    not_implemented()


@bp.route('/users/<id:id>', 'PUT')
def update_user(id):
    not_implemented()
