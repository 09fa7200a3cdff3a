"""Who sends orders: threads that look for what is due, or whoever calls `tick` where there are none."""

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec

from tillfree.commerce.payments.processor import Order
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import PaymentId
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.payments import DueOrder
from tillfree.store.till.sending import Sending, Sent

__all__ = ["Work"]

_log = logging.getLogger(__name__)
_AT_ONCE = 500
_OF_ONE_WORKER = 4
_LOOK_AGAIN_S = 1.0
_STOP_S = 30.0
# A hold, an adjustment, and some room.
_ROUNDS_MAX = 8
# A retry waits at most so much longer than the settings say (see `Sending`).
_SPREAD = 1.25


class Work:
    """Takes orders that are due, sends them, and has the answers written down. An order is with one thread at a time.

    Which orders are on their way is known in memory only: after an end of any kind they are simply asked again.
    """

    def __init__(
        self,
        database: Database,
        sending: Sending,
        apply: Callable[[Sequence[Sent]], None],
        now_ns: Callable[[], int],
        *,
        workers: int,
        longest_wait_s: float = 86_400.0,
    ) -> None:
        self._database = database
        self._sending = sending
        self._apply = apply
        self._now_ns = now_ns
        self._on_way: set[str] = set()
        # Sent, and what was answered could not be written down: to be looked up, for it may be done by now.
        self._untold: set[str] = set()
        self._wait_ns_max = int(longest_wait_s * _SPREAD * NS_PER_S) + NS_PER_S
        self._changed = threading.Condition()
        # What is due is read and claimed in one go: an order that is done in between would be sent once more.
        self._claiming = threading.Lock()
        self._turn = 0
        self._over = False
        self._threads = [
            threading.Thread(target=self._run, name=f"till {number}", daemon=True) for number in range(workers)
        ]

    def start(self) -> None:
        """Begins; what waits from before is sent at once."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Something may be due."""
        with self._changed:
            self._turn += 1
            self._changed.notify_all()

    def tick(self) -> None:
        """Without threads: sends all that is due, and what follows from the answers, before it returns."""
        if self._threads:
            self.wake()
            return
        while taken := self._take(_AT_ONCE):
            self._carry(taken)

    def send_all(self, payment: PaymentId) -> None:
        """Sends what waits of one payment now, in the thread of the caller, and what follows from the answers."""
        for _ in range(_ROUNDS_MAX):
            with self._claiming:
                sendable = self._database.sendable(self._now_ns(), _AT_ONCE, payment)
                taken = self._claim(sendable)
            if not sendable:
                return
            if taken:
                answered = self._carry(taken)
                if not answered:
                    return
            else:
                with self._changed:
                    keys = {due.key for due, _ in sendable}
                    self._changed.wait_for(lambda: not keys & self._on_way, timeout=_STOP_S)  # noqa: B023 - at once

    def close(self) -> None:
        """Ends the threads, each after what it is doing."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(_STOP_S)

    # ---- inside ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._over:
            seen = self._turn
            try:
                taken = self._take(_OF_ONE_WORKER)
                if taken:
                    self._carry(taken)
                    continue
            except Exception as error:  # noqa: BLE001 - a thread that died would leave all money where it is
                unforeseen = not isinstance(error, TillfreeError)
                _log.error("the till cannot go on for now: %s", error, exc_info=unforeseen)
            with self._changed:
                self._changed.wait_for(lambda: self._over or self._turn != seen, timeout=_LOOK_AGAIN_S)  # noqa: B023

    def _take(self, most: int) -> list[tuple[DueOrder, Order]]:
        with self._claiming:
            found = self._database.sendable(self._now_ns(), most + len(self._on_way), wait_ns_max=self._wait_ns_max)
            return self._claim(found, most)

    def _claim(self, sendable: list[tuple[DueOrder, Order]], most: int = _AT_ONCE) -> list[tuple[DueOrder, Order]]:
        with self._changed:
            taken = [pair for pair in sendable if pair[0].key not in self._on_way][:most]
            self._on_way.update(due.key for due, _ in taken)
        return taken

    def _carry(self, taken: list[tuple[DueOrder, Order]]) -> bool:
        """Sends and writes down; whether anything was heard."""
        try:
            results = [self._send(due, order) for due, order in taken]
            self._write(results)
        finally:
            with self._claiming, self._changed:
                self._on_way.difference_update(due.key for due, _ in taken)
                self._changed.notify_all()
        return any(sent.event is not None and sent.again is None for sent in results)

    def _write(self, results: Sequence[Sent]) -> None:
        """Writes down what was answered: all at once, or one by one where one of them cannot be written."""
        self._untold.update(sent.order.key for sent in results)
        try:
            self._apply(results)
        except Exception as error:  # noqa: BLE001 - one that cannot be written must not hold up the others
            if len(results) == 1:
                self._put_off(results[0], error)
            else:
                for sent in results:
                    self._write([sent])
        self._untold.difference_update(sent.order.key for sent in results)

    def _put_off(self, sent: Sent, error: Exception) -> None:
        _log.error("order %s: its answer cannot be written down; it is looked up later: %s", sent.order.key, error)
        self._apply([Sent(sent.order, None, self._sending.later(sent.order, self._now_ns()))])

    def _send(self, due: DueOrder, order: Order) -> Sent:
        if due.key in self._untold:
            due = msgspec.structs.replace(due, sent=True)
        if not self._threads:
            return self._sending.send(due, order, self._now_ns())
        try:
            return self._sending.send(due, order, self._now_ns())
        except Exception:  # noqa: BLE001 - a thread that died of an adapter's fault would leave money where it is
            _log.exception("order %s failed in a way that nobody foresaw; it is tried again", due.key)
            return Sent(due, None, self._sending.later(due, self._now_ns()))
