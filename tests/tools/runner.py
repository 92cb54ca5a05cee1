"""What runs in the Python that has the packages: scripts of tests/tools, and the suite on one step or on many."""
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from packages import PIPED, find_python
from steps import ROOT, STEPS

GREEN = (0, 5)  # pytest's exit status; 5: options such as -k leave no test


def run_script(name, *words):
    """Run a script of tests/tools; return its exit status."""
    return subprocess.run([find_python(), '-B', Path(__file__).with_name(name), *words]).returncode


def run_suite(*options):
    """Run the suite; return its exit status."""
    return subprocess.run(suite(*options), cwd=ROOT).returncode


def suite(*options):
    """Return the command that runs the suite."""
    return [find_python(), '-m', 'pytest', '-q', '--ignore=tests/kit', *options]


def check_steps(indexes, *options):
    """Run the suite on some steps, as many at a time as the machine has processors; return the exit status."""
    if len(indexes) == 1:
        return run_suite(f'--step={indexes[0] + 1}', *options)
    commands = {STEPS[index][0].name: suite(f'--step={index + 1}', *options) for index in indexes}
    if sys.stdout.isatty():
        os.environ['COLUMNS'] = str(shutil.get_terminal_size().columns)  # failures are as wide as the terminal
    start, totals, statuses = time.monotonic(), Counter(), []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(subprocess.run, command, cwd=ROOT, **PIPED): name for name, command in commands.items()}
        try:
            for job in as_completed(jobs):
                done = job.result()
                *output, summary = done.stdout.strip().splitlines() or ['']
                if options or done.returncode not in GREEN:
                    print('\n'.join(output))
                print(f'{jobs[job]:18} {summary}', flush=True)
                statuses.append(done.returncode)
                for count, what in re.findall(r'(\d+) (passed|failed|error)', summary):
                    totals[what] += int(count)
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C reaches those that run by itself
    counts = ', '.join(f'{count} {what}' for what, count in totals.items()) or 'no tests'
    print(f'{counts} in {time.monotonic() - start:.0f} s')
    return max(set(statuses).difference(GREEN), default=min(statuses))
