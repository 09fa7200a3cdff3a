"""A sale at a till or a lane of the store: money is put aside, the bank decides, and it is taken or let go, at once."""

import time
from collections.abc import Callable
from typing import Literal

import msgspec

from tillfree.commerce.payments.payment import FAILED, Payment, main_hold
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.money.book import Book
from tillfree.store.till.arriving import Arriving
from tillfree.store.till.charging import Charging
from tillfree.store.till.errors import OtherSaleError, TillError

__all__ = ["SALE_MINOR_MAX", "SaleOutcome", "Selling", "sale_outcome"]

SALE_MINOR_MAX = 10**9
"""Nothing that is paid at once costs more."""
SaleOutcome = Literal["paid", "declined", "no_answer", "cancelled"]
_LOOK_AGAIN_S = 0.1


class Selling(Arriving, Charging):
    """The part of the till with which another till has somebody pay at once.

    Such a sale is a trip that nobody is inside on. Between the hold and the taking it may be left by whoever asked for
    it, or by the program: then it is let go like an entry on which nobody came in (`payments.abandon_s`), unless the
    same sale is asked for again before.
    """

    def find_sale(self, trip: TripId, asked: str) -> Trip | None:
        """A sale that was asked for before; None where there is none of this id. Raises OtherSaleError."""
        found = self._database.trip(trip)
        if found is not None and found.asked != asked:
            raise OtherSaleError(f"sale {trip!r} was asked for with another amount or reference; make a new key")
        return found

    def sell(
        self,
        trip: Trip,
        payer: Payer,
        total: Money,
        receipt: Receipt | None = None,
        *,
        still_wanted: Callable[[], bool] = lambda: True,
    ) -> Trip:
        """Puts the total aside, waits for the bank, and takes it; or lets it go where that is not to be had in time.

        `trip.id` is made by whoever asks, and `trip.asked` is a digest of what they ask for: again with the same two
        nothing happens twice, and a sale that was interrupted goes on. `receipt` is what is sold, None where the other
        till prints its own. `still_wanted` is asked once more before anything is taken.

        Raises:
            OtherSaleError: another sale has this id.
            TillError: nobody can be charged by this payer, or the amount is none that is paid at once.
        """
        assert trip.asked, "a sale says what was asked for"
        if not 0 < total.minor <= SALE_MINOR_MAX:
            raise TillError(f"{total} cannot be paid at once: give more than nothing, and {SALE_MINOR_MAX} at most")
        if total.currency != self._currency:
            raise TillError(f"this store takes {self._currency}, not {total.currency}")
        if receipt is not None and (receipt.total.gross != total or receipt.status != "charge"):
            raise TillError(f"receipt {receipt.id!r} is not one over {total} that can be charged")
        begun = self.find_sale(trip.id, trip.asked)
        if begun is None and not (payer.token or payer.kind == "badge"):
            raise TillError(f"trip {trip.id!r}: nothing is linked that pays at once; link a card or a badge")
        payment = self.open(trip, payer, hold=total).payment
        self._await_bank(payment)
        try:
            wanted = still_wanted()
        except Exception:  # noqa: BLE001  who cannot be asked is not there
            wanted = False
        with self._book() as book:
            found = self._concluded(
                book, self._need(book, trip.id), total, receipt, wanted=wanted, anew=begun is not None
            )
        self._work.wake()
        return found

    # ---- inside ---------------------------------------------------------------------------------------------

    def _await_bank(self, payment: PaymentId) -> None:
        """Until it is known whether money is put aside, but no longer than the settings say."""
        end_s = time.monotonic() + self._settings.sale_wait_s
        while True:
            self._work.send_all(payment)
            after = self._database.payment(payment)
            if after is None or after.due_minor is not None or not _waits(after) or time.monotonic() >= end_s:
                return
            time.sleep(_LOOK_AGAIN_S)

    def _concluded(
        self, book: Book, trip: Trip, total: Money, receipt: Receipt | None, *, wanted: bool, anew: bool
    ) -> Trip:
        payment = self._need_payment(book, trip)
        if payment.due_minor is not None:
            return trip  # concluded before, or let go because it took too long
        why = _why_let_go(payment, total, wanted=wanted, anew=anew)
        if why:
            return self._due(book, trip, Money(0, payment.currency), why)
        if receipt is None:
            return self._due(book, trip, total, "")
        now_ns = self._now_ns()
        trip = msgspec.structs.replace(trip, closed_ns=now_ns)
        return self._closing.keep(book, self._closing.charge(book, trip, receipt, now_ns))


def sale_outcome(payment: Payment) -> SaleOutcome:
    """What became of a sale. "paid": it is certain and on its way; the payment says what has arrived."""
    if payment.due_minor:
        return "paid"
    holds = [p for p in payment.placed if p.order.kind == "authorise"]
    if any(p.outcome in FAILED or (p.outcome == "approved" and p.minor < p.asked_minor) for p in holds):
        return "declined"
    return "no_answer" if any(p.unresolved for p in holds) else "cancelled"


def _waits(payment: Payment) -> bool:
    return any(p.unresolved and p.order.kind in ("authorise", "adjust") for p in payment.placed)


def _why_let_go(payment: Payment, total: Money, *, wanted: bool, anew: bool) -> str:
    """Why nothing is taken; empty where it is. `anew`: this sale was begun before, and interrupted."""
    if not _is_covered(payment, total):
        return "the bank gave no answer in time" if _waits(payment) else "the bank said no"
    if not wanted:
        return "the till that asked for it was gone"
    if payment.method == "card":
        # It was interrupted, and by now it costs something else: nobody was told of that.
        return "" if payment.hold_wanted_minor == total.minor else "it costs something else by now"
    # Nothing was put aside by which it could be told what it cost when somebody agreed to it.
    return "it was interrupted" if anew else ""


def _is_covered(payment: Payment, total: Money) -> bool:
    """Whether all of it is put aside; a badge account, or what is deducted later, is asked by nobody."""
    if payment.method != "card":
        return True
    hold = main_hold(payment)
    return hold is not None and hold.minor >= total.minor
