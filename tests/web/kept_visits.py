"""Visits as the database keeps them, made by hand: the pages of visits and review are tried with them."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from tillfree.catalog.model import Product, Shop
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.events import Alternative, CartLine, Interaction
from tillfree.core.ids import EventId, ProductId, TrackId, VisitId
from tillfree.core.time import NS_PER_S
from tillfree.simulation.demo_shop import demo_shop
from tillfree.storage.database.records import CartMoment, KeptFrame, Route, VisitRecord, WeightTrace

__all__ = ["EVIL", "NO_PRICE", "PLAIN", "SECOND", "START_NS", "hostile_shop", "kept_visit", "with_evidence"]

START_NS = 1_900_000_000_000_000_000
PLAIN, SECOND, NO_PRICE = ProductId("plain"), ProductId("second"), ProductId("no-price")
EVIL = "<script>alert('x')</script>\u202e\" onload=x"


def hostile_shop() -> Shop:
    """The demo shop with three more products: one of a hostile name, one with its like, one without a price."""
    shop = demo_shop(2)
    more = (
        Product(PLAIN, EVIL, 100.0, price_minor=250),
        Product(SECOND, "Second thing", 120.0, price_minor=100, barcodes=("4001234567890",)),
        Product(NO_PRICE, "Priceless thing", 80.0),
    )
    return msgspec.structs.replace(shop, products=(*shop.products, *more))


def kept_visit(
    code: str,
    carts: Sequence[tuple[Mapping[ProductId, int], float]],
    *,
    review: bool = True,
    closed_s: int = 60,
    truth: Mapping[ProductId, int] | None = None,
    reason: str = "exit",
) -> VisitRecord:
    """A visit of a minute whose receipt is the first of some carts with their odds."""
    best, odds = carts[0]
    lines = tuple(CartLine(product, count, odds) for product, count in best.items())
    closed_ns = START_NS + closed_s * NS_PER_S
    sale = Sale(visit=VisitId(code), time_ns=closed_ns, lines=lines, probability=odds, review=review)
    return VisitRecord(
        visit=VisitId(code),
        track=TrackId("t"),
        tracks=(TrackId("t"),),
        opened_ns=closed_ns - 60 * NS_PER_S,
        closed_ns=closed_ns,
        reason=reason,
        receipt=Pricing(hostile_shop(), CommerceSettings(), "Corner shop").receipt(sale),
        alternatives=tuple(Alternative(dict(items), chance) for items, chance in carts),
        simulated=True,
        truth=None if truth is None else dict(truth),
    )


def with_evidence(record: VisitRecord, shop: Shop) -> VisitRecord:
    """The same visit with a take from the first facing of the shop: the left hand is at its plate, the right unseen."""
    facing = shop.facings[0]
    fixture = next(fixture for fixture in shop.fixtures if fixture.id == facing.fixture)
    shelf = next(shelf for shelf in fixture.shelves if shelf.index == facing.shelf)
    left, right = shelf.plates[facing.plates[0] - 1]
    at = shelf.box.pose.to_parent(msgspec.structs.replace(shelf.box.pose.origin, x=(left + right) / 2, y=0.0, z=0.0))
    rows = np.full((300, 8), np.nan, dtype="<f4")
    rows[:, :2] = (at.x, at.y - 0.5)
    rows[100:150, 2:5] = (at.x, at.y, at.z)
    take_ns = record.opened_ns + 25 * NS_PER_S
    change = EventId("scales/x#1")
    act = Interaction(
        time_ns=take_ns, source="fusion/x", sequence=0, act="take", probability=0.8, visit=record.visit, product=PLAIN,
        quantity=1, delta_g=-100.0, fixture=facing.fixture, shelf=facing.shelf, plates=facing.plates[:1],
        evidence=(change,), weights={"habit": -0.1, "weight": -9.0},
        alternatives={f"take 1 x {SECOND} by {record.visit}": 0.2, "touch by <b>somebody</b>": 0.8},
    )  # fmt: skip
    begin_ns = take_ns - 2 * NS_PER_S
    grams = ((0.0,) * 40 + (None, -100.0) * 15,)
    trace = WeightTrace(
        change,
        facing.fixture,
        facing.shelf,
        facing.plates[:1],
        begin_ns,
        20.0,
        grams,
        take_ns,
        begin_ns + 5 * NS_PER_S // 2,
    )
    frames = tuple(
        KeptFrame(change, "cam <1>", take_ns, format_, b"\x89PNG fake") for format_ in ("png", "jpeg", "svg+xml")
    )
    return msgspec.structs.replace(
        record,
        interactions=(act,),
        moments=(CartMoment(take_ns, {PLAIN: 1}),),
        route=Route(record.opened_ns, 200_000_000, rows.tobytes()),
        traces=(trace,),
        frames=frames,
    )
