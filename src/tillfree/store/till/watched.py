"""A processor that is watched: whether it can be reached, as the gate must know before it lets anybody in on a card."""

import threading

from tillfree.commerce.payments.processor import Answer, Order, Processor, ProcessorUnavailable

__all__ = ["WatchedProcessor"]

_FAILURES = 3


class WatchedProcessor:
    """Passes everything on. After three questions in a row without an answer it counts as down, until one comes."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self._lock = threading.Lock()
        self._failures = 0

    @property
    def online(self) -> bool:
        """Whether answers come."""
        return self._failures < _FAILURES

    def ask(self, order: Order) -> Answer:
        """As `Processor.ask`."""
        try:
            answer = self._processor.ask(order)
        except ProcessorUnavailable:
            self._note(failed=True)
            raise
        self._note(failed=False)
        return answer

    def look_up(self, key: str) -> Answer | None:
        """As `Processor.look_up`."""
        try:
            answer = self._processor.look_up(key)
        except ProcessorUnavailable:
            self._note(failed=True)
            raise
        self._note(failed=False)
        return answer

    def _note(self, *, failed: bool) -> None:
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
