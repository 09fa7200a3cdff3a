"""The shape of a simulated hand: outline, relief, creases and veins as maps over the plane of its palm.

Creases, ridges, mottling and veins of the palm are those of a palm of nobody; outline, relief and fingers are made
here. Lengths are in millimetres; x points right, y towards the wrist, z towards the camera; the origin is the middle
of the palm. Proportions are round numbers near anthropometric means (breadth of an adult's palm 75 to 95 mm).
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.simulation.palms.regions.identity import CANVAS_PX, MARGIN, Palm, palm_of

__all__ = ["MAP_PX_PER_MM", "MAP_SIZE", "Anatomy", "anatomy_of", "curve_map", "map_of_mm"]

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]
Bone = tuple[Places, float, float]
MAP_PX_PER_MM = 2.5
LEFT_MM, TOP_MM = -100.0, -140.0
MAP_SIZE = (650, 500)
"""Rows and columns of every map."""
_COARSE = 2
_WORLD = 7007
"""Seed of the world of palms: no training of embeddings uses it."""
_PALM_MM = 86.0
_ROOTS = ((-30.0, -36.0), (-9.0, -44.0), (13.0, -41.0), (33.0, -29.0))
_LENGTHS_MM = (68.0, 78.0, 71.0, 54.0)
_RADII_MM = (9.5, 9.8, 9.3, 8.2)
_SPREAD_RAD = (-0.14, -0.02, 0.09, 0.24)
_JOINTS = (0.0, 0.47, 0.76, 1.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Anatomy:
    """One hand. Maps have the shape `MAP_SIZE`.

    `inside` is 1 in the hand and 0 outside, `height_mm` its relief; `creases` and `ridges` are how deep the skin is
    folded (0 to about 1), `veins` how much vein lies under it (0 to about 1), `blotches` where more blood is (mean 0).
    `joints_mm` (4, 4, 2): root, two joints and tip of index, middle, ring and little finger. `landmarks_mm` (22, 2) are
    the points that a finder of hands looks for, in its order: finger roots, valleys between them, edges, valley of the
    thumb, wrist, tips, and the corners and middle of the palm's square.
    """

    inside: Floats
    height_mm: Floats
    creases: Floats
    ridges: Floats
    veins: Floats
    blotches: Floats
    joints_mm: Places
    landmarks_mm: Places


def map_of_mm(points_mm: Places) -> Places:
    """Places on a map (column, row) of points (..., 2) in millimetres."""
    places: Places = (points_mm - np.array([LEFT_MM, TOP_MM])) * MAP_PX_PER_MM
    return places


def anatomy_of(number: int) -> Anatomy:
    """A hand that nobody has, always the same for a number: its palm is one of `tillfree.simulation.palms.regions`."""
    rng = np.random.default_rng([number, 1])
    size = rng.uniform(0.88, 1.08)
    joints, landmarks, bones = _skeleton(rng, size)
    distance, height = _relief(rng, bones, size)
    inside = np.clip(distance * MAP_PX_PER_MM + 0.5, 0.0, 1.0).astype(np.float32)
    laid = _laid(palm_of(_WORLD, number), landmarks[17:21])
    depth = np.array([rng.uniform(0.6, 1.0), rng.uniform(0.35, 0.7), rng.uniform(0.15, 0.45)], dtype=np.float32)
    creases = np.maximum((laid[..., :3] * depth).max(axis=-1), _finger_creases(rng, joints, size))
    ridges, blotches = ((laid[..., 4 + i] - 128 / 255) * 6.0 for i in range(2))
    return Anatomy(inside, height, creases, ridges, laid[..., 3], blotches, joints, landmarks)


def curve_map(curves: list[Places], widths_mm: list[float], depths: list[float]) -> Floats:
    """Curves (n, 2) in mm as a map: each tapers to its ends and has its own width and depth; crossings do not add."""
    cv2 = opencv()
    drawn = np.zeros(MAP_SIZE, dtype=np.float32)
    for curve, width_mm, depth in zip(curves, widths_mm, depths, strict=True):
        line = np.zeros(MAP_SIZE, dtype=np.uint8)
        places = np.round(map_of_mm(curve) * 8).astype(np.int32)
        cv2.polylines(line, [places.reshape(-1, 1, 2)], isClosed=False, color=255, thickness=1, lineType=cv2.LINE_AA,
                      shift=3)  # fmt: skip
        left, top = np.maximum(np.floor(map_of_mm(curve).min(axis=0)).astype(int) - 12, 0)
        right, bottom = np.ceil(map_of_mm(curve).max(axis=0)).astype(int) + 12
        part = line[top:bottom, left:right].astype(np.float32) / 255.0
        if part.size == 0:
            continue
        sigma_px = max(width_mm * MAP_PX_PER_MM / 2.355, 0.4)
        soft = cv2.GaussianBlur(part, (0, 0), sigma_px) * (sigma_px * math.sqrt(2 * math.pi))
        under = drawn[top:bottom, left:right]
        np.maximum(under, depth * np.minimum(soft, 1.0), out=under)
    return drawn


# ---- shape ------------------------------------------------------------------------------------------------------


def _skeleton(rng: np.random.Generator, size: float) -> tuple[Places, Places, list[Bone]]:
    """Joints and landmarks in mm, and bones: points (2, 2), radius at the first and at the second."""
    thumb_rad = rng.normal(0.0, 0.12)
    thumb = np.array([(-22.0, 34.0), (-44.0, 14.0), (-60.0, -8.0), (-69.0, -30.0)])
    turn = np.array([[math.cos(thumb_rad), -math.sin(thumb_rad)], [math.sin(thumb_rad), math.cos(thumb_rad)]])
    thumb = thumb[0] + (thumb - thumb[0]) @ turn.T
    bones: list[Bone] = [
        (np.array([a, b]), first, second)
        for a, b, first, second in (
            ((-18.0, 52.0), (-28.0, -26.0), 20.0, 15.0),
            ((20.0, 52.0), (29.0, -20.0), 19.0, 14.0),
            ((0.0, 50.0), (0.0, -30.0), 24.0, 18.0),
            ((-8.0, 60.0), (-8.0, 150.0), 21.0, 22.0),
            ((8.0, 60.0), (8.0, 150.0), 21.0, 22.0),
        )
    ]
    for start, end, first, second in ((0, 1, 21.0, 15.0), (1, 2, 14.0, 11.0), (2, 3, 11.0, 8.5)):
        bones.append((thumb[[start, end]], first, second))
    apart = rng.normal(1.0, 0.35)
    fingers = []
    for root, length, radius, spread in zip(_ROOTS, _LENGTHS_MM, _RADII_MM, _SPREAD_RAD, strict=True):
        angle = spread * apart + rng.normal(0.0, 0.03)
        along = np.array([math.sin(angle), -math.cos(angle)]) * length * rng.uniform(0.94, 1.06)
        fingers.append(np.array(root) + np.outer(_JOINTS, along))
        bones.append((fingers[-1][[0, 3]], radius * 1.02, radius * 0.86))
    joints = np.array(fingers)
    roots, width = joints[:, 0], _PALM_MM
    across = (roots[3] - roots[0]) / np.linalg.norm(roots[3] - roots[0])
    down = np.array([-across[1], across[0]])
    middle, half = roots.mean(axis=0) + 0.55 * width * down, 0.425 * width
    square = [middle + half * (x * across + y * down) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (0, 0))]
    points = [*roots, *(roots[:-1] + roots[1:]) / 2, (-43.0, -28.0), (43.0, -22.0), (-30.0, 10.0), (-22.0, 62.0),
              (22.0, 62.0), thumb[3], *joints[:, 3], *square]  # fmt: skip
    return joints * size, np.array(points) * size, [(ends * size, r * size, t * size) for ends, r, t in bones]


def _relief(rng: np.random.Generator, bones: list[Bone], size: float) -> tuple[Floats, Floats]:
    """Distance from the outline (inside positive) and height, in mm: round bones, mounts, a hollow, bent fingers."""
    cv2 = opencv()
    rows, columns = MAP_SIZE[0] // _COARSE, MAP_SIZE[1] // _COARSE
    step = _COARSE / MAP_PX_PER_MM
    x = (LEFT_MM + step * (np.arange(columns) + 0.5)).astype(np.float32)[None, :]
    y = (TOP_MM + step * (np.arange(rows) + 0.5)).astype(np.float32)[:, None]
    distance = np.full((rows, columns), -1e3, dtype=np.float32)
    height = np.zeros((rows, columns), dtype=np.float32)
    flat = rng.uniform(0.35, 0.6)
    for number, (ends, first, second) in enumerate(bones):
        start, along = ends[0], ends[1] - ends[0]
        share = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along), 0.0, 1.0)
        away = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
        radius = first + (second - first) * share
        np.maximum(distance, radius - away, out=distance)
        bulge = np.sqrt(np.maximum(radius**2 - away**2, 0.0)) * (flat if number < 5 else 0.75)
        np.maximum(height, bulge.astype(np.float32), out=height)
    curl_mm = rng.uniform(0.0, 22.0)
    height += (curl_mm * np.clip((-y - 40.0 * size) / (80.0 * size), 0.0, 1.2) ** 2).astype(np.float32)
    for (at_x, at_y), wide, high in (
        ((-24.0, 24.0), 15.0, rng.uniform(2.0, 7.0)),
        ((24.0, 22.0), 16.0, rng.uniform(1.0, 5.0)),
        ((0.0, -36.0), 14.0, rng.uniform(0.5, 2.5)),
        ((2.0, 0.0), 17.0, -rng.uniform(2.0, 7.0)),
    ):
        height += (high * np.exp(-((x - at_x * size) ** 2 + (y - at_y * size) ** 2) / (2 * wide**2))).astype(np.float32)
    full = (MAP_SIZE[1], MAP_SIZE[0])
    height = _smoothed(height, y, step)
    return (
        cv2.resize(distance, full, interpolation=cv2.INTER_LINEAR),
        cv2.resize(height, full, interpolation=cv2.INTER_LINEAR),
    )


def _smoothed(height: Floats, y: Floats, step: float) -> Floats:
    """Flesh hides the bones of the palm, not those of the fingers."""
    cv2 = opencv()
    fingers, palm = cv2.GaussianBlur(height, (0, 0), 2.0 / step), cv2.GaussianBlur(height, (0, 0), 6.0 / step)
    share = np.clip((y + 60.0) / 25.0, 0.0, 1.0)
    smooth: Floats = fingers * (1.0 - share) + palm * share
    return smooth


# ---- creases, ridges, veins ------------------------------------------------------------------------------------


def _bezier(points: Places, count: int = 40) -> Places:
    """A cubic curve (count, 2) through the first and last of four points (4, 2)."""
    t = np.linspace(0.0, 1.0, count)[:, None]
    a, b, c, d = points
    curve: Places = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return curve


def _finger_creases(rng: np.random.Generator, joints: Places, size: float) -> Floats:
    curves, widths, depths = [], [], []
    for root, *_, tip in joints:
        along = tip - root
        across = np.array([-along[1], along[0]]) / np.linalg.norm(along) * 8.0 * size
        for share in (0.02, 0.28, 0.31, 0.62, 0.8):
            middle = root + share * along + rng.normal(0.0, 0.6, 2)
            curves.append(np.linspace(middle - across, middle + across, 12) + rng.normal(0.0, 0.12, (12, 2)))
            widths.append(rng.uniform(0.6, 1.1))
            depths.append(rng.uniform(0.3, 0.8))
    return curve_map(curves, widths, depths)


def _laid(palm: Palm, square_mm: Places) -> Floats:
    """Layers (*MAP_SIZE, 8) of a palm, 0 to 1, where its square is; level beside its canvas."""
    cv2 = opencv()
    layers = np.concatenate([palm.lines, palm.skin], axis=-1)
    edge = MARGIN / (1 + 2 * MARGIN) * CANVAS_PX
    start = np.array([(edge, edge), (CANVAS_PX - edge, edge), (edge, CANVAS_PX - edge)], dtype=np.float32)
    move = cv2.getAffineTransform(start, map_of_mm(square_mm[[0, 1, 3]]).astype(np.float32))
    level = (0, 0, 0, 0), (128, 128, 0, 128)
    halves = [cv2.warpAffine(np.ascontiguousarray(layers[..., 4 * i : 4 * i + 4]), move, MAP_SIZE[::-1],
                             flags=cv2.INTER_LINEAR, borderValue=level[i]) for i in range(2)]  # fmt: skip
    laid: Floats = np.concatenate(halves, axis=-1).astype(np.float32) / 255.0
    return laid
