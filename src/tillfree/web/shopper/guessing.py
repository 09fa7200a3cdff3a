"""How often somebody may try a link that leads nowhere: often enough for a slip, too seldom for a search."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from tillfree.core.time import NS_PER_MINUTE

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["Guesses", "client_address"]

_WITHIN_NS = NS_PER_MINUTE
_ADDRESSES_MAX = 10_000


def client_address(ask: "Ask") -> str:
    """Where a request comes from.

    Behind a proxy (`--https`) that is what the proxy says: the last address of `X-Forwarded-For` is the one that it put
    there itself, all before it may be invented.
    """
    told = ask.request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if ask.console.secure and told:
        return told[:64]
    client = ask.request.client
    return "" if client is None else client.host


class Guesses:
    """Wrong links by address, within a minute; the newest addresses only, so that nobody fills the memory."""

    def __init__(self, most: int = 20) -> None:
        self._most = most
        self._wrong: OrderedDict[str, list[int]] = OrderedDict()
        self._lock = threading.Lock()

    def too_many(self, address: str, now_ns: int) -> bool:
        """Whether that address has to wait."""
        with self._lock:
            return len(self._recent(address, now_ns)) >= self._most

    def wrong(self, address: str, now_ns: int) -> None:
        """A link led nowhere."""
        with self._lock:
            self._wrong[address] = [*self._recent(address, now_ns), now_ns][-self._most :]
            self._wrong.move_to_end(address)
            while len(self._wrong) > _ADDRESSES_MAX:
                self._wrong.popitem(last=False)

    def _recent(self, address: str, now_ns: int) -> list[int]:
        return [time_ns for time_ns in self._wrong.get(address, []) if now_ns - time_ns < _WITHIN_NS]
