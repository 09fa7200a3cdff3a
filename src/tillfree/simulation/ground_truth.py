"""What really happens in a script: receipts, acts and reaches, tags that left, and where everybody is."""

from collections.abc import Iterator, Sequence

import numpy as np

from tillfree.core.time import ns_from_seconds
from tillfree.simulation.entries import entries_of
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import JOINT_NAMES, Body
from tillfree.simulation.script import Script
from tillfree.simulation.tags.stories import TagStory
from tillfree.simulation.tracks.track_ids import aliases_of
from tillfree.storage.recordings.model import TruePeople, Truth, TruthReach

__all__ = ["true_people", "truth_of"]

_HANDS = ("left", "right")
_STEP_S = 0.2


def truth_of(script: Script, options: SimulationOptions, tags: TagStory | None = None) -> Truth:
    """The truth of a recording; staff has no receipt."""
    start_ns = options.start_ns
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
        aliases=aliases_of(script.visits),
        synthetic=True,
        tags={} if tags is None else tags.carried_out(),
        entries=entries_of(script, options),
        reaches=tuple(sorted(reaches, key=lambda reach: (reach.begin_ns, reach.track, reach.hand))),
    )


def true_people(begin_s: float, end_s: float, bodies: Sequence[Body], start_ns: int) -> Iterator[TruePeople]:
    """Everybody's joints five times a second within that time, under the ids with which they came in."""
    times = np.arange(round(begin_s / _STEP_S), round(end_s / _STEP_S), dtype=np.float64) * _STEP_S
    there = np.array([body.present(times) for body in bodies], dtype=np.bool_).reshape(len(bodies), len(times))
    places = np.zeros((len(times), len(bodies), len(JOINT_NAMES), 3), dtype="<f4")
    for number, body in enumerate(bodies):
        if there[number].any():
            places[:, number] = body.joints(times, body.floor(times), body.walking(times))
    for k, time_s in enumerate(times.tolist()):
        shown = np.flatnonzero(there[:, k])
        yield TruePeople(
            time_ns=start_ns + ns_from_seconds(time_s),
            tracks=tuple([bodies[number].visit.track for number in shown.tolist()]),
            names=JOINT_NAMES,
            joints=places[k, shown].tobytes(),
        )
