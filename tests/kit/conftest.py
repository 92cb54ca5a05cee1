"""Fixtures that run the suite on a changed step; and which cases of a slow test are tried."""
import sys

import pytest
from suite import FOLDERS, ROOT, copy

from apps import forget, loaded


def pytest_generate_tests(metafunc):
    """Give a slow test the CASES of its file; without --thorough only a sample: every tenth, if SAMPLE is 10."""
    if 'case' in metafunc.fixturenames:
        module = metafunc.module
        names = list(module.CASES)[::1 if metafunc.config.getoption('thorough') else module.SAMPLE]
        metafunc.parametrize('case', [module.CASES[name] for name in names], ids=names)


def pytest_collection_modifyitems(config, items):
    """Without --thorough, leave out the tests that are marked so."""
    if not config.getoption('thorough'):
        items[:] = [item for item in items if not item.get_closest_marker('thorough')]


@pytest.fixture
def nothing_loaded():
    """No app is loaded: pytester, which comes later, puts back what was there when it came."""
    forget()


@pytest.fixture
def run_suite(nothing_loaded, pytester, monkeypatch):
    """A function that runs the suite on an app; it returns {test: its failure or None} and the output."""
    monkeypatch.delenv('COLUMNS', raising=False)  # as into a pipe: pytest-xdist sets it
    cache = sys.pycache_prefix  # the tests are rewritten once, and not in each run

    def run(app, number, *options):
        forget()
        sys.pycache_prefix = cache
        result = pytester.runpytest_inprocess(
            f'--config-file={ROOT}/.pytest.ini', '-q', '-rN', '--show-capture=no', '-W', 'ignore',
            f'--ignore={ROOT}/tests/kit', f'--app={app}', f'--step={number}', *options or [ROOT / 'tests'])
        loaded.clear()  # pytester has put sys.path and sys.modules back
        reports = [report for report in result.reprec.getreports('pytest_runtest_logreport')
                   if report.when == 'call' or report.failed]
        return ({report.nodeid.removeprefix('tests/'): str(report.longrepr) if report.failed else None
                 for report in reports}, result.stdout.str())
    return run


@pytest.fixture
def check(run_suite, pytester):
    """A function that changes a copy of a finished step, and checks it as for somebody who types that step."""
    def check(number, change, *tests):
        work = copy(FOLDERS[number - 1], pytester.path / 'work')
        change(work)
        (work / '.reached').write_text(str(number - 1), encoding='utf-8')
        return run_suite(work, number, f'--reached={work / ".reached"}', *tests or [ROOT / 'tests'])
    return check
