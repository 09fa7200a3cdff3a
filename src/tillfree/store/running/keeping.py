"""From a finished visit to what is kept of it."""

from collections.abc import Mapping

from tillfree.catalog.model import Product
from tillfree.commerce.pricing import ANONYMOUS_NOTE, Pricing, Sale
from tillfree.core.ids import ProductId, TrackId
from tillfree.storage.database.records import CartMoment, Route, VisitRecord
from tillfree.storage.recordings.model import Truth
from tillfree.store.entry.doubts import entry_doubts
from tillfree.store.gathering import VisitResult
from tillfree.store.running.evidence import Evidence

__all__ = ["record_of"]


def record_of(
    visit: VisitResult,
    pricing: Pricing,
    evidence: Evidence,
    route: Route,
    *,
    products: Mapping[ProductId, Product],
    truth: Truth | None,
    simulated: bool,
) -> VisitRecord:
    """The record of a visit: its receipt at the prices of now, and the evidence of everything that was seen of it."""
    doubts = entry_doubts(visit, products)
    receipt = pricing.receipt(
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
    cited = {id_ for line in visit.lines for id_ in line.evidence}
    cited.update(id_ for act in visit.interactions for id_ in act.evidence)
    traces, frames = evidence.of(cited)
    person, items = _truth_of(visit.track, truth)
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
        moments=tuple(CartMoment(moment.time_ns, moment.items) for moment in visit.cart_times),
        route=route,
        traces=traces,
        frames=frames,
        simulated=simulated,
        person=person,
        truth=items,
        trip=visit.trip,
    )


def _truth_of(track: TrackId, truth: Truth | None) -> tuple[TrackId, dict[ProductId, int] | None]:
    """Who it really was and what they carried out; somebody of whom a truth says nothing carried out nothing."""
    if truth is None:
        return TrackId(""), None
    # One step: the truth lists every further id with the final one.
    person = truth.aliases.get(track, track)
    return person, {product: count for product, count in truth.receipts.get(person, {}).items() if count > 0}
