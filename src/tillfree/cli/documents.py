"""What `tillfree replay` says about a recording, as data: the form of its JSON."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tillfree.catalog.model import Product
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.tax import sum_taxed
from tillfree.commerce.trips import Trip
from tillfree.core.events import Alternative, Interaction, SensorIssue
from tillfree.core.ids import ProductId, TrackId, TripId, VisitId
from tillfree.core.money import TaxedAmount
from tillfree.core.time import NS_PER_S, format_utc
from tillfree.shopping.parties import PartyCart
from tillfree.store.replay import ReplayResult, VisitResult
from tillfree.store.settings import StoreSettings
from tillfree.store.till.carts import Left, priced
from tillfree.store.till.table_policy import TablePolicy
from tillfree.store.visit_receipts import bare_record, visit_receipt

__all__ = ["PartyDocument", "ReplayDocument", "TripDocument", "VisitDocument", "document_of", "encode_document"]


class VisitDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One visit: who, when, the receipt, what else might be true, and what was seen."""

    visit: VisitId
    person: TrackId
    tracks: tuple[TrackId, ...]
    anonymous: bool
    opened: str
    closed: str
    reason: str
    receipt: Receipt
    alternatives: tuple[Alternative, ...]
    interactions: tuple[Interaction, ...]


class PartyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Visitors for whom one pays: what they hold together, and the sum of their receipts.

    `status` is "review" where the receipt of any member is.
    """

    cart: PartyCart
    total: TaxedAmount
    status: str


class TripDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Those who came in on one entry: the receipt of all together, and what a till would do with it.

    `verdict` is "charge", "review" or "certain" by the policy of the settings, or "not charged" for staff.
    """

    trip: TripId
    visits: tuple[VisitId, ...]
    receipt: Receipt
    verdict: str


class ReplayDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A whole replay; `anonymous` says that nobody was tracked and one visitor was assumed.

    `simulated` says that the recording is: nobody in it exists, and nobody took anything.
    """

    recording: str
    duration_s: float
    events: int
    anonymous: bool
    simulated: bool = False
    visits: tuple[VisitDocument, ...]
    issues: tuple[SensorIssue, ...]
    warnings: dict[str, int]
    parties: tuple[PartyDocument, ...] = ()
    trips: tuple[TripDocument, ...] = ()


def document_of(
    name: str, result: ReplayResult, settings: StoreSettings, store: str = "", *, simulated: bool = False
) -> ReplayDocument:
    """The document of a replay; receipts are priced by the shop's catalogue. `store` is the name on the receipts."""
    pricing = Pricing(result.shop, settings.commerce, store)
    products = result.shop.product_index()
    visits = tuple(_visit(visit, pricing, products) for visit in result.visits)
    receipts = {visit.visit: visit.receipt for visit in visits}
    return ReplayDocument(
        recording=name,
        duration_s=result.duration_ns / NS_PER_S,
        events=result.events,
        anonymous=any(visit.anonymous for visit in result.visits),
        simulated=simulated,
        visits=visits,
        issues=result.issues,
        warnings=dict(sorted(result.warnings.items())),
        trips=tuple(_trips(result.visits, receipts, pricing, settings)),
        parties=tuple(_party(cart, [receipts[visit] for visit in cart.members]) for cart in result.parties()),
    )


def _party(cart: PartyCart, receipts: Sequence[Receipt]) -> PartyDocument:
    return PartyDocument(
        cart=cart,
        total=sum_taxed((receipt.total for receipt in receipts), receipts[0].currency),
        status="review" if any(receipt.status == "review" for receipt in receipts) else cart.decision,
    )


def _trips(
    visits: Sequence[VisitResult], receipts: Mapping[VisitId, Receipt], pricing: Pricing, settings: StoreSettings
) -> Iterator[TripDocument]:
    """The same code as at the till of a running store: its carts, its prices, its policy."""
    members: dict[TripId, list[VisitResult]] = {}
    for visit in visits:
        if visit.trip:
            members.setdefault(visit.trip, []).append(visit)
    policy = TablePolicy(settings)
    for id_, found in members.items():
        people = [Left(bare_record(visit, receipts[visit.visit]), None) for visit in found]
        trip = Trip(id=id_, gate="", entry="open", opened_ns=found[0].opened_ns)
        receipt = priced(trip, None, people, lambda _time_ns: pricing)
        # Of staff and deliveries no age is asked, and no money.
        shops = any(visit.checks_age for visit in found)
        verdict = policy.decide(receipt, [left.record for left in people]) if shops else "not charged"
        if verdict == "certain":
            receipt = priced(trip, None, people, lambda _time_ns: pricing, policy)
        yield TripDocument(trip=id_, visits=tuple(visit.visit for visit in found), receipt=receipt, verdict=verdict)


def _visit(visit: VisitResult, pricing: Pricing, products: Mapping[ProductId, Product]) -> VisitDocument:
    return VisitDocument(
        visit=visit.visit,
        person=visit.track,
        tracks=visit.tracks,
        anonymous=visit.anonymous,
        opened=format_utc(visit.opened_ns),
        closed=format_utc(visit.closed_ns),
        reason=visit.reason,
        receipt=visit_receipt(visit, pricing, products),
        alternatives=visit.alternatives,
        interactions=visit.interactions,
    )


def encode_document(document: object) -> bytes:
    """Indented JSON with sorted keys, the same bytes for the same document."""
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=1) + b"\n"
