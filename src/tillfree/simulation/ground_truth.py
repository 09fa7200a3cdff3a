"""What really happens in a script: receipts, acts and reaches."""

from tillfree.core.time import ns_from_seconds
from tillfree.simulation.script import Script
from tillfree.storage.recordings.model import Truth, TruthReach

__all__ = ["truth_of"]

_HANDS = ("left", "right")


def truth_of(script: Script, start_ns: int) -> Truth:
    """The truth of a recording that begins at `start_ns`; staff has no receipt."""
    aliases = {track: visit.track for visit in script.visits for _, _, track in visit.gaps}
    reaches = [
        TruthReach(
            visit.track,
            _HANDS[reach.hand],
            *(start_ns + ns_from_seconds(at) for at in (reach.begin_s, reach.in_s, reach.out_s, reach.end_s)),
            *(round(float(metres), 4) for metres in reach.target),
        )
        for visit in script.visits
        for reach in visit.reaches
    ]
    return Truth(
        receipts={visit.track: dict(visit.bag) for visit in script.visits if not visit.staff},
        acts=script.acts,
        aliases={alias: track for alias, track in aliases.items() if alias != track},
        synthetic=True,
        reaches=tuple(sorted(reaches, key=lambda reach: (reach.begin_ns, reach.track, reach.hand))),
    )
