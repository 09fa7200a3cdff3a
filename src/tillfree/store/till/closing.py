"""The end of a trip: who is gone, what it costs, and whether it is charged now, reviewed, or let go."""

import hashlib
import logging
from collections.abc import Callable

import msgspec

from tillfree.commerce.assisted import handed_of
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.payments.events import Due, PaymentEvent
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.receipt import Receipt, encode_receipt
from tillfree.commerce.trips import Trip
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from tillfree.storage.database.money.book import Book
from tillfree.store.till.carts import Left, is_undecided, priced, was_inside
from tillfree.store.till.errors import TillError
from tillfree.store.till.paying import announce_trip, happened, over
from tillfree.store.till.policy import Policy

__all__ = ["Closing", "as_charged"]

_log = logging.getLogger(__name__)
_LATER_NS = NS_PER_MINUTE
NOT_CHARGED = "not charged: staff or delivery"
NOBODY_PAYS = "a receipt only: nobody is known to pay"
NOBODY_CAME = "nobody came in"
NOT_FINISHED = "the till that asked for it was gone before the bank had answered"
NOT_SEEN = "somebody was not seen leaving"
HANDED_OVER = "nobody was seen inside: what staff handed over is charged"


class Closing:
    """What happens to a trip as time goes by and people leave. All in the book that is passed in."""

    def __init__(
        self,
        settings: PaymentSettings,
        policy: Policy,
        prices: Callable[[int], Pricing] | None,
        *,
        retailer_prices: bool,
        retailer_calls: bool,
    ) -> None:
        """`retailer_calls`: what is due is taken when the retailer's system says so (capture), not before."""
        self._settings = settings
        self._policy = policy
        self._prices = prices
        self._retailer_prices = retailer_prices
        self._retailer_calls = retailer_calls

    def look(self, book: Book, trip: Trip, now_ns: int) -> Trip:
        """Does what is due with a trip now, and puts it into the book with the time at which to look again."""
        looked = trip
        try:
            # What fails is tried again every minute; nobody is to be told every minute of what did not happen.
            with book.telling():
                if trip.status == "inside":
                    looked = self._look_inside(book, trip, now_ns)
                elif trip.status == "review":
                    looked = self._look_review(book, trip, now_ns)
        except (CommerceError, TillError) as error:
            # One trip that cannot be priced must not hold up all others.
            _log.error("trip %s: %s", trip.id, error)
            looked = msgspec.structs.replace(trip, why=str(error))
            book.put_trip(looked, wake_ns=now_ns + _LATER_NS)
            return looked
        if looked is not trip or self._wake_ns(trip) > now_ns:
            book.put_trip(looked, wake_ns=self._wake_ns(looked))
        return looked

    def keep(self, book: Book, trip: Trip) -> Trip:
        """Puts a trip into the book with the time at which to look at it."""
        book.put_trip(trip, wake_ns=self._wake_ns(trip))
        return trip

    def happened(self, book: Book, trip: Trip, event: PaymentEvent) -> Trip:
        """An event of the payment of a trip, written down."""
        return happened(book, trip, event, self._settings.payer_minutes, receipt_before=trip.receipt)

    def charge(self, book: Book, trip: Trip, receipt: Receipt, now_ns: int, why: str = "") -> Trip:
        """This receipt is in force: it is paid, where anybody pays.

        What a till of the store asked for at once waits for no further word of the retailer's system.
        """
        before = trip.receipt
        trip = msgspec.structs.replace(trip, receipt=receipt, status="settling", why=why, review_until_ns=0)
        announce_trip(book, trip, "receipt.final", now_ns)
        if not trip.payment:
            done = msgspec.structs.replace(trip, status="void", why=why or NOBODY_PAYS)
            return over(book, done, self._settings.payer_minutes, now_ns)
        if self._retailer_calls and not trip.asked and receipt.total.gross.minor > 0:
            return msgspec.structs.replace(trip, status="external", why="the retailer's system says when it is charged")
        return self.due(book, trip, receipt, now_ns, before)

    def due(self, book: Book, trip: Trip, receipt: Receipt, now_ns: int, before: Receipt | None) -> Trip:
        """What a receipt comes to is due now; `before` is the receipt that was charged before."""
        total = receipt.total.gross
        # More deposits came back than anything cost: what the till owes is paid out by a person, not by a card.
        due = total if total.minor >= 0 else Money(0, total.currency)
        event = Due(time_ns=now_ns, total=due, receipt=hashlib.sha256(encode_receipt(receipt)).hexdigest())
        return happened(book, trip, event, self._settings.payer_minutes, receipt_before=before)

    def people(self, book: Book, trip: Trip) -> list[Left]:
        """Those who left, in order."""
        found = []
        for visit in trip.left:
            record = book.record(visit)
            if record is not None:
                found.append(Left(record, book.decision(visit)))
        return sorted(found, key=lambda left: (left.record.opened_ns, left.record.visit))

    # ---- while somebody is inside ---------------------------------------------------------------------------

    def _look_inside(self, book: Book, trip: Trip, now_ns: int) -> Trip:
        complete = len(trip.visits) >= trip.group_size and set(trip.visits) <= set(trip.left)
        if not complete and now_ns < self._wake_ns(trip):
            return trip
        if not trip.visits and handed_of(trip.added):
            return self._close(book, msgspec.structs.replace(trip, why=HANDED_OVER), now_ns)
        if not trip.visits:
            return self._let_go(book, trip, now_ns, "abandoned", NOT_FINISHED if trip.asked else NOBODY_CAME)
        seen = set(trip.visits) <= set(trip.left)
        return self._close(book, trip if seen else msgspec.structs.replace(trip, why=NOT_SEEN), now_ns)

    def _let_go(self, book: Book, trip: Trip, now_ns: int, status: str, why: str) -> Trip:
        trip = msgspec.structs.replace(trip, closed_ns=now_ns, why=why)
        if status == "abandoned":
            trip = msgspec.structs.replace(trip, status="abandoned")
        if trip.payment:
            payment = book.payment(trip.payment)
            assert payment is not None, "a trip's payment is written with it"
            none = Money(0, payment.currency)
            return self.happened(book, trip, Due(time_ns=now_ns, total=none, reason=why))
        done = trip if status == "abandoned" else msgspec.structs.replace(trip, status="void")
        return over(book, done, self._settings.payer_minutes, now_ns)

    def _close(self, book: Book, trip: Trip, now_ns: int) -> Trip:
        trip = msgspec.structs.replace(trip, closed_ns=now_ns)
        announce_trip(book, trip, "trip.left", now_ns)
        if trip.role != "shopper":
            return self._let_go(book, trip, now_ns, "void", NOT_CHARGED)
        people = self.people(book, trip)
        if not people and not handed_of(trip.added):
            return self._let_go(book, trip, now_ns, "void", NOT_SEEN)
        if self._retailer_prices:
            trip = msgspec.structs.replace(trip, status="external", why="the retailer's systems price and charge")
            return trip if trip.payment else over(book, trip, self._settings.payer_minutes, now_ns)
        try:
            receipt = priced(trip, book.payer(trip.id), people, self._prices)
        except TillError as error:
            return self._to_review(book, trip, now_ns, str(error))
        verdict = self._policy.decide(receipt, [left.record for left in people])
        if verdict == "review":
            return self._to_review(book, trip, now_ns, "a person has to look at it first")
        if verdict == "certain":
            receipt = priced(trip, book.payer(trip.id), people, self._prices, self._policy)
        return self.charge(book, trip, as_charged(receipt), now_ns, trip.why)

    # ---- review ---------------------------------------------------------------------------------------------

    def _to_review(self, book: Book, trip: Trip, now_ns: int, why: str) -> Trip:
        until_ns = now_ns + self._settings.review_h * NS_PER_HOUR
        trip = msgspec.structs.replace(trip, status="review", review_until_ns=max(1, until_ns), why=why)
        announce_trip(book, trip, "trip.review", now_ns)
        return trip

    def _look_review(self, book: Book, trip: Trip, now_ns: int) -> Trip:
        people = self.people(book, trip)
        undecided = any(is_undecided(left) for left in people)
        if undecided and now_ns < trip.review_until_ns:
            return trip
        payer = book.payer(trip.id)
        if not undecided and any(left.decision is not None for left in people):
            return self.charge(book, trip, as_charged(priced(trip, payer, people, self._prices)), now_ns)
        if now_ns < trip.review_until_ns:
            return trip  # the policy wants a person to look at what the model is sure of
        whole = priced(trip, payer, people, self._prices)
        after = self._policy.after_deadline(whole, [left.record for left in people])
        if after == "charge" and any(is_undecided(left) and was_inside(left) for left in people):
            after = "certain"  # what they held while they were seen is only a guess at what they carried out
        if after == "nothing" and trip.receipt is not None:
            return self.charge(
                book, trip, trip.receipt, now_ns, "nobody decided in time"
            )  # paid before they came again
        if after == "nothing":
            return self._let_go(book, trip, now_ns, "void", "nobody decided in time")
        if after == "certain":
            whole = priced(trip, payer, people, self._prices, self._policy)
        return self.charge(book, trip, as_charged(whole), now_ns, "nobody decided in time")

    def release(self, book: Book, trip: Trip, now_ns: int) -> Trip:
        """Charges a trip in review as it stands."""
        receipt = priced(trip, book.payer(trip.id), self.people(book, trip), self._prices)
        return self.charge(book, trip, as_charged(receipt), now_ns)

    # ---- when to look again ---------------------------------------------------------------------------------

    def _wake_ns(self, trip: Trip) -> int:
        if trip.status == "review":
            return trip.review_until_ns
        if trip.status != "inside":
            return 0
        if not trip.visits:
            # Whoever is being served is there, though no camera saw them.
            seen_ns = max((line.time_ns for line in trip.added), default=trip.opened_ns)
            return seen_ns + self._settings.abandon_s * NS_PER_S
        if set(trip.visits) <= set(trip.left):
            return trip.opened_ns + self._settings.arrival_s * NS_PER_S
        return trip.opened_ns + self._settings.inside_h * NS_PER_HOUR


def as_charged(receipt: Receipt) -> Receipt:
    """The receipt as somebody pays it: what has no price is not on it."""
    if receipt.status == "charge":
        return receipt
    lines = tuple(line for line in receipt.lines if not line.problem)
    return msgspec.structs.replace(receipt, status="charge", lines=lines)
