"""The slow functions of tests/kit, those with @slow of suite.py, start at once in two threads, while other tests run."""
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from suite import SLOW

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C, and so would what it starts

running = {}


def pytest_collection_finish(session):
    if session.shouldfail or session.shouldstop or session.config.option.collectonly:
        return  # a file could not be collected: nothing will run, and nothing has been deselected yet
    pool = ThreadPoolExecutor(2)
    for module in {item.module.__name__ for item in session.items if 'results' in getattr(item, 'fixturenames', [])}:
        function, cases = SLOW[module]
        running[module] = [(case, pool.submit(function, session.config, case)) for case in cases]
    pool.shutdown(wait=False)


@pytest.fixture(scope='module')
def results(request):
    """{case: what the slow function of this file returns for it}."""
    return {case: future.result() for case, future in running[request.module.__name__]}
