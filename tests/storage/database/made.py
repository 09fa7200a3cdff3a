"""Visits and decisions for the tests of this folder."""

from typing import Any

import msgspec
import numpy as np

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP, line
from tillfree.catalog.model import Shop
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.core.events import Alternative, Interaction
from tillfree.core.ids import EventId, FixtureId, ProductId, TrackId, VisitId
from tillfree.storage.database.decisions import Choice, ReviewDecision
from tillfree.storage.database.records import CartMoment, KeptFrame, Route, VisitRecord, WeightTrace

__all__ = ["HOSTILE", "MILK", "TEA", "choose", "full_record", "priced", "record"]

TEA, MILK = ProductId("tea"), ProductId("milk")
HOSTILE = (
    "'; DROP TABLE visits; --",
    '" OR ""="',
    "%",
    "_",
    "\\",
    "a\x00b",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "<script>",
    "?1 :x",
)
"""Text that does something where it is put into a statement as it is."""


def priced(
    visit: str = "v1", items: dict[str, int] | None = None, *, review: bool = False, shop: Shop = SHOP
) -> Receipt:
    """The receipt of these items."""
    lines = tuple(line(product, count) for product, count in ({"tea": 2} if items is None else items).items())
    sale = Sale(visit=VisitId(visit), time_ns=NOON_NS, lines=lines, probability=0.75, review=review)
    return Pricing(shop, SETTINGS).receipt(sale)


def record(
    visit: str = "v1",
    items: dict[str, int] | None = None,
    *,
    review: bool = False,
    closed_ns: int = NOON_NS,
    **more: Any,
) -> VisitRecord:
    """A visit of a minute with this receipt."""
    return VisitRecord(
        visit=VisitId(visit),
        track=TrackId("t1"),
        tracks=(TrackId("t1"),),
        opened_ns=closed_ns - 60 * 10**9,
        closed_ns=closed_ns,
        reason=more.pop("reason", "exit"),
        receipt=more.pop("receipt", None) or priced(visit, items, review=review),
        **more,
    )


def full_record(visit: str = "v1", closed_ns: int = NOON_NS) -> VisitRecord:
    """A visit in review with evidence of every kind."""
    rows = np.array([[1.0, 2.0, *[np.nan] * 6], [1.5, 2.0, *[0.5] * 6]], dtype="<f4").tobytes()
    change = EventId("scale#4")
    act = Interaction(
        time_ns=closed_ns, source="fusion", sequence=1, act="take", probability=0.9, visit=VisitId(visit), product=TEA,
        quantity=1, delta_g=-100.5, fixture=FixtureId("3"), shelf=2, plates=(1, 2), evidence=(change,),
        weights={"place": -1.5}, alternatives={"put back": 0.1},
    )  # fmt: skip
    grams = ((0.0, -1.5, None), (0.0, 0.25, -100.0))
    trace = WeightTrace(change, FixtureId("3"), 2, (1, 2), closed_ns, 60.0, grams, closed_ns, closed_ns + 10)
    return msgspec.structs.replace(
        record(visit, review=True, closed_ns=closed_ns),
        anonymous=True,
        party="p1",
        alternatives=(Alternative({TEA: 2}, 0.75), Alternative({TEA: 1, MILK: 1}, 0.2), Alternative({}, 0.05)),
        interactions=(act,),
        moments=(CartMoment(closed_ns - 5, {TEA: 1}), CartMoment(closed_ns, {TEA: 2})),
        route=Route(closed_ns - 400_000_000, 200_000_000, rows),
        traces=(trace,),
        frames=(KeptFrame(change, "cam", closed_ns, "jpeg", b"\xff\xd8secret picture\xff\xd9"),),
        simulated=True,
        person=TrackId("secret person"),
        truth={TEA: 1, MILK: 1},
    )


def choose(
    visit: str, items: dict[str, int], *, by: str = "ann", time_ns: int = NOON_NS, choice: Choice = "alternative"
) -> ReviewDecision:
    """The decision that these were taken."""
    return ReviewDecision(
        visit=VisitId(visit),
        by=by,
        time_ns=time_ns,
        choice=choice,
        items={ProductId(product): count for product, count in items.items()},
        odds=0.2,
        receipt=priced(visit, items),
    )
