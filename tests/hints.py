"""Hints for failures that say little. The first whose pattern fits is shown.

A pattern is searched in what was expected, a line break, and what came. Words behind "In a
package:" are left out as long as there is no app/. The steps show no hints, copies of them do.
"""
HINTS = [  # what was expected and came, and what to look at
    (r"'NoneType' object (is not callable|has no attribute '__name__')|must return an iterator",
     'Something is None where a function is needed. Does each decorator end with `return wrapper` '
     '(or `return view`), as far left as its `def wrapper`? In a package: so have plugins and '
     'middleware. A value, such as request.json, has no brackets.'),
    (r"'NoneType' object is not subscriptable\n(.*\.tpl:.*\buser\[|(.*\n)?.*current_user\(\))",
     'Nobody is logged in here: is @login_required between the route and the view?'),
    (r"'NoneType' object (is not subscriptable|is not iterable|has no attribute)",
     'That is None: a function has no `return`, or only inside an `if` (`update` and `append` '
     'return nothing, either), a '
     'query has found nothing, or a browser has not sent this (`get` takes a second argument).'),
    (r'already defined',
     'Bottle lets you set an attribute of an app, or request.user, only once. Is `app = Bottle()` '
     'inside create_app? Change a list itself, with `[:] =`; all middleware stands in one line.'),
    (r"<module 'app'",
     'app is the package here, not your Bottle(). Does a line `import app.…` stand below '
     '`app = Bottle()`? Write `from app import …` there.'),
    (r"Attribute '\w+' not defined",
     'Is the name behind `request.` spelt as on the page, such as request.forms? In a package: is '
     'request.user set before, by a @token_required between the route and the view?'),
    (r"'(ConfigDict|dict|sqlite3\.Row)' object has no attribute",
     "This is read like a dict: user['username'], and not user.username."),
    (r"Error: .*('function'|'method'|immutable type|'str' object has no attribute 'config')",
     'A function or class stands where its result is needed. Are the brackets behind its name '
     'missing, as in `count_posts()` and `threading.local()`?'),
    (r'^html\[lang\](.*\n)+.*(integer overflow|division by zero)',
     'The database fails here on purpose. The error page must not ask it again who is logged in: '
     'is request.user None by then, whatever the exception is?'),
    (r"^\['.*'\]\n\['ann'",
     'The name stands where the text should be. Are the values in the order of their columns?'),
    (r"sqlite3\.Cursor|list indices must be integers|'int' object is not subscriptable",
     'A query gives a cursor, not a row. `.fetchone()` returns one row, `.fetchall()` a list.'),
    (r'is not JSON serializable',
     'JSON has no rows. Does the view, or a list in it, represent each row as a dict, as '
     '`represent_user(user, ...)` does?'),
    (r'tuple indices must be integers',
     'The row is a tuple. Is `row_factory` set where the database is opened?'),
    (r'^(?!status 204).*\n(200|201|400|404|500) .*\nan empty answer|application/json\n<!doctype',
     'This is not what the view (or error handler) should return. Does it call what it needs, '
     "with brackets, and return what that returns? So do `render` and a decorator's wrapper."),
    (r"KeyError: 'id'\n.*route\(",
     'A route with <id:id> needs its filter: `add_filter` comes above the blueprints.'),
    (r'KeyError: |No item with that key',
     'No key of this name is there. Is it spelt as where the dict is made, or as in SCHEMA and in '
     'your SELECT?'),
    (r'null bytes|\(unicode error\)|UnicodeDecodeError',
     'Bytes that are not UTF-8: in a file, which you have to save as UTF-8, or in the request, '
     'which has to be refused where it is read.'),
    (r'NameError: name.*\n.*\.tpl:',
     'A template knows only what `render` is given. Does the view pass it, and is its name '
     'spelt the same?'),
    (r'NameError: name',
     'This file has no such name. Is its import at the top, or its function here, and is it '
     'spelt the same everywhere? In a package: a setting needs `config.` in front of it.'),
    (r'ImportError: cannot import name|ModuleNotFoundError|circular import',
     'Is the name defined in that module, and spelt the same? Is the file in the folder that '
     'the page says? In a package: do two modules import each other, or does a file hide one of '
     "Python's modules, as a token.py beside chat.py does?"),
    (r'SyntaxError|IndentationError',
     'Look at the line above, too: a bracket, a brace, a quote, a comma or a colon that is missing '
     'is often there.'),
    (r'Incorrect number of bindings|\bexecute\(\) takes|Error binding parameter',
     "For each ? in the SQL, the list has one text, number or None: user['id'], and not user."),
    (r'no such column: (new|old)\.',
     'In a trigger after an insert, the row is called `new`; after a delete, `old`. `enable_fts` '
     'takes a list of columns, and not a str.'),
    (r'no such column: (new|old)\.',
     'In a trigger after an insert, the row is called `new`; after a delete, `old`. An index of '
     'one column gets a list of one name.'),
    (r'context manager protocol|__enter__',
     'A function with `yield` needs @contextlib.contextmanager above it.'),
    (r'no such (table|column)|has no column named',
     'Compare the names in the SQL, or in what `insert` and `update` get, with SCHEMA. Is the '
     'database that of DATABASE? In a '
     'package: is what makes the table called when the database is opened?'),
    (r'fts5: syntax error near ""',
     'FTS5 cannot search for an empty text. Is the form alone returned if nothing is typed? If no '
     'word is left of what was typed, search for `""`.'),
    (r'near ".*": syntax error|unrecognized token',
     'SQLite cannot read the SQL. Near that word, is a comma, a quote or a space missing, or is a '
     'value put in as text? The order is: where, order by, limit.'),
    (r'^status 503\n500 (.*\n)*.*(locked|readonly|is full)',
     'The test has made this trouble on purpose. Is the plugin that makes a 503 of it installed, '
     'and which errors does it raise again?'),
    (r'^(?!.*503|status 500|.*well again)(.*\n)*.*database is (locked|not available)'
     r'|still running.*\n.*\bbegin\b',
     'Another connection writes. Is there a `commit` for each `begin`, and does all between them '
     'work? Is it `begin immediate`, which waits for others? Page 15 has a fold on this.'),
    (r'positional argument|unexpected keyword argument|create_app\(\) takes',
     'The call and the `def` do not agree. Compare their arguments. In a package: does a decorator '
     'or the server get something else than it should, such as create_app and not an app, or is '
     'an error handler in the list of hooks?'),
    (r'can only be used in that same thread',
     'Each thread needs a connection of its own. Does `get_db` keep it in `local`?'),
    (r'(still running|Errno|WinError).*\n.*\brun\(',
     'The server starts while the file is imported. Is `run` under `if __name__ == '
     "'__main__':`?"),
    (r'not connected to an application|Request context not',
     'A request is there only while it is answered. Is get_db, or a view, called before that, as '
     'by a decorator that ends with `return wrapper()`?'),
    (r'^status (201|303).*\n400 .*\n.* is taken',
     'Nobody has that name yet in this test. Does each app look into the database of its own '
     'settings, with connections of its own?'),
    (r'^status 429\n400 ',
     'No wrong password before this one was counted. Is each still in app.attempts after '
     'login_attempt, which takes out only what has not failed?'),
    (r'^status (200|303).*\n4(0[013]|29) .*text/html',
     'What is right is refused. Look at the message, and at what decides it: does each function '
     'that is asked return its answer, and the same one each time?'),
    (r'^status 400\n200 .*text/html',
     'The status says that all is well. Does `render` get the errors, and set the status if there '
     'are any? In a package: request.query.q is empty for bytes that are not UTF-8.'),
    (r'\n.*(Ã[\x80-\xbf]|ð\x9f)',
     "UTF-8 was read as Latin-1: request.forms['body'] does that, request.forms.body does not."),
    (r'^a redirect to /auth/login, because.*\n200 ',
     'Does the view have @login_required, between its route and its `def`? Does that ask '
     '`current_user()`, with its brackets? Does logging out delete the row with the hash?'),
    (r'^ann is not logged in',
     'Is ann logged in? Does find_token_user look for the hash of the token, with its values in '
     'the order of the ?, and an `expires_at` later than now, and return the row? Does `render` '
     'pass the user to the template?'),
    (r"^\['.*[^\x00-\x7f].*'\]\n\[\]$",
     'Is q read as request.query.q? request.query.get and request.query[...] do not decode letters '
     'such as é. Does the tokenizer remove accents?'),
    (r"^(a row.*|(items: )?\[['\({].*)\n((items: )?\[\]$|no such row)",
     'Nothing was found. Is it stored (in the table of SCHEMA; `posts = []` in a function makes '
     'another list)? Does the view pass on what its '
     'query finds, and the template show it? If the SQL has several ?, do the values stand in '
     'their order? In a package: is there a `commit` for each `begin`, and a trigger that puts it '
     'into the index?'),
    (r"\n\[('', )*''\]$",
     'The text is empty. Is the name behind `request.forms` that of the field in the template?'),
    (r'No route with that name|Missing URL argument',
     'A name is `blueprint.view`. Is the view in that blueprint, with @bp.route above it, and the '
     'blueprint registered? Do decorators have @functools.wraps(view)? Is each part of the path '
     'that varies passed by its name, such as id=...?'),
    (r'^status (400\n(20[14]|303|501)|4(0[13]|13|15)( or .*)?\n(2..|303|501)) ',
     'Nothing has refused this request. Is the check for it (or its hook, or decorator) there, '
     'called first, and registered? Does it return what it finds? Or should an earlier '
     'request have ended a token?'),
    (r'^status .*\n(404 (.*\n)+there are: |405 )',
     'Is there a route for this address and this method? Look at the line with .route above the '
     'view. In a package: is its module imported, and its blueprint registered, once, with its '
     'prefix?'),
]
