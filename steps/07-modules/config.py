"""The settings, read from the environment if they are set there."""
import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
HOST, PORT = os.environ.get('CHAT_HOST', '127.0.0.1'), os.environ.get('CHAT_PORT', '8080')
TOKEN_SECONDS = 3600
PASSWORD_COST = 2**14  # scrypt's n, as OWASP recommends
