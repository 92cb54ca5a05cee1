"""A chat room: `python chat.py`, then open http://127.0.0.1:8080/ in a browser."""
from bottle import run

import config
from app import app
from app.db import open_db

if __name__ == '__main__':
    open_db(config.DATABASE)
    run(app, server='waitress', host=config.HOST, port=config.PORT)
