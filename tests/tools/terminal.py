"""How the tools speak to whoever sits at the terminal: in colours, in one line when something is wrong."""
import contextlib
import os
import sys

ME = f"{'python' if os.name == 'nt' else 'python3'} tasks.py"


def call(function, *arguments):
    """Call a function. Ctrl-C, a closed pipe, or a file that can't be used ends the program without a traceback."""
    with contextlib.suppress(AttributeError):  # IDLE's output has no such method
        sys.stdout.reconfigure(errors='replace')  # a pipe on Windows has few letters: ? stands for the others
    try:
        return function(*arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = None  # whoever reads our output, as `head` does, has enough
    except OSError as error:
        stop(f'{error.strerror}: {error.filename}' if error.filename else str(error))


def stop(message, status=1):
    """End with a line on what is wrong and what to do: status 2 for a wrong command, 1 for all else."""
    print(message, file=sys.stderr)
    sys.exit(status)


def paint(text, code):
    """Return the text in a colour, if the output is a terminal that shows colours, and NO_COLOR isn't set."""
    return f'\x1b[{code}m{text}\x1b[0m' if is_terminal() and not os.environ.get('NO_COLOR') else text


def is_terminal():
    """Return True if the output is a terminal that obeys codes. Windows' old console doesn't."""
    is_new = os.name != 'nt' or os.environ.get('WT_SESSION') or os.environ.get('TERM_PROGRAM')
    return is_new and os.environ.get('TERM') != 'dumb' and sys.stdout.isatty()


def has_windows():
    """Return True if somebody sits at a screen that shows windows."""
    return sys.platform in ('win32', 'darwin') or any(map(os.environ.get, ('DISPLAY', 'WAYLAND_DISPLAY')))
