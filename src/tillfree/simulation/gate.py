"""What the gate of a shop says: who passes, in which direction, and with whom.

Assumed: a gate knows the tracker's id of who passes at once, and sees everybody but those who tailgate.
"""

from tillfree.core.events import GatePassage
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.script import Script

__all__ = ["gate_passages"]

_LINE_S = 0.05
"""The line of the gate is crossed so long before somebody is first seen, and after they were last seen."""


def gate_passages(script: Script, start_ns: int) -> list[GatePassage]:
    """All passages in the order of their time, a recording's beginning at `start_ns`."""
    found = []
    for visit in script.visits:
        if not visit.slips_in:
            found.append((visit.entry_s - _LINE_S, visit.number, visit.track, "in", visit.party))
        if not visit.tailgates:
            track = visit.gaps[-1][2] if visit.gaps else visit.track
            found.append((visit.exit_s + _LINE_S, visit.number, track, "out", visit.party))
    return [
        GatePassage(
            time_ns=start_ns + ns_from_seconds(time_s),
            source="gate",
            sequence=sequence,
            track=track,
            direction=direction,
            party=party,
        )
        for sequence, (time_s, _, track, direction, party) in enumerate(sorted(found))
    ]
