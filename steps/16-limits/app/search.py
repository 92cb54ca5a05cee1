"""Search the posts."""
from urllib.parse import urlencode

from bottle import request

from app.auth import login_required
from app.blueprint import Blueprint
from app.db import count_posts_with, find_posts_with
from app.pages import PAGE_SIZE, render
from app.validation import read_number, validate

bp = Blueprint('search')


@bp.route('/search')
@login_required
def search():
    form = {'q': request.query.q.strip()}
    page = read_number('page', 1)
    errors = validate(form) if request.query.get('q', '').strip() else {}
    if errors or not form['q']:
        return render('search', errors, form=form, posts=None)
    posts = find_posts_with(form['q'], page, PAGE_SIZE)
    older = page * PAGE_SIZE < count_posts_with(form['q'])
    return render('search', form=form, posts=posts, page=page, older=older,
                  query=urlencode(form) + '&')
