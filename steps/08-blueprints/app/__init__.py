"""The app, put together from its blueprints."""
from bottle import Bottle

from app import auth, errors, main

app = Bottle()
auth.bp.register(app, url_prefix='/auth')
main.bp.register(app)
errors.bp.register(app)
