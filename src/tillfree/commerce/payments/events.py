"""What can happen to a payment, as one tagged union: append-only, and enough to make the payment anew."""

import msgspec

from tillfree.commerce.payments.payment import Hold, Method, Part
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money

__all__ = [
    "AdjustWished",
    "Answered",
    "DebtPaid",
    "Due",
    "HoldExpired",
    "Opened",
    "PaymentEvent",
    "RefundAsked",
    "Refused",
    "Reopened",
    "Retried",
    "WrittenOff",
]


class _PaymentEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    time_ns: int


class Opened(_PaymentEvent, frozen=True, kw_only=True, tag="opened"):
    """Somebody came in. `hold` is what is to be put aside, of zero where nothing is; `terminal` what already is."""

    payment: PaymentId
    trip: TripId
    method: Method
    hold: Money
    chargeable: bool = False
    terminal: Hold | None = None


class Answered(_PaymentEvent, frozen=True, kw_only=True, tag="answered"):
    """The processor said what became of an order: as the answer, by a notice, or when it was looked up."""

    key: str
    outcome: str
    minor: int | None = None
    currency: str = ""
    reference: str = ""
    code: str = ""
    expires_ns: int = 0


class Refused(_PaymentEvent, frozen=True, kw_only=True, tag="refused"):
    """The processor will never carry out an order."""

    key: str
    message: str = ""


class Due(_PaymentEvent, frozen=True, kw_only=True, tag="due"):
    """What is to be paid is known (zero: the hold is let go). Another amount later takes the place of the first.

    `receipt` is the SHA-256 of the receipt that says so, in hexadecimal; empty where there is none.
    """

    total: Money
    receipt: str = ""
    reason: str = ""


class AdjustWished(_PaymentEvent, frozen=True, kw_only=True, tag="adjust_wished"):
    """The hold is to be so large, before anybody says what is due."""

    total: Money


class HoldExpired(_PaymentEvent, frozen=True, kw_only=True, tag="hold_expired"):
    """A hold is past its time. `key` is that of the hold."""

    key: str


class RefundAsked(_PaymentEvent, frozen=True, kw_only=True, tag="refund_asked"):
    """Somebody wants money given back; the same key again is the same wish."""

    key: str
    amount: Money
    reason: str
    by: str
    lines: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()


class Retried(_PaymentEvent, frozen=True, kw_only=True, tag="retried"):
    """What could not be collected is tried once more."""

    by: str = ""


class DebtPaid(_PaymentEvent, frozen=True, kw_only=True, tag="debt_paid"):
    """A debt, or a part of it, came in by another way; the same key again is the same payment."""

    key: str
    amount: Money
    by: str


class WrittenOff(_PaymentEvent, frozen=True, kw_only=True, tag="written_off"):
    """Nobody hopes for a debt, or a part of it, any more."""

    key: str
    amount: Money
    by: str


class Reopened(_PaymentEvent, frozen=True, kw_only=True, tag="reopened"):
    """Somebody of the trip came in (again) after it was closed."""


PaymentEvent = (
    Opened
    | Answered
    | Refused
    | Due
    | AdjustWished
    | HoldExpired
    | RefundAsked
    | Retried
    | DebtPaid
    | WrittenOff
    | Reopened
)
