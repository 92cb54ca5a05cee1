"""The app."""
from bottle import Bottle

app = Bottle()

from app import views  # at the bottom, because views imports app
