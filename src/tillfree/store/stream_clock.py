"""What time it is in the stream: the clock of money and entries, whatever the stream plays.

A live store's stream is of now. A recording or a simulation plays another time, at another speed; deadlines and holds
then have to mean that time, or they would be over before anybody came in.
"""

import threading
import time
from collections.abc import Callable

__all__ = ["StreamClock"]

_SLOWER = 2
"""While the stream is behind what was said, time goes on at half the pace, so that the stream catches up."""


class StreamClock:
    """Gives nanoseconds that never go back: the newest time of the stream, and while that stands still it goes on.

    Before the stream has begun it is the wall's. May be called by any thread.
    """

    def __init__(
        self,
        stream_ns: Callable[[], int] = lambda: 0,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._stream_ns = stream_ns
        self._wall_ns = wall_ns
        self._steady_ns = steady_ns
        self._lock = threading.Lock()
        self._seen_ns = 0
        self._since_ns = 0
        self._said_ns = 0
        self._asked_ns = 0

    def follow(self, stream_ns: Callable[[], int]) -> None:
        """This is the stream from now on; it says 0 before it has begun."""
        with self._lock:
            self._stream_ns = stream_ns

    def __call__(self) -> int:
        """The time now."""
        with self._lock:
            stream_ns, steady_ns = self._stream_ns(), self._steady_ns()
            if not stream_ns:
                return self._wall_ns()
            if stream_ns != self._seen_ns:
                self._seen_ns, self._since_ns = stream_ns, steady_ns
            # A stream that was ahead for a moment (a sensor with a wrong clock) must not stop time until it is there
            # again: what waits to be tried again would wait for hours.
            gone_on_ns = self._said_ns + (steady_ns - self._asked_ns) // _SLOWER if self._said_ns else 0
            self._said_ns = max(gone_on_ns, stream_ns + (steady_ns - self._since_ns))
            self._asked_ns = steady_ns
            return self._said_ns
