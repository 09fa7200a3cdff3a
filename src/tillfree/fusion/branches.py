"""What events make of a hypothesis: one more act in it, or several hypotheses that differ in one act."""

import math
from collections import defaultdict

import msgspec

from tillfree.core.events import WeightChange
from tillfree.core.ids import EventId, ProductId, VisitId
from tillfree.fusion.blind import BlindReach
from tillfree.fusion.explain import Explanation
from tillfree.fusion.meetings import HandMeeting
from tillfree.fusion.parameters import Model
from tillfree.fusion.state import NOBODY, Act, Hypothesis, Item, Step

__all__ = ["continued", "hand_overs", "unseen_takes"]


def continued(hypothesis: Hypothesis, way: Explanation, log_weight: float, change: WeightChange) -> Hypothesis:
    """A hypothesis after a change that it explains in one way."""
    held = dict(hypothesis.held)
    for visit, item in way.removed:
        items = list(held[visit])
        items.remove(next(i for i in items if i.key == item.key))
        held[visit] = tuple(items)
    for visit, item in way.taken:
        if visit != NOBODY:
            held[visit] = (*held.get(visit, ()), item)
    placed = tuple(p for p in hypothesis.placed if p not in way.unplaced) + way.put
    settled = {load.key for load in way.settled}
    still_open = tuple(load for load in hypothesis.open if load.key not in settled)
    if way.opened is not None:
        still_open += (way.opened,)
    evidence = (*sum((load.changes for load in way.settled), ()), change.id)
    step = Step(change.id, change.step_ns, way.acts, hypothesis.last, change.total_g, change.plates, evidence)
    return Hypothesis(log_weight, held, placed, still_open, step)


def hand_overs(
    hypothesis: Hypothesis, meeting: HandMeeting, event: EventId, time_ns: int, model: Model
) -> list[Hypothesis]:
    """A hypothesis after two people met: nothing was passed, or one item went from one to the other."""
    gives = model.meeting_gives
    choices = [
        (giver, taker, index)
        for giver, taker in ((meeting.first, meeting.second), (meeting.second, meeting.first))
        for index in range(len(hypothesis.held.get(giver, ())))
    ]
    # What is given is what is in the hand, and that is rather what was taken last; either of the two may give.
    recency = [model.give_recency ** (len(hypothesis.held[giver]) - 1 - index) for giver, _, index in choices]
    each: dict[VisitId, float] = defaultdict(float)
    for r, (giver, _, _) in zip(recency, choices, strict=True):
        each[giver] += r
    shares = [r / each[giver] / len(each) for r, (giver, _, _) in zip(recency, choices, strict=True)]
    stay = msgspec.structs.replace(hypothesis, log_weight=hypothesis.log_weight + math.log(1 - gives))
    out = [stay]
    for (giver, taker, index), share in zip(choices, shares, strict=True):
        item = hypothesis.held[giver][index]
        log_weight = hypothesis.log_weight + math.log(gives * share) + meeting.log_ratio
        held = dict(hypothesis.held)
        held[giver] = held[giver][:index] + held[giver][index + 1 :]
        passed = msgspec.structs.replace(item, evidence=(*item.evidence, event), taken_ns=time_ns)
        held[taker] = (*held.get(taker, ()), passed)
        act = Act("hand_over", giver, taker, item.product, terms=(("person", meeting.log_ratio),))
        step = Step(event, time_ns, (act,), hypothesis.last, evidence=(event,))
        out.append(Hypothesis(log_weight, held, hypothesis.placed, hypothesis.open, step))
    return out


def unseen_takes(
    hypothesis: Hypothesis, reach: BlindReach, weights_g: dict[ProductId, float], event: EventId, model: Model
) -> list[Hypothesis]:
    """A hypothesis after a hand stayed at a plate that cannot weigh: nothing was taken, or one unit from there."""
    out = [msgspec.structs.replace(hypothesis, log_weight=hypothesis.log_weight + math.log(1 - model.blind_takes))]
    for product, weight in sorted(weights_g.items()):
        item = Item(product, weight, (model.unit_spread * weight) ** 2 + 1.0, event, (event,), reach.end_ns)
        held = {**hypothesis.held, reach.visit: (*hypothesis.held.get(reach.visit, ()), item)}
        act = Act("take", reach.visit, product=product, shelf=reach.plate.shelf_ref, centre=reach.plate.plate - 0.5)
        step = Step(event, reach.end_ns, (act,), hypothesis.last, evidence=(event,))
        log_weight = hypothesis.log_weight + math.log(model.blind_takes / len(weights_g))
        out.append(Hypothesis(log_weight, held, hypothesis.placed, hypothesis.open, step))
    return out
