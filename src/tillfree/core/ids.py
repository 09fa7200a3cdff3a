"""Identifiers: plain strings with a type of their own, and references to places on a shelf.

Ids derive from a source and a sequence number, never from a counter shared by a process, so that a replay is exact.
"""

from typing import NewType

import msgspec

__all__ = [
    "UNKNOWN_PRODUCT",
    "EventId",
    "FixtureId",
    "PaymentId",
    "PlateRef",
    "ProductId",
    "ShelfRef",
    "TrackId",
    "TripId",
    "VisitId",
    "event_id",
]

ProductId = NewType("ProductId", str)
"""What the retailer's catalogue calls a product: usually its GTIN as printed, else a local number."""
FixtureId = NewType("FixtureId", str)
"""A piece of furniture with shelves (a gondola, a fridge)."""
TrackId = NewType("TrackId", str)
"""A person as one tracker followed them; a person may be given a second track id after a gap."""
VisitId = NewType("VisitId", str)
"""One trip of one person through the shop; temporary, random-looking, meaningless after the exit."""
TripId = NewType("TripId", str)
"""What one payer's entry pays for: the visits of everybody who came in on one credential. Random, made at the gate."""
PaymentId = NewType("PaymentId", str)
"""The payment of one trip; made by whoever writes it first, so that asking again is safe."""
UNKNOWN_PRODUCT = ProductId("unknown-item")
"""Something was taken that no product explains; it is never charged, and sends its receipt to review."""
EventId = NewType("EventId", str)
"""`source#sequence` of an event."""


class ShelfRef(msgspec.Struct, frozen=True, order=True, array_like=True):
    """One shelf of a fixture; shelves count from 1 at the bottom."""

    fixture: FixtureId
    shelf: int

    def __str__(self) -> str:
        return f"{self.fixture}/{self.shelf}"


class PlateRef(msgspec.Struct, frozen=True, order=True, array_like=True):
    """One weighing plate (load cell); plates count from 1 at the left as a shopper sees the shelf."""

    fixture: FixtureId
    shelf: int
    plate: int

    @property
    def shelf_ref(self) -> ShelfRef:
        """The shelf that the plate belongs to."""
        return ShelfRef(self.fixture, self.shelf)

    def __str__(self) -> str:
        return f"{self.fixture}/{self.shelf}/{self.plate}"


def event_id(source: str, sequence: int) -> EventId:
    """The id of the event number `sequence` of `source`."""
    return EventId(f"{source}#{sequence}")
