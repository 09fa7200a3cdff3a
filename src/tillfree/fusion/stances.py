"""How people stand who take something: still, and with a shoulder within an arm's length of it.

A crowd hides hands, and a tracker may give a wrist to the wrong person; shoulders are seen nearly always. Who walks by
does not take anything, and nobody reaches farther than an arm is long. The tables are logarithms of likelihood ratios,
fitted together with the weight of the hands' own ratio by a conditional logit (McFadden, Conditional logit analysis of
qualitative choice behavior, 1974) over the acts of simulated crowds, then rounded; `python -m benchmarks.person_terms`
fits them again.
"""

import math
from collections.abc import Sequence

import msgspec

from tillfree.core.geometry import Point
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.fusion.joints import XYZ, Body, to_place_m
from tillfree.fusion.tables import Table, at

__all__ = ["STANCE_SPAN_NS", "Stance", "shoulder_m", "speed_m_per_s", "stance_log_ratio"]

STANCE_SPAN_NS = 500 * NS_PER_MS
"""How fast somebody moves is looked at so long before and after an act."""

# Where a hand was hardly seen: what the hands' own log-ratio is worth then, the nearer shoulder's distance (m), and the
# speed of the chest (m/s).
_HIDDEN_HANDS: Table = ((-6.5, -4.0, 1.15, 4.0), (-0.6, -0.2, 2.6, 4.3))
_HIDDEN_SHOULDER: Table = ((0.55, 0.65, 0.75, 0.85, 0.95, 1.1), (0.0, -0.6, -1.2, -3.0, -5.0, -6.0))
_HIDDEN_SPEED: Table = ((0.1, 0.2, 0.3, 0.5), (0.0, -1.0, -1.7, -2.5))
_HIDDEN_SPEED_UNKNOWN = -1.4
# Where hands were seen, and one of them at the place: it may be another's that the tracker mistook.
_SEEN_SHOULDER: Table = ((0.75, 0.85, 0.95, 1.1), (0.0, -0.9, -1.9, -2.8))
_SEEN_SPEED: Table = ((0.2, 0.3, 0.5), (0.0, -0.6, -1.2))
_LEAST = -6.5
_LEAST_S = 0.15


class Stance(msgspec.Struct, frozen=True):
    """How somebody stood about an act.

    `hands` is the log-ratio of the hands alone, `hidden` whether one of them was hardly seen, `shoulder_m` the distance
    of the nearer shoulder from the place, `speed_m_per_s` that of the chest over the floor; NaN where not seen.
    """

    hands: float
    hidden: bool
    shoulder_m: float
    speed_m_per_s: float


def stance_log_ratio(stance: Stance) -> float:
    """The log-likelihood ratio of hands and stance together.

    Hands that were seen and were elsewhere need no stance: they did not do it.
    """
    hands, shoulder, speed = stance.hands, stance.shoulder_m, stance.speed_m_per_s
    if stance.hidden:
        still = _HIDDEN_SPEED_UNKNOWN if math.isnan(speed) else at(speed, _HIDDEN_SPEED)
        return max(_LEAST, at(hands, _HIDDEN_HANDS) + at(shoulder, _HIDDEN_SHOULDER) + still)
    if hands <= 0.0:
        return hands
    return hands + at(shoulder, _SEEN_SHOULDER) + at(speed, _SEEN_SPEED)


def shoulder_m(bodies: Sequence[Body], place: Point, depth: tuple[float, float]) -> float:
    """The least distance of a shoulder to a place, metres; NaN where no shoulder was seen."""
    seen = [s for body in bodies for s in (body.left_shoulder, body.right_shoulder) if not math.isnan(s[0])]
    return min((to_place_m(shoulder, place, depth) for shoulder in seen), default=math.nan)


def speed_m_per_s(bodies: Sequence[Body]) -> float:
    """How fast a chest went over the floor from the first to the last of some bodies; NaN where that was not seen."""
    seen: list[tuple[int, XYZ]] = [(body.time_ns, body.chest) for body in bodies if not math.isnan(body.chest[0])]
    if len(seen) < 2:
        return math.nan
    (first_ns, first), (last_ns, last) = min(seen), max(seen)
    seconds = (last_ns - first_ns) / NS_PER_S
    if seconds < _LEAST_S:
        return math.nan
    return math.hypot(last[0] - first[0], last[1] - first[1]) / seconds
