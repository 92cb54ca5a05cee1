"""Many requests at the same moment, for the tests of what a stranger can use up."""
import hashlib
import os
import threading
from collections import Counter
from concurrent.futures import wait

from checks import PATIENCE, replace_scrypt
from clients import fail, summary
from patience import in_background

CORES = os.cpu_count() or 1


class Crowd:
    """Threads that make a request each, while scrypt takes until the block ends.

    No more of them may hash at the same time than there are cores.
    """

    def __init__(self, monkeypatch, count, request):
        self.scrypt, self.go, self.hashing = hashlib.scrypt, threading.Event(), []
        replace_scrypt(monkeypatch, self.hash)
        self.futures = [in_background(request, number) for number in range(count)]

    def hash(self, *args, **more):
        """Take the place of scrypt."""
        if not self.go.is_set():
            self.hashing.append(threading.current_thread())
        self.go.wait(3 * PATIENCE)
        return self.scrypt(*args, **more)

    def answers(self):
        return [future.result() for future in self.futures if future.done()]

    def statuses(self):
        """Return how often each status came: {status: count}."""
        return Counter(answer.status_int for answer in self.answers())

    def told(self):
        """Return what came, in words, with the first crash."""
        counts = sorted(self.statuses().items())
        counts = ', '.join(f'{count} times {status}' for status, count in counts) or 'no answer'
        crashes = [summary(answer) for answer in self.answers() if answer.status_int == 500]
        return '\n'.join([counts, *crashes[:1]])

    def gather(self, seconds=0.3):
        """Give everybody a moment to begin."""
        wait(self.futures, seconds)

    def wait_for(self, status, count):
        """Wait until this status came so often. The others hash, or wait for it, until the end."""
        for _ in range(50 * PATIENCE):
            statuses = self.statuses()
            if statuses[status] >= count:
                return
            if statuses.total() + len(self.hashing) == len(self.futures):
                break
            self.gather(0.02)
        fail(f'status {status} for at least {count} of {len(self.futures)} at the same time',
             f'{len(self.hashing)} hash at the same time, on {CORES} cores; {self.told()}')

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.go.set()
        if wait(self.futures, PATIENCE).not_done and not failure:
            fail('an answer for everybody, because each gives back its place to hash',
                 f'some wait for ever; {self.told()}')
        if len(self.hashing) > CORES and not failure:
            fail(f'at most {CORES} passwords hashed at the same time, one on each core',
                 f'{len(self.hashing)} at the same time')
