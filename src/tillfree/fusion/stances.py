"""How people stand who take something: still, and with a shoulder within an arm's length of it.

A crowd hides hands, and a tracker may give a wrist to the wrong person; shoulders are seen nearly always. Who walks by
does not take anything, and nobody reaches farther than an arm is long. The two tables are logarithms of likelihood
ratios, fitted together with the weight of the hands' own ratio by a conditional logit (McFadden 1974) over the acts of
simulated crowds; `python -m benchmarks.stances` fits them again.
"""

import math
from collections.abc import Sequence

import numpy as np

from tillfree.core.geometry import Point
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.fusion.joints import XYZ, Body, to_place_m

__all__ = ["HANDS_WEIGHT", "STANCE_SPAN_NS", "reach_m", "speed_m_per_s", "stance_log_ratio"]

STANCE_SPAN_NS = 500 * NS_PER_MS
"""How fast somebody moves is looked at so long before and after an act."""
HANDS_WEIGHT = 0.55
"""What the hands' own log-ratio weighs beside the stance: both speak of the same body."""
_REACH = ((0.4, 0.5, 0.6, 0.7, 0.8, 1.0), (1.5, 1.4, 0.9, -0.4, -2.1, -4.0))
_REACH_UNSEEN = 0.0
_SPEED = ((0.1, 0.2, 0.3, 0.5), (0.8, -0.1, -0.7, -2.1))
_SPEED_UNSEEN = -0.4
_LEAST_S = 0.15


def stance_log_ratio(reach: float, speed: float) -> float:
    """Log-likelihood ratio of a stance, from the nearer shoulder's distance (m) and the speed (m/s); NaN is unseen."""
    near = _REACH_UNSEEN if math.isnan(reach) else float(np.interp(reach, *_REACH))
    still = _SPEED_UNSEEN if math.isnan(speed) else float(np.interp(speed, *_SPEED))
    return near + still


def reach_m(bodies: Sequence[Body], place: Point, depth: tuple[float, float]) -> float:
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
