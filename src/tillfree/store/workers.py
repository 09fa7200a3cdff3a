"""What goes on beside the stream: money, mail, webhooks; one thread for each, none of which can stop another.

A worker's turn that fails is tried again, later and later; what is wrong is told in the feed once, and stands on every
page until a turn succeeds.
"""

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec

from tillfree.core.errors import TillfreeError

__all__ = ["Worker", "Workers"]

_JOIN_S = 15.0
_SAID_MAX = 300
_log = logging.getLogger(__name__)


class Worker(msgspec.Struct, frozen=True):
    """One kind of work: `turn` does what there is to do, and is called again after `every_s`, until the end.

    `remedy` says what a person can do when it fails; it then waits longer and longer, `wait_most_s` at most.
    `interrupt` ends a turn that waits for long, and `close` is called once, after the last turn.
    """

    name: str
    turn: Callable[[], object]
    every_s: float = 1.0
    remedy: str = "see the server's log; it is tried again by itself"
    close: Callable[[], object] | None = None
    interrupt: Callable[[], object] | None = None
    wait_most_s: float = 60.0


class Workers:
    """Threads by name. `tell` is told what failed, and that it works again: name, what, remedy (empty: recovered)."""

    def __init__(self, table: Sequence[Worker], tell: Callable[[str, str, str], None] = lambda *_: None) -> None:
        names = [worker.name for worker in table]
        assert len(set(names)) == len(names), f"two workers have one name: {names}"
        self._tell = tell
        self._table = tuple(table)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._wrong: dict[str, str] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; they begin once."""
        if self._threads:
            return
        self._threads = [
            threading.Thread(target=self._run, args=(worker,), name=f"worker {worker.name}", daemon=True)
            for worker in self._table
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends them; returns when every turn that goes on is over, or has taken too long."""
        self._over.set()
        for worker in self._table:
            if worker.interrupt is not None:
                _quietly(worker.interrupt, worker.name)
        for thread in self._threads:
            thread.join(_JOIN_S)
            if thread.is_alive():
                _log.warning("%s does not come to its end; what it was doing goes on at the next start", thread.name)

    @property
    def trouble(self) -> str:
        """What does not work at the moment, for every page; empty while all is well."""
        with self._lock:
            return "; ".join(f"{name}: {said}" for name, said in sorted(self._wrong.items()))

    def _run(self, worker: Worker) -> None:
        wait_s = worker.every_s
        while not self._over.is_set():
            wait_s = worker.every_s if self._turn(worker) else min(max(2.0 * wait_s, 1.0), worker.wait_most_s)
            self._over.wait(wait_s)
        if worker.close is not None:
            _quietly(worker.close, worker.name)

    def _turn(self, worker: Worker) -> bool:
        try:
            worker.turn()
        except Exception as error:  # noqa: BLE001 - whatever it was, the other workers and the store go on
            said = " ".join(str(error).split()) or type(error).__name__
            said = (said if isinstance(error, TillfreeError) else f"{type(error).__name__}: {said}")[:_SAID_MAX]
            with self._lock:
                before = self._wrong.get(worker.name)
                self._wrong[worker.name] = said
            if before is None:
                _log.error("worker %s: %s", worker.name, said, exc_info=not isinstance(error, TillfreeError))
                self._say(worker.name, said, worker.remedy)
            return False
        with self._lock:
            recovered = self._wrong.pop(worker.name, None) is not None
        if recovered:
            self._say(worker.name, "works again", "")
        return True

    def _say(self, name: str, said: str, remedy: str) -> None:
        try:
            self._tell(name, said, remedy)
        except Exception:  # noqa: BLE001 - whoever listens is no part of the work
            _log.exception("nobody could be told of worker %s", name)


def _quietly(end: Callable[[], object], name: str) -> None:
    try:
        end()
    except Exception:  # noqa: BLE001 - the others are to be ended, too
        _log.exception("worker %s could not be ended in order", name)
