"""Groups of visits whose carts depend on each other, each with its own set of joint hypotheses.

People who never shared a shelf or met do not interact, so their hypotheses need not be multiplied: the cost of a
change grows with the people near it, not with the people in the shop (clustering in multi-hypothesis tracking: Reid,
An Algorithm for Tracking Multiple Targets, IEEE TAC 24(6), 1979). Groups join when a change concerns both, and part
when what a visit holds is the same in every hypothesis that is left.
"""

import heapq
import math
from collections.abc import Iterable
from itertools import chain

import msgspec

from tillfree.core.ids import ShelfRef, VisitId
from tillfree.fusion.state import Hypothesis, Step, merge_equal

__all__ = ["Group", "Groups"]

# A holding that has this share of all probability is certain enough to stop multiplying hypotheses over it.
_CERTAIN = 0.9995


class Group:
    """Some visits (perhaps none, when only a shelf remembers), and the hypotheses about them; weights sum to 1.

    `kept` is the share of all probability that these hypotheses had when others were dropped to let visits part.
    """

    __slots__ = ("hypotheses", "kept", "visits")

    def __init__(self, visits: set[VisitId], hypotheses: list[Hypothesis], kept: float = 1.0) -> None:
        self.visits = visits
        self.hypotheses = hypotheses
        self.kept = kept

    def remembers(self, shelf: ShelfRef) -> bool:
        """Whether any hypothesis knows of something foreign or unsettled on the shelf."""
        return any(
            any(p.shelf == shelf for p in h.placed) or any(o.shelf == shelf for o in h.open) for h in self.hypotheses
        )


class Groups:
    """All groups of a shop."""

    def __init__(self, keep: int, log_floor: float) -> None:
        self._keep = keep
        self._log_floor = log_floor
        self._groups: list[Group] = []

    def __iter__(self) -> "chain[Group]":
        return chain(self._groups)

    def __len__(self) -> int:
        return len(self._groups)

    def open(self, visit: VisitId) -> None:
        """A new visit holds nothing and depends on nobody."""
        self._groups.append(Group({visit}, [Hypothesis(0.0, {visit: ()})]))

    def of(self, visit: VisitId) -> Group | None:
        """The group that the visit is in."""
        return next((g for g in self._groups if visit in g.visits), None)

    def join(self, visits: set[VisitId], shelf: ShelfRef | None) -> Group | None:
        """The one group of all these visits and of whatever lies on the shelf; None if there is none."""
        wanted = [g for g in self._groups if g.visits & visits or (shelf is not None and g.remembers(shelf))]
        if not wanted:
            return None
        home = wanted[0]
        for other in wanted[1:]:
            home.hypotheses = self._product(home.hypotheses, other.hypotheses)
            home.visits |= other.visits
            home.kept *= other.kept
            self._groups.remove(other)
        return home

    def _product(self, left: list[Hypothesis], right: list[Hypothesis]) -> list[Hypothesis]:
        pairs = heapq.nlargest(
            self._keep, ((a.log_weight + b.log_weight, -i, -j) for i, a in enumerate(left) for j, b in enumerate(right))
        )
        return merge_equal([_both(left[-i], right[-j]) for _, i, j in pairs], self._keep, self._log_floor)

    def replace(self, group: Group, hypotheses: list[Hypothesis]) -> None:
        """New hypotheses for a group: merged, pruned, normalised; then visits that are certain part from it."""
        group.hypotheses = merge_equal(hypotheses, self._keep, self._log_floor)
        if len(group.visits) > 1:
            self._part(group)

    def _part(self, group: Group) -> None:
        """Let visits go whose holding is all but certain: hypotheses that see it otherwise are dropped, and counted."""
        for visit in sorted(group.visits):
            first = group.hypotheses[0]
            holding = _holding(first, visit)
            same = [h for h in group.hypotheses if _holding(h, visit) == holding]
            if len(same) < len(group.hypotheses):
                share = math.fsum(math.exp(h.log_weight) for h in same)
                if share < _CERTAIN:
                    continue
                group.kept *= share
            memory = first.placed or first.open or len(same) > 1
            if len(group.visits) == 1 and memory:
                group.hypotheses = merge_equal(same, self._keep, self._log_floor)
                return
            group.visits.discard(visit)
            alone = Hypothesis(0.0, {visit: first.held[visit]}, last=_only(first, {visit}))
            self._groups.append(Group({visit}, [alone], group.kept))
            group.hypotheses = merge_equal([_without(h, visit) for h in same], self._keep, self._log_floor)
        if not group.visits and not any(h.placed or h.open for h in group.hypotheses):
            self._groups.remove(group)

    def close(self, visit: VisitId) -> None:
        """The visit is over: its items leave the shop, and the rest is summed over what they were."""
        group = self.of(visit)
        if group is None:
            return
        group.visits.discard(visit)
        rest = [_without(h, visit) for h in group.hypotheses]
        rest = [msgspec.structs.replace(h, last=_only(h, group.visits)) for h in rest]
        hypotheses = merge_equal(rest, self._keep, self._log_floor)
        if not group.visits:
            # Nobody is left to explain to: only what lies about in wrong places is remembered.
            hypotheses = [msgspec.structs.replace(h, last=None, open=()) for h in hypotheses]
            hypotheses = merge_equal(hypotheses, self._keep, self._log_floor)
            group.kept = 1.0
            if not any(h.placed for h in hypotheses):
                self._groups.remove(group)
        group.hypotheses = hypotheses


def _holding(hypothesis: Hypothesis, visit: VisitId) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(item.key for item in hypothesis.held[visit]))


def _without(hypothesis: Hypothesis, visit: VisitId) -> Hypothesis:
    held = {other: items for other, items in hypothesis.held.items() if other != visit}
    return msgspec.structs.replace(hypothesis, held=held)


def _both(left: Hypothesis, right: Hypothesis) -> Hypothesis:
    """Two independent hypotheses as one; their histories are woven together by time."""
    return Hypothesis(
        left.log_weight + right.log_weight,
        {**left.held, **right.held},
        left.placed + right.placed,
        left.open + right.open,
        _woven(left, right),
    )


def _woven(left: Hypothesis, right: Hypothesis) -> Step | None:
    if left.last is None or right.last is None:
        return left.last or right.last
    # Groups that parted and meet again share their past: each event has one explanation, the left one where they
    # differ.
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
