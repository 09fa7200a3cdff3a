"""Tries that decided nothing are kept together for some seconds, each for its own time, and then gone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.time import NS_PER_S
from tillfree.palm.features import Features
from tillfree.palm.samples import HandSide
from tillfree.web.palms.seeing import Reading
from tillfree.web.palms.undecided import Try, Undecided, other_hand, side_of

SIDES: tuple[HandSide, ...] = ("left", "right", "unknown")
KEPT_MOST = 4
sides = st.sampled_from(SIDES)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("try"), sides),
        st.tuples(st.just("alone"), sides),
        st.tuples(st.just("wait"), st.integers(0, 15 * NS_PER_S)),
        st.tuples(st.just("clear"), st.just(0)),
    ),
    max_size=25,
)


def reading(side: HandSide) -> Reading:
    nothing = np.zeros((1, 1), dtype=np.uint8)
    return Reading(Features(np.zeros(2, dtype=np.float32), nothing, nothing, nothing, "visible", side), 80.0, True)


@given(STEPS, st.sampled_from([0.0, 0.5, 12.0]))
def test_each_try_is_kept_for_its_own_time_and_at_most_four(
    steps: list[tuple[str, HandSide | int]], kept_s: float
) -> None:
    undecided, now_ns = Undecided(kept_s), 0
    model: list[tuple[Try, int]] = []
    wanted: HandSide = "unknown"
    for what, value in steps:
        if isinstance(value, str):
            new: Try = (reading(value),)
            before = [] if what == "alone" else undecided.tries
            undecided.keep([*before, new], now_ns, value)
            model = [] if what == "alone" else model
            model = [*model, (new, now_ns + int(kept_s * NS_PER_S))][-KEPT_MOST:] if kept_s else []
            wanted = value if model else "unknown"
        elif what == "wait":
            now_ns += value
            left = [one for one in model if now_ns <= one[1]]
            assert undecided.expire(now_ns) == (bool(model) and not left)
            model = left
        else:
            undecided.clear()
            model = []
        wanted = wanted if model else "unknown"
        assert [id(one) for one in undecided.tries] == [id(one) for one, _ in model]
        assert undecided.wanted == wanted


@given(st.lists(sides, max_size=9))
def test_the_side_of_a_hold_is_that_of_most_pictures(shown: list[HandSide]) -> None:
    found = side_of([reading(side) for side in shown])
    assert shown.count(found) == max(shown.count(side) for side in SIDES)
    assert shown or found == "unknown"


@given(sides)
def test_the_other_hand_of_the_other_hand_is_the_first(side: HandSide) -> None:
    assert other_hand(other_hand(side)) == side
    assert (other_hand(side) == side) == (side == "unknown")
