"""Latency in stream time: how long after an act is the live cart right, how long after the exit is the receipt there?

The truth gives the moment at which the weight moved; the hand leaves the shelf some tenths of a second later, and where
the people frames show when (`tillfree.evaluation.hands`), the time is counted from there as well. A cart that never
becomes right is no matter of time but a wrong inference, and is counted apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from tillfree.core.ids import ProductId, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.evaluation.hands import SHELF_ACTS
from tillfree.evaluation.intervals import Interval, wilson
from tillfree.storage.recordings.model import TruthAct
from tillfree.store.replay import CartMoment

__all__ = [
    "CartLatency",
    "CartLatencySummary",
    "LatencySummary",
    "cart_latencies",
    "summarise_carts",
    "summarise_latencies",
]

EARLY_NS = NS_PER_S
"""A cart may be right a little before the labelled moment (labels and clocks have errors); earlier is another act's."""
AT_ONCE_NS = NS_PER_S // 2
"""Acts of one person with one product that follow so soon are one: no hand is back in between."""


class CartLatency(msgspec.Struct, frozen=True):
    """One act: when it happened, and after how many seconds the live cart had its product right, None for never.

    `hand_ns` is when the hand left the shelf, None where that is not known; `seconds_from_hand` is counted from there
    and is 0 where the cart was right before.
    """

    person: TrackId
    product: ProductId
    kind: str
    time_ns: int
    seconds: float | None
    hand_ns: int | None = None
    seconds_from_hand: float | None = None


class LatencySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution of seconds; NaN where there is none.

    `count` is how many came true, `never` how many never did. `within_1_s` is the share of those that came true,
    `within_1_s_of_all` that of all.
    """

    count: int
    never: int
    median_s: float
    p90_s: float
    p99_s: float
    max_s: float
    within_1_s: Interval
    within_1_s_of_all: Interval


class CartLatencySummary(msgspec.Struct, frozen=True, kw_only=True):
    """Live carts: seconds from the weight's move, and from the hand leaving the shelf for acts at one.

    `hands_hidden` acts at a shelf are in the former only, since nobody saw when the hand left.
    """

    from_move: LatencySummary
    from_hand: LatencySummary
    hands_hidden: int


class Step(msgspec.Struct, frozen=True):
    """One change of what a person holds by the truth: from `time_ns` on they hold `count` of `product`."""

    person: TrackId
    product: ProductId
    kind: str
    time_ns: int
    count: int
    hand_ns: int | None


def true_steps(acts: Sequence[TruthAct], hands: Mapping[int, int]) -> Iterator[Step]:
    """How each person's holdings change: take +1, put -1, give moves one. Other kinds change nothing."""
    held: Counter[tuple[TrackId, ProductId]] = Counter()
    for number, act in sorted(enumerate(acts), key=lambda pair: pair[1].time_ns):
        moves = {"take": [(act.track, 1)], "put": [(act.track, -1)]}.get(act.kind, [])
        if act.kind == "give":
            moves = [(act.track, -1), (act.to_track, 1)]
        for person, delta in moves:
            held[person, act.product] += delta
            yield Step(person, act.product, act.kind, act.time_ns, held[person, act.product], hands.get(number))


def cart_latencies(
    acts: Sequence[TruthAct], carts: Mapping[TrackId, Sequence[CartMoment]], hands: Mapping[int, int] | None = None
) -> tuple[CartLatency, ...]:
    """For each true change of a product that a person holds, how long until the live cart shows that count.

    Each change is looked for until the next change of that product at that person; afterwards it does not count as
    found. Acts that follow within a hand's stay at the shelf are one act: there is no moment between them at which
    the count of the first could be shown. Only the product of the act is compared, so that one mistake is not counted
    for each later act again.
    `carts` has the live cart of each person in order of time; who has none there is left out. `hands` says when the
    hand of an act left the shelf, by the act's place in `acts`.
    """
    steps = [step for step in true_steps(acts, hands or {}) if step.person in carts]
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    latest: dict[tuple[TrackId, ProductId], int] = {}
    for number, step in enumerate(steps):
        previous = latest.get((step.person, step.product))
        if previous is not None:
            before[number], after[previous] = previous, number
        latest[step.person, step.product] = number
    result = []
    for number, step in enumerate(steps):
        last = number
        while last in after and _at_once(step, steps[after[last]]):
            last = after[last]
        earliest, until = step.time_ns - EARLY_NS, steps[after[last]].time_ns if last in after else None
        if number in before and steps[before[number]].time_ns > earliest:
            earliest = step.time_ns  # what the cart showed before belongs to the act before
        wanted = msgspec.structs.replace(step, count=steps[last].count)
        found = _first_right(wanted, earliest, until, carts[step.person])
        seconds, from_hand = _since(step.time_ns, found), _since(step.hand_ns, found)
        result.append(CartLatency(step.person, step.product, step.kind, step.time_ns, seconds, step.hand_ns, from_hand))
    return tuple(result)


def _at_once(step: Step, other: Step) -> bool:
    """Whether two acts of one person with one product are units of one grasp."""
    return other.kind == step.kind and other.time_ns - step.time_ns < AT_ONCE_NS


def _since(begin_ns: int | None, found_ns: int | None) -> float | None:
    """Seconds from the one to the other, at least 0, None where either is not known."""
    return None if begin_ns is None or found_ns is None else max(0, found_ns - begin_ns) / NS_PER_S


def _first_right(step: Step, earliest_ns: int, until_ns: int | None, carts: Sequence[CartMoment]) -> int | None:
    """The first moment from `earliest_ns` on, and before `until_ns`, at which the cart shows the count of the step."""
    count_then = 0
    for moment in carts:
        if moment.time_ns > earliest_ns:
            break
        count_then = moment.items.get(step.product, 0)
    if count_then == step.count:
        return earliest_ns
    return next(
        (
            moment.time_ns
            for moment in carts
            if moment.time_ns > earliest_ns
            and (until_ns is None or moment.time_ns < until_ns)
            and moment.items.get(step.product, 0) == step.count
        ),
        None,
    )


def summarise_latencies(seconds: Sequence[float], never: int = 0) -> LatencySummary:
    """Quantiles of latencies, and how many of what was waited for never came."""
    values = np.asarray(seconds, dtype=np.float64)
    median, p90, p99, top = np.quantile(values, [0.5, 0.9, 0.99, 1.0]) if len(values) else np.full(4, np.nan)
    soon = float((values <= 1.0).sum())
    return LatencySummary(
        count=len(values),
        never=never,
        median_s=float(median),
        p90_s=float(p90),
        p99_s=float(p99),
        max_s=float(top),
        within_1_s=wilson(soon, len(values)),
        within_1_s_of_all=wilson(soon, len(values) + never),
    )


def summarise_carts(latencies: Iterable[CartLatency]) -> CartLatencySummary:
    """The latencies of live carts from both beginnings."""
    every = list(latencies)
    known = [latency for latency in every if latency.hand_ns is not None]
    moved = [latency.seconds for latency in every if latency.seconds is not None]
    left = [latency.seconds_from_hand for latency in known if latency.seconds_from_hand is not None]
    return CartLatencySummary(
        from_move=summarise_latencies(moved, len(every) - len(moved)),
        from_hand=summarise_latencies(left, len(known) - len(left)),
        hands_hidden=sum(latency.hand_ns is None and latency.kind in SHELF_ACTS for latency in every),
    )
