"""The `tillfree` command: arguments, exit codes, and one line instead of a traceback for what is wrong with the world.

Exit codes: 0 all is well; 1 there are findings (a recording that could not be evaluated, rows of a catalogue); 2 it
could not be done, the message says why; 130 interrupted, 143 terminated (SIGTERM). Modules that do the work are
loaded only when they are needed.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from tillfree.cli.arguments import make_parser
from tillfree.cli.parsers import Command
from tillfree.cli.terminal import say
from tillfree.core.errors import TillfreeError

__all__ = ["main", "make_parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    # Matrices of a shop are small: the threads that numpy's linear algebra starts would only wait. It has its say when
    # numpy is loaded, by whichever command needs it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _open_closed_streams()
    parsed = make_parser().parse_args(arguments)
    run: Command = parsed.run
    try:
        with _stopped_in_order():
            code = run(parsed)
            sys.stdout.flush()
    except TillfreeError as error:
        say(f"tillfree: {error}")
        return 2
    except BrokenPipeError:
        _silence_output()  # whoever read our output has seen enough
        return 141
    except OSError as error:
        _silence_output()
        what = f"{error.filename}: cannot be used" if error.filename else "the output cannot be written"
        say(f"tillfree: {what} ({error.strerror or error})")
        return 2
    except MemoryError:
        say("tillfree: there is not enough memory for this; free some, or split the recording or its shop")
        return 2
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, _Terminated)
        say(f"tillfree: {'terminated' if terminated else 'interrupted'}")
        return 143 if terminated else 130
    return code


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl+C does: files half written are removed on the way."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


@contextlib.contextmanager
def _stopped_in_order() -> Iterator[None]:
    """SIGTERM raises inside, unless somebody else has decided what it does; afterwards it is as it was."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not ours:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _open_closed_streams() -> None:
    """Where a shell has closed our output or messages (`>&-`), they go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  it stays open


def _silence_output() -> None:
    """What is left of the output goes nowhere: Python must not complain again when it closes the stream."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
