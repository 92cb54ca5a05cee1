"""The app factory."""
import threading

from bottle import Bottle

from app import api, auth, errors, main
from config import Config


def create_app(config=Config):
    """Return a new app with these settings; what one app does, another never sees."""
    app = Bottle()
    app.config.update({name: getattr(config, name) for name in dir(config) if name.isupper()})
    app.local = threading.local()
    app.router.add_filter('id', lambda config: ('[1-9][0-9]{0,17}', int, str))  # what SQLite takes for an id
    auth.bp.register(app, '/auth')
    main.bp.register(app)
    errors.bp.register(app)
    api.bp.register(app, '/api')
    return app
