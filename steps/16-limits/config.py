"""The settings, read from the environment if they are set there."""
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def read_setting(name, default, allowed, hint):
    """Return the number in an environment variable. End the program if it can't work."""
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or int(text) not in allowed:
        sys.exit(f'{name} is {text!r}. It must be {hint}.')
    return int(text)


class Config:
    DATABASE = os.environ.get('CHAT_DB', str(HERE / 'chat.db'))
    HOST = os.environ.get('CHAT_HOST', '127.0.0.1')
    PORT = read_setting('CHAT_PORT', 8080, range(1, 2**16), 'a number from 1 to 65535')
    TOKEN_SECONDS = read_setting('CHAT_TOKEN_SECONDS', 3600, range(1, 10**9),
                                 'a number from 1 to 999999999')
    PASSWORD_COST = read_setting('CHAT_PASSWORD_COST', 2**14, [2**n for n in range(1, 15)],
                                 'a power of 2 from 2 to 16384')
    THREADS = read_setting('CHAT_THREADS', 64, range(2, 201), 'a number from 2 to 200')
