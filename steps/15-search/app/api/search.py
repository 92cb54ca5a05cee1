"""Search the posts."""
from bottle import request

from app.api import bp
from app.api.errors import raise_for_errors
from app.api.posts import represent_post
from app.api.representation import collection, read_page
from app.api.tokens import token_required
from app.db import count_posts_with, find_posts_with
from app.validation import validate


@bp.route('/search')
@token_required
def search_posts():
    q = request.query.q.strip()
    raise_for_errors(validate({'q': q}))
    page, per_page = read_page()
    posts = [represent_post(post) for post in find_posts_with(q, page, per_page)]
    return collection(posts, count_posts_with(q), page, per_page, q=q)
