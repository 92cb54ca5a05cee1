"""Hints for what the failing line itself doesn't tell. The first whose pattern fits is shown.

A pattern is searched in what was expected, a line break, and what came. Words behind "In a
package:" are left out as long as there is no app/. The steps show no hints, copies of them do.
"""
HINTS = [
    (r"'NoneType' object (is not callable|has no attribute '__name__')|must return an iterator",
     'Something is None where a function is needed, or an answer. A decorator ends with '
     '`return wrapper` (or `return view`), as far left as its `def wrapper`. In a package: so do '
     'plugins and middleware.'),
    (r"'NoneType' object (is not subscriptable|is not iterable|has no attribute)",
     'That is None: what a function without `return` gives back (as `update` and `append` do), '
     'what a query has not found, what a browser has not sent, or current_user() if nobody is '
     'logged in.'),
    (r"'(ConfigDict|dict|sqlite3\.Row)' object has no attribute",
     "This is read like a dict: user['username'], and not user.username."),
    (r'sqlite3\.Cursor|list indices must be integers',
     'A query gives a cursor, not a row. `.fetchone()` returns one row, `.fetchall()` a list.'),
    (r'tuple indices must be integers',
     'The row is a tuple. Is `row_factory` set where the database is opened?'),
    (r'type Row is not JSON serializable',
     'JSON has no rows: `represent_user(user, ...)` makes a dict of a row.'),
    (r'^(?!status 204).*\n(200|201|400|404|500) .*\nan empty answer|application/json\n<!doctype',
     'What a view (or error handler) calls is lost without a `return`, and a name without brackets '
     'calls nothing.'),
    (r"\n\[('', )*''\]$",
     'The text is empty: that is what `request.forms` gives for a name that no field of the form '
     'has.'),
    (r'NameError: name.*\n.*\.tpl:',
     'A template knows only what `render` (in 01 and 02, `template`) gives to it.'),
    (r'null bytes|\(unicode error\)|UnicodeDecodeError',
     'Bytes that are not UTF-8: in a file, which you have to save as UTF-8, or in the request, '
     'which has to be refused where it is read.'),
    (r'\n.*(Ã[\x80-\xbf]|ð\x9f)',
     "UTF-8 was read as Latin-1: request.forms['body'] does that, request.forms.body does not."),
    (r'Incorrect number of bindings|\bexecute\(\) takes|Error binding parameter',
     "For each ? in the SQL, the list has one text, number or None: user['id'], and not user."),
    (r'can only be used in that same thread',
     'Each thread needs a connection of its own, which `get_db` keeps in `local`.'),
    (r'^(?!with |chat\.py|a server)(.*\n)*.*(still running|Errno|WinError).*\n.*\brun\(',
     "The server starts while the file is imported. `run` stands under `if __name__ == "
     "'__main__':`."),
    (r"partially initialized module|from '(?!chat'|config')\w+' \(\S*[/\\]work[/\\]",
     "Of two modules that import each other, one has not got its names yet. Or a file with the "
     "name of one of Python's modules, as a token.py beside chat.py, hides that one."),
    (r"<module 'app'",
     'app is the package here, not your Bottle(): a line `import app.…` below `app = Bottle()` '
     'gives it that name. Write `from app import …` there.'),
    (r'No route with that name|Missing URL argument',
     'url_for gets `blueprint.view`, and each part of the path that varies by its name, such as '
     'id=... A view has that name if its blueprint is registered, and if its decorators have '
     '@functools.wraps(view).'),
    (r'^status (2..|303).*\n(404 (.*\n)*no route of this app|405 )',
     'A route is an address and a method. In a package: it is there when its module is imported '
     'and its blueprint is registered, with its prefix.'),
    (r"KeyError: 'id'\n.*route\(",
     'A route with <id:id> needs its filter: `add_filter` comes above the blueprints.'),
    (r'already defined',
     'Bottle lets you set an attribute of an app only once. Is `app = Bottle()` inside '
     'create_app? A list is changed with `[:] =`.'),
    (r'not connected to an application|Request context not',
     'A request is there only while it is answered. Is get_db, or a view, called before that, as '
     'by a decorator that ends with `return wrapper()`?'),
    (r'^status (201|303).*\n400 .*\n.* is taken',
     'Nobody has that name yet in this test. Does each app look into the database of its own '
     'settings, with connections of its own?'),
    (r'^(?!status 503)(.*\n)*.*database is locked|still running.*\n.*\bbegin\b',
     'Another connection writes. Each `begin` needs its `commit`, and `begin immediate` waits for '
     'others. Page 15 has a fold on this.'),
    (r'no such column: (new|old)\.',
     'In a trigger after an insert, the row is called `new`; after a delete, `old`. `enable_fts` '
     'takes a list of columns, and not a str.'),
]
