"""Everything about entry and money of one running store, wired: the till, the desk at the gate, and work beside them.

Demo, replay and service are made of the same parts; only the processor, the clock and what stands at the gate differ.
"""

import logging
from collections.abc import Iterable, Sequence

import msgspec

from tillfree.commerce.payments.processor import Processor
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.trips import EntryKind, Payer, Trip
from tillfree.core.events import EntryGranted, Event, VisitBound
from tillfree.identity.badges import PalmLinks
from tillfree.storage.database.database import Database
from tillfree.storage.database.records import VisitRecord
from tillfree.store.entry.desk import EntryDesk, RetailerIdentity
from tillfree.store.money_told import MoneyTold
from tillfree.store.running.running import RunningStore
from tillfree.store.running.state import FeedEntry
from tillfree.store.sale_prices import SalePrices
from tillfree.store.settings import StoreSettings
from tillfree.store.stream_clock import StreamClock
from tillfree.store.till.errors import TillError
from tillfree.store.till.till import Till
from tillfree.store.till.watched import WatchedProcessor
from tillfree.store.workers import Worker, Workers

__all__ = ["Counter"]

_log = logging.getLogger(__name__)
_PROCESSOR = "payment processor"
_REMEDY = "money waits and is asked for again by itself: check the network, and what the processor says of its state"
_WAYS: dict[str, EntryKind] = {"associate": "staff", "delivery": "delivery"}


class Counter:
    """Made before the store that it belongs to, since that tells it who came in; `attach` puts the two together."""

    def __init__(  # noqa: PLR0913  all that it is made of
        self,
        database: Database,
        settings: StoreSettings,
        processor: Processor,
        clock: StreamClock,
        *,
        retailer: RetailerIdentity | None = None,
        accounts: PalmLinks | None = None,
        palms: PalmLinks | None = None,
        retailer_prices: bool = False,
        simulated: bool = False,
    ) -> None:
        """`accounts` know what accounts are linked to, the store's database if none are given; and `palms` palms."""
        self._store: RunningStore | None = None
        self._sale_prices: SalePrices | None = None
        self._database = database
        self._settings = settings
        self._simulated = simulated
        self.clock = clock
        self.processor = WatchedProcessor(processor)
        self.till = Till(
            database,
            settings,
            self.processor,
            self.clock,
            prices=self._prices,
            retailer_prices=retailer_prices,
        )
        self.desk = EntryDesk(
            database,
            settings,
            self.till,
            self.clock,
            retailer=retailer,
            tell=self._tell,
            inside=self._inside,
            online=lambda: self.processor.online,
            debts=database.owes,
            palms=palms or accounts,
            accounts=accounts,
            simulated=simulated,
        )
        self._workers = Workers(())
        self._closed = False
        self._said_down = False

    # ---- what the store calls ---------------------------------------------------------------------------------

    def on_visit(self, record: VisitRecord) -> None:
        """A visit is over."""
        if record.trip:
            # Once more, where the database could not be written when they came in; else nothing happens.
            try:
                self.on_entry(
                    VisitBound(time_ns=record.opened_ns, source="", sequence=0, visit=record.visit, trip=record.trip)
                )
            except TillError as error:
                _log.warning("visit %s: %s", record.visit, error)
        self.till.finished(record)

    def on_entry(self, event: Event) -> None:
        """Somebody came in on an entry, or nobody did.

        An entry that was not made at this desk, as one in a recording, becomes a trip that nobody is known to pay.
        """
        if isinstance(event, EntryGranted | VisitBound) and self._database.trip(event.trip) is None:
            self.till.open(self._heard_of(event), Payer(kind="none"))
        self.desk.note(event)

    def _heard_of(self, event: EntryGranted | VisitBound) -> Trip:
        simulated = self._simulated or (self._store is not None and self._store.simulated)
        made = Trip(id=event.trip, gate="", entry="open", opened_ns=event.time_ns, simulated=simulated)
        if isinstance(event, VisitBound):
            return made
        return msgspec.structs.replace(
            made,
            gate=event.source,
            entry=_WAYS.get(event.role, "open"),
            role=event.role,
            group_size=event.group_size,
            age_years=event.age_years,
        )

    # ---- beginning and end ------------------------------------------------------------------------------------

    def attach(self, store: RunningStore, more: Iterable[Worker] = ()) -> None:
        """This is the store; `more` are further kinds of work, as mail and webhooks."""
        self._store = store
        self._sale_prices = SalePrices(store, self._database)
        self.clock.follow(lambda: store.now_ns)
        table: Sequence[Worker] = (
            Worker("payments", self.till.tick, remedy="money waits, and nothing is lost: see the log of the server"),
            Worker("gate", self.desk.tick),
            Worker("watch over the processor", self.watch_processor, 0.5),
            Worker("feed of money", MoneyTold(self._database, store.note).tick, 0.25),
            *more,
        )
        self._workers = Workers(table, self._tell_trouble)

    def start(self) -> None:
        """Begin to work; after `attach`."""
        assert self._store is not None, "a counter belongs to a store"
        self._workers.start()

    def close(self) -> None:
        """Ends all work; what waits goes on at the next start. Call it when the store has stopped; twice is fine."""
        if self._closed:
            return
        self._closed = True
        self._workers.stop()
        self.desk.close()
        self.till.close()

    @property
    def trouble(self) -> str:
        """What does not work at the moment, for every page."""
        found = [self._workers.trouble]
        if not self.processor.online:
            found.append(f"{_PROCESSOR}: {self._no_answers()}")
        return "; ".join(filter(None, found))

    @property
    def till_waits(self) -> bool:
        """Whether orders wait for an answer of the processor."""
        return self._database.orders_waiting() > 0

    # ---- what the parts ask of the store ------------------------------------------------------------------------

    def _inside(self) -> int:
        return 0 if self._store is None else self._store.inside

    def _tell(self, event: Event) -> None:
        if self._store is not None:
            self._store.tell(event)

    def _prices(self, time_ns: int) -> Pricing:
        assert self._sale_prices is not None, "a counter belongs to a store"
        return self._sale_prices(time_ns)

    def _no_answers(self) -> str:
        waiting = self._database.orders_waiting()
        return f"gives no answers; {waiting} {'order waits' if waiting == 1 else 'orders wait'}"

    def watch_processor(self) -> None:
        """Tells once that no answers come, and once that they come again."""
        down = not self.processor.online
        if down != self._said_down:
            self._said_down = down
            self._tell_trouble(_PROCESSOR, self._no_answers() if down else "works again", _REMEDY if down else "")

    def _tell_trouble(self, name: str, said: str, remedy: str) -> None:
        if self._store is not None:
            self._store.note(
                FeedEntry(
                    sequence=0,
                    time_ns=self.clock(),
                    kind="issue" if remedy else "recovered",
                    device=name,
                    detail=said,
                    remedy=remedy,
                )
            )
