"""The carts that a case may come to: their goods, what they cost, and how each differs from the most probable one."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from tillfree.commerce.display import format_probability
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.core.events import Alternative, CartLine
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.core.money import Money
from tillfree.storage.database.records import VisitRecord
from tillfree.web.visits.wording import Names, difference_said

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["DECIDED_NOTE", "Candidate", "Priced", "candidates", "carts_of", "doubts", "odds_of", "price", "pricing_of"]

_UNSURE_FROM = 0.02
_SHOWN_FROM = 0.01
_DOUBTS_MAX = 5
DECIDED_NOTE = "Decided by a person"
"""The note on a receipt that the model did not charge by itself."""


class Priced(msgspec.Struct, frozen=True):
    """A cart with its receipt; `left_out` are goods that cannot be charged, each line with the reason."""

    receipt: Receipt
    left_out: tuple[ReceiptLine, ...]


class Candidate(msgspec.Struct, frozen=True):
    """One cart as its card shows it; `differences` are against the most probable cart, in words."""

    number: int
    odds: float
    items: tuple[tuple[str, int], ...]
    changed: frozenset[str]
    total: Money
    left_out: tuple[str, ...]
    differences: tuple[str, ...]


def pricing_of(ask: "Ask", record: VisitRecord) -> Pricing:
    """Prices of the time when the visitor left, for receipts under the name that the visit's own receipt has."""
    return ask.console.prices(record.receipt.time_ns, record.receipt.store)


def carts_of(record: VisitRecord) -> tuple[Alternative, ...]:
    """The carts that the model thought possible, most probable first; at least that of its receipt."""
    if record.alternatives:
        return record.alternatives
    return (Alternative(record.receipt.quantities(), record.receipt.probability),)


def odds_of(record: VisitRecord, items: Mapping[ProductId, int]) -> float | None:
    """The model's probability of exactly this cart; None where it was none of those that it kept."""
    return next((cart.probability for cart in carts_of(record) if _plain(cart.items) == _plain(items)), None)


def price(pricing: Pricing, record: VisitRecord, items: Mapping[ProductId, int]) -> Priced:
    """The receipt for a cart that a person chose. What has no price is left out: nothing is guessed.

    Its probability is the model's; of a cart that the model did not name, all that it left to carts without a name.
    """
    odds = odds_of(record, items)
    unnamed = max(0.0, 1.0 - sum(cart.probability for cart in carts_of(record)))
    wanted = [(product, count) for product, count in sorted(items.items()) if count > 0]
    sale = Sale(
        visit=record.visit,
        time_ns=record.receipt.time_ns,
        lines=tuple(CartLine(product, count, min(unnamed if odds is None else odds, 1.0)) for product, count in wanted),
        probability=min(unnamed if odds is None else odds, 1.0),
        notes=(DECIDED_NOTE,),
        weights=pricing.weigh(record.interactions, (record.visit,)),
    )
    whole = pricing.receipt(sale)
    left_out = tuple(line for line in whole.lines if line.problem)
    if not left_out:
        return Priced(whole, ())
    missing = {line.product for line in left_out}
    rest = tuple(line for line in sale.lines if line.product not in missing)
    return Priced(pricing.receipt(msgspec.structs.replace(sale, lines=rest)), left_out)


def candidates(ask: "Ask", record: VisitRecord, names: Names, most: int) -> list[Candidate]:
    """The cards of a case, most probable first."""
    pricing = pricing_of(ask, record)
    carts = carts_of(record)
    best = carts[0].items
    found = []
    for number, cart in enumerate(carts[:most], 1):
        priced = price(pricing, record, cart.items)
        changed = {p for p in {*best, *cart.items} if best.get(p, 0) != cart.items.get(p, 0)}
        found.append(
            Candidate(
                number=number,
                odds=cart.probability,
                items=tuple((names(product), count) for product, count in sorted(cart.items.items()) if count),
                changed=frozenset(names(product) for product in changed),
                total=priced.receipt.total.gross,
                left_out=tuple(f"{line.quantity} × {names(line.product)}: {line.problem}" for line in priced.left_out),
                differences=difference_said(ask, best, cart.items, names),
            )
        )
    return found


def doubts(ask: "Ask", record: VisitRecord, names: Names) -> list[str]:
    """Why a case waits for a person, in words, the weightiest first."""
    said = []
    if record.anonymous:
        said.append(ask.say("Nobody was tracked, so nobody knows whether this was one visitor or several."))
    if record.reason == "lost":
        said.append(ask.say("The visitor was lost from sight before an exit, and may hold more than was seen."))
    if record.reason in ("end of recording", "restart"):
        said.append(ask.say("The visitor was still inside when watching ended, and may hold more than was seen."))
    if any(line.product == UNKNOWN_PRODUCT for line in record.receipt.lines):
        said.append(ask.say("Something was taken that no product explains."))
    said += [
        ask.say("%(name)s cannot be charged: %(problem)s.", name=names(line.product), problem=line.problem)
        for line in record.receipt.lines
        if line.problem and line.product != UNKNOWN_PRODUCT
    ]
    said += _quantities_in_doubt(ask, record, names)
    return said or [ask.say("The model was too unsure of the whole cart to charge it.")]


def _quantities_in_doubt(ask: "Ask", record: VisitRecord, names: Names) -> list[str]:
    """For the products that carts disagree about: which quantities there may be, and how probable each is."""
    chance: dict[ProductId, dict[int, float]] = {}
    carts = carts_of(record)
    for product in sorted({product for cart in carts for product in cart.items}):
        counts: dict[int, float] = defaultdict(float)
        for cart in carts:
            counts[cart.items.get(product, 0)] += cart.probability
        chance[product] = counts
    unsure = {p: 1.0 - max(counts.values()) / (sum(counts.values()) or 1.0) for p, counts in chance.items()}
    said = []
    for product in sorted((p for p in unsure if unsure[p] >= _UNSURE_FROM), key=lambda p: -unsure[p])[:_DOUBTS_MAX]:
        ranked = sorted(chance[product].items(), key=lambda pair: -pair[1])
        shown = [f"{count} ({format_probability(odds)})" for count, odds in ranked if odds >= _SHOWN_FROM]
        said.append(ask.say("How many %(name)s: %(counts)s?", name=names(product), counts=", ".join(shown)))
    return said


def _plain(items: Mapping[ProductId, int]) -> dict[ProductId, int]:
    return {product: count for product, count in items.items() if count}
