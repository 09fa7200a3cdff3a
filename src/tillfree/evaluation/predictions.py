"""What is scored: a receipt per visit, as the store gave it, free of where it came from."""

import msgspec

from tillfree.core.events import Alternative, CartLine
from tillfree.core.ids import ProductId, TrackId
from tillfree.store.replay import CartMoment

__all__ = ["CasePrediction", "Items", "Prediction", "receipts_of"]

Items = dict[ProductId, int]
"""A multiset of products: how many of each."""


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of one visit. `probability` is that of the whole receipt being exactly right.

    `person` is the first track id of the visit, `tracks` all of them. `carts` holds the live cart over time, in order;
    it may be empty where nobody asked for it. `receipt_ns` is when the receipt was there, in stream time.
    `party` names those for whom one pays, `reason` how the visit ended.
    """

    person: TrackId
    items: Items
    probability: float
    review: bool = False
    visit: str = ""
    tracks: tuple[TrackId, ...] = ()
    lines: tuple[CartLine, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    carts: tuple[CartMoment, ...] = ()
    receipt_ns: int | None = None
    anonymous: bool = False
    party: str = ""
    reason: str = ""


class CasePrediction(msgspec.Struct, frozen=True, kw_only=True):
    """All receipts of one recording, and what was remarked on the way."""

    predictions: tuple[Prediction, ...]
    duration_ns: int = 0
    events: int = 0
    warnings: dict[str, int] = {}
    issues: tuple[str, ...] = ()


def receipts_of(predictions: tuple[Prediction, ...]) -> dict[TrackId, Items]:
    """The receipts by person; two visits under one id are added up. Quantities below 1 are left out."""
    receipts: dict[TrackId, Items] = {}
    for prediction in predictions:
        items = receipts.setdefault(prediction.person, {})
        for product, quantity in prediction.items.items():
            if quantity > 0:
                items[product] = items.get(product, 0) + quantity
    return receipts
