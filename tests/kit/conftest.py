"""The slow tests of tests/kit: `work` of their file is called with each of its CASES in another process, from the start."""
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor

import pytest
from suite import ROOT

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C, and so would what it starts

pool = ProcessPoolExecutor(1, multiprocessing.get_context('spawn'), os.chdir, [ROOT])


def pytest_generate_tests(metafunc):
    """Call a slow test for all cases, or without --thorough for a sample: every tenth, if SAMPLE is 10."""
    if 'case' in metafunc.fixturenames:
        module = metafunc.module
        names = list(module.CASES)[::1 if metafunc.config.getoption('thorough') else module.SAMPLE]
        metafunc.parametrize('case', [module.CASES[name] for name in names], ids=names)


def pytest_collection_finish(session):
    """Start the work. The tests that wait for it run last."""
    if not session.config.option.collectonly:
        slow = [item for item in session.items if 'result' in getattr(item, 'fixturenames', [])]
        for item in slow:
            item.result = pool.submit(item.module.work, *item.callspec.params['case'])
        session.items.sort(key=slow.__contains__)


@pytest.fixture
def result(request):
    """What `work` has returned for the case of a test."""
    return request.node.result.result(timeout=900)


def pytest_sessionfinish():
    pool.shutdown(cancel_futures=True)
