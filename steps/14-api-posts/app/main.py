"""The room and the profiles."""
from bottle import abort, static_file

from app.auth import login_required
from app.blueprint import Blueprint, url_for
from app.db import add_post, change_user, count_posts, find_posts, find_posts_of, find_user
from app.pages import HERE, PAGE_SIZE, current_user, redirect_to, render
from app.validation import read_form, read_number, validate

bp = Blueprint('main')


def render_room(form, errors=None):
    """Return the room, with what was typed into its form."""
    page = read_number('page', 1)
    posts = find_posts(page, PAGE_SIZE)
    older = page * PAGE_SIZE < count_posts()
    return render('room', errors, form=form, posts=posts, page=page, older=older)


@bp.route('/')
@login_required
def room():
    return render_room(form={})


@bp.route('/', 'POST')
@login_required
def say():
    form = read_form('body')
    form['body'] = form['body'].strip()
    errors = validate(form)
    if errors:
        return render_room(form, errors)
    add_post(current_user(), form['body'])
    return redirect_to(url_for('main.room'))


@bp.route('/user/<username>')
@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1)
    posts = find_posts_of(member['id'], page, PAGE_SIZE)
    older = page * PAGE_SIZE < member['post_count']
    return render('profile', member=member, posts=posts, page=page, older=older)


@bp.route('/profile')
@login_required
def edit_profile_form():
    return render('edit_profile', form={'about_me': current_user()['about_me']})


@bp.route('/profile', 'POST')
@login_required
def edit_profile():
    form = read_form('about_me')
    errors = validate(form)
    if errors:
        return render('edit_profile', errors, form=form)
    change_user(current_user()['id'], form)
    return redirect_to(url_for('main.profile', username=current_user()['username']))


@bp.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))
