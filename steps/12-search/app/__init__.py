"""The app factory."""
import threading

from bottle import Bottle

from app import api, auth, db, errors, limits, main, search
from app.headers import add_headers
from config import Config


def create_app(config=Config):
    """Return a new app with these settings, which shares nothing with other apps."""
    app = Bottle()
    app.config.update({name: getattr(config, name) for name in dir(config) if name.isupper()})
    app.local = threading.local()
    app.router.add_filter('id', lambda config: ('[1-9][0-9]{0,17}', int, str))  # numbers that SQLite can store
    auth.bp.register(app, '/auth')
    main.bp.register(app)
    search.bp.register(app)
    errors.bp.register(app)
    api.bp.register(app, '/api')
    limits.init_app(app)
    app.install(db.catch_database_errors)
    return add_headers(app)
