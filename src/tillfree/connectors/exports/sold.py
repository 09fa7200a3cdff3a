"""What was sold on a trip, and what was taken back of it or put right later."""

import msgspec

from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import TripId

__all__ = ["Correction", "GivenBack", "Sold", "TaxShare"]


class TaxShare(msgspec.Struct, frozen=True):
    """What of an amount belongs to one tax class, in minor units."""

    tax_class: str
    net_minor: int
    tax_minor: int


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """Money that went back: `lines` are places on the receipt, from 0; `goods` says that the goods came back, too."""

    key: str
    time_ns: int
    minor: int
    reason: str
    lines: tuple[int, ...] = ()
    shares: tuple[TaxShare, ...] = ()
    goods: bool = False


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt was wrong: of that line, only `really` units had been taken."""

    line: int
    really: int
    time_ns: int


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """A trip with the receipt that was charged."""

    trip: TripId
    time_ns: int
    receipt: Receipt
    gate: str = ""
    status: str = ""
    given_back: tuple[GivenBack, ...] = ()
    corrections: tuple[Correction, ...] = ()
    simulated: bool = False
