"""Hashes of passwords and tokens. The database keeps nothing else of them."""
import hashlib
import secrets

from bottle import request

from app.limits import hashing


def hash_password(password, salt=None, cost=None):
    """Return 'cost$salt$hash', which is all that check_password needs later."""
    salt, cost = salt or secrets.token_hex(16), cost or request.app.config['PASSWORD_COST']
    with hashing():
        key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(cost), r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


def check_password(user, password):
    """Return True if this is the user's password. If there is no user, take just as long to return False."""
    stored = user['password_hash'] if user else f'{request.app.config["PASSWORD_COST"]}$salt$'
    cost, salt, _ = stored.split('$')
    return secrets.compare_digest(stored, hash_password(password, salt, cost))


def hash_token(token):
    """Return the SHA-256 of a token: the database keeps nothing else, so reading it lets nobody log in."""
    return hashlib.sha256(token.encode()).hexdigest()
