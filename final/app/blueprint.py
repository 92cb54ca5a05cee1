"""A blueprint: a part of an app, before there is an app."""


class Blueprint:
    """A recording of routes, hooks and an error handler; register replays it onto an app."""

    def __init__(self, name):
        self.name = name
        self.routes = []
        self.hooks = []
        self.handlers = []

    def route(self, path, method='GET'):
        """Record a view; its route will be named `<blueprint>.<view>`."""
        def record(view):
            self.routes.append((path, method, view))
            return view
        return record

    def before_request(self, hook):
        """Record a function that the app calls before each request."""
        self.hooks.append(hook)
        return hook

    def error_handler(self, handler):
        """Record the function that answers every error of the app."""
        self.handlers.append(handler)
        return handler

    def register(self, app, url_prefix=''):
        """Replay the recording onto an app, with the prefix before each path."""
        for path, method, view in self.routes:
            app.route(url_prefix + path, method, view, name=f'{self.name}.{view.__name__}')
        for hook in self.hooks:
            app.add_hook('before_request', hook)
        for handler in self.handlers:
            app.default_error_handler = handler
