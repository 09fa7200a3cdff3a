"""The receipts that were just made: shown at the exit for some seconds, and known by a number for some minutes.

Nothing of it is kept: after a restart the screen is empty, and whoever has left has their receipt by other ways.
"""

import secrets
import threading
from collections.abc import Callable

import msgspec

from tillfree.core.ids import TripId
from tillfree.core.time import NS_PER_MINUTE, NS_PER_S

__all__ = ["ExitBoard", "ExitReceipt"]

_NUMBERS = 10_000
_SHOWN_MAX = 6
_KNOWN_MAX = 2000
_WRONG_MAX = 30


class ExitReceipt(msgspec.Struct, frozen=True):
    """One receipt on the screen: the number to be typed, and the secret of its link."""

    number: str
    trip: TripId
    gate: str
    secret: str
    since_ns: int


class ExitBoard:
    """What the screens at the exits show. Methods may be called by any thread."""

    def __init__(
        self, shown_s: int, known_minutes: int, random_below: Callable[[int], int] = secrets.randbelow
    ) -> None:
        self._shown_ns = shown_s * NS_PER_S
        self._known_ns = known_minutes * NS_PER_MINUTE
        self._random_below = random_below
        self._known: dict[str, ExitReceipt] = {}
        self._wrong: list[int] = []
        self._lock = threading.Lock()

    def add(self, trip: TripId, gate: str, secret: str, now_ns: int) -> ExitReceipt | None:
        """Shows a receipt; None where more are known than a shop can have, so that none gets a number."""
        with self._lock:
            self._forget(now_ns)
            if len(self._known) >= _KNOWN_MAX:
                return None
            number = f"{self._random_below(_NUMBERS):04d}"
            while number in self._known:
                number = f"{self._random_below(_NUMBERS):04d}"
            made = ExitReceipt(number, trip, gate, secret, now_ns)
            self._known[number] = made
            return made

    def showing(self, gate: str, now_ns: int) -> list[ExitReceipt]:
        """What the screen of a gate shows (of all gates: ""), newest first."""
        with self._lock:
            self._forget(now_ns)
            found = [
                one
                for one in self._known.values()
                if gate in ("", one.gate) and one.since_ns <= now_ns < one.since_ns + self._shown_ns
            ]
        return sorted(found, key=lambda one: (-one.since_ns, one.number))[:_SHOWN_MAX]

    def known(self, number: str, now_ns: int) -> ExitReceipt | None:
        """Whose number that is; a number that nobody has counts as a guess."""
        with self._lock:
            self._forget(now_ns)
            found = self._known.get(number)
            if found is None:
                self._wrong.append(now_ns)
            return found

    def is_guessed_at(self, now_ns: int) -> bool:
        """Whether so many wrong numbers came within a minute that nobody may try now."""
        with self._lock:
            self._wrong = [time_ns for time_ns in self._wrong[-_WRONG_MAX:] if now_ns - time_ns < NS_PER_MINUTE]
            return len(self._wrong) >= _WRONG_MAX

    def used(self, number: str) -> None:
        """The number has done its work, and leads nowhere from now on."""
        with self._lock:
            self._known.pop(number, None)

    def _forget(self, now_ns: int) -> None:
        for number in [n for n, one in self._known.items() if now_ns >= one.since_ns + self._known_ns]:
            del self._known[number]
