"""The receipt of one visit: what was taken, what it costs, how sure that is, and whether anybody is charged for it."""

import math
from typing import Literal

import msgspec

from tillfree.commerce.errors import ReceiptError
from tillfree.commerce.tax import TaxLine, sum_taxed
from tillfree.core.ids import EventId, ProductId, VisitId
from tillfree.core.money import Money, TaxedAmount

__all__ = [
    "NO_PRICE",
    "NO_TAX_RATE",
    "NO_WEIGHT",
    "UNKNOWN_PRODUCT",
    "Receipt",
    "ReceiptLine",
    "decode_receipt",
    "encode_receipt",
]

UNKNOWN_PRODUCT = "not in the catalogue"
NO_PRICE = "no price"
NO_WEIGHT = "sold by weight, and its weight is not known"
NO_TAX_RATE = "no tax rate"
"""Why a line is not in the total (`ReceiptLine.problem`)."""
# Integers of JSON are 64 bits wide in most programs that will read a receipt.
_MINOR_MAX = 10**18


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """Some units of one product. `amount` is `unit_price` times `quantity`, both as the shelf shows them.

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

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ReceiptError(f"line {self.product!r}: quantity {self.quantity} is not 1 or more")
        _check_probability(f"line {self.product!r}", self.probability)
        expected = None if self.unit_price is None else self.unit_price * self.quantity
        if self.amount != expected:
            raise ReceiptError(f"line {self.product!r}: {self.quantity} x {self.unit_price} is not {self.amount}")
        if self.amount is None and not self.problem:
            raise ReceiptError(f"line {self.product!r}: has no price, and does not say why")


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
            if line.amount is not None and not line.problem:
                shown += line.amount
        if shown != (self.total.gross if self.prices_include_tax else self.total.net):
            raise ReceiptError(f"receipt {self.id!r}: its lines sum to {shown}, its total is {self.total.gross}")
        if self.status == "charge" and any(line.problem for line in self.lines):
            raise ReceiptError(f"receipt {self.id!r}: a line has no price or tax rate, so nobody may be charged")

    def quantities(self) -> dict[ProductId, int]:
        """Units of each product, products in order."""
        found: dict[ProductId, int] = {}
        for line in sorted(self.lines, key=lambda line: line.product):
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
