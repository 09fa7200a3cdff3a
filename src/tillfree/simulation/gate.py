"""What the gate of a shop says: whom it lets in, who passes, in which direction, and with whom.

Assumed: a gate knows the tracker's id of who passes at once, and sees everybody but those who tailgate. By options it
misses a passage, or counts one twice, as where a bag or a second leg breaks the beam again a moment later.
"""

import msgspec
import numpy as np

from tillfree.core.events import EntryGranted, EntryRefused, GatePassage
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.entries import entry_events
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.script import Script
from tillfree.simulation.tracks.track_ids import last_track
from tillfree.storage.recordings.model import TruthEntry

__all__ = ["gate_events", "gate_passages"]

_LINE_S = 0.05
"""The line of the gate is crossed so long before somebody is first seen, and after they were last seen."""
_AGAIN_S = (0.2, 0.8)


def gate_passages(script: Script, options: SimulationOptions) -> list[GatePassage]:
    """All passages that the gate tells of, in the order of their time."""
    rng = np.random.default_rng([options.seed, 15])
    told = []
    for visit in script.visits:
        passages = [] if visit.slips_in else [(visit.entry_s - _LINE_S, visit.track, "in")]
        if not visit.tailgates:
            passages.append((visit.exit_s + _LINE_S, last_track(visit), "out"))
        for time_s, track, direction in passages:
            missed, doubled = rng.random(2) < (options.gate_missed, options.gate_doubled)
            again_s = float(rng.uniform(*_AGAIN_S))
            if not missed:
                told.append((time_s, visit.number, track, direction, visit.party))
            if doubled and not missed:
                told.append((time_s + again_s, visit.number, track, direction, visit.party))
    return [
        GatePassage(
            time_ns=options.start_ns + ns_from_seconds(time_s),
            source="gate",
            sequence=sequence,
            track=track,
            direction=direction,
            party=party,
        )
        for sequence, (time_s, _, track, direction, party) in enumerate(sorted(told))
    ]


def gate_events(
    script: Script, options: SimulationOptions, entries: tuple[TruthEntry, ...]
) -> list[GatePassage | EntryGranted | EntryRefused]:
    """Passages with what is said to credentials between them, in the order of their time."""
    passages = gate_passages(script, options)
    if not entries:
        return list(passages)
    ordered = sorted([*entry_events(entries), *passages], key=lambda event: event.time_ns)
    return [msgspec.structs.replace(event, sequence=sequence) for sequence, event in enumerate(ordered)]
