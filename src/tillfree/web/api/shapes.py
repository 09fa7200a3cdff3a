"""What goes over the wire in both directions: amounts, moments, receipts, and what else several operations share."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import TaxLine
from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.core.time import format_utc
from tillfree.storage.database.paging import PAGE_MAX
from tillfree.web.api.problems import Problem

__all__ = [
    "AMOUNT_MAX",
    "Amount",
    "Limit",
    "LineView",
    "Moment",
    "ReceiptView",
    "TaxView",
    "TimeCursor",
    "amount",
    "moment",
    "nanoseconds",
    "one_page",
    "receipt_view",
    "time_cursor",
    "write_time_cursor",
]

AMOUNT_MAX = 10**15
Row = TypeVar("Row")
_INT64_MAX = 2**63 - 1
_CURRENCIES = "^(" + "|".join(sorted(CURRENCY_EXPONENTS)) + ")$"

Moment = Annotated[
    str,
    Meta(
        max_length=40,
        description="A moment (RFC 3339) with its offset from UTC, as 2026-11-26T20:00:00Z.",
        extra_json_schema={"format": "date-time"},
    ),
]
TimeCursor = Annotated[
    str,
    Meta(max_length=240, pattern=r"^(-?[0-9]{1,19}~.{1,200})?$", description="Cursor from the page before."),
]
Limit = Annotated[int, Meta(ge=1, le=500, description="How many at most.")]


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money, exactly: `minor` counts the smallest unit of the currency (cents; yen; fils), ISO 4217 names it."""

    minor: Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
    currency: Annotated[
        str, Meta(max_length=3, pattern=_CURRENCIES, extra_json_schema={"enum": sorted(CURRENCY_EXPONENTS)})
    ]

    def money(self, currency: str) -> Money:
        """As the store has it.

        Raises:
            Problem: it is of another currency.
        """
        if self.currency != currency:
            raise Problem("refused", f"the store's currency is {currency}, not {self.currency}")
        return Money(self.minor, self.currency)


class DiscountView(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer took off."""

    offer: str
    name: str
    amount: Amount


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a receipt; `problem` says why it is in no total."""

    product: str
    name: str
    kind: str
    quantity: int
    weight_g: int | None
    unit_price: Amount | None
    amount: Amount | None
    charged: Amount | None
    discounts: tuple[DiscountView, ...]
    tax_class: str
    min_age: int
    probability: float
    problem: str


class TaxView(msgspec.Struct, frozen=True, kw_only=True):
    """What is taxed at one rate."""

    tax_class: str
    rate_ppm: int
    net: Amount
    tax: Amount
    gross: Amount


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt: net + tax = gross, and the lines sum to gross (or net, where tax is added)."""

    id: str
    time: Moment
    store: str
    currency: str
    status: str
    prices_include_tax: bool
    probability: float
    lines: tuple[LineView, ...]
    taxes: tuple[TaxView, ...]
    net: Amount
    tax: Amount
    gross: Amount
    notes: tuple[str, ...]


def amount(money: Money) -> Amount:
    """As it is sent."""
    return Amount(money.minor, money.currency)


def _maybe(money: Money | None) -> Amount | None:
    return None if money is None else amount(money)


def moment(time_ns: int) -> str:
    """As it is sent."""
    return format_utc(time_ns)


def nanoseconds(text: str | None, name: str) -> int | None:
    """A moment that was sent, in nanoseconds since the epoch, within what the database holds; None for none.

    Raises:
        Problem: it is none.
    """
    if text is None:
        return None
    try:
        found = msgspec.convert(text, Annotated[dt.datetime, Meta(tz=True)])
    except msgspec.ValidationError as error:
        message = f"{name}: {text[:40]!r} is no moment with an offset, as 2026-11-26T20:00:00Z (+ is %2B in an address)"
        raise Problem("malformed", message) from error
    whole = int((found - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(microseconds=1)) * 1000
    return max(-_INT64_MAX, min(_INT64_MAX, whole))


def one_page(found: list[Row], limit: int, cursor: Callable[[Row], str]) -> tuple[list[Row], str]:
    """The first `limit` rows, and the cursor of those after them; `found` are those that were asked for, and one more.

    The database gives `PAGE_MAX` at once and no more, so a page of that length may be followed by an empty one.
    """
    page = found[:limit]
    more = len(found) > limit or len(found) == PAGE_MAX
    return page, cursor(page[-1]) if page and more else ""


def write_time_cursor(time_ns: int, name: str) -> str:
    """A cursor of a list in the order of time, as `TimeCursor` is."""
    return f"{time_ns}~{name}"


def time_cursor(text: str) -> tuple[int, str] | None:
    """The time and the name that a cursor holds; None at the beginning."""
    time, _, name = text.partition("~")
    return (max(-_INT64_MAX, min(_INT64_MAX, int(time))), name) if time else None


def receipt_view(receipt: Receipt) -> ReceiptView:
    """A receipt as it is sent: without the visit and without evidence."""
    return ReceiptView(
        id=receipt.id,
        time=moment(receipt.time_ns),
        store=receipt.store,
        currency=receipt.currency,
        status=receipt.status,
        prices_include_tax=receipt.prices_include_tax,
        probability=receipt.probability,
        lines=tuple(map(_line, receipt.lines)),
        taxes=tuple(map(_tax, receipt.taxes)),
        net=amount(receipt.total.net),
        tax=amount(receipt.total.tax),
        gross=amount(receipt.total.gross),
        notes=receipt.notes,
    )


def _line(line: ReceiptLine) -> LineView:
    return LineView(
        product=line.product,
        name=line.name,
        kind=line.kind,
        quantity=line.quantity,
        weight_g=line.weight_g,
        unit_price=_maybe(line.unit_price),
        amount=_maybe(line.amount),
        charged=_maybe(line.charged),
        discounts=tuple(
            DiscountView(offer=discount.offer, name=discount.name, amount=amount(discount.amount))
            for discount in line.discounts
        ),
        tax_class=line.tax_class,
        min_age=line.min_age,
        probability=line.probability,
        problem=line.problem,
    )


def _tax(tax: TaxLine) -> TaxView:
    return TaxView(
        tax_class=tax.tax_class,
        rate_ppm=tax.rate_ppm,
        net=amount(tax.amount.net),
        tax=amount(tax.amount.tax),
        gross=amount(tax.amount.gross),
    )
