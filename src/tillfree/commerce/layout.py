"""A receipt as its shopper reads it, in their language: what stands where, before it is text, a page, a PDF or paper.

How sure the model is of a line is no part of it: that is for whoever reviews a receipt, and would tell everybody which
lines are worth disputing.
"""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from tillfree.commerce.display import display_text
from tillfree.commerce.languages.choosing import words_of
from tillfree.commerce.languages.formats import amount_in, clock_in, day_in, rate_in, weight_kg_in
from tillfree.commerce.languages.words import Words
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.core.money import Money

__all__ = ["Layout", "LineLayout", "SumLayout", "lay_out"]

_NOTHING: Mapping[int, Money] = MappingProxyType({})


class SumLayout(msgspec.Struct, frozen=True):
    """A name and an amount; `strong` is what must be seen first."""

    label: str
    amount: str
    strong: bool = False


class LineLayout(msgspec.Struct, frozen=True):
    """One line: `detail` is how its amount comes about, `under` what offers take off and what was given back.

    `number` is its place on the receipt, from 0 on.
    """

    number: int
    name: str
    detail: str
    amount: str
    under: tuple[SumLayout, ...] = ()


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Every text is one line that is safe to show, not escaped."""

    words: Words
    store: str
    number: str
    when: str
    time_ns: int
    simulated: bool
    lines: tuple[LineLayout, ...]
    sums: tuple[SumLayout, ...]
    note: str


def lay_out(
    receipt: Receipt,
    language: str,
    *,
    zone: dt.tzinfo = dt.UTC,
    refunds: Mapping[int, Money] = _NOTHING,
    simulated: bool = False,
) -> Layout:
    """The receipt in a language (English where that is not there).

    `refunds` are what was given back of each line by its place, -1 for what was given back without naming one.
    """
    words = words_of(language)
    return Layout(
        words=words,
        store=display_text(receipt.store),
        number=words.receipt_number.format(number=display_text(receipt.id.removesuffix("/receipt"))),
        when=f"{day_in(receipt.time_ns, words.code, zone)} {clock_in(receipt.time_ns, words.code, zone)}",
        time_ns=receipt.time_ns,
        simulated=simulated,
        lines=tuple(_line(place, line, words, refunds.get(place)) for place, line in enumerate(receipt.lines)),
        sums=tuple(_sums(receipt, words, refunds)),
        note=words.prices_with_tax if receipt.prices_include_tax else words.prices_without_tax,
    )


def _line(place: int, line: ReceiptLine, words: Words, refund: Money | None) -> LineLayout:
    kind = {"deposit": words.deposit, "fee": words.fee, "item": ""}[line.kind]
    under = [
        SumLayout(display_text(discount.name), amount_in(-discount.amount, words.code)) for discount in line.discounts
    ]
    if refund is not None and refund.minor:
        under.append(SumLayout(words.refunded, amount_in(-refund, words.code), strong=True))
    amount = "–" if line.amount is None or line.problem else amount_in(line.amount, words.code)
    detail = _detail(line, words)
    return LineLayout(place, display_text(line.name), f"{kind} {detail}".strip(), amount, tuple(under))


def _detail(line: ReceiptLine, words: Words) -> str:
    if line.unit_price is None:
        return f"{line.quantity} ×"
    price = amount_in(line.unit_price, words.code)
    if line.weight_g is not None:
        return words.by_weight.format(weight=weight_kg_in(line.weight_g, words.code), price=price)
    return f"{line.quantity} × {price}"


def _sums(receipt: Receipt, words: Words, refunds: Mapping[int, Money]) -> list[SumLayout]:
    total = SumLayout(words.total, amount_in(receipt.total.gross, words.code), strong=True)
    label = words.tax_included if receipt.prices_include_tax else words.tax
    taxes = [
        SumLayout(
            label.format(rate=rate_in(tax.rate_ppm, words.code), name=display_text(tax.tax_class)),
            amount_in(tax.amount.tax, words.code),
        )
        for tax in receipt.taxes
        if tax.amount.gross.minor or tax.rate_ppm
    ]
    if receipt.prices_include_tax:
        sums = [total, *taxes]
    else:
        sums = [SumLayout(words.net, amount_in(receipt.total.net, words.code)), *taxes, total]
    given = sum((refund.minor for refund in refunds.values()), 0)
    if given:
        back = Money(given, receipt.currency)
        sums.append(SumLayout(words.refunded, amount_in(-back, words.code)))
        sums.append(
            SumLayout(words.total_after_refunds, amount_in(receipt.total.gross - back, words.code), strong=True)
        )
    return sums
