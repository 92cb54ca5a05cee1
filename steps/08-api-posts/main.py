"""Start the chat room: `python main.py`, then open http://127.0.0.1:8080/ in a browser."""
import sqlite3
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer

from bottle import run

from app import create_app
from app.db import open_db
from config import Config


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection: browsers open some that they keep for later."""

    daemon_threads = True


if __name__ == '__main__':
    try:
        open_db(Config.DATABASE)
        run(create_app(Config), host=Config.HOST, port=Config.PORT, server_class=Server)
    except sqlite3.Error as error:
        sys.exit(f'Cannot open the database {Config.DATABASE}: {error}. Set CHAT_DB to a file that you may write.')
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f'Cannot serve on {Config.HOST}, port {Config.PORT}: {error}. Set CHAT_HOST or CHAT_PORT to another.')
