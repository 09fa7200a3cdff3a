"""A trip: everything that one payer's entry pays for, from the gate to the last coin."""

from typing import Literal

import msgspec

from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import PaymentId, ProductId, TripId, VisitId
from tillfree.core.money import Money

__all__ = ["EntryKind", "Payer", "Role", "StaffLine", "Trip", "TripStatus"]

EntryKind = Literal["card", "wallet", "code", "badge", "palm", "staff", "delivery", "open"]
"""How somebody came in; "open" is a door without a gate, where nobody is known to pay."""
Role = Literal["shopper", "associate", "delivery"]
TripStatus = Literal["inside", "review", "settling", "settled", "void", "debt", "external", "abandoned"]
"""inside: somebody is in the shop, or about to come in. review: a person must look first. settling: money is moving.
settled: paid. void: nothing to pay, the hold is released. debt: could not be collected. external: the retailer's own
systems take the money. abandoned: the gate opened and nobody came in."""


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """How a trip is paid. Personal data: kept apart from the trip, and erased when the trip is settled.

    Coupons are, too: a code that one person got would tell that two trips were theirs.
    `kind`: "card" (a token at the processor), "account" (of the retailer's app), "badge" (payroll or a badge account),
    "cash" (collected outside), or "none". `fingerprint` tells the same way to pay again, for debts and blocks only.
    """

    kind: Literal["card", "account", "badge", "cash", "none"]
    token: str = ""
    fingerprint: str = ""
    brand: str = ""
    last4: str = ""
    account: str = ""
    loyalty: str = ""
    coupons: tuple[str, ...] = ()
    email: str = ""
    language: str = ""
    emv: dict[str, str] = {}
    terminal_hold: str = ""
    """The processor's reference of money that the terminal itself put aside (`Trip.hold`); empty where it did not."""
    terminal_hold_until_ns: int = 0


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that staff handed over, or with a `quantity` below 0 took back again of what they handed over.

    `weight_g` and `price_minor` are those of one unit, where its label says so or a scale did; `scan` is the text of
    that label. `key` is made by whoever writes, so that asking twice adds once; `by` is a role, never a name.
    """

    key: str
    product: ProductId
    quantity: int
    time_ns: int
    by: str
    weight_g: int | None = None
    price_minor: int | None = None
    scan: str = ""


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """One trip. `visits` are those who came in on it, `left` those of them who are gone.

    `added` is what staff handed over and took back, in order (`commerce.assisted` says what stands of it).
    `reference` is what another system calls the sale; `asked` a digest of what it asked for, where a till of the store
    had somebody pay at once, so that nobody is inside. Both are empty for trips through the shop.
    `receipt` is the one in force, None before everybody left; `why` says in words what it waits for, or how it ended.
    Times are integer nanoseconds; `age_years` is what was proved of everybody in it.
    """

    id: TripId
    gate: str
    entry: EntryKind
    role: Role = "shopper"
    group_size: int = 1
    opened_ns: int
    closed_ns: int = 0
    settled_ns: int = 0
    visits: tuple[VisitId, ...] = ()
    left: tuple[VisitId, ...] = ()
    status: TripStatus = "inside"
    payment: PaymentId = PaymentId("")
    hold: Money | None = None
    receipt: Receipt | None = None
    review_until_ns: int = 0
    language: str = ""
    age_years: int = 0
    loyalty: bool = False
    simulated: bool = False
    why: str = ""
    added: tuple[StaffLine, ...] = ()
    reference: str = ""
    asked: str = ""
