"""The shape of a hand and how it is held: a body of balls along bones, with landmarks on its skin.

Proportions are assumed, near those of published hand measurements (Garrett, The adult human hand: some anthropometric
and biomechanical considerations, Human Factors 13, 1971), and vary by some percent from person to person. Unit and axes
are those of `tillfree.palm.capture.landmarks`; z is to the viewer, who sees the palm.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.landmarks import CORNERS, FRAME, LANDMARKS, square_points

__all__ = [
    "FOREARM",
    "PALM",
    "SLEEVE",
    "THUMB",
    "Body",
    "HandShape",
    "Pose",
    "body_of",
    "pose_at_random",
    "shape_at_random",
]

Floats = npt.NDArray[np.float64]
PALM, THUMB, FOREARM, SLEEVE = 1, 2, 7, 8
"""Parts of a body; 3 to 6 are the fingers from index to little."""
SKIN_Z = 0.10
"""How far the skin of the palm is before the bones."""
_SPACING = 0.045


@dataclasses.dataclass(frozen=True, slots=True)
class HandShape:
    """What stays the same for a person: arrays run over index, middle, ring and little finger."""

    knuckles: Floats  # (4, 2)
    fan_deg: Floats
    crease: Floats  # from knuckle to the crease at the finger's root
    lengths: Floats  # from crease to tip
    radii: Floats  # (4, 3): at the root, the middle joint and the tip
    valley: Floats  # (3,): how far the valleys lie beyond the creases
    wrist: Floats  # (2, 2): the sides of the wrist
    thumb_base: Floats  # (2,)
    thumb: Floats  # lengths of its three bones
    thumb_radii: Floats
    thumb_web: float
    thickness: float


@dataclasses.dataclass(frozen=True, slots=True)
class Pose:
    """What differs from moment to moment."""

    sway_deg: Floats  # (4,): of each finger, to the little finger's side
    flex_deg: Floats  # (4, 3): at knuckle, middle and last joint, to the viewer
    thumb_deg: float  # away from the index finger
    thumb_lift_deg: float  # to the viewer
    thumb_bend_deg: float
    cup: float  # how far the sides of the palm come forward
    wrist_deg: float
    forearm: float  # length that can be seen
    sleeve: float  # where it begins beyond the wrist; above `forearm` if there is none


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """Balls (n,) with their part and flatness, landmarks (22, 3), creases of fingers, and frame of the palm.

    `creases` are rows of two ends and a strength. `origin`, `axis` and `width` place the palm's coordinates: `flat`
    turns points (n, 2) of them into points (n, 3) on the skin.
    """

    centres: Floats
    radii: Floats
    parts: npt.NDArray[np.uint8]
    landmarks: Floats
    creases: list[tuple[Floats, Floats, float]]
    rings: list[tuple[Floats, Floats]]
    origin: Floats
    axis: Floats
    width: float
    cup: float

    def flat(self, points: Floats) -> Floats:
        """Points of the palm's own coordinates (palm widths) on its skin."""
        down = np.array([-self.axis[1], self.axis[0]])
        plane = self.origin + self.width * (points[:, :1] * self.axis + points[:, 1:] * down)
        return np.column_stack([plane, SKIN_Z + self.cup * (2.0 * plane[:, 0]) ** 2])


def shape_at_random(rng: np.random.Generator) -> HandShape:
    """Somebody's hand."""
    slim = rng.normal(1.0, 0.06)
    long = rng.normal(1.0, 0.07)
    knuckles = np.array([(-0.335, 0.23), (-0.115, 0.185), (0.105, 0.205), (0.31, 0.30)])
    knuckles = knuckles + rng.normal(0.0, 0.012, (4, 2))
    lengths = np.array([0.83, 0.93, 0.86, 0.67]) * long * rng.normal(1.0, 0.03, 4)
    roots = np.array([0.130, 0.133, 0.126, 0.110]) * slim * rng.normal(1.0, 0.03, 4)
    radii = np.stack([roots, roots * rng.normal(0.95, 0.03, 4), roots * rng.normal(0.76, 0.04, 4)], axis=1)
    half = 0.33 * slim * rng.normal(1.0, 0.06)
    low = rng.normal(1.27, 0.06)
    return HandShape(
        knuckles=knuckles,
        fan_deg=np.array([-4.0, 0.0, 4.0, 10.0]) + rng.normal(0.0, 1.5, 4),
        crease=np.array([0.235, 0.235, 0.235, 0.205]) * rng.normal(1.0, 0.06) * rng.normal(1.0, 0.04, 4),
        lengths=lengths,
        radii=radii,
        valley=rng.normal(0.0, 0.025, 3),
        wrist=np.array([(-0.03 - half, low), (-0.03 + half, low + rng.normal(0.0, 0.02))]),
        thumb_base=np.array([rng.normal(-0.23, 0.025), rng.normal(1.07, 0.05)]),
        thumb=np.array([0.52, 0.40, 0.34]) * long * rng.normal(1.0, 0.04, 3),
        thumb_radii=np.array([0.20, 0.15, 0.135, 0.09]) * slim * rng.normal(1.0, 0.05, 4),
        thumb_web=float(rng.uniform(0.45, 0.80)),
        thickness=float(rng.normal(0.165, 0.012)),
    )


def pose_at_random(rng: np.random.Generator) -> Pose:
    """A hand that is shown to a camera: mostly flat, fingers from closed to wide."""
    kind = rng.random()
    if kind < 0.3:
        spread = rng.uniform(-0.3, 0.25)
    elif kind < 0.9:
        spread = rng.uniform(0.2, 1.3)
    else:
        spread = rng.uniform(1.0, 1.8)
    sway = spread * np.array([-9.0, -1.5, 5.0, 14.0]) + rng.normal(0.0, 2.0 + 1.5 * spread, 4)
    sway[0] = min(sway[0], sway[1] + 6.0)
    sway[3] = max(sway[3], sway[2] - 8.0)
    curled = abs(rng.normal(0.0, 1.0)) * (1.0 if rng.random() < 0.9 else 1.8)
    base = np.array([6.0, 9.0, 5.0]) * curled
    flex = base + rng.normal(0.0, 3.5, (4, 3)) + np.linspace(-1, 1, 4)[:, None] * rng.normal(0.0, 2.0)
    if rng.random() < 0.05:
        flex[int(rng.integers(4))] += rng.uniform(10.0, 40.0, 3)
    forearm = rng.uniform(0.3, 3.2)
    return Pose(
        sway_deg=sway,
        flex_deg=np.maximum(flex, -6.0),
        thumb_deg=float(rng.uniform(14.0, 62.0)),
        thumb_lift_deg=float(rng.uniform(0.0, 45.0) if rng.random() < 0.4 else rng.normal(12.0, 8.0)),
        thumb_bend_deg=float(rng.normal(4.0, 14.0)),
        cup=float(abs(rng.normal(0.0, 0.05))),
        wrist_deg=float(rng.normal(0.0, 9.0)),
        forearm=float(forearm),
        sleeve=float(rng.uniform(-0.12, 0.8) if rng.random() < 0.55 else 9.0),
    )


class _Balls:
    def __init__(self) -> None:
        self.centres: list[Floats] = []
        self.radii: list[Floats] = []
        self.parts: list[npt.NDArray[np.uint8]] = []

    def bone(self, one: Floats, other: Floats, radii: tuple[float, float], part: int) -> None:
        """Balls along a line, so close that their hull is smooth."""
        count = max(int(np.linalg.norm(other - one) / _SPACING), 1) + 1
        along = np.linspace(0.0, 1.0, count)[:, None]
        self.centres.append(one + along * (other - one))
        self.radii.append(np.linspace(radii[0], radii[1], count))
        self.parts.append(np.full(count, part, np.uint8))


def body_of(shape: HandShape, pose: Pose) -> Body:
    """The hand, held so."""
    balls = _Balls()
    marks = np.zeros((len(LANDMARKS), 3))
    creases: list[tuple[Floats, Floats, float]] = []
    rings: list[tuple[Floats, Floats]] = []
    joints = _fingers(shape, pose, balls, marks, creases, rings)
    rest = _rest_roots(shape)
    origin, axis, width = _palm_frame(shape, rest)
    _palm(shape, pose, balls, joints, marks)
    _thumb(shape, pose, balls, joints, marks, creases)
    _forearm(shape, pose, balls, marks)
    body = Body(
        np.concatenate(balls.centres), np.concatenate(balls.radii), np.concatenate(balls.parts), marks, creases, rings,
        origin, axis, width, pose.cup,
    )  # fmt: skip
    marks[CORNERS] = body.flat(square_points(*FRAME))
    return body


def _direction(angle_deg: float, lift_deg: float) -> Floats:
    """To the fingertips (up is -y), turned to the little finger's side, and lifted to the viewer."""
    angle, lift = math.radians(angle_deg), math.radians(lift_deg)
    return np.array([math.sin(angle) * math.cos(lift), -math.cos(angle) * math.cos(lift), math.sin(lift)])


def _rest_roots(shape: HandShape) -> Floats:
    along = np.radians(shape.fan_deg)
    away = np.stack([np.sin(along), -np.cos(along)], axis=1)
    roots: Floats = shape.knuckles + shape.crease[:, None] * away
    return roots


def _palm_frame(shape: HandShape, rest: Floats) -> tuple[Floats, Floats, float]:
    """Origin, direction of x and width of this person's palm coordinates, from the finger roots at rest."""
    middle = rest.mean(axis=0)
    slope = np.polyfit(rest[:, 0], rest[:, 1], 1)[0]
    axis = np.array([1.0, slope]) / math.hypot(1.0, slope)
    width = float((rest[3] - rest[0]) @ axis + shape.radii[0, 0] + shape.radii[3, 0])
    return middle, axis, width


def _cupped(pose: Pose, x: float) -> float:
    return pose.cup * (2.0 * x) ** 2


def _fingers(
    shape: HandShape, pose: Pose, balls: _Balls, marks: Floats,
    creases: list[tuple[Floats, Floats, float]], rings: list[tuple[Floats, Floats]],
) -> Floats:  # fmt: skip
    """Fingers, webs between them, and their landmarks; returns knuckles and creases (4, 2, 3)."""
    joints = np.zeros((4, 2, 3))
    for k in range(4):
        angle = float(shape.fan_deg[k] + pose.sway_deg[k])
        across = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle)), 0.0])
        lifts = np.cumsum(pose.flex_deg[k])
        x, y = shape.knuckles[k]
        at = np.array([x, y, _cupped(pose, float(x))])
        ways = [_direction(angle, float(lift)) for lift in lifts]
        # Three bones: the first begins at the knuckle, within the palm.
        bones = np.array([shape.crease[k] + 0.36 * shape.lengths[k], 0.33 * shape.lengths[k], 0.31 * shape.lengths[k]])
        bones[2] -= shape.radii[k, 2]
        root, mid, tip = shape.radii[k]
        between = 0.5 * (mid + tip) * 1.06
        joints[k] = at, at + shape.crease[k] * ways[0]
        face = np.cross(across, ways[0])
        face = face if face[2] > 0 else -face
        marks[k] = joints[k, 1] + 0.8 * root * face
        for second, strength in ((0.0, 1.0), (0.05, 0.6)):
            place = joints[k, 1] + ways[0] * second + face * root * 0.7
            creases.append((place - across * root * 0.95, place + across * root * 0.95, strength))
        ends = (root * 1.03, mid), (mid, between), (between, tip)
        for number, (way, bone, size) in enumerate(zip(ways, bones, ends, strict=True)):
            balls.bone(at, at + bone * way, size, 3 + k)
            if number == 0:
                ring = at + way * (shape.crease[k] + 0.45 * 0.36 * shape.lengths[k])
                rings.append((ring - across * root * 1.05, ring + across * root * 1.05))
            at = at + bone * way
            if number < 2:
                place = at + face * size[1] * 0.7
                creases.append((place - across * size[1] * 0.95, place + across * size[1] * 0.95, 0.9 - 0.3 * number))
        marks[13 + k] = at + ways[2] * tip
    marks[7] = joints[0, 1] - _across(shape, pose, 0) * shape.radii[0, 0]
    marks[8] = joints[3, 1] + _across(shape, pose, 3) * shape.radii[3, 0]
    for k in range(3):
        low = 0.5 * (joints[k, 0] + joints[k + 1, 0])
        high = 0.5 * (joints[k, 1] + joints[k + 1, 1])
        way = (high - low) / np.linalg.norm(high - low)
        valley = high + way * shape.valley[k]
        marks[4 + k] = valley + np.array([0.0, 0.0, 0.03])
        balls.bone(low, valley - way * 0.055, (0.12, 0.055), PALM)
        # A web is wider than one ball.
        for side in (k, k + 1):
            balls.bone(joints[side, 0], valley * 0.7 + joints[side, 1] * 0.3 - way * 0.06, (0.11, 0.06), PALM)
    return joints


def _across(shape: HandShape, pose: Pose, k: int) -> Floats:
    angle = math.radians(float(shape.fan_deg[k] + pose.sway_deg[k]))
    return np.array([math.cos(angle), math.sin(angle), 0.0])


def _palm(shape: HandShape, pose: Pose, balls: _Balls, joints: Floats, marks: Floats) -> None:
    inset = shape.thickness * 0.9
    left, right = shape.wrist[0] + (inset, 0.0), shape.wrist[1] - (inset, 0.0)
    knuckles = joints[:, 0]
    rays = [knuckles[0] + (0.0, 0.04, 0.0), *(0.5 * (knuckles[k] + knuckles[k + 1]) for k in range(3)),
            *knuckles[1:], knuckles[3] + (0.045, 0.06, 0.0)]  # fmt: skip
    order = np.argsort([ray[0] for ray in rays])
    for place, number in zip(np.linspace(0.0, 1.0, len(rays)), order, strict=True):
        foot = np.append(left * (1 - place) + right * place, 0.0)
        balls.bone(rays[number], foot, (shape.thickness * 0.92, shape.thickness), PALM)
    # The mound below the little finger makes that edge bulge.
    outer = knuckles[3] + (0.03, 0.12, 0.0)
    belly = np.array([outer[0] * 0.93, 0.8, outer[2] * 0.6 + 0.02])
    balls.bone(outer, belly, (0.15, 0.17), PALM)
    balls.bone(belly, np.append(right, 0.0), (0.17, shape.thickness), PALM)
    marks[10] = (*shape.wrist[0], 0.0)
    marks[11] = (*shape.wrist[1], 0.0)
    del pose


def _thumb(
    shape: HandShape, pose: Pose, balls: _Balls, joints: Floats, marks: Floats,
    creases: list[tuple[Floats, Floats, float]],
) -> None:  # fmt: skip
    base = np.append(shape.thumb_base, 0.03)
    angles = -pose.thumb_deg + np.array([0.0, 6.0, 6.0 + pose.thumb_bend_deg])
    lifts = pose.thumb_lift_deg * np.array([0.6, 0.9, 1.0])
    ways = [_direction(float(a), float(b)) for a, b in zip(angles, lifts, strict=True)]
    at = base
    places = [base]
    bones = shape.thumb.copy()
    bones[2] -= shape.thumb_radii[3]
    for number, (way, bone) in enumerate(zip(ways, bones, strict=True)):
        size = (float(shape.thumb_radii[number]), float(shape.thumb_radii[number + 1]))
        balls.bone(at, at + bone * way, size, PALM if number == 0 else THUMB)
        at = at + bone * way
        places.append(at)
        if number < 2:
            across = np.array([-way[1], way[0], 0.0]) * size[1] * 0.9
            front = at + np.array([0.0, 0.0, size[1] * 0.7])
            creases.append((front - across, front + across, 0.7))
    marks[12] = at + ways[2] * shape.thumb_radii[3]
    # The skin between thumb and index finger: a fan of bones, as far out as this person's web reaches.
    index = joints[0, 0] + (-0.02, 0.08, 0.0)
    for out in (0.3, 0.55, 0.8, 1.0):
        reach = out * shape.thumb_web
        one = base + reach * (places[1] - base) * 1.25
        other = base + (0.35 + 0.65 * reach) * (index - base)
        sag = 0.5 * (one + other) + 0.10 * (base - 0.5 * (one + other))
        balls.bone(one, sag, (0.12, 0.075), PALM)
        balls.bone(sag, other, (0.075, 0.12), PALM)
        outward = sag - base
        marks[9] = sag + 0.075 * outward / np.linalg.norm(outward)


def _forearm(shape: HandShape, pose: Pose, balls: _Balls, marks: Floats) -> None:
    middle = shape.wrist.mean(axis=0)
    half = 0.5 * float(np.linalg.norm(shape.wrist[1] - shape.wrist[0]))
    way = -_direction(pose.wrist_deg, 0.0)
    side = np.array([-way[1], way[0], 0.0])
    del marks
    thick = half * 0.62
    for across in (-1.0, -0.35, 0.35, 1.0):
        start = np.append(middle, 0.0) - across * side * (half - thick)
        end = start + way * pose.forearm - across * side * 0.10 * pose.forearm * 0.35
        balls.bone(start, end, (thick, thick * (1.0 + 0.12 * pose.forearm)), FOREARM)
        if pose.sleeve < pose.forearm:
            begin = start + (end - start) * pose.sleeve / pose.forearm
            balls.bone(begin + way * 0.2, end, (thick * 1.15 + 0.03, thick * 1.3 + 0.05), SLEEVE)
