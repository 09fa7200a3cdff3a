"""The virtual cart: a state machine that a belief moves, and that never charges what it was not told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import COLA, JUICE, WATER
from tillfree.core.events import (
    Alternative,
    CartBelief,
    Event,
    GatePassage,
    LineBelief,
    PeopleFrame,
    VisitClosed,
    VisitOpened,
)
from tillfree.core.ids import EventId, ProductId, TrackId, VisitId
from tillfree.shopping.cart import ShoppingError, VirtualCart, lines_of_belief, step
from tillfree.shopping.settings import ShoppingSettings

SETTINGS = ShoppingSettings(review_below=0.8)
VISIT, OTHER = VisitId("V"), VisitId("W")
Cart = dict[ProductId, int]


def opened(visit: VisitId = VISIT, *, party: str = "", anonymous: bool = False) -> VisitOpened:
    return VisitOpened(
        time_ns=1,
        source="v",
        sequence=1,
        visit=visit,
        track=TrackId("t"),
        code="C",
        party=party,
        anonymous=anonymous,
    )


def closed(visit: VisitId = VISIT, reason: str = "exit") -> VisitClosed:
    return VisitClosed(time_ns=9, source="v", sequence=2, visit=visit, reason=reason)


def belief(*carts: tuple[Cart, float], final: bool = False, visit: VisitId = VISIT, time_ns: int = 5) -> CartBelief:
    """A belief of these carts; lines follow from them."""
    at_least: dict[ProductId, list[float]] = {}
    for cart, probability in carts:
        for product, count in cart.items():
            chances = at_least.setdefault(product, [])
            chances += [0.0] * (count - len(chances))
            for index in range(count):
                chances[index] += probability
    return CartBelief(
        time_ns=time_ns,
        source="f",
        sequence=time_ns,
        visit=visit,
        lines=tuple(LineBelief(p, tuple(at_least[p]), (EventId("e#1"),)) for p in sorted(at_least)),
        alternatives=tuple(Alternative(cart, p) for cart, p in sorted(carts, key=lambda pair: -pair[1])),
        final=final,
    )


def after(*events: Event) -> VirtualCart:
    cart: VirtualCart | None = None
    for event in events:
        cart = step(cart, event, SETTINGS)
    assert cart is not None
    return cart


def test_a_visit_begins_with_an_empty_cart() -> None:
    cart = after(opened(party="family", anonymous=True))
    assert (cart.visit, cart.party, cart.anonymous, cart.opened_ns) == (VISIT, "family", True, 1)
    assert (cart.quantities(), cart.probability, cart.decision) == ({}, 1.0, "")


def test_a_cart_is_the_most_probable_whole_cart() -> None:
    # Product by product, cola would stand in it: it is in two of three carts, but in different numbers.
    cart = after(opened(), belief(({}, 0.4), ({COLA: 1}, 0.3), ({COLA: 2}, 0.3)))
    assert (cart.quantities(), cart.probability) == ({}, 0.4)
    cart = after(opened(), belief(({COLA: 2, WATER: 1}, 0.6), ({COLA: 1}, 0.4)))
    assert cart.quantities() == {COLA: 2, WATER: 1}
    assert [(line.product, line.probability) for line in cart.lines] == [(COLA, 0.6), (WATER, 0.6)]
    assert cart.lines[0].evidence == ("e#1",)


def test_a_line_is_as_sure_as_exactly_its_quantity() -> None:
    (line,) = lines_of_belief(belief(({COLA: 1}, 0.5), ({COLA: 2}, 0.3), ({COLA: 3}, 0.2)))
    assert (line.quantity, line.probability) == (1, 0.5)


def test_a_later_belief_replaces_an_earlier_one() -> None:
    cart = after(opened(), belief(({COLA: 1}, 0.9), ({}, 0.1)), belief(({}, 0.95), ({COLA: 1}, 0.05), time_ns=7))
    assert (cart.quantities(), cart.probability, cart.changed_ns) == ({}, 0.95, 7)


@pytest.mark.parametrize(("probability", "decision"), [(0.79, "review"), (0.8, "charge"), (1.0, "charge")])
def test_the_final_belief_decides(probability: float, decision: str) -> None:
    rest: list[tuple[Cart, float]] = [({}, 1 - probability)] if probability < 1 else []
    cart = after(opened(), closed(), belief(({COLA: 1}, probability), *rest, final=True))
    assert (cart.decision, cart.reason, cart.closed_ns) == (decision, "exit", 9)
    assert after(opened(), closed(), belief(({COLA: 1}, probability), *rest)).decision == ""


def test_what_does_not_fit_is_refused() -> None:
    for events in (
        [closed()],
        [belief(({}, 1.0))],
        [opened(), opened()],
        [opened(), belief(({}, 1.0), visit=OTHER)],
        [opened(), closed(OTHER)],
        [opened(), belief(({}, 1.0), final=True), belief(({COLA: 1}, 1.0))],
        [opened(), PeopleFrame(time_ns=2, source="t", sequence=1)],
        [opened(), GatePassage(time_ns=2, source="g", sequence=1, track=TrackId("t"), direction="out")],
    ):
        with pytest.raises(ShoppingError) as caught:
            after(*events)
        assert len(str(caught.value)) > 10


carts = st.dictionaries(st.sampled_from([COLA, WATER, JUICE]), st.integers(1, 3), max_size=3)


@st.composite
def beliefs(draw: st.DrawFn) -> CartBelief:
    found = draw(st.lists(carts, min_size=1, max_size=4, unique_by=lambda c: tuple(sorted(c.items()))))
    shares = [draw(st.floats(0.01, 1.0)) for _ in found]
    kept = draw(st.floats(0.5, 1.0))
    pairs = [(cart, kept * share / sum(shares)) for cart, share in zip(found, shares, strict=True)]
    return belief(*pairs, final=draw(st.booleans()), visit=draw(st.sampled_from([VISIT, VISIT, OTHER])))


events = st.lists(st.one_of(st.builds(opened), st.builds(closed), beliefs()), max_size=8)


@given(events=events)
def test_any_sequence_gives_a_sound_cart_or_an_error(events: list[Event]) -> None:
    cart: VirtualCart | None = None
    for event in [opened(), *events]:
        before = msgspec.json.encode(cart)
        try:
            moved = step(cart, event, SETTINGS)
        except ShoppingError:
            assert not isinstance(event, VisitClosed)
            continue
        finally:
            assert msgspec.json.encode(cart) == before  # a step makes a new cart and leaves the old one alone
        assert step(cart, event, SETTINGS) == moved
        assert cart is None or not cart.decision or isinstance(event, VisitClosed)
        cart = moved
        assert all(line.quantity > 0 and 0.0 <= line.probability <= 1.0 for line in cart.lines)
        assert [line.product for line in cart.lines] == sorted({line.product for line in cart.lines})
        assert 0.0 <= cart.probability <= 1.0
        assert all(line.probability >= cart.probability - 1e-6 for line in cart.lines)
        if isinstance(event, CartBelief):
            assert cart.quantities() == event.alternatives[0].items
            assert cart.probability == event.alternatives[0].probability
            wanted = "charge" if cart.probability >= SETTINGS.review_below else "review"
            assert cart.decision == (wanted if event.final else "")
