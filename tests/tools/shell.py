"""tasks.py shell: Python's own shell, with `api`, a client of a new app, and `register`: `python shell.py work`."""
import code
import contextlib
import os
import re
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from webtest import TestApp

from steps import ROOT, look

BANNER = """api is a WebTest client of a new app of {}/, whose database is empty.
For example: print(api.get('/')). Ctrl-D ends it, on Windows Ctrl-Z and Enter."""


def main(folder):
    """Make an app, and start a shell with a client of it."""
    sys.path[0] = str(folder)  # in place of tests/tools
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        try:
            app = make_app(folder, f'{temporary}/chat.db')
        except (Exception, SystemExit) as error:
            sys.exit(explain(error, folder))
        wsgi = app.wsgi
        # WebTest would keep the tracebacks; and a Bottle lets nobody set an attribute twice.
        vars(app)['wsgi'] = lambda environ, start: wsgi({**environ, 'wsgi.errors': sys.stderr}, start)
        with contextlib.suppress(ImportError):  # Windows has its own way to repeat a line
            import_module('readline')
        Shell(folder, TestApp(app)).interact(BANNER.format(folder.name), exitmsg='')


class Shell(code.InteractiveConsole):
    """Python's shell. It loads each file once, and says so when one has been saved since."""

    def __init__(self, folder, api):
        def register(*usernames):
            for name in usernames:
                fields = {'username': name, 'email': f'{name}@example.com', 'password': 'correct horse'}
                api.post('/auth/register', fields)

        super().__init__({'api': api, 'register': register})
        self.folder, self.files = folder, look(folder)

    def runcode(self, line):
        """Run a line that was typed."""
        before, self.files = self.files, look(self.folder)
        for path, saved in self.files.items():
            if saved != before.get(path) and path.suffix in ('.py', '.tpl'):
                print(f'{path.relative_to(ROOT)} is newer than this shell. For the new code, start another.')
        super().runcode(line)


def make_app(folder, database):
    """Return a new app of a folder, with a database of its own and quick passwords."""
    settings = {'DATABASE': database, 'PASSWORD_COST': 2}
    os.environ['CHAT_DB'] = database
    if (folder / 'config.py').exists():
        vars(import_module('config')).update(settings)
    package = import_module('app') if (folder / 'app').is_dir() else None
    if hasattr(package, 'create_app'):
        return package.create_app(type('ShellConfig', (import_module('config').Config,), settings))
    chat = import_module('chat')
    vars(chat).update(settings)  # until step 09, settings are constants
    return chat.app


def explain(error, folder):
    """Return in one line why an app can't be made, and where: the last line of its own code."""
    text = ''.join(traceback.format_exception(error))
    own = re.findall(f'File "{re.escape(str(folder.parent))}.(.*)", line (\\d+)', text)
    return f'{":".join(own[-1]) if own else folder.name}: {type(error).__name__}: {getattr(error, "msg", error)}'


if __name__ == '__main__':
    main(Path(sys.argv[1]))
