"""The desk of receipts: links to them, what is said against them, and what goes out by exit, kiosk and e-mail."""

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from tillfree.commerce.disputes import Claim, Dispute, asked_for, is_granted
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.languages.choosing import words_of
from tillfree.commerce.layout import Layout, lay_out
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.mail import is_address
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY, NS_PER_HOUR, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.announcements import Announcement
from tillfree.storage.database.money.deliveries import Delivery, DeliveryKind
from tillfree.store.receipts.errors import NothingAsked, NotOurs, TooLate
from tillfree.store.receipts.exits import ExitBoard, ExitReceipt
from tillfree.store.settings import StoreSettings

__all__ = ["CONSUMER", "ReceiptDesk", "Refunding", "ShopperReceipt", "TripBook", "refunds_of"]

CONSUMER = "receipts"
"""Whose cursor in the announcements this is."""
_KINDS = ("receipt.final", "payment.refunded")
_NOTE_MAX = 500
_ANSWER_MAX = 500
_FRESH_NS = 120 * NS_PER_S
_RETRY_NS = 30 * NS_PER_S
_ERASE_EVERY_NS = NS_PER_HOUR
_KEEP_DISPUTES_DAYS = 400
_AT_ONCE = 200
_NOT_YET = ("inside", "review", "abandoned")
_log = logging.getLogger(__name__)


class TripBook(Protocol):
    """Where trips are kept."""

    def trip(self, trip: TripId) -> Trip | None:
        """One trip."""
        ...

    def payer(self, trip: TripId) -> Payer | None:
        """Who pays for it; None where that is erased."""
        ...


class Refunding(Protocol):
    """What gives money back (`Till`)."""

    def refund(self, trip: TripId, amount: Money, *, key: str, reason: str, by: str, lines: Sequence[int] = ()) -> Trip:
        """Gives money back; again with the same key nothing happens."""
        ...


class ShopperReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a link leads to: the receipt in force, what was said against it, and until when that can be done."""

    trip: Trip
    receipt: Receipt
    disputes: tuple[Dispute, ...]
    payment: Payment | None = None
    until_ns: int
    open_until_ns: int

    @property
    def pays_here(self) -> bool:
        """Whether this store took the money, and so can give it back."""
        return self.trip.status in ("settling", "settled")

    def dispute_of(self, line: int) -> Dispute | None:
        """What was said against a line."""
        return next((dispute for dispute in self.disputes if dispute.line == line), None)


class ReceiptDesk:
    """Receipts of one store. Methods may be called by any thread; `tick` by one at a time."""

    def __init__(
        self,
        database: Database,
        settings: StoreSettings,
        till: Refunding,
        now_ns: Callable[[], int],
        *,
        book: TripBook | None = None,
        zone: dt.tzinfo = dt.UTC,
    ) -> None:
        """`now_ns` is the clock of the till, `zone` the store's; `book` is where trips are kept, else the database."""
        self.settings = settings
        self.zone = zone
        self.exits = ExitBoard(settings.receipts.exit_seconds, settings.receipts.kiosk_minutes)
        self._database = database
        self._till = till
        self._now_ns = now_ns
        self._book: TripBook = database if book is None else book
        self._refunds_due_ns = 0
        self._erase_due_ns = 0

    # ---- looking --------------------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """The time that links, screens and disputes go by."""
        return self._now_ns()

    @property
    def gives_paper_or_mail(self) -> bool:
        """Whether a kiosk has anything to give: e-mail or a printer is set."""
        return bool(self.settings.mail.host or self.settings.receipts.printer_host)

    def make_link(self, trip: TripId) -> str:
        """A new secret that leads to the receipt of a trip."""
        now_ns = self._now_ns()
        return self._database.add_receipt_link(trip, now_ns, now_ns + self.settings.receipts.link_days * NS_PER_DAY)

    def address_of(self, secret: str, *, base: str = "") -> str:
        """The whole link; of the public address if there is one, else of `base`; empty where there is neither."""
        begin = self.settings.receipts.address or base
        return f"{begin.rstrip('/')}/r/{secret}" if begin else ""

    def receipt_of(self, secret: str) -> ShopperReceipt | None:
        """What a secret leads to; None where that is nothing, or no receipt yet."""
        link = self._database.receipt_link(secret, self._now_ns())
        return None if link is None else self.receipt_of_trip(link.trip, until_ns=link.until_ns)

    def receipt_of_trip(self, trip: TripId, *, until_ns: int = 0) -> ShopperReceipt | None:
        """The same for a trip whose link is not at hand."""
        kept = self._book.trip(trip)
        # A receipt that waits for a person is nobody's yet.
        if kept is None or kept.receipt is None or kept.receipt.status != "charge" or kept.status in _NOT_YET:
            return None
        return ShopperReceipt(
            trip=kept,
            receipt=kept.receipt,
            disputes=tuple(self._database.disputes_of(trip)),
            payment=self._database.payment_of_trip(trip),
            until_ns=until_ns,
            open_until_ns=(kept.closed_ns or kept.receipt.time_ns) + self.settings.disputes.days * NS_PER_DAY,
        )

    def layout(self, shown: ShopperReceipt, language: str) -> Layout:
        """The receipt as it is shown, with what went back."""
        return lay_out(
            shown.receipt, language, zone=self.zone, refunds=refunds_of(shown), simulated=shown.trip.simulated
        )

    # ---- what is wrong --------------------------------------------------------------------------------------

    def dispute(self, shown: ShopperReceipt, claim: Claim) -> tuple[Dispute, bool]:
        """A shopper says that a line is wrong; the second value is False where that was said before.

        Raises:
            TooLate: the time for that is over.
            NotOurs: there is no such line, or another system took the money.
            NothingAsked: nothing was charged for it, or not less than on the receipt was taken.
        """
        now_ns = self._now_ns()
        if not shown.pays_here:
            raise NotOurs(f"trip {shown.trip.id!r}: this store did not take its money, so it gives none back")
        if now_ns >= shown.open_until_ns:
            raise TooLate(f"trip {shown.trip.id!r}: the time to dispute its receipt is over; ask in the shop")
        if not 0 <= claim.line < len(shown.receipt.lines):
            raise NotOurs(f"trip {shown.trip.id!r}: its receipt has no line {claim.line + 1}")
        line = shown.receipt.lines[claim.line]
        try:
            asked = asked_for(shown.receipt, claim)
        except CommerceError as error:
            raise NothingAsked(str(error)) from error
        zero = Money(0, asked.currency)
        wanted = Dispute(
            number=0,
            trip=shown.trip.id,
            line=claim.line,
            product=line.product,
            name=line.name,
            quantity=line.quantity,
            really=claim.really,
            reason=claim.reason,
            note=claim.note[:_NOTE_MAX],
            probability=line.probability,
            asked=asked,
            given=zero,
            status="open",
            opened_ns=now_ns,
            simulated=shown.trip.simulated,
        )
        settings = self.settings.disputes
        made, new = self._database.open_dispute(
            wanted, lambda trip, day: is_granted(claim, line, asked, settings, trip, day)
        )
        return (self._pay(made) if made.status == "refunding" else made), new

    def decide(self, number: int, given: Money, *, by: str, answer: str) -> Dispute:
        """Somebody of the staff decides: so much goes back, or nothing; `answer` is for the shopper to read.

        Raises:
            NotOurs: there is no such dispute.
            TooLate: somebody decided it already.
            DatabaseError: more would go back than was asked for.
        """
        kept = self._database.dispute(number)
        if kept is None:
            raise NotOurs(f"there is no dispute {number}; it may be erased by now")
        if kept.status != "open":
            raise TooLate(f"dispute {number}: {kept.by!r} decided it already; nothing was changed")
        made = self._database.decide_dispute(
            number, given=given, by=by, answer=answer[:_ANSWER_MAX], now_ns=self._now_ns()
        )
        return self._pay(made) if made.status == "refunding" else made

    def _pay(self, dispute: Dispute) -> Dispute:
        """Gives back what is decided. Where that fails it is tried again, under the same key, until it is done."""
        try:
            self._till.refund(
                dispute.trip,
                dispute.given,
                key=dispute.key,
                reason=f"dispute: {dispute.reason}",
                by=dispute.by,
                lines=(dispute.line,),
            )
        except TillfreeError as error:
            _log.warning("dispute %d: %s", dispute.number, error)
            return self._database.dispute_paid(dispute.number, problem=str(error)[:500] or type(error).__name__)
        return self._database.dispute_paid(dispute.number)

    # ---- exit and kiosk -------------------------------------------------------------------------------------

    def send_to(self, number: str, address: str, language: str) -> bool:
        """The receipt with that number on the screen goes to an address; False where there is no such number now.

        Raises:
            NothingAsked: this is no address.
        """
        if not is_address(address):
            raise NothingAsked("this is no e-mail address")
        found = self.exits.known(number, self._now_ns())
        if found is None:
            return False
        self._put_down(f"kiosk-{secrets.token_hex(8)}", found.trip, "receipt", address, language)
        self.exits.used(number)
        return True

    def numbered(self, number: str) -> tuple[ExitReceipt, ShopperReceipt] | None:
        """The receipt with that number; the number goes on to lead there until it is `used`."""
        found = self.exits.known(number, self._now_ns())
        shown = None if found is None else self.receipt_of_trip(found.trip)
        return None if found is None or shown is None else (found, shown)

    # ---- what goes on by itself -----------------------------------------------------------------------------

    def tick(self) -> None:
        """Goes on with what happened: the screens, e-mails to be sent, money to go back. About every half second."""
        now_ns = self._now_ns()
        for announcement in self._database.announcements(self._database.cursor(CONSUMER), _AT_ONCE, kinds=_KINDS):
            self._hear(announcement, now_ns)
            self._database.set_cursor(CONSUMER, announcement.number)
        if now_ns >= self._refunds_due_ns:
            self._refunds_due_ns = now_ns + _RETRY_NS
            for dispute in self._database.disputes("refunding"):
                self._pay(dispute)
        if now_ns >= self._erase_due_ns:
            self._erase_due_ns = now_ns + _ERASE_EVERY_NS
            self._erase(now_ns)

    def _hear(self, announcement: Announcement, now_ns: int) -> None:
        # What happens to a payment is told under its name, with the trip in the body.
        trip = self._book.trip(TripId(str(announcement.body.get("trip", announcement.subject))))
        if trip is None or self.receipt_of_trip(trip.id) is None:
            return
        kind: DeliveryKind = "receipt" if announcement.kind == "receipt.final" else "refund"
        payer = self._book.payer(trip.id)
        ours = self.settings.retailer.receipts != "retailer"
        if ours and payer is not None and is_address(payer.email):
            language = words_of(payer.language or trip.language).code
            self._put_down(f"{kind}-{announcement.number}", trip.id, kind, payer.email, language)
        # What was announced while this program was down is on no screen: whoever it was is gone.
        if kind == "receipt" and now_ns - announcement.time_ns < _FRESH_NS:
            self.exits.add(trip.id, trip.gate, self.make_link(trip.id), now_ns)

    def _put_down(self, key: str, trip: TripId, kind: DeliveryKind, address: str, language: str) -> None:
        now_ns = self._now_ns()
        self._database.add_delivery(
            Delivery(key=key, trip=trip, kind=kind, address=address, language=language, next_ns=now_ns, made_ns=now_ns)
        )

    def _erase(self, now_ns: int) -> None:
        self._database.erase_receipt_links(now_ns)
        self._database.erase_deliveries(now_ns - self.settings.receipts.link_days * NS_PER_DAY)
        self._database.erase_disputes(now_ns - _KEEP_DISPUTES_DAYS * NS_PER_DAY)


def refunds_of(shown: ShopperReceipt) -> dict[int, Money]:
    """What went back, or is about to, by the place of the line; -1 is for what was given back without naming one."""
    currency = shown.receipt.currency
    by_line: dict[int, int] = {}
    known: set[str] = set()
    for refund in shown.payment.refunds if shown.payment is not None else ():
        known.add(refund.key)
        line = refund.lines[0] if len(refund.lines) == 1 and refund.lines[0] < len(shown.receipt.lines) else -1
        assert shown.payment is not None
        by_line[line] = by_line.get(line, 0) + refund.minor - shown.payment.failed_minor(refund)
    for dispute in shown.disputes:
        if dispute.key not in known:
            by_line[dispute.line] = by_line.get(dispute.line, 0) + dispute.given.minor
    return {line: Money(minor, currency) for line, minor in sorted(by_line.items()) if minor}
