"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import logging
import os
import sqlite3
import sys

from bottle import run

from app import create_app
from app.db import open_db
from config import Config

SERVER = {
    'threads': Config.THREADS,
    'ident': None,  # no Server header
    'connection_limit': 500,
    'asyncore_use_poll': True,  # select() can't watch more than 1,023 files
    'channel_timeout': 30,  # seconds that a client may be silent
    'recv_bytes': 2**9,  # how much is read from a client before it gets answers
    'max_request_header_size': 2**13,  # bytes
    'max_request_body_size': 2**17,
}
if Config.PROXY:
    SERVER['trusted_proxy'] = Config.PROXY
    SERVER['trusted_proxy_headers'] = 'x-forwarded-for x-forwarded-proto x-forwarded-host'

if __name__ == '__main__':
    os.umask(0o077)  # nobody else on this machine may read the database
    logging.basicConfig(format='%(asctime)s %(message)s')
    logging.getLogger('app').setLevel(logging.INFO)
    try:
        open_db(Config.DATABASE)
        run(create_app(Config), server='waitress', host=Config.HOST, port=Config.PORT, **SERVER)
    except (OSError, ValueError, sqlite3.Error) as error:
        sys.exit(f'Cannot serve {Config.DATABASE} on {Config.HOST}:{Config.PORT}: {error}. '
                 'Change CHAT_HOST or CHAT_PORT, or CHAT_DB to a file on a disk of this machine.')
