"""The receipt of one visit: what was taken, what it costs, how sure that is, and whether anybody is charged for it."""

import math
from typing import Literal

import msgspec

from tillfree.commerce.errors import ReceiptError
from tillfree.commerce.tax import TaxLine, divide_rounded, sum_taxed
from tillfree.core.ids import EventId, ProductId, VisitId
from tillfree.core.money import Money, TaxedAmount

__all__ = [
    "NO_PRICE",
    "NO_TAX_RATE",
    "NO_WEIGHT",
    "UNKNOWN_PRODUCT",
    "UNSURE_WEIGHT",
    "LineDiscount",
    "Receipt",
    "ReceiptLine",
    "decode_receipt",
    "encode_receipt",
    "line_amount",
]

UNKNOWN_PRODUCT = "not in the catalogue"
NO_PRICE = "no price"
NO_WEIGHT = "sold by weight, and its weight is not known"
UNSURE_WEIGHT = "sold by weight, and its weight is not certain enough"
NO_TAX_RATE = "no tax rate"
"""Why a line is not in the total (`ReceiptLine.problem`)."""
# Integers of JSON are 64 bits wide in most programs that will read a receipt.
_MINOR_MAX = 10**18
_GRAMS = 1000


def line_amount(unit_price: Money, quantity: int, weight_g: int | None = None) -> Money:
    """What a line costs: units times their price, or grams times that of a kilogram, rounded once, a half up."""
    if weight_g is None:
        return unit_price * quantity
    return Money(divide_rounded(unit_price.minor * weight_g, _GRAMS), unit_price.currency)


class LineDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer takes off a line: a positive amount, as the shelf shows prices (gross or net)."""

    offer: str
    name: str
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise ReceiptError(f"discount {self.offer!r}: {self.amount} takes nothing off")


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """Some units of one product. `amount` is `unit_price` times `quantity`, both as the shelf shows them.

    Of goods sold by weight `unit_price` is that of a kilogram, `weight_g` what was weighed, and `amount` their product,
    rounded once. `discounts` are what offers take off; `charged` is what is left. `kind` is "item", "deposit" (on a
    bottle, say) or "fee" (a bag). `min_age` is how old a buyer must be.

    Where a price or rate is missing, `problem` says so and the line is in no total: nothing is guessed. `probability`
    is that of exactly this quantity, `evidence` the events behind it.
    """

    product: ProductId
    name: str
    quantity: int
    unit_price: Money | None
    amount: Money | None
    tax_class: str
    probability: float
    evidence: tuple[EventId, ...] = ()
    problem: str = ""
    kind: Literal["item", "deposit", "fee"] = "item"
    weight_g: int | None = None
    discounts: tuple[LineDiscount, ...] = ()
    min_age: int = 0

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ReceiptError(f"line {self.product!r}: quantity {self.quantity} is not 1 or more")
        _check_probability(f"line {self.product!r}", self.probability)
        if self.weight_g is not None and self.weight_g < 1:
            raise ReceiptError(f"line {self.product!r}: weighs {self.weight_g} g")
        expected = line_amount(self.unit_price, self.quantity, self.weight_g) if self.unit_price is not None else None
        if self.amount != expected:
            raise ReceiptError(f"line {self.product!r}: {self.quantity} x {self.unit_price} is not {self.amount}")
        if self.discounts and (self.charged is None or self.charged.minor < 0):
            raise ReceiptError(f"line {self.product!r}: its discounts take off more than it costs")
        if self.amount is None and not self.problem:
            raise ReceiptError(f"line {self.product!r}: has no price, and does not say why")

    @property
    def charged(self) -> Money | None:
        """The amount without what offers take off; None where there is no price."""
        amount = self.amount
        for discount in self.discounts:
            amount = None if amount is None else amount - discount.amount
        return amount


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt; its sums are proved where it is made. Kept as long as the law wants receipts kept.

    `status` is "charge", or "review" where a person must look at it before anybody pays. `probability` is that of the
    receipt as a whole. `total` covers the lines without a problem. `prices_include_tax`: the amount of a line is gross.
    """

    id: str
    visit: VisitId
    time_ns: int
    store: str
    currency: str
    lines: tuple[ReceiptLine, ...]
    taxes: tuple[TaxLine, ...]
    total: TaxedAmount
    prices_include_tax: bool
    status: Literal["charge", "review"]
    probability: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_probability(f"receipt {self.id!r}", self.probability)
        if abs(self.total.gross.minor) > _MINOR_MAX:
            raise ReceiptError(f"receipt {self.id!r}: {self.total.gross} is more than any receipt can hold")
        total = sum_taxed((tax.amount for tax in self.taxes), self.currency)
        if total != self.total:
            raise ReceiptError(f"receipt {self.id!r}: its taxed amounts sum to {total.gross}, not {self.total.gross}")
        shown = Money(0, self.currency)
        for line in self.lines:
            if line.charged is not None and not line.problem:
                shown += line.charged
        if shown != (self.total.gross if self.prices_include_tax else self.total.net):
            raise ReceiptError(f"receipt {self.id!r}: its lines sum to {shown}, its total is {self.total.gross}")
        if self.status == "charge" and any(line.problem for line in self.lines):
            raise ReceiptError(f"receipt {self.id!r}: a line has no price or tax rate, so nobody may be charged")

    @property
    def saved(self) -> Money:
        """What offers took off, all lines together."""
        minor = sum(discount.amount.minor for line in self.lines for discount in line.discounts)
        return Money(minor, self.currency)

    def quantities(self) -> dict[ProductId, int]:
        """Units of each product, products in order; deposits and fees are none."""
        found: dict[ProductId, int] = {}
        for line in sorted((line for line in self.lines if line.kind == "item"), key=lambda line: line.product):
            found[line.product] = found.get(line.product, 0) + line.quantity
        return found


def _check_probability(where: str, probability: float) -> None:
    if not (math.isfinite(probability) and 0.0 <= probability <= 1.0):
        raise ReceiptError(f"{where}: probability {probability} is not within 0 to 1")


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Receipt)


def encode_receipt(receipt: Receipt) -> bytes:
    """The receipt as JSON on one line, the same bytes for the same receipt; money is `[minor units, currency]`."""
    return _encoder.encode(receipt)


def decode_receipt(data: bytes) -> Receipt:
    """The inverse of `encode_receipt`; the sums are proved again.

    Raises:
        ReceiptError: no JSON of a receipt, or one that does not add up.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ReceiptError(f"not a receipt: {error}") from error
