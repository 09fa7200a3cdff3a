"""Which groups of events a change of a shelf concerns: those that know of something there, or of what hands may bring.

Everything else is independent of the change, and is left alone.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from tillfree.core.ids import ShelfRef, VisitId
from tillfree.fusion.explain import Scene
from tillfree.fusion.fits import Key, could_be
from tillfree.fusion.groups import Group, Groups
from tillfree.fusion.loads import Load, overlaps
from tillfree.fusion.shelves import ShelfGrid
from tillfree.fusion.state import Item

__all__ = ["groups_at_shelf", "groups_in_hands", "held_beside"]

# A foreign item this far (in plates) beside the plates that moved may still be what moved.
_BESIDE_PLATES = 1.5


def groups_at_shelf(groups: Groups, grid: ShelfGrid, ref: ShelfRef, load: Load) -> list[Group]:
    """The groups that know of a foreign item or an unexplained load where plates of the shelf moved now."""
    moved = np.flatnonzero(grid.moved(load.delta, load.sigma) | ~load.seen)
    low, high = 0.0, float(len(load.delta))
    if len(moved):
        low, high = int(moved[0]) - _BESIDE_PLATES, int(moved[-1]) + 1.0 + _BESIDE_PLATES
    return [
        group
        for group in (*groups.doubtful, *groups.lying(ref))
        if group.concerns(
            lambda placed: placed.shelf == ref and low <= placed.centre <= high,
            lambda open_load: open_load.shelf == ref and overlaps(open_load, load),
        )
    ]


def groups_in_hands(
    groups: Groups,
    met: Callable[[VisitId], set[VisitId]],
    scene: Scene,
    load: Load,
    readings: Mapping[Key, Load],
) -> list[Group]:
    """The groups that know what may have come to the shelf, out of hands near it or of who may have given to these.

    `met` says who ever stood beside a visit; `readings` are the change alone and with open loads.
    """
    if not any(scene.fits.hands_matter(whole, key) for key, whole in readings.items()):
        return []

    def fits(item: Item) -> bool:
        return any(could_be(whole, item) for whole in readings.values())

    known = list(groups)
    found = [group for group in known if group.may_hold(scene.people, fits)]
    if load.total_g > 0 and not found:
        givers = set().union(*(met(visit) for visit in scene.people)) - set(scene.people)
        found = [group for group in known if group.may_hold(givers, fits)]
    if load.total_g < 0 or not found:
        # An exchange, or several things at once: anything that they hold may be part of it.
        found += [group for group in known if group not in found and group.visits.intersection(scene.people)]
    return found


def held_beside(groups: Groups, joined: list[Group], visit: VisitId, time_ns: int) -> tuple[float, float]:
    """How many items other groups than these expect in the hands of a visit, taken after a time and before it."""
    newer = older = 0.0
    for group in groups.of(visit):
        if group in joined:
            continue
        for hypothesis in group.hypotheses:
            weight = math.exp(hypothesis.log_weight)
            for item in hypothesis.held.get(visit, ()):
                if item.taken_ns > time_ns:
                    newer += weight
                else:
                    older += weight
    return newer, older
