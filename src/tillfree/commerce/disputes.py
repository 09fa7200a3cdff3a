"""What shoppers say is wrong with a receipt, what that would give back, and when nobody has to look first."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import divide_rounded
from tillfree.core.ids import ProductId, TripId
from tillfree.core.money import Money

__all__ = [
    "REASONS",
    "Claim",
    "Dispute",
    "DisputeReason",
    "DisputeSettings",
    "DisputeStatus",
    "asked_for",
    "is_granted",
]

DisputeReason = Literal["not_taken", "fewer", "put_back", "damaged", "price", "other"]
REASONS: tuple[DisputeReason, ...] = ("not_taken", "fewer", "put_back", "damaged", "price", "other")
DisputeStatus = Literal["open", "refunding", "refunded", "rejected"]
"""open: a person must decide. refunding: money is to be given back, and that is not done yet."""
# What the sensors can have got wrong; the rest nobody can judge without a look.
_OF_SENSORS = frozenset({"not_taken", "fewer", "put_back"})


class DisputeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shoppers may say is wrong, for how long, and what is given back without a person looking first."""

    days: Annotated[
        int,
        Meta(
            title="Days to dispute",
            description="So long after the receipt a shopper can say that a line is wrong.",
            ge=1,
            le=365,
            extra_json_schema={"x-unit": "days"},
        ),
    ] = 30
    auto_below: Annotated[
        float,
        Meta(
            title="Unsure lines",
            description="Money goes back at once only for a line that the model was less sure of; 0 lets a person "
            "look at every case.",
            ge=0.0,
            le=1.0,
            extra_json_schema={"x-unit": "probability"},
        ),
    ] = 0.98
    auto_line_minor: Annotated[
        int,
        Meta(
            title="Most for a line",
            description="The most that goes back at once for one line.",
            ge=0,
            le=1_000_000_000,
            extra_json_schema={"x-unit": "smallest unit of the currency"},
        ),
    ] = 1000
    auto_trip_minor: Annotated[
        int,
        Meta(
            title="Most for a trip",
            description="The most that goes back at once for all lines of one trip together.",
            ge=0,
            le=1_000_000_000,
            extra_json_schema={"x-unit": "smallest unit of the currency"},
        ),
    ] = 1500
    auto_day_minor: Annotated[
        int,
        Meta(
            title="Most in a day",
            description="The most that goes back at once within 24 hours, all trips together; when it is spent, a "
            "person looks at every case.",
            ge=0,
            le=1_000_000_000_000,
            extra_json_schema={"x-unit": "smallest unit of the currency"},
        ),
    ] = 20_000


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper says of line number `line` (from 0): the reason, and how many units they `really` took."""

    line: int
    reason: DisputeReason
    really: int
    note: str = ""


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that is kept. `asked` is what it would give back, `given` what a decision gives back.

    `by` is who decided, "" while nobody has, "rules" where no person had to look. `problem` is why money that is to be
    given back has not gone yet.
    """

    number: int
    trip: TripId
    line: int
    product: ProductId
    name: str
    quantity: int
    really: int
    reason: DisputeReason
    note: str
    probability: float
    asked: Money
    given: Money
    status: DisputeStatus
    opened_ns: int
    decided_ns: int = 0
    by: str = ""
    answer: str = ""
    problem: str = ""
    simulated: bool = False

    @property
    def key(self) -> str:
        """The key under which money is given back, so that it is given once."""
        return f"dispute-{self.trip}-{self.line}"


def asked_for(receipt: Receipt, claim: Claim) -> Money:
    """What a claim would give back, tax included.

    Of a line of which some units were taken that is the share of the others; of what was damaged, wrongly priced or
    otherwise wrong, the whole line: a person decides how much of it.

    Raises:
        CommerceError: there is no such line, nothing was charged for it, or the claim asks for nothing.
    """
    if not 0 <= claim.line < len(receipt.lines):
        raise CommerceError(f"receipt {receipt.id!r} has no line {claim.line + 1}; it has {len(receipt.lines)}")
    line = receipt.lines[claim.line]
    charged = line.charged
    if charged is None or line.problem or charged.minor <= 0:
        raise CommerceError(f"receipt {receipt.id!r}, line {claim.line + 1}: nothing was charged, so nothing goes back")
    if claim.reason in _OF_SENSORS:
        if not 0 <= claim.really < line.quantity:
            raise CommerceError(
                f"receipt {receipt.id!r}, line {claim.line + 1}: {claim.really} taken is not less than {line.quantity}"
            )
        share = Money(divide_rounded(charged.minor * (line.quantity - claim.really), line.quantity), charged.currency)
    else:
        share = charged
    return share if receipt.prices_include_tax else share + _tax_on(receipt, line, share)


def _tax_on(receipt: Receipt, line: ReceiptLine, share: Money) -> Money:
    """The part of the tax of its class, in proportion to the net amount, rounded down: never more than was paid."""
    for tax in receipt.taxes:
        if tax.tax_class == line.tax_class and tax.amount.net.minor > 0:
            return Money(tax.amount.tax.minor * share.minor // tax.amount.net.minor, share.currency)
    return Money(0, share.currency)


def is_granted(
    claim: Claim, line: ReceiptLine, asked: Money, settings: DisputeSettings, given_trip: Money, given_day: Money
) -> bool:
    """Whether money goes back at once; `given_trip` and `given_day` are what went back at once before."""
    return (
        claim.reason in _OF_SENSORS
        and line.probability < settings.auto_below
        and asked.minor <= settings.auto_line_minor
        and (given_trip + asked).minor <= settings.auto_trip_minor
        and (given_day + asked).minor <= settings.auto_day_minor
    )
