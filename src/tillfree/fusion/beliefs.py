"""From hypotheses to what can be said of one visit: its possible carts, its lines, and why."""

import math
from collections import defaultdict

from tillfree.core.events import Alternative, Interaction, LineBelief
from tillfree.core.ids import EventId, FixtureId, ProductId, VisitId
from tillfree.fusion.state import Act, Hypothesis, Item, Step

__all__ = ["Cart", "Distribution", "alternatives_of", "distribution_of", "interactions_of", "lines_of"]

_ALTERNATIVES_MAX = 16

Cart = tuple[tuple[ProductId, int], ...]
"""Products with their quantities, in order of product."""
Distribution = tuple[tuple[Cart, float], ...]
"""Carts with their probabilities, most probable first."""


def distribution_of(hypotheses: list[Hypothesis], visit: VisitId, kept: float = 1.0) -> Distribution:
    """How probable each cart of a visit is; `kept` is the share of probability that pruning has left of everything."""
    weight: dict[Cart, float] = defaultdict(float)
    carts: dict[tuple[Item, ...], Cart] = {}
    for hypothesis in hypotheses:
        items = hypothesis.held.get(visit, ())
        cart = carts.get(items)
        if cart is None:
            cart = carts[items] = _cart(items)
        weight[cart] += math.exp(hypothesis.log_weight)
    ranked = sorted(weight.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((cart, round(min(kept * p, 1.0), 9)) for cart, p in ranked)


def _cart(items: tuple[Item, ...]) -> Cart:
    counts: dict[ProductId, int] = defaultdict(int)
    for item in items:
        counts[item.product] += 1
    return tuple(sorted(counts.items()))


def alternatives_of(distribution: Distribution) -> tuple[Alternative, ...]:
    """The most probable carts, best first; their probabilities sum to at most 1."""
    return tuple(Alternative(dict(cart), p) for cart, p in distribution[:_ALTERNATIVES_MAX])


def lines_of(distribution: Distribution, hypotheses: list[Hypothesis], visit: VisitId) -> tuple[LineBelief, ...]:
    """For each product that any hypothesis has in the cart, the probability of one or more, two or more, and so on."""
    at_least: dict[ProductId, list[float]] = defaultdict(list)
    for cart, weight in distribution:
        for product, count in cart:
            chances = at_least[product]
            chances.extend([0.0] * (count - len(chances)))
            for index in range(count):
                chances[index] += weight
    evidence: dict[ProductId, set[EventId]] = defaultdict(set)
    for item in {item for hypothesis in hypotheses for item in hypothesis.held.get(visit, ())}:
        evidence[item.product].update(item.evidence)
    return tuple(
        LineBelief(product, tuple(round(min(p, 1.0), 9) for p in at_least[product]), tuple(sorted(evidence[product])))
        for product in sorted(at_least)
    )


def interactions_of(
    hypotheses: list[Hypothesis],
    visit: VisitId,
    source: str,
    runners_up: dict[EventId, dict[str, float]],
) -> tuple[Interaction, ...]:
    """What the best hypothesis says the visit did, oldest first; each act with its probability over all hypotheses."""
    chance: dict[tuple[EventId, object], float] = defaultdict(float)
    for hypothesis in hypotheses:
        weight = math.exp(hypothesis.log_weight)
        for step in hypothesis.steps():
            for act in step.acts:
                chance[step.event, act.key] += weight
    found: list[Interaction] = []
    best = hypotheses[0]
    for step in best.steps():
        for number, act in enumerate(step.acts):
            if visit in (act.visit, act.to_visit):
                found.append(
                    _interaction(
                        step, act, number, min(chance[step.event, act.key], 1.0), source, runners_up.get(step.event, {})
                    )
                )
    found.reverse()
    return tuple(found)


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
