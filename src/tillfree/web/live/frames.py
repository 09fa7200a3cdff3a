"""What is sent to browsers that look at the floor: one small message ten times a second, a larger one each second."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tillfree.core.ids import ProductId
from tillfree.store.running.state import FeedEntry, LiveCart, Snapshot
from tillfree.web.console import Console
from tillfree.web.devices.words import device_named
from tillfree.web.live.words import Say, describe, product_name

__all__ = ["encode_feed", "encode_frame", "encode_summary"]

_encoder = msgspec.json.Encoder()


def encode_frame(snapshot: Snapshot) -> bytes:
    """The floor now: `p` is code, place and wrists of each person in millimetres, and how much is in their cart."""
    people = [(p.visit, _mm(p.x), _mm(p.y), *_pair(p.left), *_pair(p.right), p.items) for p in snapshot.people]
    return _encoder.encode(
        {
            "k": "frame",
            "t": snapshot.time_ns // 1_000_000,
            "a": snapshot.arrived_ns / 1e6,
            "n": snapshot.occupancy,
            "s": snapshot.state,
            "v": snapshot.speed,
            "l": round(snapshot.lag_s, 1),
            "p": people,
            "g": [(_mm(x), _mm(y)) for x, y in snapshot.true_places],
        }
    )


def encode_feed(entries: Sequence[FeedEntry], console: Console, say: Say, clock: Callable[[int], str]) -> bytes:
    """What happened since the last such message, in words."""
    products = console.store.shop.product_index() if entries else {}
    told: list[dict[str, Any]] = []
    for entry in entries:
        looks, text = describe(entry, say, products)
        told.append(
            {
                "n": entry.sequence,
                "at": clock(entry.time_ns),
                "looks": looks,
                "text": text,
                "kind": entry.kind,
                "visit": entry.visit,
                "trip": entry.trip,
                "total": "" if entry.total is None else str(entry.total),
            }
        )
    return _encoder.encode({"k": "feed", "entries": told})


def encode_summary(console: Console, say: Say, clock: Callable[[int], str], score: object | None) -> bytes:
    """Carts, devices and the score: what changes slower than people move."""
    store = console.store
    products = store.shop.product_index()
    devices = store.devices()
    bad = [device for device in devices if device.state in ("silent", "degraded")]
    seen = console.database.acknowledged()
    return _encoder.encode(
        {
            "k": "summary",
            "carts": [_cart(cart, say, products, clock) for cart in store.carts()],
            "devices": {
                "all": len(devices),
                "bad": [
                    {"device": d.device, "name": device_named(d.device, say), "state": d.state, "detail": d.detail}
                    for d in bad
                ],
            },
            "alerts": sum(alert.id not in seen for alert in store.alerts()),
            "reviews": console.database.count_open_reviews(),
            "score": score,
            "clock": clock(store.snapshot().time_ns),
        }
    )


def _cart(cart: LiveCart, say: Say, products: dict[ProductId, Any], clock: Callable[[int], str]) -> dict[str, Any]:
    return {
        "visit": cart.visit,
        "since": clock(cart.opened_ns),
        "party": cart.party,
        "sure": round(cart.probability, 3),
        "total": str(cart.total),
        "lines": [
            (product_name(line.product, say, products), line.quantity, round(line.probability, 3))
            for line in cart.lines
        ],
    }


def _mm(metres: float) -> int:
    return round(metres * 1000)


def _pair(place: tuple[float, float] | None) -> tuple[int | None, int | None]:
    return (None, None) if place is None else (_mm(place[0]), _mm(place[1]))
