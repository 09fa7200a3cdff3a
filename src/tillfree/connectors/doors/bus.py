"""Readers on a line: what the controller asks comes in, and the answer of the reader it asks goes out."""

import threading
import time
from collections.abc import Callable, Sequence

from tillfree.connectors.doors.errors import DoorLineError
from tillfree.connectors.doors.lines import Line, Wire
from tillfree.connectors.doors.reader import OsdpReader
from tillfree.connectors.doors.stream import FrameStream

__all__ = ["ReaderBus"]

_READ_S = 0.1
"""Longer than any pause within a frame, also behind a network; so long a stop may take."""
_TURN_S = 1.0
_SILENT_MAX_S = 15.0
"""A line on which nothing at all comes for so long is opened anew: a connection may be dead, and nobody says so."""


class ReaderBus:
    """One line with the readers on it. `turn` is for one thread, `stop` for any."""

    def __init__(
        self, line: Line, readers: Sequence[OsdpReader], *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """The readers have different addresses."""
        self._line, self._readers, self._now_s = line, tuple(readers), now_s
        self._stream = FrameStream()
        self._over = threading.Event()
        self._wire: Wire | None = None
        self._heard_s = now_s()

    @property
    def name(self) -> str:
        """What the line is called."""
        return self._line.name

    def turn(self) -> None:
        """Opens the line where it is not, answers for about a second, and leaves it open for the next turn.

        Raises:
            DoorLineError: it cannot be opened, broke, or is silent; the next turn opens it anew.
        """
        if self._over.is_set():
            return
        if self._wire is None:
            self._wire = self._line.open()
            self._stream, self._heard_s = FrameStream(), self._now_s()
        try:
            self._answer(self._wire)
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        """Ends the turn that goes on, soon, and all that would follow."""
        self._over.set()

    def close(self) -> None:
        """Closes the line."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def _answer(self, wire: Wire) -> None:
        until_s = self._now_s() + _TURN_S
        while self._now_s() < until_s and not self._over.is_set():
            data = wire.read(_READ_S)
            frames = self._stream.put(data) if data else self._stream.pause()
            if data:
                self._heard_s = self._now_s()
            for frame in frames:
                answer = next((said for one in self._readers if (said := one.answer(frame))), b"")
                if answer:
                    wire.write(answer)
        if self._now_s() - self._heard_s > _SILENT_MAX_S:
            raise DoorLineError(
                f"nothing comes over {self.name}: no controller asks; check its wires, its speed, and that it knows "
                "this reader"
            )
