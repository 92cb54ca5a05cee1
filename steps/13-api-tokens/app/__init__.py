"""The app factory."""
import threading

from bottle import Bottle

from app import api, auth, errors, main
from config import Config


def create_app(config=Config):
    """Return a new app with these settings, which shares nothing with other apps."""
    app = Bottle()
    app.config.update({name: getattr(config, name) for name in dir(config) if name.isupper()})
    app.local = threading.local()
    # an id is a number that SQLite can store
    app.router.add_filter('id', lambda config: ('[1-9][0-9]{0,17}', int, str))
    auth.bp.register(app, url_prefix='/auth')
    main.bp.register(app)
    errors.bp.register(app)
    api.bp.register(app, url_prefix='/api')
    return app
