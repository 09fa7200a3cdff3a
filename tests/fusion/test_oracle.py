"""The bounded inference against enumeration: all assignments of a few acts, and itself with (almost) no bounds."""

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.fusion.stories import Told, tell
from tests.fusion.stories_at_random import PLATE_OF
from tests.scenes import BEANS, CHIPS, COLA, JUICE, SAUCE, WATER, WEIGHTS_G, Scene, grasp, ns
from tillfree.core.ids import ProductId, VisitId
from tillfree.fusion.settings import FusionSettings

UNBOUNDED = FusionSettings(hypotheses_max=3000, prune_below=1e-12)
Pull = tuple[ProductId, int, float]
"""A product, the plate it is taken from, and how far (in plates) the other's hand is beside it at that moment."""
PULLS: tuple[Pull, ...] = (
    (COLA, 2, 3.0),
    (JUICE, 5, 1.2),
    (SAUCE, 8, 1.6),
    (BEANS, 11, 2.2),
    (WATER, 4, 0.8),
    (CHIPS, 10, 2.6),
)


def two_at_once(*pulls: Pull) -> Scene:
    """Whenever something is taken, two hands are about: Ann's at the plate, Bob's a little off; they never meet."""
    scene = Scene()
    for name, side in (("ann", -0.42), ("bob", 0.42)):
        path = [(0.0, 0.6 + side, -4.5)]
        for number, (_, plate, _) in enumerate(pulls):
            at_s, x = 6.0 + 5.0 * number, 0.1 * plate - 0.05 + side
            path += [(at_s - 1.5, x, -0.45), (at_s + 1.5, x, -0.45)]
        scene.walks(name, *path, (path[-1][0] + 4.0, 0.6 + 1.6 * side, -4.5))
    for number, (product, plate, beside) in enumerate(pulls):
        at_s = 6.0 + 5.0 * number
        if product:
            scene.moves("ann", at_s, {plate: -WEIGHTS_G[product]})
            scene.reaches("bob", at_s, grasp(plate + beside), hand="l")
    return scene


def share_of(told: Told, name: str, product: ProductId) -> float:
    return sum(a.probability for a in told.final(name).alternatives if a.items.get(product))


@pytest.mark.parametrize("pulls", [*itertools.combinations(PULLS[:4], 3), PULLS[1:4] + PULLS[5:]])
def test_independent_takes_multiply(pulls: tuple[Pull, ...]) -> None:
    """One act at a time gives each act's odds; all 2^n assignments of the acts then have the product of these."""
    odds = []
    for chosen in pulls:
        alone = [pull if pull == chosen else (ProductId(""), *pull[1:]) for pull in pulls]
        odds.append(share_of(tell(two_at_once(*alone)), "ann", chosen[0]))
    assert all(0.5 < p < 0.999 for p in odds)
    told = tell(two_at_once(*pulls))
    for bits in itertools.product((True, False), repeat=len(pulls)):
        chance = 1.0
        for mine, p in zip(bits, odds, strict=True):
            chance *= p if mine else 1 - p
        ann = {product: 1 for mine, (product, *_) in zip(bits, pulls, strict=True) if mine}
        bob = {product: 1 for mine, (product, *_) in zip(bits, pulls, strict=True) if not mine}
        if chance > 0.05:  # beliefs name the eight most probable carts only
            assert told.chance("ann", ann) == pytest.approx(chance, abs=0.02)
            assert told.chance("bob", bob) == pytest.approx(chance, abs=0.02)


def test_possession_by_bayes_rule() -> None:
    """Who took it is a toss-up; who puts it back is not: then that one had it, and the other never did."""
    scene = two_at_once((WATER, 4, 0.2))
    first = share_of(tell(scene), "ann", WATER)
    assert 0.3 < first < 0.7
    for name in ("ann", "bob"):
        again = Scene()
        for who, walker in two_at_once((WATER, 4, 0.2)).walkers.items():
            again.walks(who, *walker.path[:-1], (20.0, *walker.path[-2][1:]), (24.0, *walker.path[-1][1:]))
            again.walkers[who].reaches = list(walker.reaches)
        again.changes_load(6, {4: -520.0})
        plate = 1 if name == "ann" else 7
        told = tell(again.moves(name, 14, {plate: 520.0}, hand="l" if name == "ann" else "r"))
        assert told.chance("ann", {}) > 0.95
        assert told.chance("bob", {}) > 0.95
        assert [a.act for a in told.acts(name)] == ["take", "put_back"]


def met(*takers: str) -> Told:
    """Somebody takes juice (with two names, either may have); then Ann and Bob meet, and may pass something on."""
    scene = Scene()
    for name, x, hand in (("ann", 0.15, "r"), ("bob", 0.95, "l")):
        scene.walks(name, (0, x, -4.5), (4, x, -0.45), (16, x, -0.45), (20, 2 * x - 0.5, -4.5))
        if name in takers:
            scene.reaches(name, 6, grasp(6.5 if name == "bob" and len(takers) > 1 else 6), hand=hand)
    return tell(scene.changes_load(6, {6: -520.0}).hands_over("ann", "bob", 11, stay_s=0.5))


def test_two_ways_to_the_same_end_add_up() -> None:
    """Ann has it if she took it and kept it, or Bob took it and gave it to her: the law of total probability."""
    unclear = met("ann", "bob")
    earlier = next(b for b in reversed(unclear.by_visit[VisitId("ann")]) if b.time_ns < ns(9))
    took = next(a.probability for a in earlier.alternatives if a.items == {JUICE: 1})
    kept, given = (met(name).chance("ann", {JUICE: 1}) for name in ("ann", "bob"))
    assert 0.3 < took < 0.7
    assert kept < 0.45
    assert given > 0.55
    expected = took * kept + (1 - took) * given
    assert unclear.chance("ann", {JUICE: 1}) == pytest.approx(expected, abs=0.005)
    assert unclear.chance("bob", {JUICE: 1}) == pytest.approx(1 - expected, abs=0.005)


changes = st.lists(
    st.tuples(
        st.sampled_from([COLA, WATER, JUICE, SAUCE]),
        st.integers(1, 8),
        st.sampled_from([0.4, 1.0, 2.0]),
        st.booleans(),
        st.floats(0.95, 1.05),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25)
@given(told=changes)
def test_few_hypotheses_say_what_many_say(told: list[tuple[ProductId, int, float, bool, float]]) -> None:
    """Takes from home, put-backs to anywhere, two hands at it: the bound must not change what is believed."""
    scene = Scene().comes("ann", x=0.15, leave_s=22).comes("bob", x=1.05, leave_s=22)
    for number, (product, anywhere, beside, back, factor) in enumerate(told):
        at_s = 6.0 + 4.0 * number
        puts = back and number > 0
        plate = anywhere if puts else PLATE_OF[product]
        grams = WEIGHTS_G[product] * factor * (1 if puts else -1)
        scene.moves("ann", at_s, {plate: grams}).reaches("bob", at_s, grasp(plate + beside), hand="l")
    whole, bounded = tell(scene, settings=UNBOUNDED), tell(scene)
    for name in ("ann", "bob"):
        exact = whole.final(name).alternatives
        top = exact[0]
        assert bounded.chance(name, top.items) == pytest.approx(top.probability, abs=0.05)
        if len(exact) == 1 or top.probability - exact[1].probability > 0.1:
            assert bounded.cart(name) == top.items


@settings(max_examples=25)
@given(told=changes, keep=st.integers(1, 6))
def test_any_bound_keeps_a_distribution(told: list[tuple[ProductId, int, float, bool, float]], keep: int) -> None:
    scene = Scene().comes("ann", x=0.15, leave_s=22).comes("bob", x=1.05, leave_s=22)
    for number, (product, plate, beside, back, factor) in enumerate(told):
        grams = WEIGHTS_G[product] * factor * (1 if back and number else -1)
        scene.moves("ann", 6.0 + 4.0 * number, {plate: grams})
        scene.reaches("bob", 6.0 + 4.0 * number, grasp(plate + beside), hand="l")
    result = tell(scene, settings=FusionSettings(hypotheses_max=keep))
    assume(result.all)
    for belief in result.all:
        assert 0.0 < sum(a.probability for a in belief.alternatives) <= 1.0 + 1e-6
        assert len(belief.alternatives) <= min(16, keep ** len(told)), "a cart is the sum of what its groups say"
