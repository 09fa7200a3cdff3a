"""Clocks of devices: each source of events stamps them by its own, which is off and runs fast or slow.

Assumed: offsets and rates are normal, at most three spreads from right, and do not change within a recording. The one
real recording shows no more than that plates and tracker agree to 0.2 s. The truth keeps true time.
"""

import zlib

import msgspec
import numpy as np

from tillfree.core.events import Event
from tillfree.core.time import NS_PER_S
from tillfree.simulation.options import SimulationOptions

__all__ = ["Clocks"]

_MOST = 3.0


class Clocks:
    """The clock of every source; without spreads, all are right."""

    def __init__(self, options: SimulationOptions, duration_s: float) -> None:
        self._options = options
        self._clocks: dict[str, tuple[int, float]] = {}
        self.right = not options.clock_offset_s and not options.clock_drift_ppm
        self.worst_s = _MOST * (options.clock_offset_s + options.clock_drift_ppm * 1e-6 * duration_s)
        """No stamp is farther from true time than this, but for the option `skew_s`."""

    def stamp(self, event: Event) -> Event:
        """The event with the time of its own source's clock; later events of a source have later stamps."""
        if self.right:
            return event
        offset_ns, drift = self._of(event.source)
        since_ns = event.time_ns - self._options.start_ns
        return msgspec.structs.replace(event, time_ns=event.time_ns + offset_ns + round(since_ns * drift))

    def _of(self, source: str) -> tuple[int, float]:
        """Offset in nanoseconds and share by which the clock runs fast; the same whenever it is asked."""
        clock = self._clocks.get(source)
        if clock is None:
            rng = np.random.default_rng([self._options.seed, 14, zlib.crc32(source.encode())])
            offset, drift = np.clip(rng.standard_normal(2), -_MOST, _MOST).tolist()
            offset_ns = round(offset * self._options.clock_offset_s * NS_PER_S)
            clock = self._clocks[source] = (offset_ns, drift * self._options.clock_drift_ppm * 1e-6)
        return clock
