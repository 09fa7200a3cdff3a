"""What people hold, followed act by act through the truth of a recording."""

import collections

from tillfree.core.ids import ProductId, TrackId
from tillfree.storage.recordings.model import TruthAct

__all__ = ["Bags", "follow"]

Bags = dict[TrackId, "collections.Counter[ProductId]"]


def follow(held: Bags, act: TruthAct) -> None:
    """Take one act into account; nobody may hold less than nothing after it."""
    mine = held.setdefault(act.track, collections.Counter())
    if act.kind == "take":
        mine[act.product] += 1
    elif act.kind in ("put", "give"):
        mine[act.product] -= 1
        if act.kind == "give":
            held.setdefault(act.to_track, collections.Counter())[act.product] += 1
    assert min(mine.values(), default=0) >= 0, act
