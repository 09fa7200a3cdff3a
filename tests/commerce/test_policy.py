"""The table of what is charged, and the certain part of carts: never more than is believed."""

import math
from itertools import product as combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.policy import (
    Believed,
    Case,
    Verdict,
    certain_lines,
    decide,
)
from tillfree.commerce.policy_settings import PolicyRow
from tillfree.core.events import Alternative, CartLine
from tillfree.core.ids import UNKNOWN_PRODUCT, EventId, ProductId
from tillfree.core.money import Money

MILK, BEER = ProductId("milk"), ProductId("beer")
CARTS = st.lists(
    st.tuples(st.dictionaries(st.sampled_from([MILK, BEER]), st.integers(0, 3)), st.integers(1, 50)),
    min_size=1,
    max_size=5,
    unique_by=lambda pair: tuple(sorted((p, n) for p, n in pair[0].items() if n)),
)


def case(probability: float = 0.95, minor: int = 1000, **more: bool) -> Case:
    return Case(probability=probability, amount=Money(minor, "EUR"), **more)


def believed(carts: list[tuple[dict[ProductId, int], float]]) -> Believed:
    """A visit as the fusion says it: lines of the most probable cart, each with the chance of its quantity."""
    ordered = sorted(carts, key=lambda pair: -pair[1])
    best = ordered[0][0]
    lines = tuple(
        CartLine(p, n, sum(chance for items, chance in ordered if items.get(p, 0) == n), (EventId(f"scales#{n}"),))
        for p, n in sorted(best.items())
        if n
    )
    return Believed(lines=lines, alternatives=tuple(Alternative(items, chance) for items, chance in ordered))


@pytest.mark.parametrize("review", [True, False])
def test_without_a_table_the_visits_own_status_decides(review: bool) -> None:
    assert decide((), case(review=review)) == Verdict("review" if review else "charge")


def test_the_first_row_that_fits_decides_and_none_is_review() -> None:
    rows = (
        PolicyRow(then="review", goods="with_age", from_probability=0.0),
        PolicyRow(then="charge", from_probability=0.95, up_to_minor=5000),
        PolicyRow(then="certain", from_probability=0.5, up_to_minor=1000, in_doubt=True),
    )
    assert decide(rows, case(0.99, age_restricted=True)) == Verdict("review", 1)
    assert decide(rows, case(0.95, 5000)) == Verdict("charge", 2)
    assert decide(rows, case(0.95, 5001)) == Verdict("review")
    assert decide(rows, case(0.9499, 1000)) == Verdict("certain", 3)
    assert decide(rows, case(0.99, 1000, in_doubt=True)) == Verdict("certain", 3)
    assert decide(rows, case(0.4999, 1)) == Verdict("review")
    assert decide(rows, case(0.4, review=False)) == Verdict("review")


@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan, math.inf])
def test_what_is_no_probability_is_refused(probability: float) -> None:
    with pytest.raises(CommerceError):
        decide((), case(probability))


def test_the_certain_part_of_one_visit() -> None:
    visit = believed([({MILK: 2, BEER: 1}, 0.6), ({MILK: 1, BEER: 1}, 0.39)])
    (beer, milk) = certain_lines([visit], 0.98)
    assert (beer.product, beer.quantity, beer.probability) == (BEER, 1, 0.99)
    assert (milk.product, milk.quantity, milk.probability) == (MILK, 1, 0.99)
    assert [line.quantity for line in certain_lines([visit], 0.6)] == [1, 2]
    assert certain_lines([visit], 0.999) == ()


def test_the_members_of_a_party_are_added_up() -> None:
    one = believed([({MILK: 1}, 0.9), ({}, 0.1)])
    assert certain_lines([one, believed([({MILK: 1}, 0.9), ({}, 0.1)])], 0.98)[0].quantity == 1
    assert certain_lines([one, believed([({MILK: 1}, 0.9), ({}, 0.1)])], 0.8)[0].quantity == 2
    assert certain_lines([one], 0.98) == ()


def test_what_no_product_explains_is_never_charged() -> None:
    assert certain_lines([believed([({UNKNOWN_PRODUCT: 1}, 1.0)])], 0.5) == ()


def test_without_alternatives_the_line_itself_says_how_certain_it_is() -> None:
    assert certain_lines([Believed(lines=(CartLine(MILK, 2, 0.99),))], 0.98)[0].quantity == 2
    assert certain_lines([Believed(lines=(CartLine(MILK, 2, 0.9),))], 0.98) == ()


@given(st.lists(CARTS, min_size=1, max_size=3), st.floats(0.5, 1.0))
def test_never_more_than_believed_and_always_as_certain_as_wanted(
    visits: list[list[tuple[dict[ProductId, int], int]]], wanted: float
) -> None:
    shares = [[(items, weight / sum(w for _, w in carts)) for items, weight in carts] for carts in visits]
    held = [believed(carts) for carts in shares]
    best = {p: sum(line.quantity for v in held for line in v.lines if line.product == p) for p in (MILK, BEER)}
    lines = certain_lines(held, wanted)
    assert len({line.product for line in lines}) == len(lines)
    for line in lines:
        assert 1 <= line.quantity <= best[line.product]
        # Only visitors whose most probable cart holds it are counted; the sum over all worlds of theirs is the truth.
        owners = [
            carts
            for carts, visit in zip(shares, held, strict=True)
            if any(own.product == line.product for own in visit.lines)
        ]
        true = math.fsum(
            math.prod(chance for _, chance in world)
            for world in combinations(*owners)
            if sum(items.get(line.product, 0) for items, _ in world) >= line.quantity
        )
        assert true >= wanted - 1e-6
        assert line.probability == pytest.approx(true, abs=1e-6)


@given(CARTS, st.floats(0.5, 1.0), st.floats(0.5, 1.0))
def test_to_want_more_certainty_never_charges_more(
    carts: list[tuple[dict[ProductId, int], int]], one: float, other: float
) -> None:
    total = sum(weight for _, weight in carts)
    visit = believed([(items, weight / total) for items, weight in carts])
    low, high = sorted((one, other))
    surer = {line.product: line.quantity for line in certain_lines([visit], high)}
    bolder = {line.product: line.quantity for line in certain_lines([visit], low)}
    assert all(count <= bolder.get(p, 0) for p, count in surer.items())
