"""A peer: the same requests on the same tables, by Flask and Flask-SQLAlchemy, as their documentation would write it."""
import hashlib
from datetime import datetime, timezone
from functools import wraps

from flask import Flask, abort, g, jsonify, request, url_for
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select
from sqlalchemy.orm import column_property, joinedload

db = SQLAlchemy()


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey('user.id'), nullable=False, index=True)
    body = db.Column(db.Text, nullable=False)
    created_at = db.Column(db.Text, nullable=False)
    author = db.relationship('User', back_populates='posts')

    def to_dict(self):
        return {
            'id': self.id,
            'body': self.body,
            'created_at': self.created_at,
            'author': {'id': self.author.id, 'username': self.author.username},
            '_links': {'self': url_for('get_post', id=self.id), 'author': url_for('get_user', id=self.user_id)},
        }


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.Text, nullable=False, unique=True)
    email = db.Column(db.Text, nullable=False, unique=True)
    about_me = db.Column(db.Text, nullable=False, default='')
    created_at = db.Column(db.Text, nullable=False)
    posts = db.relationship('Post', back_populates='author', lazy='dynamic')
    post_count = column_property(select(func.count(Post.id)).where(Post.user_id == id).scalar_subquery(), deferred=True)

    def to_dict(self):
        data = {
            'id': self.id,
            'username': self.username,
            'about_me': self.about_me,
            'created_at': self.created_at,
            'post_count': self.post_count,
            '_links': {'self': url_for('get_user', id=self.id), 'posts': url_for('get_user', id=self.id) + '/posts'},
        }
        return {**data, 'email': self.email} if self.id == g.user.id else data


class Token(db.Model):
    hash = db.Column(db.Text, primary_key=True)
    user_id = db.Column(db.ForeignKey('user.id'), nullable=False)
    expires_at = db.Column(db.Text, nullable=False)
    user = db.relationship('User', lazy='joined')


def create_app(database):
    """Return a Flask app that serves the posts and users in a database of the chat app."""
    app = Flask(__name__)
    app.config['SQLALCHEMY_DATABASE_URI'] = f'sqlite:///{database}'
    db.init_app(app)
    with app.app_context():
        db.event.listen(db.engine, 'connect', set_pragmas)
    app.add_url_rule('/api/posts/<int:id>', view_func=get_post)
    app.add_url_rule('/api/posts/<int:id>', view_func=update_post, methods=['PUT'])
    app.add_url_rule('/api/posts', view_func=get_posts)
    app.add_url_rule('/api/posts', view_func=create_post, methods=['POST'])
    app.add_url_rule('/api/users/<int:id>', view_func=get_user)
    return app


def set_pragmas(connection, record):
    connection.execute('pragma foreign_keys = on')
    connection.execute('pragma synchronous = normal')


def utc_now():
    return datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def token_required(view):
    @wraps(view)
    def wrapper(**args):
        shown = request.authorization.token if request.authorization else ''
        token = db.session.get(Token, hashlib.sha256((shown or '').encode()).hexdigest())
        if token is None or token.expires_at <= utc_now():
            abort(401)
        g.user = token.user
        return view(**args)
    return wrapper


def read_body():
    body = request.get_json().get('body')
    if not isinstance(body, str) or not 1 <= len(body.strip()) <= 500:
        abort(400)
    return body.strip()


@token_required
def get_post(id):
    return jsonify(db.get_or_404(Post, id).to_dict())


@token_required
def get_user(id):
    return jsonify(db.get_or_404(User, id).to_dict())


@token_required
def get_posts():
    query = select(Post).options(joinedload(Post.author)).order_by(Post.id.desc())
    posts = db.paginate(query, per_page=10, max_per_page=100, error_out=False)

    def link(page):
        return url_for('get_posts', page=page, per_page=posts.per_page)
    return jsonify({
        'items': [post.to_dict() for post in posts],
        '_meta': {'page': posts.page, 'per_page': posts.per_page, 'total_pages': posts.pages, 'total_items': posts.total},
        '_links': {
            'self': link(posts.page),
            'next': link(posts.next_num) if posts.has_next else None,
            'prev': link(posts.prev_num) if posts.has_prev else None,
        },
    })


@token_required
def create_post():
    post = Post(author=g.user, body=read_body(), created_at=utc_now())
    db.session.add(post)
    db.session.commit()
    return jsonify(post.to_dict()), 201, {'Location': url_for('get_post', id=post.id)}


@token_required
def update_post(id):
    post = db.get_or_404(Post, id)
    if post.author != g.user:
        abort(403)
    post.body = read_body()
    db.session.commit()
    return jsonify(post.to_dict())
