"""The room and the profiles."""
from bottle import abort, request, static_file

from app.auth import login_required
from app.blueprint import Blueprint, url_for
from app.db import add_post, count_posts, find_posts, find_posts_of, find_user, set_about_me
from app.pages import HERE, redirect_to, render
from app.validation import read_form, read_number, validate

PAGE_SIZE = 20

bp = Blueprint('main')


def render_room(errors=None, body=''):
    page = read_number('page', 1)
    posts = find_posts(page, PAGE_SIZE)
    return render('room', errors, body=body, posts=posts, page=page, older=page * PAGE_SIZE < count_posts())


@bp.route('/')
@login_required
def room():
    return render_room()


@bp.route('/', 'POST')
@login_required
def say():
    body = read_form('body')['body'].strip()
    errors = validate({'body': body})
    if errors:
        return render_room(errors, body)
    add_post(request.user, body)
    return redirect_to(url_for('main.room'))


@bp.route('/user/<username>')
@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1)
    posts = find_posts_of(member['id'], page, PAGE_SIZE)
    return render('profile', member=member, posts=posts, page=page, older=page * PAGE_SIZE < member['post_count'])


@bp.route('/profile')
@login_required
def edit_profile_form():
    return render('edit_profile', form=request.user)


@bp.route('/profile', 'POST')
@login_required
def edit_profile():
    form = read_form('about_me')
    errors = validate(form)
    if errors:
        return render('edit_profile', errors, form=form)
    set_about_me(request.user['id'], form['about_me'])
    return redirect_to(url_for('main.profile', username=request.user['username']))


@bp.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))
