"""Hints for failures that say little. The first whose pattern fits is shown."""
HINTS = [  # what was expected and came, and what to look at
    (r"'str' object has no attribute '__name__'",
     'This is a text, and no function. Are the values unpacked in the order in which they were '
     'noted?'),
    (r"'NoneType' object (is not callable|has no attribute '__name__')",
     'Something is None where a function is needed. Does each decorator end with `return wrapper` '
     '(or `return view`), as far left as its `def wrapper`? In a package: so have plugins and '
     'middleware. A value, such as request.json, has no brackets.'),
    (r"Attribute 'user' not defined.*\n.*if not request\.user",
     'request.user is read here before it is set. Does the line that sets it come first?'),
    (r"'NoneType' object is not subscriptable\n(.*\.tpl:.*\buser\[|(.*\n)?.*current_user\(\))"
     r"|Attribute 'user' not defined",
     'Nobody is logged in here: is @login_required between the route and the view? In a package: '
     'or @token_required?'),
    (r"type object 'Config' has no attribute",
     'The settings of a test are not those of the class Config. Is each one read from what '
     'create_app is given?'),
    (r'^a JSON object.*\n.*application/json\n<!doctype',
     'A page is declared as JSON. Does show_error return what error_response returns?'),
    (r'attempt to write a readonly database|database or disk is full',
     'This error was passed on. Do the words that are looked for stand in its message?'),
    (r"'NoneType' object has no attribute 'encode'",
     'A value is missing. A browser without this cookie, or a form without this field, gives None, '
     'or what you name as the second argument of `get`.'),
    (r"'NoneType' object has no attribute 'failed'",
     'The block gets what `yield` hands out. Does it say `yield attempt`?'),
    (r"'NoneType' object (is not subscriptable|is not iterable|has no attribute)",
     'A function returned None, as `update` and `append` do. Is a `return` missing, or did a '
     'query find nothing?'),
    (r'already defined\. Plugin conflict',
     'Bottle lets you set an attribute of an app only once. Change the list itself, with `[:] =`; '
     'all middleware stands in one line.'),
    (r"Attribute '\w+' not defined",
     'Is the name behind `request.` spelt as on the page, such as request.forms?'),
    (r"'(ConfigDict|dict|sqlite3\.Row)' object has no attribute",
     "This is read like a dict: user['username'], and not user.username."),
    (r"Error: .*('function'|'method'|'str' object has no attribute 'config')",
     'A function stands where its result is needed. Are the brackets behind its name missing, as '
     'in `count_posts()`?'),
    (r'No item with that key',
     'The row has no column of this name. Compare the name with the columns in SCHEMA and in '
     'your SELECT.'),
    (r'sqlite3\.Cursor',
     'This is a cursor, not a row: `.fetchone()` or `.fetchall()` is missing.'),
    (r'Object of type \w+ is not JSON',
     'JSON knows no such object. Return what `represent` makes of each row, in a list.'),
    (r'^status 501(.*\n)*an empty answer',
     'A name alone calls nothing: not_implemented() is called with its brackets.'),
    (r'^status 4(00|13|15)\n501 ',
     'The view has answered 501: this body was not refused. Is read_json() called, with its '
     'brackets, above not_implemented()? Or does it let this body through?'),
    (r'^(?!status 204).*\n(200|201|400|404|500) .*\nan empty answer',
     'A view or an error handler without a `return` gives an empty answer. Does it return what'
     " it renders, does `render` return that, and does a decorator's wrapper "
     'return what the view returns?'),
    (r'\(tuple\)\n',
     'A view returns the body alone. Set the status before: response.status = 204.'),
    (r'Secret key required',
     'The value of the cookie is not a string. What does the function return that it comes '
     'from?'),
    (r'circular import',
     'Two modules import each other, or a file is in another folder than the page says.'),
    (r"KeyError: 'id'\n.*route\(",
     'Routes with <id:id> need the filter: is `add_filter` called in create_app, above the '
     'blueprints?'),
    (r'KeyError: ',
     'The dict has no key of this name. Is it spelt as where the dict is made, or has a value '
     'not been put there?'),
    (r'cannot contain null bytes|\(unicode error\)',
     'A file is not saved as UTF-8. Save it again as UTF-8 in your editor.'),
    (r'UnicodeDecodeError',
     'Bytes that are not UTF-8: in the request, which has to be refused where it is read, or '
     'in a template, which has to be saved again.'),
    (r'NameError: name.*\n.*\.tpl:',
     'A template knows only what `render` is given. Does the view pass it, and is its name '
     'spelt the same?'),
    (r"NameError: name '(DATABASE|HOST|PORT|TOKEN_SECONDS|PASSWORD_COST)'",
     'Is this setting at the top of the file? If you have a config.py by now, write `config.` in '
     'front of it.'),
    (r'NameError: name',
     'This file has no such name. Is its import at the top, or its function here, and is it '
     'spelt the same everywhere?'),
    (r'ImportError: cannot import name|ModuleNotFoundError',
     'Is the name defined in that module, and spelt the same? Is the file in the folder that '
     'the page says?'),
    (r'SyntaxError: f-string',
     'Look at the braces of the f-string: is one missing, or are the quotes inside them the same '
     'as around it?'),
    (r'SyntaxError|IndentationError',
     'Look at the line above, too: a bracket, a quote, a comma or a colon that is missing is '
     'often there.'),
    (r'Incorrect number of bindings|\bexecute\(\) takes',
     'The SQL has another number of ? than there are values. Are the values in a list?'),
    (r'Error binding parameter',
     'A value in the list is no text, number or None. Is it a whole row or dict, where one '
     'value of it is needed, such as its id?'),
    (r'no such column: (new|old)\.\w\b',
     'The index has columns of one letter each: `enable_fts` takes a list of names, and not a '
     'str.'),
    (r'no such column: (new|old)\.',
     'In a trigger after an insert, the row is called `new`; after a delete, `old`.'),
    (r'no such column.*\n.*\.update\(id',
     'A field that is no column has come as far as `update`. Which fields does the view take from '
     'the body?'),
    (r'no such table: (_counts|post_count)',
     '`enable_counts` makes this table. Is it called when the database is opened?'),
    (r'no such (table|column)|has no column named',
     'Compare the names in the SQL, or in `table(...)` and `insert`, with SCHEMA.'),
    (r'ambiguous column',
     'Two tables of this query have that column. Say which: post.id, and not id.'),
    (r'fts5: syntax error near ""',
     'FTS5 cannot search for an empty text. Does the view `return` the form alone if there is '
     'nothing to search for? If no word is left of what was typed, search for `""`.'),
    (r'near ".*": syntax error|unrecognized token',
     'SQLite cannot read the SQL. Near that word, is a comma, a quote or a space missing, or is a '
     'value put in as text? The order is: where, order by, limit.'),
    (r'^(?!.*503)(.*\n)*.*database is (locked|not available)|still running.*\n.*\bbegin\b',
     'Another connection writes and does not end: is there a `commit` for each `begin`, and does '
     'all between them work? Or the SQL has a mistake, which a plugin takes for that. Page 15 '
     'has a fold on this.'),
    (r'create_app\(\) takes',
     'The server calls what it is given. Give it an app, create_app(Config), and not '
     'create_app itself.'),
    (r'positional argument|unexpected keyword argument',
     'The call and the `def` do not agree. Compare their arguments. Or a decorator, or a '
     'route, has another function of this name than it should.'),
    (r'can only be used in that same thread',
     'Each thread needs a connection of its own. Does `get_db` keep it in `local`?'),
    (r'tuple indices must be integers',
     'The row is a tuple. Is `row_factory` set where the database is opened?'),
    (r"list indices must be integers|'int' object is not subscriptable",
     'A list is where one row has to be, or the other way round: `.fetchone()` returns one row, '
     '`.fetchall()` a list of them.'),
    (r'(still running|Errno|WinError).*\n.*\brun\(',
     'The server starts while the file is imported. Is `run` under `if __name__ == '
     "'__main__':`?"),
    (r'not connected to an application|Request context not',
     'A request is there only while it is answered. Is get_db, or a view, called before that, as '
     'by a decorator that ends with `return wrapper()`?'),
    (r'^status 303\n400 .*\n.* is taken\.',
     'Nobody in this test has that name yet. Does the app look into the database of its own '
     'settings, with a connection of its own?'),
    (r'^status (2|303).*\n40[013] ',
     'What is right is refused. Look at the message, and at what decides it: does each '
     'function that is asked return its answer, and the same one each time?'),
    (r'^status 400\n200 .*text/html',
     'The page came as if nothing were wrong. Does the view pass the errors to `render`?'),
    (r'^status 500\n303 ',
     'SQLite checks `references` only after `pragma foreign_keys = on`. It says nothing of a '
     'pragma whose name is wrong.'),
    (r'\n.*(Ã[\x80-\xbf]|ð\x9f)',
     "UTF-8 was read as Latin-1: request.forms['body'] does that, and request.forms.body "
     'does not.'),
    (r'^status (200|303)(: right passwords.*)?\n429 ',
     'A right password counts as a wrong one. Is its failure taken away again?'),
    (r'^(a row.*|\[\(.*\])\n(\[\]$|no such row)',
     'No such row is in the table. Is it added, and has the table the name that it has in SCHEMA? '
     'In a package: is there a `commit` for each `begin`?'),
    (r'^a redirect to /auth/login, because.*\n200 .*\n.*\bLog out\b',
     'The token still has its user. Does logging out delete its row, which has the hash?'),
    (r'^a redirect to /auth/login, because.*\n200 ',
     'Does the view have @login_required, between its route and its `def`? Does the wrapper ask '
     '`current_user()`, with its brackets?'),
    (r'^the name ann, and a form to /auth/logout',
     'Is ann logged in? Does find_token_user look for the hash of the token, with its values in '
     'the order of the ?, and return the row? Does `render` pass the user to the template?'),
    (r"^\['.*'\]\n\[\]$",
     'Nothing was found. Was it stored? Does the view pass on what its query finds, and does the '
     'template show it? If the SQL has several ?, do the values stand in their order?'),
    (r"\n\[('', )*''\]$",
     'The text is empty. Is the name behind `request.forms` that of the field in the template?'),
    (r'\nLocation: \w+/',
     'A path begins with a slash: /auth/login. Has the route one, or its prefix?'),
    (r'Missing URL argument',
     'The path of that route has a part that varies. Pass it to url_for by its name, such as '
     'id=...'),
    (r'No route with that name',
     'A name is `blueprint.view`. Is the view in that blueprint, is @bp.route above it, is the'
     ' blueprint registered, and does a decorator of the view have @functools.wraps(view)?'),
    (r"Template '.*' not found",
     'Is the template in the folder of the other templates (that of TEMPLATES), and is its '
     'name spelt the same where it is used?'),
    (r'^status (400\n(20[14]|303)|40[13]( or .*)?\n(2..|303|501)) ',
     'Nothing has refused this request. Is the check for it (or its hook, or decorator) there,'
     ' does it come first, is it registered, and does it return what it finds?'),
    (r'^status (2|3).*\n404 (.*\n)+there are: ',
     'Is there a route for this address? Look at the line with .route above the view. In a '
     'package: is its module imported, and its blueprint registered, once, with its prefix?'),
    (r'^status .*\n405 ',
     'There is a route for this address, but not for this method. Is it in the route, and is '
     'the view there?'),
]
