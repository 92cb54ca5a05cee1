"""How far a learner's app is: which step it has reached, and what is next on its page."""
import os
import re
import subprocess
import sys
from pathlib import Path

from apps import FOLDERS, ROOT, STEPS
from own_tests import VARIANTS


def first_step(path):
    """Return the number in the name of a test file: the first step that has to pass its tests."""
    return int(re.match(r'test_(\d+)', Path(path).name)[1])


def read_reached(config):
    """Return the step that `check` knows to be reached, and the slice that is next, or None, ''."""
    file = config.getoption('reached')
    if not file or not Path(file).exists():
        return None, ''
    number, _, heading = Path(file).read_text(encoding='utf-8').partition('\n')
    return int(number), heading


def typed(config, step):
    """Return the number of the step that is being typed, if `check` knows it, else None."""
    reached, _ = read_reached(config)
    return None if reached is None else min(step.number, reached + 1)


def readme(number):
    """Return the path of a step's page."""
    page = FOLDERS[number - 1] / 'README.md'
    return page.relative_to(ROOT).as_posix() if page.exists() else 'README.md'  # in a release


def headings_below(report):
    """Return the headings that come after that of a failed test in its file."""
    text = (ROOT / 'tests' / Path(report.fspath).name).read_text(encoding='utf-8')
    headings = re.findall('^# (.*)', text, re.MULTILINE)
    return headings[headings.index(report.heading) + 1:] if report.heading in headings else []


def pytest_sessionfinish(session, exitstatus):
    """When `check` finds that a step with tests of the learner's own is whole, test these."""
    config = session.config
    config.problems = ''
    if not config.getoption('reached') or exitstatus != 0:
        return
    step = config.steps[0]
    if step.number in VARIANTS:
        command = [sys.executable, '-B', ROOT / 'tests/own_tests.py', step.folder, str(step.number)]
        done = subprocess.run(command, capture_output=True, encoding='utf-8',
                              env={**os.environ, 'PYTHONUTF8': '1'})
        errors = done.stderr
        if errors.startswith('Timeout'):
            errors = f'A test of yours does not end:\n{errors.splitlines()[2]}\n'
        config.problems = done.stdout + errors
        session.exitstatus = done.returncode


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """With --app, say which step the folder has reached, and what is next."""
    failed = terminalreporter.getreports('failed') + terminalreporter.getreports('error')
    if len(config.getoption('app') or []) != 1 or exitstatus not in (0, 1):
        return
    say, goal = terminalreporter.write_line, config.steps[0].number
    if config.problems:
        return say(f'{config.problems}Next: the tests in test_chat.py. All others are green.')
    if any(getattr(report, 'not_loaded', True) for report in failed):
        return say('The app cannot be loaded. Fix that first, then check again.')
    first = min(failed, key=lambda report: first_step(report.fspath), default=None)
    reached = first_step(first.fspath) - 1 if first else goal
    if config.getoption('reached'):
        number, noted = read_reached(config)
        was_green = first and noted in headings_below(first)
        heading = noted if was_green else first.heading if first else ''
        Path(config.getoption('reached')).write_text(f'{max(reached, number or 0)}\n{heading}',
                                                     encoding='utf-8')
        if was_green:
            say('This was green before: look at what you have typed last.')
    if first and first.breaker:
        return say(f'It was green when step {first.breaker - 1:02} was finished: a change of step '
                   f'{first.breaker:02} broke it. Look at what you have typed last.')
    if reached and (not first or reached < goal - 1):
        say(f'You have reached step {STEPS[reached - 1]}.')
    if first:
        say(f'Next: {first.heading}')
    elif reached < len(STEPS):
        say(f'Next: {STEPS[reached]}, in {readme(reached + 1)}.')
