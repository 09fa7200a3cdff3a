"""The payment of a trip: what was asked of the processor and what came of it; everything else follows from that.

A payment keeps the orders that were placed, each with its outcome, and what people said (what is due, refunds, debts
paid). What is held, taken and given back is always summed from those, never kept beside them, so that it cannot differ.
"""

from typing import Literal

import msgspec

from tillfree.commerce.payments.processor import Order
from tillfree.core.ids import PaymentId, TripId

__all__ = ["Hold", "Method", "Part", "Payment", "PlacedOrder", "Refund", "holds_of", "main_hold", "taking_left"]

Method = Literal["card", "badge", "cash"]
"""card: by a payment processor. badge: put on a badge account or the payroll. cash: collected outside the till."""
HoldState = Literal["held", "taken", "released", "expired", "gone"]
FAILED = ("declined", "refused")
UNRESOLVED = ("", "pending")
TAKINGS = ("capture", "charge")


class Part(msgspec.Struct, frozen=True):
    """What of an amount belongs to one tax class, in minor units."""

    tax_class: str
    net_minor: int
    tax_minor: int


class PlacedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order and what became of it. `of` is the key of the order that it is about: of the hold, or of the taking.

    `outcome` is empty while nobody knows; "refused" where the processor will never do it. `minor` is what was approved.
    `refund` is the key of the wish that it fulfils, empty where a surplus goes back.
    """

    order: Order
    of: str = ""
    refund: str = ""
    outcome: Literal["", "pending", "approved", "declined", "refused"] = ""
    minor: int = 0
    reference: str = ""
    expires_ns: int = 0
    answered_ns: int = 0
    code: str = ""

    @property
    def unresolved(self) -> bool:
        """Whether it is still to be asked, or looked up."""
        return self.outcome in UNRESOLVED

    @property
    def asked_minor(self) -> int:
        """What was asked for; 0 where the order has no amount."""
        return 0 if self.order.amount is None else self.order.amount.minor


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants money given back. `parts` say of which tax classes; `lines` are numbers of lines, from 0."""

    key: str
    minor: int
    reason: str
    by: str
    lines: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()


class Hold(msgspec.Struct, frozen=True):
    """Money that is, or was, put aside: `key` is that of the order that asked for it, or "terminal".

    `expires_ns` is when it ends, 0 where nobody said; `since_ns` when it was approved.
    """

    key: str
    reference: str
    minor: int
    expires_ns: int
    state: HoldState
    since_ns: int = 0

    @property
    def lasts_ns(self) -> int:
        """How long it was to last in all."""
        return max(0, self.expires_ns - self.since_ns)


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment. Holds no personal data: the token of the instrument stands with the payer, and is put in on sending.

    `hold_wanted_minor` is what is to be put aside at the entry, `adjust_to_minor` what another system wants it to be.
    `due_minor` is what the receipt says, None while nobody knows; `due_receipt` is its digest. `debt_minor` is what
    could not be collected (or, of a badge or cash, is owed). `fresh_from` counts the orders placed before somebody last
    said "try again".
    """

    id: PaymentId
    trip: TripId
    method: Method
    currency: str
    opened_ns: int
    chargeable: bool = False
    hold_wanted_minor: int = 0
    terminal: Hold | None = None
    adjust_to_minor: int | None = None
    due_minor: int | None = None
    due_receipt: str = ""
    placed: tuple[PlacedOrder, ...] = ()
    expired: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()
    debt_minor: int = 0
    debt_paid_minor: int = 0
    written_off_minor: int = 0
    paid_keys: tuple[str, ...] = ()
    fresh_from: int = 0
    version: int = 0

    def _approved(self, *kinds: str) -> int:
        return sum(p.minor for p in self.placed if p.outcome == "approved" and p.order.kind in kinds)

    @property
    def taken_minor(self) -> int:
        """What the processor took, from holds and by token."""
        return self._approved(*TAKINGS)

    @property
    def returned_minor(self) -> int:
        """What went back: through the processor, or of a badge or cash as soon as it was wished."""
        return self._approved("refund") if self.method == "card" else self.wished_minor

    @property
    def surplus_returned_minor(self) -> int:
        """What went back because it had been taken by mistake."""
        return sum(
            p.minor for p in self.placed if p.order.kind == "refund" and p.outcome == "approved" and not p.refund
        )

    @property
    def wished_minor(self) -> int:
        """All refunds that were asked for and did not fail."""
        return sum(refund.minor - self.failed_minor(refund) for refund in self.refunds)

    @property
    def refunded_minor(self) -> int:
        """What went back because somebody asked for it."""
        return sum(self.returned_for(refund) for refund in self.refunds)

    @property
    def refundable_minor(self) -> int:
        """What can still be given back."""
        if self.method == "badge":
            return (self.due_minor or 0) - self.written_off_minor - self.wished_minor
        if self.method == "cash":
            return self.debt_paid_minor - self.wished_minor
        return min(self.taken_minor - self.surplus_returned_minor, self.due_minor or 0) - self.wished_minor

    def returned_for(self, refund: Refund) -> int:
        """How much of a refund went back."""
        if self.method != "card":
            return refund.minor
        return sum(p.minor for p in self.placed if p.refund == refund.key and p.outcome == "approved")

    def failed_minor(self, refund: Refund) -> int:
        """How much of a refund the processor declined for good."""
        return sum(p.asked_minor for p in self.placed if p.refund == refund.key and p.outcome in FAILED)

    @property
    def held_minor(self) -> int:
        """What is put aside now."""
        return sum(hold.minor for hold in holds_of(self) if hold.state == "held")

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: what is due came in, nothing is held, nothing waits for an answer."""
        return (
            self.due_minor is not None
            and not any(p.unresolved for p in self.placed)
            and not self.held_minor
            and (self.method == "badge" or not self.debt_minor)
        )


def holds_of(payment: Payment) -> list[Hold]:
    """Every hold with its present amount and state, oldest first."""
    found = [] if payment.terminal is None else [payment.terminal]
    found += [
        Hold(p.order.key, p.reference, p.minor, p.expires_ns, "held", p.answered_ns)
        for p in payment.placed
        if p.order.kind == "authorise" and p.outcome == "approved"
    ]
    return [_present(payment, hold) for hold in found]


def _present(payment: Payment, hold: Hold) -> Hold:
    minor, expires_ns, state, since_ns = hold.minor, hold.expires_ns, hold.state, hold.since_ns
    for p in payment.placed:
        if p.of != hold.key or p.order.kind == "refund":
            continue
        if p.outcome == "approved":
            if p.order.kind == "adjust":
                minor = p.minor
                if p.expires_ns:
                    expires_ns, since_ns = p.expires_ns, p.answered_ns
            else:
                state = "taken" if p.order.kind == "capture" else "released"
        elif p.outcome in FAILED and p.order.kind in ("capture", "void") and state == "held":
            state = "gone"
    if state == "held" and hold.key in payment.expired:
        state = "expired"
    return Hold(hold.key, hold.reference, minor, expires_ns, state, since_ns)


def main_hold(payment: Payment) -> Hold | None:
    """The oldest hold that still holds."""
    return next((hold for hold in holds_of(payment) if hold.state == "held"), None)


def taking_left(payment: Payment, taking: PlacedOrder) -> int:
    """What of a taking has not gone back, and is not on its way back."""
    back = sum(
        p.minor if p.outcome == "approved" else p.asked_minor
        for p in payment.placed
        if p.order.kind == "refund" and p.of == taking.order.key and p.outcome not in FAILED
    )
    return taking.minor - back
