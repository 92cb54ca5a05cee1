"""The yardstick: the least that answers these requests, a bare WSGI callable with sqlite3 and nothing else."""
import hashlib
import json
import sqlite3
import threading
import time
from urllib.parse import parse_qsl

USER = 'select *, (select count(*) from post where user_id = user.id) as post_count from user where id = ?'
POST = 'select post.*, username from post join user on user.id = user_id where post.id = ?'
POSTS = '''
    select post.*, username from post join user on user.id = user_id
    where post.id <= (select id from post order by id desc limit 1 offset ?) order by post.id desc limit ?
'''
TOKEN = 'select user.id, username from token join user on user.id = user_id where hash = ? and expires_at > ?'


class Refused(Exception):
    """A status line, and a sentence that says what to do."""


def create_app(database):
    """Return a WSGI callable that serves the posts and users in a database of the chat app."""
    local = threading.local()

    def get_db():
        if not hasattr(local, 'db'):
            local.db = sqlite3.connect(database, isolation_level=None)
            local.db.row_factory = sqlite3.Row
            local.db.execute('pragma foreign_keys = on')
            local.db.execute('pragma synchronous = normal')
        return local.db

    def app(environ, start_response):
        headers = [('Content-Type', 'application/json')]
        try:
            status, answer = respond(environ, get_db())
        except Refused as refused:
            status, message = refused.args
            answer = {'error': status[4:], 'message': message}
        if status == '201 Created':
            headers.append(('Location', answer['_links']['self']))
        body = json.dumps(answer).encode()
        headers.append(('Content-Length', str(len(body))))
        start_response(status, headers)
        return [body]
    return app


def respond(environ, db):
    """Return the status line and the answer to a request."""
    me = find_token_user(db, environ.get('HTTP_AUTHORIZATION', ''))
    method = environ['REQUEST_METHOD']
    kind, _, id = environ['PATH_INFO'].removeprefix('/api/').partition('/')
    if kind == 'posts' and not id:
        return get_posts(environ, db) if method == 'GET' else create_post(environ, db, me)
    row = db.execute(POST if kind == 'posts' else USER, [read_number(id, 10**18, '404 Not Found')]).fetchone()
    if row is None:
        raise Refused('404 Not Found', 'There is nothing here. Check the address.')
    if kind == 'users':
        return '200 OK', user_json(row, me)
    return '200 OK', post_json(row) if method == 'GET' else update_post(environ, db, me, row)


def find_token_user(db, authorization):
    """Return the row of the user behind the Bearer token."""
    scheme, _, token = authorization.partition(' ')
    row = db.execute(TOKEN, [hashlib.sha256(token.encode()).hexdigest(), utc_now()]).fetchone()
    if row is None or scheme.lower() != 'bearer':
        raise Refused('401 Unauthorized', 'Get a token from POST /api/tokens, and send Authorization: Bearer <token>.')
    return row


def get_posts(environ, db):
    """Return a page of posts."""
    query = dict(parse_qsl(environ['QUERY_STRING']))
    page, size = read_number(query.get('page', '1'), 10**15), read_number(query.get('per_page', '10'), 100)
    rows = db.execute(POSTS, [(page - 1) * size, size]).fetchall()
    total, = db.execute('select count from _counts where "table" = ?', ['post']).fetchone()
    pages = -(-total // size)
    return '200 OK', {
        'items': [post_json(row) for row in rows],
        '_meta': {'page': page, 'per_page': size, 'total_pages': pages, 'total_items': total},
        '_links': {
            'self': f'/api/posts?page={page}&per_page={size}',
            'next': f'/api/posts?page={page + 1}&per_page={size}' if page < pages else None,
            'prev': f'/api/posts?page={page - 1}&per_page={size}' if page > 1 else None,
        },
    }


def create_post(environ, db, me):
    """Write a post of this user, and return it."""
    body, now = read_body(environ), utc_now()
    id = db.execute('insert into post (user_id, body, created_at) values (?, ?, ?)', [me['id'], body, now]).lastrowid
    row = {'id': id, 'user_id': me['id'], 'body': body, 'created_at': now, 'username': me['username']}
    return '201 Created', post_json(row)


def update_post(environ, db, me, row):
    """Change what a post says, and return it."""
    if row['user_id'] != me['id']:
        raise Refused('403 Forbidden', 'Only its author may change or delete a post.')
    body = read_body(environ)
    db.execute('update post set body = ? where id = ?', [body, row['id']])
    return post_json({**row, 'body': body})


def read_body(environ):
    """Return the body of the post that is sent."""
    if environ.get('CONTENT_TYPE') != 'application/json':
        raise Refused('415 Unsupported Media Type', 'Send JSON, and say so: Content-Type: application/json.')
    try:
        body = json.loads(environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'])))['body'].strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        body = ''
    if not 1 <= len(body) <= 500:
        raise Refused('400 Bad Request', 'body must be 1 to 500 characters.')
    return body


def read_number(text, most, status='400 Bad Request'):
    """Return a whole number from 1 on."""
    if not (text.isdecimal() and text.isascii() and len(text) < 19 and 1 <= int(text) <= most):
        raise Refused(status, f'A whole number from 1 to {most}.')
    return int(text)


def user_json(row, me):
    """Return what the API shows of a user."""
    fields = {name: row[name] for name in ('id', 'username', 'about_me', 'created_at', 'post_count')}
    if row['id'] == me['id']:
        fields['email'] = row['email']
    return {**fields, '_links': {'self': f'/api/users/{row["id"]}', 'posts': f'/api/users/{row["id"]}/posts'}}


def post_json(row):
    """Return what the API shows of a post."""
    return {
        'id': row['id'],
        'body': row['body'],
        'created_at': row['created_at'],
        'author': {'id': row['user_id'], 'username': row['username']},
        '_links': {'self': f'/api/posts/{row["id"]}', 'author': f'/api/users/{row["user_id"]}'},
    }


def utc_now():
    """Return the time as ISO 8601 in UTC."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
