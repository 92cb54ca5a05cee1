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
    q = request.query.q  # '' for bytes that aren't UTF-8
    form = {'q': q.strip()}
    page = read_number('page', 1)
    errors = {} if q.isspace() or not request.query.get('q') else validate(form)
    if errors or not form['q']:
        return render('search', errors, form=form, posts=None)
    posts = find_posts_with(form['q'], page, PAGE_SIZE)
    older = page * PAGE_SIZE < count_posts_with(form['q'])
    return render('search', form=form, posts=posts, page=page, older=older,
                  query=urlencode(form) + '&')
