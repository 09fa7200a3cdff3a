"""What one joint hypothesis believes: who holds which items, what lies in foreign places, which hands rest on shelves.

A hypothesis is never changed; an explanation of a new change makes new ones. Its past is a chain of steps that
hypotheses share (a trellis), so keeping a hundred of them costs little.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.core.ids import EventId, ProductId, ShelfRef, VisitId

__all__ = ["Act", "Hypothesis", "Item", "OpenLoad", "Placed", "Step", "merge_equal", "parted"]

NOBODY = VisitId("")


class Item(msgspec.Struct, frozen=True):
    """One physical unit: what it is believed to be and to weigh (mean and variance, grams).

    `origin` names the change in which it was taken first, so that two hypotheses that took it alike hold equal items;
    `taken_ns` says when it came into the hands that hold it.
    """

    product: ProductId
    mean_g: float
    variance_g2: float
    origin: str
    evidence: tuple[EventId, ...] = ()
    taken_ns: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Identity over hypotheses."""
        return (self.product, self.origin)


class Placed(msgspec.Struct, frozen=True):
    """An item put down somewhere: `centre` in plates from the shelf's left edge."""

    item: Item
    shelf: ShelfRef
    centre: float
    home: bool


class OpenLoad(msgspec.Struct, frozen=True, eq=False):
    """A change of a shelf that is not explained yet: a hand that rests there, or an item half lifted."""

    shelf: ShelfRef
    key: EventId
    time_ns: int
    delta: npt.NDArray[np.float64]
    sigma: npt.NDArray[np.float64]
    changes: tuple[EventId, ...]
    centre: float

    @property
    def size_g(self) -> float:
        """How great it is: the sum over plates, or the greatest plate where plates cancel out; never negative."""
        return max(abs(float(self.delta.sum())), float(np.abs(self.delta).max(initial=0.0)))


class Act(msgspec.Struct, frozen=True):
    """One act in an explanation; terms are natural logarithms by name."""

    kind: str
    visit: VisitId = NOBODY
    to_visit: VisitId = NOBODY
    product: ProductId = ProductId("")
    quantity: int = 1
    shelf: ShelfRef | None = None
    centre: float = 0.0
    terms: tuple[tuple[str, float], ...] = ()

    @property
    def key(self) -> tuple[str, VisitId, VisitId, ProductId, int]:
        """What the act says, without how well it fits."""
        return (self.kind, self.visit, self.to_visit, self.product, self.quantity)


class Step(msgspec.Struct, frozen=True, eq=False):
    """The explanation of one change (or meeting) in one hypothesis, and the step before it."""

    event: EventId
    time_ns: int
    acts: tuple[Act, ...]
    before: "Step | None" = None
    delta_g: float = 0.0
    plates: tuple[int, ...] = ()
    evidence: tuple[EventId, ...] = ()


class Hypothesis(msgspec.Struct, frozen=True, eq=False):
    """One joint explanation of the events of a group; visits that hold nothing of it need not be in `held`."""

    log_weight: float
    held: dict[VisitId, tuple[Item, ...]]
    placed: tuple[Placed, ...] = ()
    open: tuple[OpenLoad, ...] = ()
    last: Step | None = None

    def steps(self) -> Iterator[Step]:
        """The explanations so far, newest first."""
        step = self.last
        while step is not None:
            yield step
            step = step.before

    def signature(self, known: dict[int, tuple[object, ...]]) -> tuple[object, ...]:
        """Equal signatures mean equal futures: same items in the same hands and places, same loads open.

        `known` remembers the keys of holdings by identity: most of what is held stands in many hypotheses alike.
        """
        held: list[tuple[VisitId, tuple[object, ...]]] = []
        for visit, items in self.held.items():
            if items:
                keys = known.get(id(items))
                if keys is None:
                    keys = known[id(items)] = tuple(sorted(item.key for item in items))
                held.append((visit, keys))
        return (
            tuple(sorted(held)),
            tuple(sorted((p.shelf, p.item.key, round(p.centre, 1)) for p in self.placed)),
            tuple(sorted(load.key for load in self.open)),
        )


def parted(hypothesis: Hypothesis, visit: VisitId, to_visit: VisitId, since_ns: int) -> Hypothesis:
    """The hypothesis if everything that a visit did and took from a moment on was another visit."""
    items = hypothesis.held.get(visit, ())
    held = {
        **hypothesis.held,
        visit: tuple(item for item in items if item.taken_ns < since_ns),
        to_visit: tuple(item for item in items if item.taken_ns >= since_ns),
    }
    last: Step | None = None
    for step in reversed(list(hypothesis.steps())):
        acts = step.acts if step.time_ns < since_ns else tuple(_renamed(act, visit, to_visit) for act in step.acts)
        last = msgspec.structs.replace(step, acts=acts, before=last)
    return msgspec.structs.replace(hypothesis, held=held, last=last)


def _renamed(act: Act, visit: VisitId, to_visit: VisitId) -> Act:
    names = {visit: to_visit}
    return msgspec.structs.replace(
        act, visit=names.get(act.visit, act.visit), to_visit=names.get(act.to_visit, act.to_visit)
    )


def merge_equal(hypotheses: list[Hypothesis], keep: int, log_floor: float) -> list[Hypothesis]:
    """Sum the weights of hypotheses with equal futures, keep the best few, and normalise.

    The history kept is that of the heaviest (its steps explain the sum). Ties break by order, which is deterministic.
    Hypotheses below `log_floor` of the best are dropped.
    """
    by_state: dict[tuple[object, ...], list[Hypothesis]] = {}
    known: dict[int, tuple[object, ...]] = {}
    for hypothesis in hypotheses:
        by_state.setdefault(hypothesis.signature(known), []).append(hypothesis)
    merged: list[Hypothesis] = []
    for same in by_state.values():
        best = max(same, key=lambda h: h.log_weight)
        if len(same) > 1:
            total = float(np.logaddexp.reduce([h.log_weight for h in same]))
            best = msgspec.structs.replace(best, log_weight=total)
        merged.append(best)
    merged.sort(key=lambda h: -h.log_weight)
    top = merged[0].log_weight
    merged = [h for h in merged[:keep] if h.log_weight >= top + log_floor]
    total = float(np.logaddexp.reduce([h.log_weight for h in merged]))
    return [msgspec.structs.replace(h, log_weight=h.log_weight - total) for h in merged]
