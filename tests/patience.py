"""Calls of the app, which may never come back: then a failure shows the line where they are."""
import sys
import threading
import traceback
from concurrent.futures import Future, TimeoutError
from functools import partial
from queue import SimpleQueue

from answers import Unexpected, places

SECONDS = 10  # for what comes at once if all is well


class Stuck(Unexpected):
    """A call has not come back."""


class Call(Future):
    """A call in another thread, and its result as soon as it comes back."""

    def __init__(self, function, *values):
        super().__init__()
        self.function, self.thread = partial(function, *values), None

    def run(self):
        self.thread = threading.get_ident()
        try:
            self.set_result(self.function())
        except BaseException as error:
            self.set_exception(error)
        self.function = None  # the app and its connections may go

    def result(self, expected='an answer'):
        try:
            return super().result(SECONDS)
        except TimeoutError:
            if self.done():  # it has raised that itself
                raise
            stack = traceback.format_stack(sys._current_frames()[self.thread])
            came = [f'it was still running after {SECONDS} seconds', *places(''.join(stack))]
            raise Stuck(expected, '\n'.join(came)) from None


def in_background(function, *values):
    """Call a function in a thread of its own. Return the Call."""
    call = Call(function, *values)
    threading.Thread(target=call.run, daemon=True).start()
    return call


queues = []  # that of the thread which makes the calls of the main thread


def patiently(expected, function, *values):
    """Call a function of the app, in a thread that can be given up. Return what it returns."""
    if threading.current_thread() is not threading.main_thread():
        return function(*values)  # somebody waits for this thread
    if not queues:
        queues.append(SimpleQueue())
        threading.Thread(target=work, args=queues, daemon=True).start()
    call = Call(function, *values)
    queues[0].put(call)
    try:
        return call.result(expected)
    except Stuck:
        queues.clear()  # that thread stays where it is
        raise


def work(queue):
    """Make the calls of a queue, one after the other, until None comes."""
    for call in iter(queue.get, None):
        call.run()


def end():
    """Let that thread end, and with it its connections to databases."""
    for queue in queues:
        queue.put(None)
    queues.clear()
