"""Under which id the tracker has each person when: ids that two people exchange where they come close.

Assumed: no real recording shows two people. What a person did is theirs in the truth whatever the tracker called them:
receipts stay under the id with which somebody came in. A store that follows ids charges the one for what the other took
after a switch; that is what this fault is there to show.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tillfree.core.ids import TrackId
from tillfree.simulation.script import Floats, Script, VisitScript

__all__ = ["aliases_of", "last_track", "switch_ids"]

_CLOSE_M = 0.75
_STEP_S = 0.2
_SPAN_S = 60.0
_AGAIN_S = 10.0
"""Two people who stay close meet once in so long."""
_EDGE_S = 1.0
Gap = tuple[float, float, TrackId]


def switch_ids(script: Script, chance: float, seed: int) -> Script:
    """The script where at each meeting of two people, with the probability `chance`, their ids are exchanged.

    An exchange stands in the gaps of both as one without a length.
    """
    if not chance:
        return script
    rng = np.random.default_rng([seed, 13])
    visits = script.visits
    switches = [(at, pair) for at, *pair in _meetings(visits) if rng.random() < chance]
    gaps = _with_switches(visits, switches)
    return dataclasses.replace(
        script, visits=tuple(dataclasses.replace(visit, gaps=own) for visit, own in zip(visits, gaps, strict=True))
    )


def last_track(visit: VisitScript) -> TrackId:
    """The id under which a person is seen last."""
    return visit.gaps[-1][2] if visit.gaps else visit.track


def aliases_of(visits: Iterable[VisitScript]) -> dict[TrackId, TrackId]:
    """Ids that somebody was given after a gap, with the id they had first.

    Of an id that was exchanged, its first owner is the one it stands for.
    """
    visits = list(visits)
    owner = {visit.track: visit.track for visit in visits}
    for _, track, own in sorted((begin_s, track, visit.track) for visit in visits for begin_s, _, track in visit.gaps):
        owner.setdefault(track, own)
    return {track: own for track, own in owner.items() if track != own}


def _meetings(visits: Sequence[VisitScript]) -> Iterator[tuple[float, int, int]]:
    """When two people (places in `visits`) come within 0.75 m of each other, each time once, in order of time."""
    met: dict[tuple[int, int], float] = {}
    last_s = max((visit.exit_s for visit in visits), default=0.0)
    for begin_s in np.arange(0.0, last_s, _SPAN_S).tolist():
        there = [k for k, v in enumerate(visits) if v.entry_s < begin_s + _SPAN_S and v.exit_s > begin_s]
        times = np.arange(begin_s, begin_s + _SPAN_S, _STEP_S)
        floors = {k: _floor(visits[k], times) for k in there}
        found: list[tuple[float, int, int]] = []
        for one, other in itertools.combinations(there, 2):
            apart = np.hypot(*(floors[one] - floors[other]).T)
            found += [(float(times[k]), one, other) for k in np.flatnonzero(apart < _CLOSE_M).tolist()]
        for at, one, other in sorted(found):
            if at - met.get((one, other), -np.inf) > _AGAIN_S:
                yield at, one, other
            met[one, other] = at


def _floor(visit: VisitScript, times: Floats) -> Floats:
    """Where a visitor is, (times, 2); NaN near the door and outside."""
    path = np.array(visit.path)
    floor = np.stack([np.interp(times, path[:, 0], path[:, 1 + axis]) for axis in (0, 1)], axis=-1)
    floor[(times < visit.entry_s + _EDGE_S) | (times > visit.exit_s - _EDGE_S)] = np.nan
    return floor


def _with_switches(visits: Sequence[VisitScript], switches: list[tuple[float, list[int]]]) -> list[list[Gap]]:
    """The gaps of each visit, exchanges among them, with the ids that follow from both."""
    now = [visit.track for visit in visits]
    before = list(now)
    gaps: list[list[Gap]] = [[] for _ in visits]
    steps: list[tuple[float, list[int], Gap | None]] = [(at, pair, None) for at, pair in switches]
    steps += [(gap[0], [number], gap) for number, visit in enumerate(visits) for gap in visit.gaps]
    for at, who, gap in sorted(steps, key=lambda step: (step[0], step[1])):
        if gap is not None:
            (number,) = who
            if gap[2] != before[number]:
                now[number] = before[number] = gap[2]
            gaps[number].append((gap[0], gap[1], now[number]))
        elif not any(own and at <= own[-1][1] + _STEP_S for own in (gaps[number] for number in who)):
            one, other = who
            now[one], now[other] = now[other], now[one]
            for number in who:
                gaps[number].append((at, at, now[number]))
    return gaps
