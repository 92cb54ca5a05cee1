"""The API, a blueprint of its own."""
from app.blueprint import Blueprint

bp = Blueprint('api')

from app.api import posts, search, tokens, users  # at the bottom, because they import bp
