"""Several visitors and one payer: what they hold together, and how sure that is."""

import itertools
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import COLA, JUICE, WATER
from tillfree.core.events import Alternative, CartBelief, CartLine, LineBelief, VisitOpened
from tillfree.core.ids import EventId, ProductId, TrackId, VisitId
from tillfree.shopping.cart import ShoppingError, VirtualCart, step
from tillfree.shopping.parties import combine
from tillfree.shopping.settings import ShoppingSettings

Cart = dict[ProductId, int]
SETTINGS = ShoppingSettings(review_below=0.8)


def member(visit: str, *carts: tuple[Cart, float], party: str = "family", final: bool = True) -> VirtualCart:
    """The cart of a visit after a belief of these whole carts, most probable first."""
    opened = VisitOpened(
        time_ns=len(visit), source="v", sequence=1, visit=VisitId(visit), track=TrackId(visit), code="C", party=party
    )
    at_least: dict[ProductId, list[float]] = {}
    for cart, probability in carts:
        for product, count in cart.items():
            chances = at_least.setdefault(product, [])
            chances += [0.0] * (count - len(chances))
            chances[:count] = [chance + probability for chance in chances[:count]]
    belief = CartBelief(
        time_ns=9,
        source="f",
        sequence=1,
        visit=VisitId(visit),
        lines=tuple(
            LineBelief(p, tuple(at_least[p]), (EventId(f"{visit}#1"), EventId("both#1"))) for p in sorted(at_least)
        ),
        alternatives=tuple(Alternative(cart, p) for cart, p in carts),
        final=final,
    )
    return step(step(None, opened, SETTINGS), belief, SETTINGS)


def test_lines_are_summed_and_probabilities_multiplied() -> None:
    ann = member("a", ({COLA: 2, WATER: 1}, 0.9), ({WATER: 1}, 0.1))
    bob = member("bb", ({COLA: 1}, 0.8), ({JUICE: 1}, 0.15))
    party = combine([bob, ann])
    assert (party.party, party.members) == ("family", ("a", "bb"))
    assert party.quantities() == {COLA: 3, WATER: 1}
    assert party.lines == (
        CartLine(COLA, 3, 0.72, (EventId("a#1"), EventId("both#1"), EventId("bb#1"))),
        # Ann has water for sure; that Bob has none is as sure as the carts that are known of him: 0.8 + 0.15.
        CartLine(WATER, 1, 0.95, (EventId("a#1"), EventId("both#1"))),
    )
    assert (party.probability, party.decision) == (0.72, "charge")


def test_a_member_without_anything_is_a_member() -> None:
    party = combine([member("a", ({COLA: 1}, 1.0)), member("bb", ({}, 0.9))])
    assert (party.members, party.quantities()) == (("a", "bb"), {COLA: 1})
    assert (party.probability, party.lines[0].probability) == (0.9, 0.9)


@pytest.mark.parametrize(
    ("chances", "decision"),
    [((0.9, 0.9), "charge"), ((0.9, 0.7), "review"), ((0.7, None), "review"), ((0.9, None), ""), ((None,), "")],
)
def test_any_member_for_review_sends_the_party_to_review(chances: tuple[float | None, ...], decision: str) -> None:
    carts = [
        member("v" * number, ({COLA: 1}, 0.9 if chance is None else chance), final=chance is not None)
        for number, chance in enumerate(chances, 1)
    ]
    assert combine(carts).decision == decision


def test_what_is_no_party_is_refused() -> None:
    ann, bob = member("a", ({COLA: 1}, 1.0)), member("bb", ({COLA: 1}, 1.0))
    stranger = member("c", ({}, 1.0), party="")
    other = member("d", ({}, 1.0), party="neighbours")
    for carts in ([], [stranger], [ann, stranger], [ann, other], [ann, bob, ann]):
        with pytest.raises(ShoppingError, match="part"):
            combine(carts)


wholes = st.dictionaries(st.sampled_from([COLA, WATER, JUICE]), st.integers(1, 3), max_size=3)


@st.composite
def parties(draw: st.DrawFn) -> list[VirtualCart]:
    """One to four members, each with some whole carts whose probabilities sum to at most 1."""
    members = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        found = draw(st.lists(wholes, min_size=1, max_size=4, unique_by=lambda c: tuple(sorted(c.items()))))
        shares = sorted((draw(st.floats(0.01, 1.0)) for _ in found), reverse=True)
        kept = draw(st.floats(0.5, 1.0)) / sum(shares)
        carts = [(cart, kept * share) for cart, share in zip(found, shares, strict=True)]
        members.append(member("v" * number, *carts, final=draw(st.booleans())))
    return members


@given(carts=parties(), order=st.randoms(use_true_random=False))
def test_nothing_is_lost_or_made_and_order_does_not_matter(carts: list[VirtualCart], order: object) -> None:
    party = combine(carts)
    for product in (COLA, WATER, JUICE):
        assert party.quantities().get(product, 0) == sum(cart.quantities().get(product, 0) for cart in carts)
    assert [line.product for line in party.lines] == sorted(party.quantities())
    assert all(line.quantity > 0 for line in party.lines)
    assert party.members == tuple(cart.visit for cart in carts)
    assert {e for line in party.lines for e in line.evidence} == {e for c in carts for n in c.lines for e in n.evidence}
    order.shuffle(carts)  # type: ignore[attr-defined]
    assert msgspec.json.encode(combine(carts)) == msgspec.json.encode(party)


@given(carts=parties())
def test_a_party_is_never_surer_than_its_members_warrant(carts: list[VirtualCart]) -> None:
    """With errors that have nothing to do with each other, what is said is at most what is true."""
    party = combine(carts)
    assert party.probability <= min(cart.probability for cart in carts) + 1e-9
    true: dict[ProductId, float] = dict.fromkeys(party.quantities(), 0.0)
    whole = 0.0
    for joint in itertools.product(*(cart.alternatives for cart in carts)):
        chance = math.prod(alternative.probability for alternative in joint)
        held = {p: sum(a.items.get(p, 0) for a in joint) for p in (COLA, WATER, JUICE)}
        whole += chance if {p: n for p, n in held.items() if n} == party.quantities() else 0.0
        for product, quantity in party.quantities().items():
            true[product] += chance if held[product] == quantity else 0.0
    assert party.probability <= whole + 1e-6
    for line in party.lines:
        assert line.probability <= true[line.product] + 1e-6
        assert line.probability >= party.probability - 1e-6


@given(carts=parties())
def test_a_party_of_one_is_its_member(carts: list[VirtualCart]) -> None:
    (alone, *_) = carts
    party = combine([alone])
    assert (party.lines, party.decision) == (alone.lines, alone.decision)
    assert party.probability == pytest.approx(alone.probability, abs=1e-9)
