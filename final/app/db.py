"""The database: users, their posts and their tokens."""
import secrets
import sqlite3
import string
import time

from bottle import request
from sqlite_utils import Database

from app.security import hash_token

SCHEMA = """
create table if not exists user (
    id integer primary key autoincrement,
    username text not null unique collate nocase,
    email text not null unique collate nocase,
    password_hash text not null,
    about_me text not null default '',
    created_at text not null
);
create table if not exists post (
    id integer primary key autoincrement,
    user_id integer not null references user,
    body text not null,
    created_at text not null
);
create index if not exists post_user_id on post (user_id);
create table if not exists token (
    hash text primary key,
    user_id integer not null references user,
    expires_at text not null
);
create index if not exists token_expires_at on token (expires_at);
"""
POST_COUNT = """
create table if not exists post_count (
    user_id integer primary key references user,
    total integer not null
);
insert or replace into post_count select user_id, count(*) from post group by user_id;
create trigger if not exists post_count_insert after insert on post begin
    insert into post_count values (new.user_id, 1)
    on conflict (user_id) do update set total = total + 1;
end;
create trigger if not exists post_count_delete after delete on post begin
    update post_count set total = total - 1 where user_id = old.user_id;
end;
"""
SELECT_USER = """
select user.*, ifnull(total, 0) as post_count
from user left join post_count on user_id = user.id """
SELECT_POSTS = 'select post.*, username from post join user on user.id = user_id '


def open_db(path):
    """Return a connection to the database file, with its tables created if they are missing."""
    db = Database(path)
    db.conn.row_factory = sqlite3.Row  # rows that can be read like dicts
    db.enable_wal()
    db.execute('pragma foreign_keys = on')  # SQLite checks `references` only if it is told so
    db.execute('pragma synchronous = normal')  # quicker; a power cut may lose the last posts
    db.executescript(SCHEMA)
    enable_counts(db)
    enable_search(db)
    return db


def enable_counts(db):
    """Make the totals if they are missing. Triggers keep them up to date."""
    if 'post_count' not in db.table_names():
        db.execute('begin immediate')  # other connections wait here until commit
        db.table('user').enable_counts()
        db.table('post').enable_counts()
        db.executescript(POST_COUNT)
        db.commit()


def enable_search(db):
    """Make the index of the words in all posts if it is missing. Triggers keep it up to date."""
    if not db.table('post_fts').exists():
        db.execute('begin immediate')  # other connections wait here until commit
        db.table('post').enable_fts(['body'], create_triggers=True, replace=True,
                                    tokenize='unicode61 remove_diacritics 2')
        db.commit()
    # load the index now: a connection that begins with a write would find it locked
    db.execute('select rowid from post_fts limit 0')


def get_db():
    """Return this thread's own connection, because sqlite3 lets no other thread use it."""
    local = request.app.local
    if not hasattr(local, 'db'):
        local.db = open_db(request.app.config['DATABASE'])
    return local.db


def close_db():
    """Close this thread's connection, if there is one. Its next request opens a new one."""
    db = vars(request.app.local).pop('db', None)
    if db:
        db.close()


def utc_now(seconds=0):
    """Return the time now, or some seconds from now, in UTC as ISO 8601."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def add_user(username, email, password_hash, about_me=''):
    """Add a user. Return {field: message} if the username or the email is taken, else {}."""
    user = {'username': username, 'email': email, 'password_hash': password_hash,
            'about_me': about_me, 'created_at': utc_now()}
    try:
        get_db().table('user').insert(user)
    except sqlite3.IntegrityError as error:
        return taken_error(error)
    return {}


def taken_error(error):
    """Return {field: message} for an error such as 'UNIQUE constraint failed: user.email'."""
    field = str(error).split('.')[-1]
    return {field: f'This {field} is taken. Choose another.'}


def find_user(username):
    """Return the user with this name and their post_count, or None."""
    return get_db().execute(SELECT_USER + 'where username = ?', [username]).fetchone()


def find_user_by_id(id):
    """Return the user with this id and their post_count, or None."""
    return get_db().execute(SELECT_USER + 'where id = ?', [id]).fetchone()


def find_users(page, per_page):
    """Return one page of users, in the order of their ids."""
    sql = SELECT_USER + 'order by id limit ? offset ?'
    return get_db().execute(sql, [per_page, (page - 1) * per_page]).fetchall()


def count_users():
    """Return how many users there are."""
    return count_rows('user')


def count_rows(table):
    """Return the total of a table, which triggers keep."""
    sql = 'select count from _counts where "table" = ?'
    return get_db().execute(sql, [table]).fetchone()[0]


def change_user(id, values):
    """Change some fields of a user. Return errors as add_user does."""
    try:
        get_db().table('user').update(id, values)
    except sqlite3.IntegrityError as error:
        return taken_error(error)
    return {}


def add_token(user):
    """Return a new random token for this user, as {'token', 'expires_at'}."""
    get_db().table('token').delete_where('expires_at <= ?', [utc_now()])
    token, expires_at = secrets.token_urlsafe(32), utc_now(request.app.config['TOKEN_SECONDS'])
    sql = 'insert into token select ?, id, ? from user where id = ? and password_hash = ?'
    get_db().execute(sql, [hash_token(token), expires_at, user['id'], user['password_hash']])
    return {'token': token, 'expires_at': expires_at}


def find_token_user(token):
    """Return the user to whom a token belongs, or None."""
    sql = """select user.* from token join user on user.id = user_id
             where hash = ? and expires_at > ?"""
    return get_db().execute(sql, [hash_token(token), utc_now()]).fetchone()


def delete_token(token):
    """Delete a token, so that nobody can use it any more."""
    get_db().table('token').delete_where('hash = ?', [hash_token(token)])


def delete_tokens_of(user_id, kept):
    """Delete all tokens of a user except the one that is kept."""
    get_db().table('token').delete_where('user_id = ? and hash != ?', [user_id, hash_token(kept)])


def find_posts(page, per_page):
    """Return one page of all posts, newest first, each with its author's username."""
    ids = 'select id from post order by id desc limit ? offset ?'  # skips before it joins
    sql = SELECT_POSTS + f'where post.id in ({ids}) order by post.id desc'
    return get_db().execute(sql, [per_page, (page - 1) * per_page]).fetchall()


def find_posts_of(user_id, page, per_page):
    """Return one page of a user's posts, newest first."""
    ids = 'select id from post where user_id = ? order by id desc limit ? offset ?'
    sql = SELECT_POSTS + f'where post.id in ({ids}) order by post.id desc'
    return get_db().execute(sql, [user_id, per_page, (page - 1) * per_page]).fetchall()


def find_posts_with(words, page, per_page):
    """Return one page of the posts that have all of these words, newest first."""
    sql = SELECT_POSTS + """join post_fts on post_fts.rowid = post.id
        where post_fts match ? order by post_fts.rowid desc limit ? offset ?"""
    return get_db().execute(sql, [match_all(words), per_page, (page - 1) * per_page]).fetchall()


def count_posts_with(words):
    """Return how many posts have all of these words."""
    sql = 'select count(*) from post_fts where post_fts match ?'
    return get_db().execute(sql, [match_all(words)]).fetchone()[0]


def match_all(words):
    """Return a query for the index that finds all of these words. No sign is an operator."""
    blanks = str.maketrans(dict.fromkeys(string.punctuation, ' '))
    different = list(dict.fromkeys(words.translate(blanks).split()))
    return get_db().quote_fts(' '.join(different[:10])) or '""'  # each of them costs


def count_posts():
    """Return how many posts there are."""
    return count_rows('post')


def find_post(id):
    """Return the post with this id and its author's username, or None."""
    return get_db().execute(SELECT_POSTS + 'where post.id = ?', [id]).fetchone()


def add_post(user, body):
    """Add a post by this user. Return it as find_post does."""
    post = {'user_id': user['id'], 'body': body, 'created_at': utc_now()}
    id = get_db().table('post').insert(post).last_pk
    return {'id': id, **post, 'username': user['username']}


def change_post(id, body):
    """Change the body of a post."""
    get_db().execute('update post set body = ? where id = ?', [body, id])


def remove_post(id):
    """Delete a post. Its id is never used again."""
    get_db().table('post').delete_where('id = ?', [id])
