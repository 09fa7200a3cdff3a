"""Simulated people at a real gate: what the simulation says of entries is done at the desk, and the desk's word counts.

It stands between the simulated stream and the store, as the breaker of sensors does: an entry that the script has
becomes somebody who holds something to the gate at that moment. What the desk then says goes into the stream by itself.
A person who is refused walks on all the same, since the script was written before: the store sees somebody come in on
no entry, and says so.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from tillfree.core.events import EntryGranted, EntryRefused, Event
from tillfree.core.ids import PlateRef
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.simulation.entrance.switches import Switches
from tillfree.simulation.entrance.wallets import Wallets, offline_tap
from tillfree.simulation.payments.cards import SimulatedCard
from tillfree.storage.recordings.model import Truth, TruthEntry
from tillfree.store.entry.desk import EntryAnswer, EntryDesk
from tillfree.store.running.state import Breakable

__all__ = ["STAFF", "CardGate", "SimulatedEntrance"]

STAFF = "simulated staff"
"""Who looks at documents."""
_CARDS = ("card", "wallet")
_REMEMBERED = 5000


class CardGate(Protocol):
    """Where cards are held to."""

    def tap(self, card: SimulatedCard, group_size: int) -> EntryAnswer | None:
        """What the gate was told; None where it was told nothing."""
        ...


class SimulatedEntrance:
    """A `Breaker` that also opens the gate: sensors, the network and the processor can be broken by a click."""

    def __init__(
        self,
        breaker: SimulatedBreaker,
        switches: Switches,
        desk: EntryDesk,
        cards: CardGate,
        wallets: Wallets,
        truth: Callable[[], Truth | None],
        now_ns: Callable[[], int],
    ) -> None:
        self._breaker = breaker
        self._switches = switches
        self._desk = desk
        self._cards = cards
        self._wallets = wallets
        self._truth = truth
        self._now_ns = now_ns
        self._entries: OrderedDict[tuple[int, str], TruthEntry] = OrderedDict()

    # ---- as a breaker ---------------------------------------------------------------------------------------

    def breakables(self) -> tuple[Breakable, ...]:
        """What can be broken, and what is."""
        return (*self._switches.breakables(), *self._breaker.breakables())

    def break_(self, id: str) -> None:  # noqa: A002 - as the protocol has it
        """Break one; no harm if it is broken already. Raises: SimulationError: there is none of that name."""
        self._set(id, broken=True)

    def mend(self, id: str) -> None:  # noqa: A002 - as the protocol has it
        """Mend one; no harm if it is whole. Raises: SimulationError: there is none of that name."""
        self._set(id, broken=False)

    def press(self, plate: PlateRef, grams: float) -> None:
        """Put a known weight on a plate. Raises as `SimulatedBreaker.press`."""
        self._breaker.press(plate, grams)

    def lift(self, plate: PlateRef) -> None:
        """Take the known weight off a plate."""
        self._breaker.lift(plate)

    def filter(self, item: Event) -> Event | None:
        """What is left of an event; of an entry nothing, since the desk tells its own."""
        if not isinstance(item, EntryGranted | EntryRefused):
            return self._breaker.filter(item)
        entry = self._entry(item)
        if entry is not None:
            self._show(item.source, entry)
        return None

    def _set(self, id_: str, *, broken: bool) -> None:
        if self._switches.knows(id_):
            self._switches.set(id_, broken=broken)
        elif broken:
            self._breaker.break_(id_)
        else:
            self._breaker.mend(id_)

    # ---- at the gate ----------------------------------------------------------------------------------------

    def _entry(self, event: EntryGranted | EntryRefused) -> TruthEntry | None:
        """What the script says of it: what is shown, and by whom."""
        key = (event.time_ns, event.trip if isinstance(event, EntryGranted) else "")
        if key not in self._entries:
            truth = self._truth()
            for entry in () if truth is None else truth.entries:
                self._entries[entry.time_ns, entry.trip] = entry
            while len(self._entries) > _REMEMBERED:
                self._entries.popitem(last=False)
        return self._entries.pop(key, None)

    def _show(self, gate: str, entry: TruthEntry) -> None:
        size = len(entry.people)
        if entry.kind not in _CARDS:
            answer: EntryAnswer | None = self._desk.present(
                gate, self._wallets.shown(entry, self._now_ns()), group_size=size
            )
        elif self._switches.online:
            answer = self._cards.tap(self._wallets.card_of(entry), size)
        else:
            # A terminal that reaches nobody still reads the card; whether that is enough is the desk's rule.
            answer = self._desk.present(gate, offline_tap(self._wallets.card_of(entry)), group_size=size)
        trip = None if answer is None else answer.trip
        if trip is not None and entry.age_years > trip.age_years:
            # What the credential does not say, somebody of the staff sees on a document.
            self._desk.check_age(trip.id, entry.age_years, by=STAFF)
