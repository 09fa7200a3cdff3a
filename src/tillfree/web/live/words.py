"""What happened, in a sentence: the events of a store as the console tells them."""

from collections.abc import Callable, Mapping

from tillfree.catalog.model import Product
from tillfree.commerce.display import display_text
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.store.running.state import FeedEntry
from tillfree.web.devices.words import device_named
from tillfree.web.gate.words import gate_name, reason_words
from tillfree.web.texts import later

__all__ = ["KINDS", "describe", "product_name"]

Say = Callable[..., str]

KINDS: dict[str, tuple[str, str]] = {
    "enter": ("come", later("%(visit)s came in")),
    "leave": ("go", later("%(visit)s left")),
    "take": ("take", later("%(visit)s took %(quantity)s × %(product)s from %(place)s")),
    "put_back": ("back", later("%(visit)s put back %(quantity)s × %(product)s to %(place)s")),
    "hand_over": ("hand", later("%(visit)s handed %(quantity)s × %(product)s to %(to_visit)s")),
    "receipt": ("receipt", later("Receipt of %(visit)s: %(total)s")),
    "review": ("review", later("%(visit)s: not certain enough, waits for review")),
    "issue": ("issue", later("%(device)s: %(detail)s")),
    "recovered": ("fine", later("%(device)s works again")),
    "restock": ("stock", later("Goods came to %(place)s: %(product)s")),
    "unexplained": ("issue", later("Something changed at %(place)s with nobody near")),
    "alert": ("issue", later("%(detail)s")),
    "shop": ("fine", later("A new planogram is in force")),
    "entry": ("come", later("%(gate)s opened for %(quantity)s")),
    "refused": ("issue", later("%(gate)s stayed shut: %(reason)s")),
    "tailgating": ("issue", later("%(visit)s came in on nobody's entry")),
    "mixed_up": ("issue", later("%(visit)s may have come in on somebody else's entry")),
    "unused": ("fine", later("A gate opened, and nobody came in")),
    "age": ("issue", later("%(visit)s took %(product)s, and nobody has checked their age")),
    "age_checked": ("fine", later("Staff saw a proof of age: %(quantity)s years or more")),
    "paid": ("receipt", later("%(visit)s paid %(total)s")),
    "let_go": ("fine", later("%(visit)s has nothing to pay: %(total)s are no longer put aside")),
    "declined": ("issue", later("%(visit)s: the bank declined")),
    "debt": ("issue", later("%(visit)s: %(total)s could not be taken")),
    "refunded": ("fine", later("%(visit)s got %(total)s back")),
}
"""Each kind of entry: how it looks, and its sentence."""
_ALERTS: dict[str, str] = {
    "out_of_stock": later("%(product)s is sold out at %(place)s"),
    "misplaced": later("%(product)s lies in the wrong place: %(place)s"),
}
"""The sentences of alerts about stock, by their detail."""


def describe(entry: FeedEntry, say: Say, products: Mapping[ProductId, Product]) -> tuple[str, str]:
    """How an entry looks, and its sentence in the reader's language; plain text, not escaped."""
    looks, sentence = KINDS.get(entry.kind, ("issue", later("%(detail)s")))
    sentence = _ALERTS.get(entry.detail, sentence) if entry.kind == "alert" else sentence
    place = say("a shelf")
    if entry.fixture:
        place = say("fixture %(fixture)s, shelf %(shelf)s", fixture=display_text(entry.fixture), shelf=entry.shelf)
    text = say(
        sentence,
        visit=entry.visit or say("Somebody"),
        to_visit=entry.to_visit or say("somebody"),
        quantity=entry.quantity or "?",
        product=product_name(entry.product, say, products),
        place=place,
        total="" if entry.total is None else str(entry.total),
        device=display_text(device_named(entry.device, say)),
        gate=gate_name(entry.device, say),
        # A detail may be long, and is made safe to show once.
        **({"reason": reason_words(entry.detail, say)} if entry.kind == "refused" else {"detail": _detail(entry)}),
    )
    remedy = display_text(entry.remedy)
    return looks, f"{text}. {remedy[:1].upper()}{remedy[1:]}." if remedy else text


def _detail(entry: FeedEntry) -> str:
    return display_text(entry.detail) or entry.kind


def product_name(product: ProductId, say: Say, products: Mapping[ProductId, Product]) -> str:
    """The name of a product as it is shown."""
    if not product or product == UNKNOWN_PRODUCT:
        return say("something")
    known = products.get(product)
    return display_text(known.name if known is not None else "") or display_text(product)
