"""Step 02: rows that last."""
import contextlib
import sqlite3
from unittest.mock import Mock

import pytest

from checks import break_posts, check_crash, check_now, fill, setting
from patience import in_background


# A table

def test_schema(chat, browser):
    """The database has a table of posts, each with an id, a body and a time."""
    browser.get('/', status=[200, 303])
    chat.rows('select id, body, created_at from post')


# One connection for everybody

def test_room_reads_the_table(chat, ann):
    """The room shows the rows of the table, the newest first: by id, as all are of one second."""
    fill(chat, 3)
    assert ann.room() == ['3', '2', '1']


def test_crash(chat, ann, caplog):
    """An unforeseen exception: 500, and a page without the traceback, which is in the log."""
    break_posts(chat)
    page = ann.get('/', status=500)
    assert page.content_type == 'text/html'
    check_crash(page, caplog)


# A connection for each thread

def test_connections(chat, ann, monkeypatch):
    """A thread opens the database once, and keeps the connection for all its requests."""
    fill(chat, 1)
    assert ann.room() == ['1']  # by a connection of this thread
    connect = Mock(wraps=sqlite3.connect)
    monkeypatch.setattr(sqlite3, 'connect', connect)
    rooms = in_background(lambda: [ann.room(), ann.room(), ann.room()]).result()
    assert rooms == [['1'], ['1'], ['1']]
    assert connect.call_count == 1, 'three requests in one thread did not open one connection'


# A post that lasts

def test_posts_last(make_chat, chat, ann):
    """When the app is started again, with the same database, all posts are there."""
    ann.say('first')
    ann.say('second')
    again = make_chat(DATABASE=chat.database)
    assert again.browser('bob').room() == ['second', 'first']


@pytest.mark.modules
def test_database_beside_the_app(step, chat):
    """CHAT_DB is the database. Without it, that is beside chat.py, wherever the app is started."""
    assert setting(step, 'DATABASE') == str(step.folder / 'chat.db')
    assert setting(step, 'DATABASE', CHAT_DB='other.db') == 'other.db'


def test_post_has_time(far_east, chat, ann):
    """A post shows when it was written: in UTC, in ISO 8601, with a Z at the end."""
    ann.say('hello')
    check_now(*chat.rows('select created_at from post')[0])
    chat.rows("update post set created_at = '2026-02-03T04:05:06Z'")
    page = ann.get('/', status=200)
    times = [time['datetime'] for time in page.html.select('.posts time[datetime]')]
    assert times == ['2026-02-03T04:05:06Z']


def test_ids_are_not_reused(chat, ann):
    """The id of a deleted post is never given to another one."""
    ann.say('one')
    ann.say('two')
    chat.rows("delete from post where body = 'two'")
    ann.say('three')
    assert chat.rows('select id, body from post') == [(1, 'one'), (3, 'three')]


# Text stays text

def test_sql_injection(chat, ann):
    """A message is stored as it was typed. Neither it nor a name becomes SQL."""
    query, name = "' || (select sql from sqlite_master) || '", "eve', 'forged', '2026') --"
    ann.say("It's me")
    ann.say(query)
    assert chat.rows('select body from post order by id') == [("It's me",), (query,)]
    ann.post('/', {'username': name, 'body': 'hello'}, status=[303, 400])
    assert chat.rows("select body from post where body = 'forged'") == []


def test_nul(chat, ann):
    """A NUL character in a message doesn't crash the app: it is stored, or refused with 400."""
    answer = ann.post('/', {'username': 'ann', 'body': 'nul\0'}, status=[303, 400])
    stored = [] if answer.status_int == 400 else [('nul\0',)]
    assert chat.rows('select body from post') == stored


# Readers and a writer

def test_readers_and_a_writer(chat, ann):
    """While somebody writes, everybody else can read: the database is in WAL mode."""
    ann.say('hello')
    assert chat.rows('pragma journal_mode') == [('wal',)]
    with contextlib.closing(sqlite3.connect(chat.database, isolation_level=None)) as writer:
        writer.execute('begin exclusive')
        assert ann.room() == ['hello']
