"""Groups of events whose explanations depend on each other, each with its own set of joint hypotheses.

What happens at one shelf says nothing about another, as long as nobody puts back, hands on or moves again what came
out of it. So every change of a shelf begins a group of its own, and groups are joined only when a later event concerns
both (clustering in multi-hypothesis tracking: Reid, An Algorithm for Tracking Multiple Targets, IEEE TAC 24(6), 1979).
Two doubts about one visitor's cart that have nothing to do with each other are then two short lists and not their
product: the cart is the sum of what its groups say, and the cost of an event does not grow with the shop. What is
beyond doubt is kept apart, by visit.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import msgspec

from tillfree.core.ids import ShelfRef, VisitId
from tillfree.fusion.state import NOBODY, Hypothesis, Item, OpenLoad, Placed, Step, merge_equal, parted

__all__ = ["Group", "Groups"]

# An explanation that has this share of all probability is certain enough to be settled.
_CERTAIN = 0.9995


class Group:
    """Some events and the hypotheses about them; weights sum to 1.

    `visits` may hold something according to some hypothesis. `kept` is the share of all probability that these
    hypotheses had when the others were dropped to settle the matter.
    """

    __slots__ = ("hypotheses", "kept", "visits")

    def __init__(self, hypotheses: list[Hypothesis], kept: float = 1.0) -> None:
        self.hypotheses = hypotheses
        self.kept = kept
        self.visits = holders_of(hypotheses)

    @property
    def remembers(self) -> bool:
        """Whether anything lies about in a foreign place, or a load is unexplained, in any hypothesis."""
        return any(h.placed or h.open for h in self.hypotheses)

    def concerns(self, placed: Callable[[Placed], bool], load: Callable[[OpenLoad], bool]) -> bool:
        """Whether any hypothesis knows of a foreign item or an unexplained load that the tests accept."""
        return any(any(map(placed, h.placed)) or any(map(load, h.open)) for h in self.hypotheses)

    def may_hold(self, visits: Iterable[VisitId], test: Callable[[Item], bool]) -> bool:
        """Whether any hypothesis has a certain kind of item in the hands of some visits."""
        here = self.visits.intersection(visits)
        return any(test(item) for h in self.hypotheses for v in here for item in h.held.get(v, ()))


class Groups:
    """All groups of a shop; each visit has one in which nothing is in doubt any more."""

    def __init__(self, keep: int, log_floor: float) -> None:
        self._keep = keep
        self._log_floor = log_floor
        self._doubtful: list[Group] = []
        self._settled: dict[VisitId, Group] = {}
        self._lying: dict[ShelfRef, list[Group]] = {}

    def __iter__(self) -> Iterator[Group]:
        """The groups that may know of something in hands."""
        return chain(self._doubtful, self._settled.values())

    @property
    def visits(self) -> list[VisitId]:
        """Everybody in the shop."""
        return list(self._settled)

    @property
    def doubtful(self) -> list[Group]:
        """The groups in which something is in doubt."""
        return list(self._doubtful)

    def lying(self, shelf: ShelfRef) -> list[Group]:
        """The groups of foreign items that lie on a shelf beyond doubt, one for each: a day leaves many behind."""
        return list(self._lying.get(shelf, ()))

    def open(self, visit: VisitId) -> None:
        """A new visit holds nothing and depends on nobody."""
        self._settled[visit] = Group([Hypothesis(0.0, {})])

    def of(self, visit: VisitId) -> list[Group]:
        """The groups that say something of the cart of a visit; none if the visit is not open."""
        settled = self._settled.get(visit)
        if settled is None:
            return []
        return [settled, *(group for group in self._doubtful if visit in group.visits)]

    def join(self, groups: Iterable[Group]) -> Group:
        """One group of all these; without any, a new one that knows of nothing."""
        wanted = {id(group): group for group in groups}
        for visit, group in list(self._settled.items()):
            if id(group) in wanted:
                self.open(visit)
        self._doubtful = [group for group in self._doubtful if id(group) not in wanted]
        for shelf in {placed.shelf for group in wanted.values() for h in group.hypotheses for placed in h.placed}:
            self._lying[shelf] = [group for group in self.lying(shelf) if id(group) not in wanted]
        home = Group([Hypothesis(0.0, {})])
        for number, group in enumerate(wanted.values()):
            hypotheses = self._product(home.hypotheses, group.hypotheses) if number else group.hypotheses
            home = Group(hypotheses, home.kept * group.kept)
        self._doubtful.append(home)
        return home

    def _product(self, left: list[Hypothesis], right: list[Hypothesis]) -> list[Hypothesis]:
        pairs = heapq.nlargest(
            self._keep, ((a.log_weight + b.log_weight, -i, -j) for i, a in enumerate(left) for j, b in enumerate(right))
        )
        return merge_equal([_both(left[-i], right[-j]) for _, i, j in pairs], self._keep, self._log_floor)

    def replace(self, group: Group, hypotheses: list[Hypothesis]) -> None:
        """New hypotheses for a group: merged, pruned, normalised; what is certain then is settled."""
        group.hypotheses = merge_equal(hypotheses, self._keep, self._log_floor)
        group.visits = holders_of(group.hypotheses)
        best = group.hypotheses[0]
        share = math.exp(best.log_weight)
        if share >= _CERTAIN and not best.open:
            group.kept *= min(share, 1.0)
            self._settle(group, best)

    def _settle(self, group: Group, best: Hypothesis) -> None:
        """Nothing is in doubt: to each visit what it holds and did, to each foreign item a group of its own."""
        self._doubtful.remove(group)
        acted = {v for s in best.steps() for a in s.acts for v in (a.visit, a.to_visit)}
        for visit in sorted(group.visits | (acted - {NOBODY})):
            settled = self._settled.get(visit)
            if settled is None:
                continue
            before = settled.hypotheses[0]
            mine = Hypothesis(0.0, {visit: best.held.get(visit, ())}, last=_only(best, {visit}))
            settled.hypotheses = [msgspec.structs.replace(_both(before, mine), log_weight=0.0)]
            settled.visits = holders_of(settled.hypotheses)
            settled.kept *= group.kept
        for placed in best.placed:
            self._lying.setdefault(placed.shelf, []).append(Group([Hypothesis(0.0, {}, (placed,))]))

    def part(self, visit: VisitId, to_visit: VisitId, since_ns: int) -> None:
        """What a visit took and did from a moment on was another visit, which is open."""
        for group in self._doubtful:
            group.hypotheses = [parted(h, visit, to_visit, since_ns) for h in group.hypotheses]
            group.visits = holders_of(group.hypotheses)
        mine, theirs = self._settled[visit], self._settled[to_visit]
        both = parted(mine.hypotheses[0], visit, to_visit, since_ns)
        theirs.kept *= mine.kept
        for who, group in ((visit, mine), (to_visit, theirs)):
            group.hypotheses = [msgspec.structs.replace(_only_held(both, who), last=_only(both, {who}))]
            group.visits = holders_of(group.hypotheses)

    def close(self, visit: VisitId) -> None:
        """The visit is over: its items leave the shop, and the rest is summed over what they were."""
        for group in self.of(visit):
            rest = [_without(h, visit, group.visits - {visit}) for h in group.hypotheses]
            group.hypotheses = merge_equal(rest, self._keep, self._log_floor)
            group.visits = holders_of(group.hypotheses)
        self._settled.pop(visit, None)
        self._doubtful = [group for group in self._doubtful if group.visits or group.remembers]


def holders_of(hypotheses: list[Hypothesis]) -> set[VisitId]:
    """Everybody who holds something in any of the hypotheses."""
    return {visit for h in hypotheses for visit, items in h.held.items() if items}


def _only_held(hypothesis: Hypothesis, visit: VisitId) -> Hypothesis:
    return msgspec.structs.replace(hypothesis, held={visit: hypothesis.held.get(visit, ())})


def _without(hypothesis: Hypothesis, visit: VisitId, others: set[VisitId]) -> Hypothesis:
    """A hypothesis after a visit has left with what it holds; of the past, what concerns others is kept."""
    held = {other: items for other, items in hypothesis.held.items() if other != visit}
    return msgspec.structs.replace(hypothesis, held=held, last=_only(hypothesis, others))


def _both(left: Hypothesis, right: Hypothesis) -> Hypothesis:
    """Two independent hypotheses as one; their histories are woven together by time."""
    held = dict(left.held)
    for visit, items in right.held.items():
        together = (*held.get(visit, ()), *items)
        held[visit] = tuple(sorted(together, key=lambda item: item.taken_ns))
    weight, past = left.log_weight + right.log_weight, _woven(left, right)
    return Hypothesis(weight, held, left.placed + right.placed, left.open + right.open, past)


def _woven(left: Hypothesis, right: Hypothesis) -> Step | None:
    if left.last is None or right.last is None:
        return left.last or right.last
    # What was settled for two visits stands in the past of both: each event has one explanation.
    steps = {step.event: step for step in chain(right.steps(), left.steps())}
    return _chain(sorted(steps.values(), key=lambda s: (s.time_ns, s.event)))


def _chain(steps: Iterable[Step]) -> Step | None:
    """Steps, oldest first, as a chain."""
    last: Step | None = None
    for step in steps:
        last = msgspec.structs.replace(step, before=last)
    return last


def _only(hypothesis: Hypothesis, visits: set[VisitId]) -> Step | None:
    """The past of a hypothesis as far as it concerns some visits, so that histories do not grow all day."""
    kept = [s for s in hypothesis.steps() if any(a.visit in visits or a.to_visit in visits for a in s.acts)]
    return _chain(reversed(kept))
