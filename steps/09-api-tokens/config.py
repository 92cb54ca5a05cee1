"""The settings, read from the environment if they are set there."""
import os
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Config:
    DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
    HOST = os.environ.get('CHAT_HOST', '127.0.0.1')
    PORT = os.environ.get('CHAT_PORT', '8080')
    TOKEN_SECONDS = int(os.environ.get('CHAT_TOKEN_SECONDS', '3600'))
    PASSWORD_COST = int(os.environ.get('CHAT_PASSWORD_COST', '16384'))  # scrypt's n, as OWASP recommends
