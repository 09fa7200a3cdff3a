"""A simulated shop that never closes for long: one simulated recording after the other, each made in good time.

A script must be written to its end before its first event can be told, so a whole day at once would keep everybody
waiting. Between two shifts everybody has left, and the shelves are filled up again.
"""

import threading
from collections.abc import Iterator

import msgspec

from tillfree.catalog.model import Shop
from tillfree.core.events import Event
from tillfree.core.time import NS_PER_S
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.recordings.model import TruePeople, Truth
from tillfree.store.running.sources import Again

__all__ = ["SimulatedShifts", "options_for_crowd"]

_TRIAL_S = 600.0
_TRIAL_PER_HOUR = 120.0
_SHIFT_S = (600.0, 3600.0)
_SHIFT_VISITS = 800
"""A script of so many visits is written within some seconds."""
_BREAK_NS = 2 * NS_PER_S
_SHIFTS_REMEMBERED = 3


def options_for_crowd(shop: Shop, at_once: float, usual: SimulationOptions) -> SimulationOptions:
    """Options of one shift with about `at_once` shoppers in the shop at any moment.

    How long people stay depends on the shop, so it is tried out first; by Little's law (1961) so many must come per
    hour as are there at once, divided by how many hours each stays.

    Raises:
        SimulationError: nobody, or more than a thousand at once; nothing can be taken in this shop.
    """
    if not 1 <= at_once <= 1000:
        raise SimulationError(f"{at_once:g} shoppers at once: give a number from 1 to 1000")
    trial = msgspec.structs.replace(usual, per_hour=_TRIAL_PER_HOUR, duration_s=_TRIAL_S)
    visits = simulate(shop, trial).script.visits
    stays_s = [visit.exit_s - visit.entry_s for visit in visits if not visit.staff] or [60.0]
    per_hour = at_once * 3600.0 * len(stays_s) / sum(stays_s)
    length_s = min(max(_SHIFT_VISITS / per_hour * 3600.0, _SHIFT_S[0]), _SHIFT_S[1])
    return msgspec.structs.replace(usual, per_hour=per_hour, duration_s=length_s)


class SimulatedShifts:
    """A source of events for a running store (`tillfree.store.running.sources.Source`).

    Shift number k is the simulation with seed + k; the next one is written while this one is told. What was true is
    remembered for the last few shifts.
    """

    paced = True
    simulated = True
    tracked = True

    def __init__(self, shop: Shop, options: SimulationOptions, name: str) -> None:
        """Writes the first script.

        Raises:
            SimulationError: nothing can be taken in this shop.
        """
        self.shop = shop
        self.name = name
        self._options = options
        self._truths: list[Truth] = []
        self._next: SimulatedRecording | None = None
        self._current = self._write(0, options.start_ns)

    @property
    def truth(self) -> Truth | None:
        """What really happened in the last few shifts, and will in this one."""
        truths = list(self._truths)
        return Truth(
            receipts={track: bag for truth in truths for track, bag in truth.receipts.items()},
            aliases={alias: track for truth in truths for alias, track in truth.aliases.items()},
            synthetic=True,
            entries=tuple(entry for truth in truths for entry in truth.entries),
        )

    def items(self) -> Iterator[Event | TruePeople | Again]:
        """Shift after shift, without end."""
        number = 0
        while True:
            recording = self._current
            last_ns = recording.options.start_ns + recording.duration_ns()
            number += 1
            writer = threading.Thread(target=self._prepare, args=(number, last_ns + _BREAK_NS), daemon=True)
            writer.start()
            yield from recording.events_and_people()
            writer.join()
            if self._next is None:
                raise SimulationError("the next part of the simulation could not be written: see the log")
            self._current, self._next = self._next, None
            yield Again(last_ns)

    def _prepare(self, number: int, start_ns: int) -> None:
        self._next = self._write(number, start_ns)

    def _write(self, number: int, start_ns: int) -> SimulatedRecording:
        options = msgspec.structs.replace(
            self._options, seed=self._options.seed + number, start_ns=start_ns, name=self.name
        )
        recording = simulate(self.shop, options)
        self._truths = [*self._truths, recording.truth][-_SHIFTS_REMEMBERED:]
        return recording
