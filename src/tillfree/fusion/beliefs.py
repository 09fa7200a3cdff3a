"""From hypotheses to what can be said of one visit: its possible carts, its lines, and why."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator

from tillfree.core.events import Alternative, Interaction, LineBelief
from tillfree.core.ids import EventId, FixtureId, ProductId, VisitId
from tillfree.fusion.groups import Group
from tillfree.fusion.state import Act, Item, Step

__all__ = ["Cart", "Distribution", "alternatives_of", "distribution_of", "interactions_of", "lines_of"]

_ALTERNATIVES_MAX = 16
# Carts kept while groups are added up, and how improbable one must be, against the best, to be dropped.
_CARTS_MAX = 256
_NEGLIGIBLE = 1e-7

Cart = tuple[tuple[ProductId, int], ...]
"""Products with their quantities, in order of product."""
Distribution = tuple[tuple[Cart, float], ...]
"""Carts with their probabilities, most probable first."""


def distribution_of(groups: list[Group], visit: VisitId, trust: float = 1.0) -> Distribution:
    """How probable each cart of a visit is: the sum of what independent groups of events say of it.

    What pruning has left of all probability is in it, and `trust`, the share that no hypothesis knows of.
    """
    total: dict[Cart, float] = {(): trust}
    for group in groups:
        parts = _parts(group, visit)
        total = parts if total == {(): 1.0} else _convolved(total, parts)
    ranked = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((cart, round(min(p, 1.0), 9)) for cart, p in ranked)


def _parts(group: Group, visit: VisitId) -> dict[Cart, float]:
    """How probable each part of the visit's cart is that comes from one group."""
    weight: dict[Cart, float] = defaultdict(float)
    carts: dict[tuple[Item, ...], Cart] = {}
    for hypothesis in group.hypotheses:
        items = hypothesis.held.get(visit, ())
        cart = carts.get(items)
        if cart is None:
            cart = carts[items] = _cart(items)
        weight[cart] += math.exp(hypothesis.log_weight)
    return {cart: group.kept * p for cart, p in weight.items()}


def _convolved(left: dict[Cart, float], right: dict[Cart, float]) -> dict[Cart, float]:
    """Sums of carts; of many the most probable ones, and none that is next to impossible."""
    both: dict[Cart, float] = defaultdict(float)
    for one, p in left.items():
        for two, q in right.items():
            both[_sum(one, two)] += p * q
    floor = _NEGLIGIBLE * max(both.values())
    likely = heapq.nlargest(_CARTS_MAX, ((p, cart) for cart, p in both.items() if p >= floor))
    return {cart: p for p, cart in likely}


def _sum(one: Cart, two: Cart) -> Cart:
    if not one or not two:
        return one or two
    counts = dict(one)
    for product, count in two:
        counts[product] = counts.get(product, 0) + count
    return tuple(sorted(counts.items()))


def _cart(items: tuple[Item, ...]) -> Cart:
    counts: dict[ProductId, int] = defaultdict(int)
    for item in items:
        counts[item.product] += 1
    return tuple(sorted(counts.items()))


def alternatives_of(distribution: Distribution) -> tuple[Alternative, ...]:
    """The most probable carts, best first; their probabilities sum to at most 1."""
    return tuple(Alternative(dict(cart), p) for cart, p in distribution[:_ALTERNATIVES_MAX])


def lines_of(distribution: Distribution, groups: list[Group], visit: VisitId) -> tuple[LineBelief, ...]:
    """For each product that any hypothesis has in the cart, the probability of one or more, two or more, and so on."""
    at_least: dict[ProductId, list[float]] = defaultdict(list)
    for cart, weight in distribution:
        for product, count in cart:
            chances = at_least[product]
            chances.extend([0.0] * (count - len(chances)))
            for index in range(count):
                chances[index] += weight
    evidence: dict[ProductId, set[EventId]] = defaultdict(set)
    for item in {item for group in groups for h in group.hypotheses for item in h.held.get(visit, ())}:
        evidence[item.product].update(item.evidence)
    return tuple(
        LineBelief(product, tuple(round(min(p, 1.0), 9) for p in at_least[product]), tuple(sorted(evidence[product])))
        for product in sorted(at_least)
    )


def interactions_of(
    groups: list[Group],
    visit: VisitId,
    source: str,
    runners_up: dict[EventId, dict[str, float]],
) -> tuple[Interaction, ...]:
    """What the best hypotheses say the visit did, oldest first; each act with its probability over all hypotheses."""
    found = [act for group in groups for act in _acts_in(group, visit, source, runners_up)]
    return tuple(sorted(found, key=lambda act: (act.time_ns, act.source, act.sequence)))


def _acts_in(
    group: Group, visit: VisitId, source: str, runners_up: dict[EventId, dict[str, float]]
) -> Iterator[Interaction]:
    chance: dict[tuple[EventId, object], float] = defaultdict(float)
    for hypothesis in group.hypotheses:
        weight = math.exp(hypothesis.log_weight)
        for step in hypothesis.steps():
            for act in step.acts:
                chance[step.event, act.key] += weight
    for step in group.hypotheses[0].steps():
        for number, act in enumerate(step.acts):
            if visit in (act.visit, act.to_visit):
                probability = min(chance[step.event, act.key], 1.0)
                yield _interaction(step, act, number, probability, source, runners_up.get(step.event, {}))


def _interaction(
    step: Step, act: Act, number: int, probability: float, source: str, alternatives: dict[str, float]
) -> Interaction:
    return Interaction(
        time_ns=step.time_ns,
        source=f"{source}/{step.event}",
        sequence=number,
        act=act.kind,
        probability=round(probability, 9),
        visit=act.visit,
        to_visit=act.to_visit,
        product=act.product,
        quantity=act.quantity if act.product else 0,
        delta_g=step.delta_g,
        fixture=act.shelf.fixture if act.shelf else FixtureId(""),
        shelf=act.shelf.shelf if act.shelf else 0,
        plates=step.plates,
        evidence=step.evidence,
        weights={name: round(value, 3) for name, value in act.terms},
        alternatives=alternatives,
    )
