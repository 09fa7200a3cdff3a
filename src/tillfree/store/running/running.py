"""A store that runs: a thread reads its source ahead, another one feeds the engine at the pace of the stream.

Whoever asks gets values that were published, at once; whoever changes something has it done by the feeding thread,
between two events, and waits for that.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from tillfree.catalog.model import Shop
from tillfree.core.events import Event, PeopleFrame
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.recordings.model import TruePeople
from tillfree.store.running.calibration import Calibration
from tillfree.store.running.engine import Engine, Setup
from tillfree.store.running.errors import StoreError
from tillfree.store.running.floor import live_people, true_places
from tillfree.store.running.hearing import Hearing
from tillfree.store.running.intake import Intake, Item, one_line
from tillfree.store.running.live_events import in_time
from tillfree.store.running.pace import Pace, checked_speed
from tillfree.store.running.sources import Again, Breaker, Source
from tillfree.store.running.state import (
    Alert,
    DeviceState,
    FeedEntry,
    LiveCart,
    LivePerson,
    Minute,
    PlateState,
    Snapshot,
    StockLine,
)
from tillfree.store.running.wishes import Wishes
from tillfree.store.settings import StoreSettings

__all__ = ["RunningStore"]

Told = TypeVar("Told")
State = Literal["starting", "running", "paused", "ended", "failed"]

_TOGETHER = 64
_IDLE_S = 0.1
_WAIT_MOST_S = 0.5
# Nothing that people see is made better by waiting for less than this.
_SLACK_S = 0.004
_STALE_NS = 3 * NS_PER_S
_STOP_S = 30.0

_log = logging.getLogger(__name__)


class RunningStore:
    """One store, live, from a recording, or simulated. All methods may be called from any thread."""

    def __init__(  # noqa: PLR0913 - all that a store is made from
        self,
        source: Source,
        settings: StoreSettings | None = None,
        *,
        store_name: str = "",
        speed: float = 1.0,
        warm_up_s: float = 0.0,
        calibration: Calibration | None = None,
        on_visit: Callable[[VisitRecord], None] | None = None,
        on_minute: Callable[[Minute], None] | None = None,
        on_entry: Callable[[Event], None] | None = None,
        breaker: Breaker | None = None,
        feed_kept: int = 500,
    ) -> None:
        """`on_visit`, `on_minute` and `on_entry` are called by the feeding thread. `speed` may be infinite.

        `on_entry` is told whom a gate let in (EntryGranted), who came in on it (VisitBound), and that nobody did
        (SensorIssue).

        Raises:
            StoreError: the speed or a gain is out of bounds.
        """
        self.name = store_name or source.name
        self.simulated = source.simulated
        self.breaker = breaker
        self.error = ""
        self.settings = settings or StoreSettings()
        self._source = source
        self._pace = Pace(speed if source.paced else math.inf, warm_up_s)
        self._engine = Engine(
            source.shop,
            Setup(
                settings=self.settings,
                store_name=store_name,
                simulated=source.simulated,
                truth=lambda: source.truth,
                calibration=calibration,
                on_visit=self._guarded(on_visit),
                on_minute=self._guarded(on_minute),
                on_entry=self._guarded(on_entry),
                feed_kept=feed_kept,
            ),
        )
        self._intake = Intake(source)
        self._feeder = threading.Thread(target=self._run, name=f"store {source.name}", daemon=True)
        self._wishes = Wishes(source.name, self._feeder)
        self._started = False
        self._state: State = "starting"
        self._lag_s = 0.0
        self._newest: tuple[PeopleFrame, int] | None = None
        self._shown: tuple[tuple[object, ...], tuple[LivePerson, ...]] = ((), ())
        self._truly: tuple[TruePeople | None, tuple[tuple[float, float], ...]] = (None, ())
        self._hearing = Hearing(self.name, self._engine.take, lambda: self._engine.now_ns)
        self._over = threading.Event()

    # ---- beginning and end ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; a store begins once."""
        if self._started:
            return
        self._started = True
        self._feeder.start()

    def stop(self) -> None:
        """End the threads, and close what is open; returns when that is done. No harm if it has ended."""
        self._wishes.end()
        self._intake.stop()
        if self._feeder.is_alive() and threading.current_thread() is not self._feeder:
            self._feeder.join(_STOP_S)
        if self._state not in ("failed", "ended"):
            self._state = "ended"
        self._over.set()

    def wait_for_end(self, timeout_s: float | None = None) -> bool:
        """Wait until the stream has ended, or the store failed or was stopped; says whether it is so."""
        return self._over.wait(timeout_s)

    # ---- what it says ---------------------------------------------------------------------------------------

    @property
    def shop(self) -> Shop:
        """The shop in force."""
        return self._engine.shop

    def shop_at(self, time_ns: int) -> Shop | None:
        """The shop in force at a time of this stream; None where only the database can know, from an earlier run.

        The times of a recording or a simulation are its own, so of those nobody else knows: what is older than all
        that is known counts as the oldest state.
        """
        times = self._engine.shop_times
        return times.at(time_ns) or (times.oldest if self._source.paced else None)

    @property
    def pending_shop(self) -> Shop | None:
        """What waits until nobody is inside; None if nothing does."""
        return self._engine.pending

    @property
    def calibration(self) -> Calibration:
        """The gains in force."""
        return self._engine.calibrator.calibration

    @property
    def now_ns(self) -> int:
        """The newest stream time; 0 before the first event."""
        return self._engine.now_ns

    @property
    def inside(self) -> int:
        """How many people are in the shop, as far as they were seen."""
        return len(self._engine.carts)

    @property
    def paced(self) -> bool:
        """Whether the stream can be sped up and halted: what is played can, a live shop cannot."""
        return self._source.paced

    @property
    def labelled(self) -> bool:
        """Whether it is known what really happened."""
        return self._source.truth is not None

    @property
    def speed(self) -> float:
        """How many seconds of stream go by in one of the clock."""
        return self._pace.speed if self._source.paced else 1.0

    def snapshot(self) -> Snapshot:
        """The floor now."""
        engine, newest = self._engine, self._newest
        now_ns, truth = engine.now_ns, engine.people
        people: tuple[LivePerson, ...] = ()
        # Where the tracker has fallen silent the time is that of the other sensors: the clock goes on.
        time_ns = now_ns
        if newest is not None and now_ns - newest[0].time_ns <= _STALE_NS:
            time_ns = newest[0].time_ns
            key = (newest[0], engine.visits, engine.items)
            shown = self._shown
            if len(shown[0]) != len(key) or any(a is not b for a, b in zip(shown[0], key, strict=True)):
                shown = self._shown = (key, live_people(*key))
            people = shown[1]
        places: tuple[tuple[float, float], ...] = ()
        if truth is not None and now_ns - truth.time_ns <= _STALE_NS:
            if self._truly[0] is not truth:
                self._truly = (truth, true_places(truth))
            places = self._truly[1]
        return Snapshot(
            time_ns=time_ns,
            arrived_ns=newest[1] if newest is not None else 0,
            people=people,
            true_places=places,
            occupancy=len(engine.carts),
            feed=engine.feed.newest,
            state="paused" if self._pace.paused and self._state == "running" else self._state,
            speed=self.speed,
            lag_s=round(self._lag_s, 3),
        )

    def carts(self) -> tuple[LiveCart, ...]:
        """The carts of the visits that go on, in order of their opening."""
        return tuple(self._engine.carts.values())

    def feed(self, after: int = 0) -> tuple[FeedEntry, ...]:
        """The newest entries that came after that number, oldest first."""
        return self._engine.feed.after(after)

    def devices(self) -> tuple[DeviceState, ...]:
        """All devices, as of the last second of stream."""
        return self._engine.devices.states

    def plates(self, fixture: FixtureId) -> tuple[PlateState, ...]:
        """The plates of a fixture; none if there is no such fixture."""
        return self._engine.devices.plates_of(fixture, self.calibration.gains)

    def stock(self) -> tuple[StockLine, ...]:
        """All facings, in the order of the shop."""
        return self._engine.stock_lines()

    def alerts(self) -> tuple[Alert, ...]:
        """What staff should see to."""
        return self._engine.alerts()

    def minutes(self) -> tuple[Minute, ...]:
        """The finished minutes of the last day, and the one that goes on."""
        minutes = self._engine.minutes
        current, finished = minutes.current, minutes.finished
        return finished if current is None else (*finished, current)

    def restocking(self) -> frozenset[FixtureId]:
        """The fixtures that are being filled up."""
        return self._engine.stock.restocking

    def level_g(self, plate: PlateRef) -> float | None:
        """The level of a plate in the last second of stream, as it is read; None where there is no reading."""
        watch = self._engine.devices.watches.get(plate.fixture)
        return watch.level_of(plate.shelf, plate.plate) if watch is not None else None

    def tare(self, plate: PlateRef) -> float:
        """The level of a plate now, to weigh something on it later.

        Raises:
            StoreError: the plate gives no reading.
        """
        level_g = self.level_g(plate)
        if level_g is None:
            raise StoreError(
                f"plate {plate} gives no reading: check its cable and that its scales are on, then try again"
            )
        return level_g

    # ---- what can be done -----------------------------------------------------------------------------------

    def count_facing(self, facing: int, units: int) -> None:
        """A person counted a facing, or refilled it.

        Raises:
            StoreError: there is no such facing, or nobody can count so many.
        """
        self._wishes.ask(lambda: self._engine.counted(facing, units))

    def set_counts(self, counts: Mapping[int, tuple[int, int, int]]) -> None:
        """What is remembered from before: count, par and when it was counted, by facing.

        Raises:
            StoreError: there is no such facing.
        """
        self._engine.stock.set_counts(counts)

    def set_restocking(self, fixture: FixtureId, on: bool) -> None:
        """A fixture is being filled up, or no longer: what is put on it then raises the count, and alarms nobody.

        Raises:
            StoreError: there is no such fixture.
        """
        if all(known.id != fixture for known in self.shop.fixtures):
            raise StoreError(f"there is no fixture {fixture!r} in this shop: choose one of its fixtures")
        self._engine.stock.set_restocking(fixture, on)

    def set_speed(self, speed: float) -> None:
        """Play at another pace from now on.

        Raises:
            StoreError: the source is live, or the speed is none.
        """
        self._check_paced()
        self._repace(speed=checked_speed(speed))

    def pause(self) -> None:
        """Stand still. Raises: StoreError: the source is live."""
        self._check_paced()
        self._repace(paused=True)

    def resume(self) -> None:
        """Go on. Raises: StoreError: the source is live."""
        self._check_paced()
        self._repace(paused=False)

    def apply_shop(self, shop: Shop) -> bool:
        """Put another state of the shop in force: names, prices and tax at once, the rest when nobody is inside.

        Says whether all of it is in force.
        """
        return self._wishes.ask(lambda: self._engine.apply_shop(shop))

    def apply_now(self) -> None:
        """Do not wait until nobody is inside: visits that go on are closed, and wait for a person to look at them."""
        self._wishes.ask(self._engine.apply_now)

    def tell(self, event: Event) -> None:
        """Puts what happened at the gate into the stream, at the stream's time, and waits for nothing."""
        if self._state not in ("ended", "failed"):
            lateness_ms = self.settings.lateness_ms
            self._wishes.leave(lambda: self._engine.take(in_time(event, self._engine.now_ns, lateness_ms)))

    def note(self, entry: FeedEntry) -> None:
        """Tells of something beside the stream, in the feed."""
        self._engine.feed.add(entry)

    def set_gain(self, plate: PlateRef, gain: float) -> None:
        """Multiply the readings of a plate from now on; its level stays as it is.

        Raises:
            StoreError: there is no such plate, or the gain is out of bounds.
        """
        self._wishes.ask(lambda: self._engine.set_gain(plate, gain, self.level_g(plate)))

    # ---- the feeding thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if not getattr(self._source, "tracked", True):
                self._engine.assume_one()
            self._intake.start()
            self._hearing.begins()
            self._state = "running"
            self._feed_all()
            self._engine.finish()
            self.error = self._intake.error
            self._state = "failed" if self.error else "ended"
        except Exception as error:  # noqa: BLE001 - a store that fails must say so, whatever it was
            _log.exception("store %r failed", self.name)
            self.error = one_line(error)
            self._state = "failed"
            self._close_after_failure()
        self._intake.stop()
        self._over.set()
        while not self._wishes.ended:
            self._wishes.rest(_WAIT_MOST_S)
            self._wishes.grant()
        self._wishes.grant()

    def _feed_all(self) -> None:
        intake = self._intake
        while not self._wishes.ended and not intake.ended:
            self._wishes.grant()
            if not self._source.paced:
                self._hearing.dropped(intake.dropped)
            items = intake.take(_TOGETHER, _IDLE_S)
            if not self._source.paced and not intake.ended:
                silent_s = self._hearing.heard(bool(items))
                if silent_s is not None:
                    self._lag_s = silent_s
            for item in items:
                if not self._await(item):
                    return
                self._take(item)

    def _await(self, item: Item) -> bool:
        """Wait until an item is due; False if the store is to stop before."""
        pace = self._pace
        while not self._wishes.ended:
            if self._wishes:
                self._wishes.grant()
            if not self._source.paced:
                self._lag_s = max(0.0, (self._intake.newest_ns - item.time_ns) / NS_PER_S)
                return True
            wait_s = _WAIT_MOST_S if pace.paused else pace.wait_s(item.time_ns, time.monotonic())
            if wait_s <= _SLACK_S:
                if item.time_ns >= self._engine.now_ns:
                    self._lag_s = max(0.0, -wait_s)
                pace.note(item.time_ns)
                return True
            self._wishes.rest(min(wait_s, _WAIT_MOST_S))
        return False

    def _take(self, item: Item) -> None:
        engine = self._engine
        if isinstance(item, TruePeople):
            engine.take_truth(item)
            return
        if isinstance(item, Again):
            engine.again()
            return
        event = self.breaker.filter(item) if self.breaker is not None else item
        if event is None:
            return
        engine.take(event)
        if isinstance(event, PeopleFrame):
            self._newest = (event, time.time_ns())

    def _close_after_failure(self) -> None:
        """What is open is closed all the same, so that no visit is lost without a word."""
        try:
            self._engine.finish()
        except Exception:  # noqa: BLE001 - it has failed already, and says so
            _log.warning("store %r: visits that were open could not be closed", self.name, exc_info=True)

    def _guarded(self, told: Callable[[Told], None] | None) -> Callable[[Told], None] | None:
        """A listener that fails (a full disk) is told in the feed, and does not end the store."""
        if told is None:
            return None

        def tell(value: Told) -> None:
            try:
                told(value)
            except Exception as error:  # noqa: BLE001 - whoever listens is no part of the store
                _log.exception("store %r: what was told could not be kept", self.name)
                self._engine.feed.add(
                    FeedEntry(
                        sequence=0,
                        time_ns=self._engine.now_ns,
                        kind="issue",
                        device="database",
                        detail=f"could not be written: {one_line(error)}"[:300],
                        remedy="check the disk; what happened meanwhile is not kept",
                    )
                )

        return tell

    def _check_paced(self) -> None:
        if not self._source.paced:
            raise StoreError(f"{self.name} is live: it goes at the pace of the world, and cannot be paused")

    def _repace(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        self._wishes.ask(lambda: self._pace.change(time.monotonic(), speed=speed, paused=paused))
