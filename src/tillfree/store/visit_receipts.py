"""The receipt of a finished visit, and what is kept of it: one way for the running store, the demo and a replay."""

from collections.abc import Mapping

from tillfree.catalog.model import Product
from tillfree.commerce.pricing import ANONYMOUS_NOTE, Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import ProductId
from tillfree.storage.database.records import VisitRecord
from tillfree.store.entry.doubts import entry_doubts
from tillfree.store.gathering import VisitResult

__all__ = ["bare_record", "visit_receipt"]


def visit_receipt(visit: VisitResult, pricing: Pricing, products: Mapping[ProductId, Product]) -> Receipt:
    """The receipt of one visit; `products` is the catalogue by id, which says what asks for an age."""
    doubts = entry_doubts(visit, products)
    return pricing.receipt(
        Sale(
            visit=visit.visit,
            time_ns=visit.receipt_ns,
            lines=visit.lines,
            probability=visit.probability,
            review=visit.review or bool(doubts),
            notes=((ANONYMOUS_NOTE,) if visit.anonymous else ()) + doubts,
            weights=pricing.weigh(visit.interactions, (visit.visit,)),
        )
    )


def bare_record(visit: VisitResult, receipt: Receipt) -> VisitRecord:
    """The record of a visit without what its evidence looked like."""
    return VisitRecord(
        visit=visit.visit,
        track=visit.track,
        tracks=visit.tracks,
        opened_ns=visit.opened_ns,
        closed_ns=visit.closed_ns,
        reason=visit.reason,
        receipt=receipt,
        anonymous=visit.anonymous,
        party=visit.party,
        alternatives=visit.alternatives,
        interactions=visit.interactions,
        trip=visit.trip,
    )
