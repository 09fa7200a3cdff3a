"""When the live cart became right."""

import math

import pytest

from tillfree.core.ids import ProductId, TrackId
from tillfree.evaluation.latency import cart_latencies, summarise_carts, summarise_latencies
from tillfree.storage.recordings.model import TruthAct
from tillfree.store.replay import CartMoment

ANN, BOB, NOBODY, TEA, JAM = TrackId("ann"), TrackId("bob"), TrackId(""), ProductId("tea"), ProductId("jam")


def act(second: float, kind: str, product: ProductId = TEA, who: TrackId = ANN, to: TrackId = NOBODY) -> TruthAct:
    return TruthAct(round(second * 1e9), who, kind, product, to_track=to)


def moment(second: float, **items: int) -> CartMoment:
    return CartMoment(round(second * 1e9), {ProductId(name): count for name, count in items.items()})


def seconds(acts: list[TruthAct], carts: dict[TrackId, list[CartMoment]]) -> list[float | None]:
    return [latency.seconds for latency in cart_latencies(acts, carts)]


def test_delay_is_counted_from_the_act() -> None:
    carts = {ANN: [moment(10.7, tea=1), moment(21.2)]}
    assert seconds([act(10, "take"), act(20, "put")], carts) == [0.7, 1.2]


def test_right_before_the_labelled_moment_is_at_once() -> None:
    assert seconds([act(10, "take")], {ANN: [moment(9.5, tea=1)]}) == [0.0]


def test_found_only_after_the_next_act_is_never() -> None:
    assert seconds([act(10, "take"), act(12, "put")], {ANN: [moment(13, tea=1), moment(14)]}) == [None, 0.0]


def test_mistake_with_one_product_does_not_delay_another() -> None:
    carts = {ANN: [moment(11, oil=1), moment(16, oil=1, jam=1)]}
    assert seconds([act(10, "take"), act(15, "take", JAM)], carts) == [None, 1.0]


def test_put_soon_after_a_take_is_not_right_already() -> None:
    """Just before the take the cart held none either; that is not the answer to the put."""
    carts = {ANN: [moment(10.2, tea=1), moment(10.9)]}
    assert seconds([act(10, "take"), act(10.5, "put")], carts) == [0.2, 0.4]


def test_two_units_of_one_grasp_are_right_when_both_are_there() -> None:
    acts = [act(10, "take"), act(10.1, "take"), act(20, "take")]
    carts = {ANN: [moment(10.8, tea=2), moment(20.6, tea=3)]}
    assert seconds(acts, carts) == [0.8, 0.7, 0.6]


def test_one_of_two_units_of_one_grasp_is_not_right() -> None:
    acts = [act(10, "take"), act(10.1, "take"), act(20, "take")]
    carts = {ANN: [moment(10.8, tea=1), moment(20.6, tea=3)]}
    assert seconds(acts, carts) == [None, None, 0.6]


def test_a_put_back_within_a_moment_is_an_act_of_its_own() -> None:
    carts = {ANN: [moment(10.2, tea=1), moment(10.9)]}
    assert seconds([act(10, "take"), act(10.4, "put")], carts) == [0.2, 0.5]


def test_hand_over_changes_both_carts() -> None:
    acts = [act(10, "take"), act(20, "give", to=BOB)]
    carts = {ANN: [moment(10.5, tea=1), moment(20.3)], BOB: [moment(20.6, tea=1)]}
    assert seconds(acts, carts) == [0.5, 0.3, 0.6]


def test_touches_and_strangers_are_left_out() -> None:
    assert seconds([act(10, "touch"), act(11, "take", who=BOB)], {ANN: [moment(10.5, tea=1)]}) == []


def test_delay_is_counted_from_the_hand_where_it_is_known() -> None:
    carts = {ANN: [moment(10.9, tea=1), moment(20.3), moment(30.1, jam=1)]}
    acts = [act(10, "take"), act(20, "put"), act(30, "take", JAM)]
    hands = {0: 10_500_000_000, 1: 20_600_000_000}
    latencies = cart_latencies(acts, carts, hands)
    assert [latency.seconds_from_hand for latency in latencies] == [0.4, 0.0, None]
    assert [latency.hand_ns for latency in latencies] == [10_500_000_000, 20_600_000_000, None]
    assert [latency.seconds for latency in latencies] == [0.9, 0.3, 0.1]


def test_hands_go_with_their_act_whatever_the_order_of_acts() -> None:
    latencies = cart_latencies([act(20, "put"), act(10, "take")], {ANN: [moment(10.9, tea=1)]}, {1: 10_400_000_000})
    assert [(latency.kind, latency.hand_ns) for latency in latencies] == [("take", 10_400_000_000), ("put", None)]


def test_never_right_is_counted_apart_from_late() -> None:
    carts = {ANN: [moment(10.9, tea=1), moment(33, tea=1, jam=1)], BOB: [moment(10, oil=1)]}
    acts = [act(10, "take"), act(15, "give", to=BOB), act(30, "take", JAM), act(40, "take", JAM)]
    summary = summarise_carts(cart_latencies(acts, carts, {0: 10_500_000_000, 3: 40_500_000_000}))
    assert (summary.from_move.count, summary.from_move.never) == (2, 3)
    assert (summary.from_hand.count, summary.from_hand.never, summary.hands_hidden) == (1, 1, 1)
    assert (summary.from_hand.median_s, summary.from_move.max_s) == (0.4, 3.0)
    assert (summary.from_hand.within_1_s.value, summary.from_hand.within_1_s_of_all.value) == (1.0, 0.5)


def test_summary_of_seconds() -> None:
    summary = summarise_latencies([0.5, 0.7, 2.0], never=1)
    assert (summary.count, summary.never, summary.median_s, summary.max_s) == (3, 1, 0.7, 2.0)
    assert summary.within_1_s.value == pytest.approx(2 / 3)
    assert summary.within_1_s_of_all.value == 0.5
    assert math.isnan(summarise_latencies([]).median_s)
