"""One person at one moment: the wrists, shoulders and chest of a people frame, as far as they can be trusted."""

import math

import msgspec

from tillfree.core.events import TrackedPerson
from tillfree.core.geometry import Point
from tillfree.core.ids import VisitId

__all__ = ["XYZ", "Body", "body_of", "mark_shared", "to_place_m"]

XYZ = tuple[float, float, float]
_NOWHERE: XYZ = (math.nan, math.nan, math.nan)
# Longer than any forearm or arm (measured: wrist to shoulder at most 0.69 m in the one real recording, 0.96 m in shared
# synthetic ones, forearms 0.52 m), with room for the tracker's noise.
_FOREARM_M = 0.5
_ARM_M = 0.97
# Where the neck is, given another joint: the same place on the floor, so much higher (means of a standing adult).
_CHEST_FROM = (
    ("neck", 0.0),
    ("l_shoulder", 0.06),
    ("r_shoulder", 0.06),
    ("head", -0.21),
    ("l_elbow", 0.37),
    ("r_elbow", 0.37),
)
# A joint below this score is as good as unseen.
_SCORE_MIN = 0.15
# Nor is one that is farther off than any shop is long, or at no place at all (NaN, infinite).
_FAR_M = 1e5


class Body(msgspec.Struct, frozen=True, array_like=True):
    """One person at one moment; metres; NaN where a joint was not seen; `shared`: wrists two people had at once."""

    time_ns: int
    left: XYZ
    right: XYZ
    chest: XYZ
    left_shoulder: XYZ = _NOWHERE
    right_shoulder: XYZ = _NOWHERE
    shared_left: bool = False
    shared_right: bool = False


def body_of(person: TrackedPerson, time_ns: int) -> Body:
    """What a frame says of a person; joints of too low a score, and wrists no arm could reach, are unseen."""
    seen: dict[str, XYZ] = {
        j.name: (j.x, j.y, j.z) for j in person.joints if j.score >= _SCORE_MIN and abs(j.x + j.y + j.z) < _FAR_M
    }
    chest = _NOWHERE
    for name, below_m in _CHEST_FROM:
        if name in seen:
            x, y, z = seen[name]
            chest = (x, y, z + below_m)
            break
    left_shoulder, right_shoulder = seen.get("l_shoulder", _NOWHERE), seen.get("r_shoulder", _NOWHERE)
    return Body(
        time_ns,
        _wrist(seen.get("l_wrist", _NOWHERE), seen.get("l_elbow", _NOWHERE), left_shoulder),
        _wrist(seen.get("r_wrist", _NOWHERE), seen.get("r_elbow", _NOWHERE), right_shoulder),
        chest,
        left_shoulder,
        right_shoulder,
    )


def _wrist(wrist: XYZ, elbow: XYZ, shoulder: XYZ) -> XYZ:
    """The wrist, unless it lies farther from its elbow or shoulder than any arm is long: a tracker's slip.

    Distances to joints that were not seen are NaN, which is greater than nothing.
    """
    slipped = math.dist(wrist, elbow) > _FOREARM_M or math.dist(wrist, shoulder) > _ARM_M
    return _NOWHERE if slipped else wrist


def to_place_m(joint: XYZ, place: Point, depth: tuple[float, float]) -> float:
    """Distance from a joint to the line that runs from the place 0.3 m into the shelf; height counts from 0.1 m up."""
    dx, dy, dz = joint[0] - place.x, joint[1] - place.y, joint[2] - place.z
    along = min(max(dx * depth[0] + dy * depth[1], 0.0), 0.3)
    dx, dy = dx - along * depth[0], dy - along * depth[1]
    # Items are grasped between the board and a hand's width above their middle.
    dz = dz if dz < 0 else max(0.0, dz - 0.15)
    return math.sqrt(dx * dx + dy * dy + dz * dz)


def mark_shared(now: dict[VisitId, Body]) -> None:
    """A wrist that two people have in exactly one place belongs to one of them only; nobody knows to whom."""
    seen = [wrist for body in now.values() for wrist in (body.left, body.right) if wrist is not _NOWHERE]
    if len(set(seen)) == len(seen):
        return
    owners: dict[XYZ, list[tuple[VisitId, bool]]] = {}
    for visit, body in now.items():
        owners.setdefault(body.left, []).append((visit, True))
        owners.setdefault(body.right, []).append((visit, False))
    for point, who in owners.items():
        if len({visit for visit, _ in who}) < 2 or math.isnan(point[0]):
            continue
        for visit, is_left in who:
            body = now[visit]
            now[visit] = msgspec.structs.replace(
                body, shared_left=body.shared_left or is_left, shared_right=body.shared_right or not is_left
            )
