"""Test the learner's tests: they must be green on our step, and red on each wrong variant of it.

`python tests/own_tests.py work 9` says in words which mistake the tests in work/ would miss.
"""
import contextlib
import faulthandler
import io
import os
import re
import shutil
import sys
import tempfile
import types
from pathlib import Path

import pytest

from apps import FOLDERS, forget, use

FILE = 'test_chat.py'
VARIANTS = {  # step: (what is wrong in words, file, right text, wrong text)
    9: [
        ('everybody sees the room without logging in', 'app/main.py',
         "@bp.route('/')\n@login_required\n", "@bp.route('/')\n"),
        ('what people say is not kept', 'app/main.py',
         "    add_post(current_user(), form['body'])\n", ''),
        ('all apps share the connection of the first one, and so its database', 'app/db.py',
         '    local = request.app.local\n', '    local = get_db\n'),
    ],
    14: [
        ('everybody may change a post', 'app/api/posts.py',
         "    post = find_own_post(id)\n", "    post = find_post(id) or abort(404)\n"),
        ('everybody may delete a post', 'app/api/posts.py',
         '    find_own_post(id)\n    remove_post(id)\n', '    remove_post(id)\n'),
        ('somebody else gets a 403, but the post is changed all the same', 'app/api/posts.py',
         '    post = find_post(id) or abort(404)\n',
         "    change_post(id, 'changed')\n    post = find_post(id) or abort(404)\n"),
        ('the id of the post is compared, and not that of its author', 'app/api/posts.py',
         "post['user_id'] != request.user['id']", "id != request.user['id']"),
        ('nobody may change a post, not even its author', 'app/api/posts.py',
         "    if post['user_id'] != request.user['id']:\n", '    if True:\n'),
    ],
    15: [
        ('the search finds all posts, whatever it looks for', 'app/db.py',
         "    return get_db().execute(sql, [match_all(words), per_page, (page - 1) * per_page])"
         ".fetchall()\n", "    return find_posts(page, per_page)\n"),
        ('the oldest posts come first', 'app/db.py',
         'order by post_fts.rowid desc', 'order by post_fts.rowid'),
        ('what is typed is a query with operators, not text', 'app/db.py',
         "    return get_db().quote_fts(' '.join(different[:10]))", '    return words'),
    ],
}


def review(folder, number):
    """Return in a list what is wrong with the tests in a folder, in words."""
    if not (folder / FILE).exists():
        return [f'There is no {folder.name}/{FILE} yet: the tests are yours to write.']
    failures, own_room = try_tests(folder, number)
    if own_room:
        return [f'Your tests use {folder.name}/chat.db, where your own people and posts are. '
                'Give each app that you test a DATABASE of its own, in tmp_path.']
    if failures:
        return [f'{test} is red on our step {number:02}, where all is well: {why}'
                for test, why in failures.items()]
    return [f'Your tests would not notice this mistake: {what}.'
            for what, *change in VARIANTS[number] if not try_tests(folder, number, *change)[0]]


def try_tests(folder, number, file=None, right='', wrong=''):
    """Run the tests on our step, or on a variant.

    Return {test: why it failed}, and whether they made a chat.db.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        copy = Path(temporary).resolve() / 'step'
        shutil.copytree(FOLDERS[number - 1], copy, ignore=shutil.ignore_patterns('*.db*'))
        shutil.copy(folder / FILE, copy)
        (copy / 'pytest.ini').write_text('[pytest]\n', encoding='utf-8')
        if file:
            text = (copy / file).read_text(encoding='utf-8')
            (copy / file).write_text(text.replace(right, wrong), encoding='utf-8')
        return run(copy), (copy / 'chat.db').exists()


def run(copy):
    """Run the tests in a copy of a step. Return {test: why it failed}."""
    failures = {}

    def note(report):
        if report.failed:
            name, text = report.nodeid.rpartition('::')[2], str(report.longrepr).strip()
            errors = re.findall(r'^E +(.*)', text, re.MULTILINE) or text.splitlines()[-1:]
            failures.setdefault(name, next((line for line in errors if 'Error' in line), errors[0]))
    notes = types.SimpleNamespace(pytest_runtest_logreport=note, pytest_collectreport=note)
    options = ['-qs', '-p', 'no:cacheprovider', '-p', 'no:faulthandler', '-W', 'ignore',
               f'--rootdir={copy}', f'--basetemp={copy}/tmp']
    forget()
    use(copy)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*options, str(copy / FILE)], [notes])
    forget()
    return failures


if __name__ == '__main__':
    os.environ['CHAT_PASSWORD_COST'] = '2'  # quick, also for tests that don't set it
    os.environ.pop('CHAT_DB', None)
    os.environ.pop('PYTEST_ADDOPTS', None)  # options for the suite, such as -k
    sys.dont_write_bytecode = True
    faulthandler.dump_traceback_later(60, exit=True)  # a test that never ends
    problems = review(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
    print('\n'.join(problems), end='\n' if problems else '')
    sys.exit(bool(problems))
