"""A hover: what the station's camera records of a hand, or of what is held up instead, in both bands by turns."""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.palm.samples import REGION_PX, Band, HandImage, HandSide, PalmRegion, Quality
from tillfree.simulation.palms.attacks.anatomy import MAP_PX_PER_MM, MAP_SIZE, Anatomy, anatomy_of, map_of_mm
from tillfree.simulation.palms.attacks.camera import Camera, Pose, Shot, shoot
from tillfree.simulation.palms.attacks.instruments import instrument, photo_of
from tillfree.simulation.palms.attacks.surfaces import Skin, Surface, random_skin, skin_surface

__all__ = ["LIVE", "TRAITS", "Presentation", "SimulatedLook", "present"]

Floats = npt.NDArray[np.float32]
LIVE = "live"
_STRANGER = 500_000
"""How far the number of an attacker is from that of the victim."""
TRAITS = ("cold", "dim", "oily", "ring", "still", "blurred")
"""What a living hand or its moment can be in a harder than usual way, besides its tone."""


@dataclasses.dataclass(frozen=True, slots=True)
class SimulatedLook:
    """What a finder would say of a frame; here it is known, and made as inexact as a finder is."""

    landmarks: npt.NDArray[np.float64]
    region: PalmRegion | None
    palm_width_px: float
    found: bool = True
    side: HandSide = "right"
    quality: Quality = dataclasses.field(default_factory=lambda: Quality(80.0))
    guidance: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Presentation:
    """Frames in order of time, visible and near infrared by turns, and what was really there.

    `kind` is `LIVE` or one of `instruments.KINDS`; `melanin` 0 to 1 and `traits` are of the hand that is shown.
    """

    frames: tuple[HandImage, ...]
    looks: tuple[SimulatedLook, ...]
    kind: str
    melanin: float
    traits: frozenset[str]


def present(kind: str, seed: int, *, traits: frozenset[str] | None = None, melanin: float | None = None,
            pairs: int = 8, size_px: int | None = None) -> Presentation:  # fmt: skip
    """One presentation of a kind; the same arguments give the same bytes.

    Seeds are of persons as well: equal seeds show (or fake) the same palm. Where `traits` or `melanin` is not given,
    it is drawn; so is `size_px`, the side of a frame. `pairs` is the number of visible and of near-infrared frames.
    """
    person = np.random.default_rng([seed, 1])
    moment = np.random.default_rng([seed, 2, *kind.encode()])
    anatomy, skin = anatomy_of(seed), random_skin(person)
    if melanin is not None:
        skin = dataclasses.replace(skin, melanin=melanin)
    size_px = int(moment.integers(44, 61)) * 8 if size_px is None else size_px
    if traits is None:
        traits = frozenset(trait for trait in TRAITS if moment.random() < 0.12)
    living = _living(anatomy, _changed(skin, traits, moment), traits, moment)
    if kind == LIVE:
        surface = living
    else:
        victim = photo_of(moment, anatomy, skin)
        other = skin_surface(anatomy_of(seed + _STRANGER), random_skin(np.random.default_rng([seed, 3])))
        surface = instrument(kind, victim, other, moment)
    frames, looks = _record(surface, traits, moment, pairs, size_px)
    return Presentation(frames, looks, kind, skin.melanin, traits)


def _changed(skin: Skin, traits: frozenset[str], rng: np.random.Generator) -> Skin:
    if "cold" in traits:
        skin = dataclasses.replace(skin, blood=rng.uniform(0.0, 0.2), vein_contrast=skin.vein_contrast * 0.5)
    if "oily" in traits:
        skin = dataclasses.replace(skin, oil=rng.uniform(0.7, 1.0))
    return skin


def _living(anatomy: Anatomy, skin: Skin, traits: frozenset[str], rng: np.random.Generator) -> Surface:
    cv2 = opencv()
    surface = skin_surface(anatomy, skin, fat_mm=rng.uniform(0.7, 1.6), cup_mm=rng.uniform(2.0, 7.0))
    if "ring" in traits:
        finger = int(rng.integers(4))
        root, joint = anatomy.joints_mm[finger, :2]
        middle = root + (joint - root) * 0.55
        across = np.array([-(joint - root)[1], (joint - root)[0]]) / np.linalg.norm(joint - root) * 11.0
        band = np.zeros(MAP_SIZE, dtype=np.float32)
        ends = np.round(map_of_mm(np.array([middle - across, middle + across]))).astype(int)
        cv2.line(band, tuple(ends[0].tolist()), tuple(ends[1].tolist()), 1.0, round(4 * MAP_PX_PER_MM), cv2.LINE_AA)
        metal = np.array([(0.9, 0.72, 0.35, 0.85), (0.85, 0.85, 0.86, 0.85)][int(rng.integers(2))], dtype=np.float32)
        surface = dataclasses.replace(surface, albedo=surface.albedo * (1 - band[..., None]) + metal * band[..., None])
    return surface


# ---- recording --------------------------------------------------------------------------------------------------


def _record(
    surface: Surface, traits: frozenset[str], rng: np.random.Generator, pairs: int, size_px: int
) -> tuple[tuple[HandImage, ...], tuple[SimulatedLook, ...]]:
    camera, infrared = _cameras(rng, traits, size_px)
    distance_mm = camera.focal_px / size_px * 210.0 * rng.uniform(0.95, 1.25)
    backdrop = _backdrop(rng, size_px)
    poses = _poses(rng, 2 * pairs, distance_mm, "still" in traits, "blurred" in traits, camera)
    gains: dict[Band, float] = {}
    gamma = float(rng.choice([1.0, 1 / 2.2]))
    frames, looks = [], []
    for moment, pose in enumerate(poses):
        band: Band = "nir" if moment % 2 else "visible"
        shot = shoot(surface, backdrop, pose, infrared if band == "nir" else camera, phase=moment * 0.37)
        pixels = _developed(shot, band, camera if band == "visible" else infrared, gains, gamma, rng)
        frames.append(HandImage(pixels, band))
        looks.append(_look(pixels, shot, band, rng))
    return tuple(frames), tuple(looks)


def _cameras(rng: np.random.Generator, traits: frozenset[str], size_px: int) -> tuple[Camera, Camera]:
    dim = "dim" in traits
    focal = size_px * rng.uniform(0.75, 1.7)
    near = rng.uniform(15, 60)
    angle = rng.uniform(0, 2 * np.pi)
    beside = (float(near * np.cos(angle)), float(near * np.sin(angle)), 0.0)
    room = (float(rng.uniform(-200, 200)), float(rng.uniform(-300, 50)), float(rng.uniform(-100, 0)))
    visible = Camera(size_px, focal, room if rng.random() < 0.5 else beside, rng.uniform(0.25, 0.75),
                     rng.uniform(0.16, 0.24) if dim else rng.uniform(0.35, 0.65),
                     rng.uniform(0.012, 0.03) if dim else rng.uniform(0.003, 0.012), rng.uniform(0.45, 0.9),
                     balance=tuple(np.exp(rng.normal(0.0, 0.06, 3)).tolist()),
                     jpeg=int(rng.integers(75, 96)) if rng.random() < 0.5 else 0,
                     flicker=rng.uniform(0.0, 0.03) if rng.random() < 0.4 else 0.0)  # fmt: skip
    infrared = Camera(size_px, focal, beside, rng.uniform(0.02, 0.2),
                      rng.uniform(0.12, 0.2) if dim else rng.uniform(0.3, 0.6),
                      rng.uniform(0.01, 0.02) if dim else rng.uniform(0.003, 0.01), rng.uniform(0.5, 1.0))  # fmt: skip
    return visible, infrared


def _backdrop(rng: np.random.Generator, size_px: int) -> Floats:
    """A plain or a cluttered room, which stands still; dark in the near infrared, where the lamp does not reach."""
    cv2 = opencv()
    behind = np.full((size_px, size_px, 4), rng.choice([0.03, 0.2, 0.6, 0.9]), dtype=np.float32)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(4, 20))):
            corners = rng.uniform(0, size_px, 2) + rng.normal(0.0, size_px / 6, (int(rng.integers(3, 6)), 2))
            shade = rng.uniform(0.02, 0.9, 4).tolist()
            cv2.fillConvexPoly(behind, cv2.convexHull(corners.astype(np.int32)), shade, cv2.LINE_AA)
        behind = cv2.GaussianBlur(behind, (0, 0), rng.uniform(0.5, 6.0))
    behind[..., 3] *= rng.uniform(0.02, 0.15)
    return behind


def _poses(rng: np.random.Generator, count: int, distance_mm: float, still: bool, blurred: bool,
           camera: Camera) -> list[Pose]:  # fmt: skip
    """A hand that comes, settles and trembles: smooth paths of place, turn and bend."""
    reach = 0.25 if still else 1.0
    time = np.linspace(-1.0, 1.0, count)
    first = np.array([*rng.normal(0.0, 4.0, 2), 0.0, *rng.normal(0.0, 0.10, 2), rng.normal(0.0, 0.3)])
    way = np.array([*rng.normal(0.0, 5.0, 2), rng.normal(0.0, 8.0), *rng.normal(0.0, 0.07, 2), rng.normal(0.0, 0.05)])
    curve = rng.normal(0.0, 0.4, 6) * np.abs(way)
    tremble = rng.normal(0.0, 1.0, (count, 6)) * np.array([0.25, 0.25, 0.4, 0.004, 0.004, 0.003])
    paths = first + reach * (time[:, None] * way + time[:, None] ** 2 * curve) + tremble * (0.5 + 0.5 * reach)
    bends = rng.uniform(-0.5, 1.0) + reach * (rng.normal(0.0, 0.35) * time + rng.normal(0.0, 0.15) * time**2)
    px_per_mm = camera.focal_px / distance_mm
    blur = rng.uniform(0.8, 2.2) if blurred else rng.uniform(0.0, 0.4)
    poses = []
    for path, bend in zip(paths, bends, strict=True):
        smear = way[:2] / max(float(np.hypot(*way[:2])), 1e-6) * blur * min(px_per_mm, 3.0)
        poses.append(Pose((path[0], path[1], distance_mm + path[2]), (path[3], path[4], path[5]), float(bend),
                          (float(smear[0]), float(smear[1]))))  # fmt: skip
    return poses


def _developed(shot: Shot, band: Band, camera: Camera, gains: dict[Band, float], gamma: float,
               rng: np.random.Generator) -> npt.NDArray[np.uint8]:  # fmt: skip
    """Bytes: exposure is set once at the first frame of a band (by what stands in the middle), then stays."""
    cv2 = opencv()
    light = shot.light[..., 3]
    if band == "visible":
        light = shot.light[..., :3] * np.array(camera.balance, dtype=np.float32)
    if band not in gains:
        third = camera.size_px // 3
        middle = float(np.median(light[third : 2 * third, third : 2 * third]))
        # The infrared lamp is the station's own: exposure follows the picture only in part.
        wanted = camera.level / max(middle, 1e-3)
        gains[band] = wanted if band == "visible" else min(wanted, camera.level / 0.35)
    exposed = light * np.float32(gains[band])
    deviation = np.float32(camera.noise) * np.sqrt(np.clip(exposed / max(camera.level, 1e-3), 0.0, None) * 0.8 + 0.2)
    exposed = exposed + deviation * rng.standard_normal(exposed.shape, dtype=np.float32)
    curve = 1 / 2.2 if band == "visible" else gamma
    pixels: npt.NDArray[np.uint8] = np.round(np.clip(exposed, 0.0, 1.0) ** np.float32(curve) * 255).astype(np.uint8)
    if band == "visible" and camera.jpeg:
        _, packed = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])
        pixels = np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])
    return pixels


def _look(pixels: npt.NDArray[np.uint8], shot: Shot, band: Band, rng: np.random.Generator) -> SimulatedLook:
    """Landmarks a hundredth of the palm's width off, and the square between finger roots and wrist."""
    cv2 = opencv()
    truth = shot.landmarks_px
    width = float(np.linalg.norm(truth[18] - truth[17])) / 0.85
    landmarks = truth + rng.normal(0.0, 0.01 * width, truth.shape)
    corners = landmarks[[17, 18, 20]].astype(np.float32)
    square = np.array([(0, 0), (REGION_PX, 0), (0, REGION_PX)], dtype=np.float32)
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    turn = cv2.getAffineTransform(corners, square)
    region = cv2.warpAffine(grey, turn, (REGION_PX, REGION_PX), flags=cv2.INTER_AREA).astype(np.float32) / 255.0
    mask = cv2.warpAffine(np.ones_like(grey), turn, (REGION_PX, REGION_PX)) > 0
    return SimulatedLook(landmarks, PalmRegion(region, mask, band, "right"), width)
