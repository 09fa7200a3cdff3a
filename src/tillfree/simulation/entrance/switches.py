"""What can go wrong with the money of a simulated shop, by a click: the processor, and the way to it."""

import threading
from collections.abc import Callable

import msgspec

from tillfree.commerce.payments.processor import Answer, Order, ProcessorUnavailable
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.payments.faults import QUIET, FaultTable
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.store.running.state import Breakable

__all__ = ["NETWORK", "PROCESSOR", "Switches"]

NETWORK, PROCESSOR = "network", "processor"
_ALWAYS = 1_000_000
_FAULTS: dict[str, FaultTable] = {
    "down": FaultTable(error_before_ppm=_ALWAYS, silent_look_up_ppm=_ALWAYS),
    "slow": FaultTable(pending_ppm=_ALWAYS, delay_ns=10_000_000_000),
    "declines": FaultTable(declined_ppm=_ALWAYS),
    "repeats": FaultTable(timeout_after_ppm=_ALWAYS // 2, double_notice_ppm=_ALWAYS),
}


class Switches:
    """Stands before a simulated processor; any thread may call it.

    Ids are `network`, and `processor/` with what it does: "down" (answers 5xx), "slow" (says later), "declines"
    everything, "repeats" (does it and does not answer, and tells everything twice).
    """

    def __init__(self, processor: SimulatedProcessor, on_change: Callable[[], None] = lambda: None) -> None:
        self._processor = processor
        self._usual = processor.faults
        self._on_change = on_change
        self._lock = threading.Lock()
        self._broken: frozenset[str] = frozenset()

    @property
    def online(self) -> bool:
        """Whether the processor can be reached and answers."""
        return not self._broken & {NETWORK, f"{PROCESSOR}/down"}

    def ask(self, order: Order) -> Answer:
        """As `Processor.ask`."""
        self._need_network()
        return self._processor.ask(order)

    def look_up(self, key: str) -> Answer | None:
        """As `Processor.look_up`."""
        self._need_network()
        return self._processor.look_up(key)

    def breakables(self) -> tuple[Breakable, ...]:
        """What can be broken, and what is."""
        broken = self._broken
        return (
            Breakable(NETWORK, NETWORK, "unplugged", broken=NETWORK in broken),
            *(
                Breakable(f"{PROCESSOR}/{how}", PROCESSOR, how, broken=f"{PROCESSOR}/{how}" in broken)
                for how in _FAULTS
            ),
        )

    def knows(self, id_: str) -> bool:
        """Whether it is something of this."""
        return any(one.id == id_ for one in self.breakables())

    def set(self, id_: str, *, broken: bool) -> None:
        """Break something, or mend it. Raises: SimulationError: there is no such thing."""
        if not self.knows(id_):
            raise SimulationError(f"there is no {id_!r} to break: choose one of those that are offered")
        with self._lock:
            self._broken = self._broken | {id_} if broken else self._broken - {id_}
            self._processor.faults = self._table()
        self._on_change()

    def _table(self) -> FaultTable:
        """All that is broken at once: of each share the greatest."""
        wrong = [table for how, table in _FAULTS.items() if f"{PROCESSOR}/{how}" in self._broken]
        if not wrong:
            return self._usual
        tables = [self._usual, *wrong]
        shares = {
            name: max(getattr(table, name) for table in tables)
            for name in FaultTable.__struct_fields__
            if name.endswith("_ppm")
        }
        return msgspec.structs.replace(QUIET, delay_ns=max(table.delay_ns for table in tables), **shares)

    def _need_network(self) -> None:
        if NETWORK in self._broken:
            raise ProcessorUnavailable("the simulated network is unplugged: plug it in again on the page of devices")
