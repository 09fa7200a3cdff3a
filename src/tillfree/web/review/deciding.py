"""A decision about one case: from what was sent to a receipt in the database. One case is decided once at a time."""

import threading
from typing import TYPE_CHECKING

import msgspec

from tillfree.commerce.display import display_text, format_amount
from tillfree.core.ids import ProductId, VisitId
from tillfree.storage.database.decisions import Choice, ReviewDecision
from tillfree.storage.database.records import VisitRecord
from tillfree.web.errors import AskError, WebError
from tillfree.web.review.carts import carts_of, odds_of, price, pricing_of
from tillfree.web.review.products import find_product
from tillfree.web.visits.wording import Names

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["QUANTITY_MAX", "Chosen", "TooLate", "chosen_of", "decide", "decision_said"]

QUANTITY_MAX = 99
_LINES_MAX = 200
_deciding = threading.Lock()


class TooLate(WebError):  # noqa: N818  an answer to the reader, not a failure
    """Somebody else decided the case in the meantime."""

    def __init__(self, decision: ReviewDecision) -> None:
        super().__init__(
            f"visit {decision.visit!r} was decided by {decision.by!r} in the meantime; nothing was changed"
        )
        self.decision = decision


class Chosen(msgspec.Struct, frozen=True):
    """What a person chose: which kind of choice, and the cart."""

    choice: Choice
    items: dict[ProductId, int]


def chosen_of(ask: "Ask", record: VisitRecord) -> Chosen:
    """The choice that the form holds.

    Raises:
        AskError: there is no such cart or product, or a quantity is none.
    """
    said = ask.text("choice", limit=20)
    if said == "nothing":
        return Chosen("nothing", {})
    if said == "edit":
        return Chosen("edited", _edited(ask, record))
    carts = carts_of(record)
    if not (said.isascii() and said.isdigit() and len(said) < 4 and 1 <= int(said) <= len(carts)):
        raise AskError(ask.say("Choose one of the carts, edit one, or charge nothing."))
    cart = carts[int(said) - 1]
    return Chosen("alternative", {product: count for product, count in cart.items.items() if count})


def _edited(ask: "Ask", record: VisitRecord) -> dict[ProductId, int]:
    products, counts = ask.form.getlist("product"), ask.form.getlist("quantity")
    if len(products) != len(counts) or len(products) > _LINES_MAX:
        raise AskError(ask.say("The edited cart is not complete; open the case again."))
    possible = {product for cart in carts_of(record) for product in cart.items}
    possible |= {product.id for product in ask.store.shop.products}
    items: dict[ProductId, int] = {}
    for product, count in zip(products, counts, strict=True):
        if not isinstance(product, str) or ProductId(product) not in possible:
            raise AskError(ask.say("There is no such product: %(name)s", name=display_text(str(product))[:80]))
        number = _quantity(ask, count)
        items[ProductId(product)] = items.get(ProductId(product), 0) + number
    added = ask.text("add", limit=200).strip()
    if added:
        found = find_product(ask.store.shop, ask.store.settings.commerce, added)
        if found is None:
            raise AskError(
                ask.say("No single product is called %(name)s: choose one of the list.", name=display_text(added))
            )
        items[found.id] = items.get(found.id, 0) + _quantity(ask, ask.text("add_quantity", "1", limit=10) or "1")
    if any(count > QUANTITY_MAX for count in items.values()):
        raise AskError(ask.say("A quantity is a whole number from 0 to %(most)s.", most=QUANTITY_MAX))
    return {product: count for product, count in items.items() if count}


def _quantity(ask: "Ask", value: object) -> int:
    text = value.strip() if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= QUANTITY_MAX):
        raise AskError(ask.say("A quantity is a whole number from 0 to %(most)s.", most=QUANTITY_MAX))
    return int(text)


def decide(ask: "Ask", record: VisitRecord, chosen: Chosen, seen: int) -> ReviewDecision:
    """Keep a decision. `seen` is how many decisions about this case the reader knew of.

    Raises:
        TooLate: there are more by now; nothing is changed.
    """
    names = Names(ask, record)
    priced = price(pricing_of(ask, record), record, chosen.items)
    left_out = [f"{line.quantity} × {names(line.product)} ({line.problem})" for line in priced.left_out]
    decision = ReviewDecision(
        visit=record.visit,
        by=ask.reader.name,
        time_ns=ask.console.now_ns(),
        choice=chosen.choice,
        items=chosen.items,
        odds=odds_of(record, chosen.items),
        receipt=priced.receipt,
        note=f"Not charged: {', '.join(left_out)}" if left_out else "",
    )
    with _deciding:
        made = ask.database.decisions_of(VisitId(record.visit))
        if len(made) > seen:
            raise TooLate(made[-1])
        if len(made) < seen:
            raise AskError(ask.say("This case is not as it was shown; open it again."))
        ask.database.decide(decision)
    total = priced.receipt.total.gross
    count = sum(priced.receipt.quantities().values())
    detail = f"{chosen.choice}: {count} items, {format_amount(total)} {total.currency}"
    ask.audit("review.decide", record.visit, f"{detail}, instead of an earlier decision" if seen else detail)
    return decision


def decision_said(ask: "Ask", decision: ReviewDecision) -> str:
    """`2 items, 12.50 EUR`, or that nothing is charged."""
    count = sum(line.quantity for line in decision.receipt.lines)
    if not count:
        return ask.say("nothing is charged")
    gross = decision.receipt.total.gross
    total = f"{format_amount(gross)} {gross.currency}"
    return ask.say_many("%(count)s item, %(total)s", "%(count)s items, %(total)s", count, total=total)
