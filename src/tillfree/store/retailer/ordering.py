"""Hands each final cart to the retailer's ordering, until it is accepted: no cart is lost, none is ordered twice."""

import logging
import random
from collections.abc import Callable
from typing import Protocol

import msgspec

from tillfree.catalog.model import Shop
from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.connectors.retailer.errors import RetailerRefused, RetailerUnavailable
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.retailer.wire import CreatePurchases, decode, encode
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import TripId
from tillfree.core.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.integration.orders import NOT_FINAL, OrderState, RetailerOrder
from tillfree.store.patience import wait_ns
from tillfree.store.retailer.purchases import cart_of, items_of_lines, trip_on_wire
from tillfree.store.till.carts import Left, is_undecided
from tillfree.store.till.till import Till

__all__ = ["CONSUMER", "OrderWorker", "TripBook"]

CONSUMER = "retailer ordering"
_PAGE = 100
_LOOKED_AT = 500
_LOOK_AGAIN_NS = 15 * NS_PER_S
_TO_REVIEW = "a person has to look at it first"
_WAITS = frozenset({"external", "settling", "inside", "review"})
"""States of a trip in which nobody has said yet what it costs."""
_STATES: tuple[OrderState, ...] = ("waiting", "accepted", "bad")
# Refused for a reason that somebody will put right: wrong keys, or a connector that is not there yet.
_MENDABLE = frozenset({401, 403, 404})
_NOBODY = Payer(kind="none")
_log = logging.getLogger(__name__)


class TripBook(Protocol):
    """Where trips and their payers are kept."""

    def trip(self, trip: TripId) -> Trip | None:
        """A trip."""
        ...

    def payer(self, trip: TripId) -> Payer | None:
        """Who pays for it; None once that is forgotten."""
        ...


class OrderWorker:
    """Reads announcements, sends carts, tries again, and says what waits too long. `tick` is all that it does."""

    def __init__(  # noqa: PLR0913  all that it works with
        self,
        database: Database,
        trips: TripBook,
        till: Till,
        client: RetailerClient,
        settings: RetailerSettings,
        shop: Callable[[], Shop],
        now_ns: Callable[[], int],
        *,
        hold_ends_ns: Callable[[Trip], int] = lambda _trip: 0,
        review_ns: int = NS_PER_DAY,
        seed: int = 0,
    ) -> None:
        """`hold_ends_ns` is when the hold of a trip ends, 0 where there is none.

        A cart that a person must look at first is held back, but not longer than `review_ns`.
        """
        self._database, self._trips, self._till = database, trips, till
        self._client, self._settings, self._shop, self._now_ns = client, settings, shop, now_ns
        self._hold_ends_ns, self._review_ns = hold_ends_ns, review_ns
        self._seed = seed
        self._checked_ns = 0

    def tick(self) -> None:
        """All work that is due now. Raises nothing for what the retailer does wrong."""
        self._take_in()
        self._send_due()
        now_ns = self._now_ns()
        if now_ns - self._checked_ns >= NS_PER_MINUTE:
            self._checked_ns = now_ns
            self._look_for_late_ones(now_ns)
            self._database.erase_orders(now_ns - self._settings.orders_kept_days * NS_PER_DAY)

    # ---- new carts ------------------------------------------------------------------------------------------

    def _take_in(self) -> None:
        while True:
            done = self._database.cursor(CONSUMER)
            found = self._database.announcements(done, _PAGE, kinds=("trip.left",))
            for told in found:
                trip = self._trips.trip(TripId(told.subject))
                if trip is not None:
                    self._add(trip, told.time_ns)
                self._database.set_cursor(CONSUMER, told.number)
            if len(found) < _PAGE:
                return

    def _add(self, trip: Trip, left_ns: int) -> None:
        """Who it was is written down at once, as the payer may be forgotten; what was taken when it is certain."""
        if trip.role == "delivery" or trip.entry == "open":
            return
        payer = self._trips.payer(trip.id) or _NOBODY
        cart = cart_of(trip, payer, (), self._settings, end_ns=trip.closed_ns or left_ns)
        self._database.add_order(
            RetailerOrder(
                trip=trip.id,
                wire=trip_on_wire(trip.id),
                time_ns=left_ns,
                items=NOT_FINAL,
                cart=encode(cart),
            )
        )

    def _completed(self, order: RetailerOrder) -> RetailerOrder | None:
        """The order with what was taken; None while a person has to look at it first."""
        if order.items != NOT_FINAL:
            return order
        now_ns = self._now_ns()
        if now_ns < order.time_ns + self._review_ns and self._is_undecided(order.trip):
            self._database.order_waits(order.trip, _TO_REVIEW, now_ns + _LOOK_AGAIN_NS)
            return None
        lines, weights = self._till.lines(order.trip), self._till.weights(order.trip)
        items = items_of_lines(lines, weights, self._shop(), self._settings, self._till.handed(order.trip))
        cart: CreatePurchases = decode(order.cart, CreatePurchases)
        data = encode(msgspec.structs.replace(cart, cart_items=items))
        self._database.order_completed(order.trip, data, len(items))
        return msgspec.structs.replace(order, cart=data, items=len(items))

    def _is_undecided(self, trip_id: TripId) -> bool:
        trip = self._trips.trip(trip_id)
        for visit in () if trip is None else trip.left:
            record = self._database.visit(visit)
            if record is not None and is_undecided(Left(record, self._database.decision(visit))):
                return True
        return False

    # ---- sending --------------------------------------------------------------------------------------------

    def _send_due(self) -> None:
        for due in self._database.orders_due(self._now_ns()):
            order = self._completed(due)
            if order is not None:
                self._send(order)

    def _send(self, order: RetailerOrder) -> None:
        cart: CreatePurchases = decode(order.cart, CreatePurchases)
        try:
            purchase = self._client.create_purchases(cart)
        except RetailerRefused as error:
            why = _unnamed(str(error), cart)
            if error.status in _MENDABLE:
                self._later(order, why, 0.0)
            else:
                _log.warning("bad cart: the retailer refuses the cart of trip %s: %s", order.trip, why)
                self._database.order_bad(order.trip, why, self._now_ns())
            return
        except RetailerUnavailable as error:
            self._later(order, _unnamed(str(error), cart), error.after_s)
            return
        if order.items == 0:
            self._cancel(order)
        self._database.order_accepted(order.trip, purchase, self._now_ns())

    def _cancel(self, order: RetailerOrder) -> None:
        """Nothing was taken: the hold need not wait for the retailer's own call."""
        trip = self._trips.trip(order.trip)
        if trip is None or trip.status not in _WAITS:
            return
        try:
            self._till.cancel(order.trip)
        except TillfreeError as error:
            _log.warning("the hold of trip %s is not released yet: %s", order.trip, error)

    def _later(self, order: RetailerOrder, why: str, after_s: float) -> None:
        now_ns = self._now_ns()
        if now_ns - order.time_ns >= self._settings.bad_after_hours * NS_PER_HOUR:
            _log.warning(
                "bad cart: no answer for the cart of trip %s in %d h", order.trip, self._settings.bad_after_hours
            )
            self._database.order_bad(order.trip, why, now_ns)
            return
        until_ns = now_ns + max(self._wait_ns(order), round(after_s * NS_PER_S))
        self._database.order_failed(order.trip, why, until_ns)

    def _wait_ns(self, order: RetailerOrder) -> int:
        chance = random.Random(f"{self._seed} {order.trip} {order.tries}")  # noqa: S311  no secret
        settings = self._settings
        first_s, longest_s = settings.retry_first_ms / 1000, settings.retry_longest_ms / 1000
        return wait_ns(order.tries, chance.random, first_s=first_s, longest_s=longest_s)

    # ---- what waits too long ----------------------------------------------------------------------------------

    def _look_for_late_ones(self, now_ns: int) -> None:
        """Carts that nobody has priced, while the hold on the card is about to end: then the money may be gone."""
        for state in _STATES:
            for order in self._database.orders_in(state, _LOOKED_AT):
                trip = None if order.alerted else self._trips.trip(order.trip)
                if trip is None or trip.status not in _WAITS:
                    continue
                ends_ns = self._hold_ends_ns(trip)
                if ends_ns and ends_ns - now_ns <= self._settings.alert_before_minutes * NS_PER_MINUTE:
                    minutes = max(0, ends_ns - now_ns) // NS_PER_MINUTE
                    why = f"nobody has said what it costs, and the hold ends in {minutes} min"
                    _log.warning("trip %s: %s", order.trip, why)
                    self._database.order_alerted(order.trip, why, now_ns)


def _unnamed(why: str, cart: CreatePurchases) -> str:
    """What a retailer says of a cart is kept, logged and told to others: not so whom it names."""
    scans = (event.scan_result for event in cart.shopping_trip.auth_events)
    shopper = cart.shopper_identity.id if cart.shopper_identity is not None else ""
    names = {shopper, *(scan.id for scan in scans if scan is not None)} - {""}
    for name in sorted(names, key=len, reverse=True):
        why = why.replace(name, "…")
    return why
