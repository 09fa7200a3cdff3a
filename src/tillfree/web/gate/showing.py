"""Who is inside, who was let in or refused and why, which credentials are blocked, and which gates are closed."""

import msgspec
from starlette.responses import Response

from tillfree.core.ids import TripId, VisitId
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.entry import EVERY_GATE, EntryRow
from tillfree.store.entry.doubts import too_young_for
from tillfree.store.running.state import LiveCart
from tillfree.web.ask import Ask
from tillfree.web.gate.words import REASON_WORDS, ROLE_WORDS, WAY_WORDS, gate_name, reason_words

__all__ = ["Group", "ages_asked", "groups_inside", "show"]

_SHOWN = 50
_ENTRIES_LOOKED = 500
_USUAL_AGES = (18, 21)


class Member(msgspec.Struct, frozen=True):
    """Somebody who is inside: what they hold, and the products for which they may be too young."""

    visit: VisitId
    items: int
    young: tuple[str, ...]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Those who came in on one entry; `entry` is None for people whom no gate let in."""

    trip: TripId
    entry: EntryRow | None
    members: tuple[Member, ...]
    opened_ns: int

    @property
    def needs_age(self) -> bool:
        """Whether somebody holds what nobody has proved that they are old enough for."""
        return any(member.young for member in self.members)


def show(ask: Ask) -> Response:
    """The page."""
    database = ask.database
    entries = database.entries(_ENTRIES_LOOKED)
    since_ns = ask.console.now_ns() - NS_PER_DAY
    refusals = database.refusals(_SHOWN)
    counts = database.count_refusals(since_ns)
    closed = database.closed_gates()
    gates = sorted({entry.gate for entry in entries} | {refusal.gate for refusal in refusals} | (closed - {EVERY_GATE}))
    groups = groups_inside(ask, {entry.trip: entry for entry in entries})
    desk = ask.console.desk
    return ask.page(
        "gate.html",
        desk=desk is not None,
        finds=desk is not None and desk.finds_shoppers,
        pays=ask.console.till is not None,
        inside=ask.store.inside,
        expected=desk.expected if desk is not None else 0,
        groups=groups,
        needs_age=sum(group.needs_age for group in groups),
        entries=entries[:_SHOWN],
        refusals=refusals,
        refused_count=sum(counts.values()),
        reasons=[(reason_words(reason, ask.say), count) for reason, count in counts.items()],
        blocks=database.blocks(),
        gates=[(gate, gate_name(gate, ask.say), gate in closed) for gate in gates],
        all_closed=EVERY_GATE in closed,
        ages=ages_asked(ask),
        ways=WAY_WORDS,
        roles=ROLE_WORDS,
        reason_words=REASON_WORDS,
        gate_name=lambda gate: gate_name(gate, ask.say),
        badges=database.count_badges(),
    )


def ages_asked(ask: Ask) -> list[int]:
    """The ages that products of the shop ask for, and those that many laws do."""
    return sorted({*_USUAL_AGES, *(product.min_age for product in ask.store.shop.products if product.min_age)})


def groups_inside(ask: Ask, entries: dict[TripId, EntryRow]) -> list[Group]:
    """The visits that go on, by trip; who needs an age check first, then the newest."""
    products = ask.store.shop.product_index()
    by_trip: dict[str, list[LiveCart]] = {}
    for cart in ask.store.carts():
        by_trip.setdefault(cart.trip or f"visit {cart.visit}", []).append(cart)
    groups = []
    for carts in by_trip.values():
        trip = carts[0].trip
        entry = (entries.get(trip) or ask.database.entry(trip)) if trip else None
        # Without an entry an age matters only where everybody must have one.
        asks = entry.role == "shopper" if entry is not None else ask.store.settings.entry.required
        age_years = entry.age_years if entry is not None else 0
        members = tuple(
            Member(
                cart.visit,
                sum(line.quantity for line in cart.lines),
                tuple(product.name for product in too_young_for(cart.lines, age_years, products)) if asks else (),
            )
            for cart in carts
        )
        opened_ns = min(cart.opened_ns for cart in carts)
        groups.append(Group(trip=trip, entry=entry, members=members, opened_ns=opened_ns))
    return sorted(groups, key=lambda group: (not group.needs_age, -group.opened_ns))
