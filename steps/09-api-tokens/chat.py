"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import sqlite3
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer

from bottle import run

from app import create_app
from app.db import open_db
from config import Config


class Server(ThreadingMixIn, WSGIServer):  # a thread for each connection, because browsers keep some open for later
    daemon_threads = True  # so that Ctrl-C doesn't wait for them


if __name__ == '__main__':
    try:
        open_db(Config.DATABASE)
        run(create_app(Config), host=Config.HOST, port=Config.PORT, server_class=Server)
    except (OSError, OverflowError, ValueError, sqlite3.Error) as error:
        sys.exit(f'Cannot serve {Config.DATABASE} on {Config.HOST}:{Config.PORT}: {error}. Change CHAT_HOST or CHAT_PORT, or CHAT_DB (in tasks.py: --db FILE) '
                 'to a file on a disk of this machine: in a shared or network folder, SQLite fails with "disk I/O error".')
