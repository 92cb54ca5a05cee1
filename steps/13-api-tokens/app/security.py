"""Hashes of passwords and tokens. The database keeps nothing else of them."""
import hashlib
import secrets


def hash_password(password, cost, salt=None):
    """Return 'cost$salt$hash', which is all that is needed to check the password later."""
    salt = salt or secrets.token_hex(16)
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=cost, r=8, p=5)
    return f'{cost}${salt}${key.hex()}'


def check_password(user, password, cost):
    """Return True if this is the user's password. If there is no user, take just as long."""
    stored = user['password_hash'] if user else f'{cost}$salt$'
    stored_cost, salt, _ = stored.split('$')
    return secrets.compare_digest(stored, hash_password(password, int(stored_cost), salt))


def hash_token(token):
    """Return the SHA-256 of a token, which is all that the database keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()
