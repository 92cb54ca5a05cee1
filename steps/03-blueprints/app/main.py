"""The room and the people in it."""
from bottle import abort, redirect, request, static_file

from app.auth import login_required
from app.blueprint import Blueprint
from app.db import add_post, count_posts, find_posts, find_posts_of, find_user, set_about_me
from app.pages import HERE, render
from app.rules import find_mistakes, read_form, read_number

PAGE_SIZE = 20

bp = Blueprint('main')


@bp.route('/')
@login_required
def room(mistakes=None, body=''):
    page = read_number('page', 1, 10**15)
    posts = find_posts(page, PAGE_SIZE)
    return render('room', mistakes, body=body, posts=posts, page=page, older=page * PAGE_SIZE < count_posts())


@bp.route('/', 'POST')
@login_required
def say():
    body = read_form('body')['body'].strip()
    mistakes = find_mistakes({'body': body})
    if mistakes:
        return room(mistakes=mistakes, body=body)
    add_post(request.user['id'], body)
    redirect(request.app.get_url('main.room'), 303)


@bp.route('/user/<username>')
@login_required
def profile(username):
    member = find_user(username) or abort(404)
    page = read_number('page', 1, 10**15)
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
    mistakes = find_mistakes(form)
    if mistakes:
        return render('edit_profile', mistakes, form=form)
    set_about_me(request.user['id'], form['about_me'])
    redirect(request.app.get_url('main.profile', username=request.user['username']), 303)


@bp.route('/static/<path:path>')
def static(path):
    return static_file(path, root=str(HERE / 'static'))
