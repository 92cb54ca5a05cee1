"""The options of the suite.

They are a plugin, because a conftest.py would be read too late for `--step final`: final is a
folder, too.
"""
import pytest

pytest.register_assert_rewrite('checks', 'pages')


def pytest_addoption(parser):
    group = parser.getgroup('steps')
    group.addoption('--step', action='append', metavar='N',
                    help='check this step only: 1 to 18, or final (repeatable)')
    group.addoption('--app', action='append', metavar='DIR',
                    help='check the app in this folder; --step says how far it should be '
                         '(repeatable)')
    group.addoption('--reached', metavar='FILE',
                    help='with --app, for `check`: this file knows which step the app has reached; '
                         'the tests of the next one come first, and one failure is enough')
    group.addoption('--thorough', action='store_true',
                    help='tests/kit: every verb of tasks.py, all mistakes, killed servers')
