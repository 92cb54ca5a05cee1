"""Many requests at the same moment, for the tests of what a stranger can use up."""
import hashlib
import os
import threading
from collections import Counter
from concurrent.futures import wait

from checks import PATIENCE, in_background, replace_scrypt
from clients import Unexpected, fail, summary

CORES = os.cpu_count() or 1


class Crowd:
    """Threads that make a request each, while scrypt takes until the block ends.

    It counts how many of them hash at the same time: at the end, no more than there are cores.
    """

    def __init__(self, monkeypatch, count, request):
        self.go, self.changed = threading.Event(), threading.Condition()
        self.running = self.most = 0
        self.scrypt = hashlib.scrypt
        replace_scrypt(monkeypatch, self.hash)
        self.futures = [in_background(request, number) for number in range(count)]
        for future in self.futures:
            future.add_done_callback(lambda _: self.count(0))

    def hash(self, *args, **more):
        """Take the place of scrypt."""
        self.count(1)
        self.go.wait(3 * PATIENCE)
        self.count(-1)
        return self.scrypt(*args, **more)

    def count(self, more):
        """Note that a request has begun to hash (1), has ended that (-1), or is answered (0)."""
        with self.changed:
            self.running += more
            self.most = max(self.most, self.running)
            self.changed.notify_all()

    def answers(self):
        return [future.result() for future in self.futures if future.done()]

    def statuses(self):
        return [answer.status_int for answer in self.answers()]

    def told(self):
        """Return what came, in words."""
        counts = sorted(Counter(self.statuses()).items())
        return ', '.join(f'{count} times {status}' for status, count in counts) or 'no answer'

    def wait_for(self, status, count, what):
        """Wait until this status came so often. The others hash, or wait for it, until the end."""
        def is_decided():
            statuses = self.statuses()
            is_all = self.running + len(statuses) == len(self.futures)
            return statuses.count(status) >= count or is_all
        with self.changed:
            self.changed.wait_for(is_decided, PATIENCE)
        if self.statuses().count(status) < count:
            fail(what, f'{self.told()}; {self.running} hash at the same time, on {CORES} cores')

    def gather(self):
        """Wait until more hash at once than there are cores, or a moment, if they may not."""
        with self.changed:
            self.changed.wait_for(lambda: self.running > CORES, 0.3)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.go.set()
        if wait(self.futures, PATIENCE).not_done and not failure:
            fail('an answer for everybody, because each gives back its place to hash',
                 f'{self.told()}; the others wait for ever')
        for answer in self.answers():
            if answer.status_int == 500 and not failure:
                raise Unexpected('no exception', summary(answer), crash=True)
        if self.most > CORES and not failure:
            fail(f'at most {CORES} passwords hashed at the same time, one on each core',
                 f'{self.most} at the same time')
