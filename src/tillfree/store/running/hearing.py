"""How a live stream does as a whole: that it brings more than can be worked on, that it stands still, and goes on."""

import time
from collections.abc import Callable

from tillfree.core.events import SensorIssue

__all__ = ["Hearing"]

_SILENT_S = 10.0


class Hearing:
    """Tells of a stream what no device in it can tell; belongs to the thread that feeds the store."""

    def __init__(self, name: str, tell: Callable[[SensorIssue], None], now_ns: Callable[[], int]) -> None:
        """`now_ns` is the newest time of the stream, 0 before the first event."""
        self._device = f"stream/{name}"
        self._tell, self._now_ns = tell, now_ns
        self._heard_s = time.monotonic()
        self._silent = False
        self._dropped = 0
        self._told = 0

    def begins(self) -> None:
        """The stream is listened to from now on."""
        self._heard_s = time.monotonic()

    def dropped(self, dropped: int) -> None:
        """So many events were left out so far; told whenever they have doubled."""
        if dropped < 2 * max(1, self._dropped):
            return
        self._dropped = dropped
        self._say(
            "overflow",
            f"events come faster than they can be worked on; {dropped} were left out so far",
            "send fewer events, or give the store a faster computer",
        )

    def heard(self, came: bool) -> float | None:
        """Whether events came just now; gives the seconds for which the stream has been silent, None if it is not.

        A live stream that stands still would look like a shop in which nobody moves.
        """
        gone_s = time.monotonic() - self._heard_s
        if came:
            self._heard_s = time.monotonic()
            if self._silent:
                self._silent = False
                self._say("recovered", f"events come again after {gone_s:.0f} s", "")
            return None
        if gone_s <= _SILENT_S:
            return None
        if not self._silent:
            self._silent = True
            self._say(
                "silent",
                f"no event has come for {_SILENT_S:.0f} s: what is shown is how it was then",
                "check the program that sends the events, and the network",
            )
        return gone_s

    def _say(self, problem: str, detail: str, remedy: str) -> None:
        self._told += 1
        self._tell(
            SensorIssue(
                time_ns=self._now_ns() or time.time_ns(),
                source=self._device,
                sequence=self._told,
                device=self._device,
                problem=problem,
                detail=detail,
                remedy=remedy,
            )
        )
