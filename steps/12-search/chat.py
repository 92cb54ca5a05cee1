"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
import sqlite3
import sys

import waitress

from app import create_app
from app.db import open_db
from config import Config

SETTINGS = {
    'host': Config.HOST, 'port': Config.PORT, 'threads': Config.THREADS,
    'ident': None,  # no Server header
    'connection_limit': 500,
    'max_request_body_size': 2**20,  # bytes
    'trusted_proxy': Config.PROXY,
    'trusted_proxy_headers': 'x-forwarded-for x-forwarded-proto x-forwarded-host' if Config.PROXY else '',
    'clear_untrusted_proxy_headers': True,
}

if __name__ == '__main__':
    try:
        open_db(Config.DATABASE)
        server = waitress.create_server(create_app(Config), **SETTINGS)
        print(f'Listening on http://{Config.HOST}:{Config.PORT}/\nHit Ctrl-C to quit.', flush=True)
        server.run()
    except (OSError, OverflowError, ValueError, sqlite3.Error) as error:
        sys.exit(f'Cannot serve {Config.DATABASE} on {Config.HOST}:{Config.PORT}: {error}. Change CHAT_HOST or CHAT_PORT, or CHAT_DB (in tasks.py: --db FILE) '
                 'to a file on a disk of this machine: in a shared or network folder, SQLite fails with "disk I/O error".')
