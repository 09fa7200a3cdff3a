"""The running store without its threads: items in, one after the other; what can be asked of it are plain values.

Everything but what is said otherwise belongs to the one thread that feeds it. Attributes that other threads read
(`visits`, `items`, `carts`, `frame`, ...) are values that are replaced, never changed.
"""

from collections.abc import Callable

import msgspec

from tillfree.catalog.model import Shop
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.core.events import (
    AgeChecked,
    CameraFrame,
    CartBelief,
    EntryGranted,
    EntryRefused,
    Event,
    GatePassage,
    PeopleFrame,
    SensorIssue,
    TrackJoined,
    VisitBound,
    VisitClosed,
    VisitOpened,
    WeightBatch,
    WeightChange,
)
from tillfree.core.ids import FixtureId, PlateRef, ShelfRef, TrackId, VisitId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.shopping.cart import VirtualCart
from tillfree.storage.database.records import Route, VisitRecord
from tillfree.storage.recordings.model import TruePeople, Truth
from tillfree.store.gathering import Gather, VisitResult
from tillfree.store.pipeline import Pipeline
from tillfree.store.running.acts import LiveActs
from tillfree.store.running.alerts import MISPLACED_LEAST, Alerts, device_alerts, stock_alerts, strong_plates
from tillfree.store.running.calibration import Calibration, Calibrator
from tillfree.store.running.devices import DeviceWatch
from tillfree.store.running.entrance import GateEvent, told_at_gate, unproved_ages
from tillfree.store.running.evidence import Evidence
from tillfree.store.running.feed import Feed
from tillfree.store.running.floor import FloorTimes, Routes
from tillfree.store.running.keeping import record_of
from tillfree.store.running.minutes import Minutes
from tillfree.store.running.shop_change import at_once, is_physical
from tillfree.store.running.shop_times import ShopTimes
from tillfree.store.running.state import Alert, FeedEntry, LiveCart, Minute, StockLine
from tillfree.store.running.stock import StockBook
from tillfree.store.settings import StoreSettings

__all__ = ["Engine", "Setup"]

_RESTART = "restart"
# An arm's length, and a step while the change was being weighed.
_NEAR_M = 2.0


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is made from, besides the shop."""

    settings: StoreSettings
    store_name: str = ""
    simulated: bool = False
    truth: Callable[[], Truth | None] = lambda: None
    calibration: Calibration | None = None
    on_visit: Callable[[VisitRecord], None] | None = None
    on_minute: Callable[[Minute], None] | None = None
    on_entry: Callable[[Event], None] | None = None
    feed_kept: int = 500


class Engine:
    """One shop: its pipeline, and everything that is told and kept of what comes out of it."""

    def __init__(self, shop: Shop, setup: Setup) -> None:
        self._setup = setup
        self.shop = shop
        self.pending: Shop | None = None
        self.now_ns = 0
        self.feed = Feed(setup.feed_kept)
        self.stock = StockBook(shop)
        self._alerts = Alerts(shop)
        self.minutes = Minutes(FloorTimes(shop), setup.on_minute)
        self._routes = Routes()
        self.calibrator = Calibrator(shop, setup.calibration)
        self.visits: dict[TrackId, VisitId] = {}
        self.items: dict[VisitId, int] = {}
        self.carts: dict[VisitId, LiveCart] = {}
        self.frame: PeopleFrame | None = None
        self.people: TruePeople | None = None
        self._opened: dict[VisitId, int] = {}
        self._reason = ""
        self._next_tick_ns = 0
        self._told_alerts: set[str] = set()
        self._told_overflow = False
        self._counts: dict[int, tuple[int, int, int]] | None = None
        self._anonymous = False
        self.shop_times = ShopTimes(shop)
        self._build(shop)

    def assume_one(self) -> None:
        """Nobody is tracked in this stream: assume one anonymous visitor. To be called before the first item."""
        self._anonymous = True
        self._build(self.shop)

    # ---- items ----------------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """One event of a sensor, as it arrives."""
        if isinstance(event, SensorIssue):
            # The source itself has something to say; it goes into the feed and nowhere else.
            self._issue(event)
            return
        if self._counts is None:
            self._counts = self.stock.memory()
        if isinstance(event, WeightBatch):
            event = self.calibrator.apply(event)
        self.now_ns = max(self.now_ns, event.time_ns)
        self.shop_times.goes_on(self.now_ns)
        self.minutes.at(self.now_ns)
        self.devices.take(event)
        match event:
            case PeopleFrame():
                self.frame = event
                self.minutes.floor.take(event, self.visits, self._routes)
            case CameraFrame():
                self._evidence.frame(event)
            case GatePassage():
                self._gather.note_gate(event)
        self._spread(self._pipeline.feed(event))
        if self.now_ns >= self._next_tick_ns:
            self._tick()

    def take_truth(self, people: TruePeople) -> None:
        """Where everybody really is."""
        self.people = people

    def again(self) -> None:
        """A recording begins again: nobody is there any more, and the goods lie as they lay at first."""
        self._restart(self.shop)
        for watch in self.devices.watches.values():
            watch.restarted()
        self.stock.set_counts(self._counts or {})
        self.frame = self.people = None

    def finish(self) -> None:
        """Nothing more will come: close what is open, and tell the rest of the minute."""
        self._evidence.settle(self.now_ns, all_of_it=True)
        self._spread(self._pipeline.finish())
        if self.now_ns:
            self._tick()
        self.minutes.flush()

    # ---- what is asked of it --------------------------------------------------------------------------------

    def stock_lines(self) -> tuple[StockLine, ...]:
        """All facings; any thread may ask."""
        return self.stock.lines(self.devices.bad)

    def alerts(self) -> tuple[Alert, ...]:
        """All alerts; any thread may ask."""
        return (
            *device_alerts(self.devices.states),
            *stock_alerts(self.stock_lines()),
            *self._alerts.standing,
        )

    def counted(self, facing: int, units: int) -> None:
        """A person counted a facing, or refilled it."""
        self.stock.count(facing, units, self.now_ns)
        if facing < len(self.shop.facings):
            place = self.shop.facings[facing]
            self._alerts.seen_to(ShelfRef(place.fixture, place.shelf), place.plates)

    def set_gain(self, plate: PlateRef, gain: float, level_g: float | None) -> None:
        """Multiply the readings of a plate from now on."""
        self.calibrator.set_gain(plate, gain, level_g)
        self.devices.watches[plate.fixture].forget_drift(plate.shelf, plate.plate)

    def apply_shop(self, shop: Shop) -> bool:
        """Another state of the shop; says whether all of it is in force."""
        if not is_physical(self.shop, shop):
            self.pending = None
            self._reprice(shop)
            return True
        self._reprice(at_once(self.shop, shop))
        self.pending = shop
        return self._apply_if_empty()

    def apply_now(self) -> None:
        """Do not wait until the shop is empty."""
        if self.pending is not None:
            self._apply_pending()

    # ---- the shop -------------------------------------------------------------------------------------------

    def _build(self, shop: Shop) -> None:
        """The parts that know the shop's furniture, made anew."""
        setup = self._setup
        self.shop = shop
        self.shop_times.change(shop, self.now_ns)
        self._pipeline = Pipeline(shop, setup.settings, anonymous=self._anonymous)
        self._pricing = Pricing(shop, setup.settings.commerce, setup.store_name)
        self._gather = Gather(setup.settings, self._finished)
        self.devices = DeviceWatch(shop)
        self._evidence = Evidence(shop, self.devices.watches)
        self._acts = LiveActs(self._evidence.change)
        self._centres = shop.plate_centres()
        self._products = shop.product_index()

    def _reprice(self, shop: Shop) -> None:
        self.shop = shop
        self.shop_times.change(shop, self.now_ns)
        self._products = shop.product_index()
        self._pricing = Pricing(shop, self._setup.settings.commerce, self._setup.store_name)
        self.carts = {visit: self._priced(cart) for visit, cart in self.carts.items()}

    def _apply_if_empty(self) -> bool:
        if self.pending is None or self._opened:
            return self.pending is None
        self._apply_pending()
        return True

    def _apply_pending(self) -> None:
        shop, self.pending = self.pending, None
        assert shop is not None
        self._restart(shop)
        self.stock.set_shop(shop)
        self._counts = None
        self._alerts.set_shop(shop)
        self.calibrator = Calibrator(shop, self.calibrator.calibration)
        self._tell("shop", detail=shop.name)

    def _restart(self, shop: Shop) -> None:
        """Close what is open and begin anew; whoever is inside is met as somebody new."""
        self._reason = _RESTART
        self._evidence.settle(self.now_ns, all_of_it=True)
        self._spread(self._pipeline.finish())
        self._reason = ""
        devices = self.devices if shop.fixtures == self.shop.fixtures and shop.cameras == self.shop.cameras else None
        if shop.fixtures != self.shop.fixtures or shop.zones != self.shop.zones:
            self.minutes.flush()
            self.minutes.floor = FloorTimes(shop)
        self._build(shop)
        if devices is not None:
            self.devices = devices
            self._evidence = Evidence(shop, devices.watches)
            self._acts = LiveActs(self._evidence.change)
        self.visits, self.items, self.carts, self._opened = {}, {}, {}, {}
        self._routes = Routes()

    # ---- what comes out of the pipeline ---------------------------------------------------------------------

    def _spread(self, events: list[Event]) -> None:
        if not events:
            return
        changes = [event for event in events if isinstance(event, WeightChange)]
        for change in changes:
            self._evidence.note(change)
        touched: dict[VisitId, None] = {}
        for event in events:
            self._note(event, touched)
        self._tell_acts(touched, changes)
        for visit in touched:
            self._check_age(visit)
        for change in changes:
            if self._nobody_near(change):
                self._tell_unexplained(change)

    def _note(self, event: Event, touched: dict[VisitId, None]) -> None:
        match event:
            case WeightChange():
                self._weight(event)
            case SensorIssue():
                self._issue(event)
            case VisitOpened():
                self._gather.take(event, self.now_ns)
                self._opened[event.visit] = event.time_ns
                self.visits = {**self.visits, event.track: event.visit}
                self._acts.opened(event.visit)
                self._put_cart(event.visit)
                self.minutes.entered()
                self._tell("enter", visit=event.visit, time_ns=event.time_ns)
                return
            case EntryGranted() | EntryRefused() | AgeChecked() | VisitBound():
                self._gather.take(event, self.now_ns)
                self._at_gate(event)
                return
            case TrackJoined():
                self.visits = {**self.visits, event.track: event.visit}
            case VisitClosed() if event.reason in ("exit", "gate"):
                self.minutes.left()
                self._tell("leave", visit=event.visit, time_ns=event.time_ns, detail=event.reason)
            case CartBelief() if event.final:
                touched.pop(event.visit, None)
            case CartBelief():
                touched[event.visit] = None
        self._gather.take(event, self.now_ns)
        if isinstance(event, CartBelief) and not event.final:
            self._put_cart(event.visit)

    def _weight(self, change: WeightChange) -> None:
        watch = self.devices.watches.get(change.fixture)
        if watch is not None:
            watch.note(change)
        self._alerts.weight(change)
        for filled in self.stock.take(change):
            self._tell(
                "restock",
                time_ns=filled.time_ns,
                product=filled.product,
                quantity=filled.quantity,
                fixture=filled.fixture,
                shelf=filled.shelf,
            )

    def _tell_acts(self, touched: dict[VisitId, None], changes: list[WeightChange]) -> None:
        carts = [cart for visit in touched if (cart := self._gather.cart(visit)) is not None]
        for entry in self._acts.differences(carts, changes, self.now_ns):
            self.feed.add(entry)
            if entry.kind in ("take", "put_back") and entry.fixture and not entry.detail:
                self.minutes.reached(entry.fixture)
            if entry.kind == "put_back" and (entry.probability or 0.0) >= MISPLACED_LEAST:
                put = next((change for change in changes if change.total_g > 0.0), None)
                if put is not None:
                    ref = ShelfRef(put.fixture, put.shelf)
                    self._alerts.put_back(entry.product, ref, strong_plates(put), put.time_ns)

    def _nobody_near(self, change: WeightChange) -> bool:
        """Whether it was surely no visitor: nobody is in the shop, or the tracker sees everybody elsewhere."""
        if not self._opened:
            return True
        point = self._centres.get(PlateRef(change.fixture, change.shelf, strong_plates(change)[0]))
        seen = self.frame is not None and self.now_ns - self.frame.time_ns < NS_PER_S
        return seen and point is not None and not self.minutes.floor.anybody_within(point.x, point.y, _NEAR_M)

    def _tell_unexplained(self, change: WeightChange) -> None:
        if change.fixture in self.stock.restocking and change.total_g > 0.0:
            return
        self._alerts.unexplained(change)
        self._tell(
            "unexplained",
            time_ns=change.step_ns,
            fixture=change.fixture,
            shelf=change.shelf,
            detail=f"{change.total_g:+.0f} g",
        )

    def _at_gate(self, event: GateEvent | VisitBound) -> None:
        """What gates and the staff there say, and on which entry somebody came in."""
        if isinstance(event, VisitBound):
            self._put_cart(event.visit)
            self._check_age(event.visit)
            self._hand_on(event)
        elif (told := told_at_gate(event)) is not None:
            self.feed.add(told)
        if isinstance(event, EntryGranted):
            self._hand_on(event)
        for visit in self._gather.visits_of(event.trip) if isinstance(event, AgeChecked) else ():
            self._check_age(visit)

    def _hand_on(self, event: Event) -> None:
        if self._setup.on_entry is not None:
            self._setup.on_entry(event)

    def _check_age(self, visit: VisitId) -> None:
        """Somebody whose age nobody proved holds what only older people may buy: told while they are still there."""
        young = unproved_ages(self._gather, visit, self._products)
        for alert in self._alerts.ages(visit, young, self.now_ns):
            self._tell("age", visit=visit, product=alert.product)

    def _issue(self, issue: SensorIssue) -> None:
        if (told := told_at_gate(issue)) is not None:
            self.feed.add(told)
            self._hand_on(issue)
            return
        plate = issue.plate
        self._tell(
            "recovered" if issue.problem == "recovered" else "issue",
            time_ns=issue.time_ns or self.now_ns,
            device=self.devices.name_of(issue.device),
            fixture=plate.fixture if plate is not None else FixtureId(""),
            shelf=plate.shelf if plate is not None else 0,
            detail=issue.detail,
            remedy=issue.remedy,
        )

    # ---- visits ---------------------------------------------------------------------------------------------

    def _put_cart(self, visit: VisitId) -> None:
        cart = self._gather.cart(visit)
        if cart is not None:
            live = LiveCart(
                visit=visit,
                track=self._gather.track(visit),
                party=self._gather.party(visit),
                opened_ns=cart.opened_ns,
                lines=cart.lines,
                probability=cart.probability,
                total=self._total(cart),
                trip=self._gather.trip(visit),
            )
            self.carts = {**self.carts, visit: live}
            self.items = {**self.items, visit: sum(line.quantity for line in cart.lines)}

    def _priced(self, cart: LiveCart) -> LiveCart:
        known = self._gather.cart(cart.visit)
        return cart if known is None else msgspec.structs.replace(cart, total=self._total(known))

    def _total(self, cart: VirtualCart) -> Money:
        sale = Sale(visit=cart.visit, time_ns=self.now_ns, lines=cart.lines, probability=cart.probability)
        return self._pricing.receipt(sale).total.gross

    def _finished(self, visit: VisitResult) -> None:
        """A visit is over."""
        if self._reason and visit.reason == "end of recording":
            visit = msgspec.structs.replace(visit, reason=self._reason)
        self.shop_times.sold(visit.receipt_ns)
        self._opened.pop(visit.visit, None)
        self._alerts.ages(visit.visit, (), self.now_ns)
        self._acts.closed(visit.visit)
        self.visits = {track: other for track, other in self.visits.items() if other != visit.visit}
        self.carts = {other: cart for other, cart in self.carts.items() if other != visit.visit}
        self.items = {other: count for other, count in self.items.items() if other != visit.visit}
        route: Route = self._routes.end(visit.visit)
        record = record_of(
            visit,
            self._pricing,
            self._evidence,
            route,
            products=self._products,
            truth=self._setup.truth(),
            simulated=self._setup.simulated,
        )
        for act in visit.interactions:
            if act.act == "put_back" and act.probability >= MISPLACED_LEAST and act.visit == visit.visit:
                known = [change for id_ in act.evidence if (change := self._evidence.change(id_)) is not None]
                plates = strong_plates(known[-1]) if known else act.plates
                self._alerts.put_back(act.product, ShelfRef(act.fixture, act.shelf), plates, act.time_ns)
        if self._setup.on_visit is not None:
            self._setup.on_visit(record)
        receipt = record.receipt
        self._tell(
            "receipt" if receipt.status == "charge" else "review",
            visit=visit.visit,
            probability=receipt.probability,
            total=receipt.total.gross,
            quantity=sum(line.quantity for line in receipt.lines),
            detail=visit.reason,
        )

    # ---- the clock ------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """A second of stream is over."""
        self._next_tick_ns = self.now_ns + NS_PER_S
        self.devices.tick(self.now_ns, anybody=bool(self._opened))
        self._evidence.settle(self.now_ns)
        self._evidence.forget(min(self._opened.values(), default=None), self.now_ns)
        if self._evidence.overflowed and not self._told_overflow:
            self._told_overflow = True
            self._tell(
                "issue",
                device="evidence",
                detail="so many weights changed, or somebody stays so long, that the oldest traces are forgotten",
                remedy="receipts are not touched by it; their oldest lines have no plot",
            )
        self._alerts.tick(self.now_ns)
        self.minutes.tick(len(self._opened))
        self._tell_alerts()
        self._apply_if_empty()

    def _tell_alerts(self) -> None:
        """Devices and unexplained changes have entries of their own, and what runs low can wait."""
        standing = {alert.id: alert for alert in self.alerts() if alert.kind in ("out_of_stock", "misplaced")}
        for id_ in sorted(standing.keys() - self._told_alerts):
            alert = standing[id_]
            self._tell(
                "alert",
                product=alert.product,
                fixture=alert.fixture,
                shelf=alert.shelf,
                detail=alert.kind,
                remedy=alert.remedy,
            )
        self._told_alerts = set(standing)

    def _tell(self, kind: str, *, time_ns: int | None = None, **fields: object) -> None:
        self.feed.add(FeedEntry(sequence=0, time_ns=time_ns or self.now_ns, kind=kind, **fields))  # type: ignore[arg-type]
