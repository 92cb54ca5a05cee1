"""The app factory."""
import threading

from bottle import Bottle

from app import views
from config import Config


def create_app(config=Config):
    """Return a new app with these settings, which shares nothing with other apps."""
    app = Bottle()
    app.config.update({name: getattr(config, name) for name in dir(config) if name.isupper()})
    app.local = threading.local()
    app.default_error_handler = views.show_error
    app.add_hook('before_request', views.csrf_protect)
    app.route('/auth/register', 'GET', views.register_form)
    app.route('/auth/register', 'POST', views.register)
    app.route('/auth/login', 'GET', views.login_form)
    app.route('/auth/login', 'POST', views.login)
    app.route('/auth/logout', 'POST', views.logout)
    app.route('/', 'GET', views.room)
    app.route('/', 'POST', views.say)
    app.route('/user/<username>', 'GET', views.profile)
    app.route('/profile', 'GET', views.edit_profile_form)
    app.route('/profile', 'POST', views.edit_profile)
    app.route('/static/<path:path>', 'GET', views.static)
    return app
