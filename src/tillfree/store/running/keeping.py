"""From a finished visit to what is kept of it."""

from collections.abc import Mapping

import msgspec

from tillfree.catalog.model import Product
from tillfree.commerce.pricing import Pricing
from tillfree.core.ids import ProductId, TrackId
from tillfree.storage.database.records import CartMoment, Route, VisitRecord
from tillfree.storage.recordings.model import Truth
from tillfree.store.gathering import VisitResult
from tillfree.store.running.evidence import Evidence
from tillfree.store.visit_receipts import bare_record, visit_receipt

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
    cited = {id_ for line in visit.lines for id_ in line.evidence}
    cited.update(id_ for act in visit.interactions for id_ in act.evidence)
    traces, frames = evidence.of(cited)
    person, items = _truth_of(visit.track, truth)
    return msgspec.structs.replace(
        bare_record(visit, visit_receipt(visit, pricing, products)),
        moments=tuple(CartMoment(moment.time_ns, moment.items) for moment in visit.cart_times),
        route=route,
        traces=traces,
        frames=frames,
        simulated=simulated,
        person=person,
        truth=items,
    )


def _truth_of(track: TrackId, truth: Truth | None) -> tuple[TrackId, dict[ProductId, int] | None]:
    """Who it really was and what they carried out; somebody of whom a truth says nothing carried out nothing."""
    if truth is None:
        return TrackId(""), None
    # One step: the truth lists every further id with the final one.
    person = truth.aliases.get(track, track)
    return person, {product: count for product, count in truth.receipts.get(person, {}).items() if count > 0}
