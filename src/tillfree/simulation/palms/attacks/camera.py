"""A camera with its light: from a surface and its pose to bytes, with noise, blur and a curve of brightness.

A pixel looks along a ray; where it meets the relief is found by a few rounds of "meet the plane at the height that was
found last" (a fixed point; relief is small against the distance). Patterns finer than a pixel are weakened by the
lens and the pixel's area and then sampled, so that they alias into moiré as they do on a sensor.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.simulation.palms.attacks.anatomy import LEFT_MM, MAP_PX_PER_MM, TOP_MM
from tillfree.simulation.palms.attacks.surfaces import Grid, Surface

__all__ = ["Camera", "Pose", "Shot", "project", "shoot"]

Floats = npt.NDArray[np.float32]
_ROUNDS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Camera:
    """Size in pixels (square), focal length in pixels, and how it records.

    `light_mm` is the lamp's place from the lens; `ambient` the share of light that comes from everywhere. `level` is
    how bright a mid-grey is recorded (0 to 1) and `noise` the deviation at that level; `lens_px` the blur.
    """

    size_px: int
    focal_px: float
    light_mm: tuple[float, float, float]
    ambient: float
    level: float
    noise: float
    lens_px: float
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    jpeg: int = 0
    flicker: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Pose:
    """Where a surface is: its middle in mm from the lens (z is the distance), turned by (x, y, z) radians, bent by."""

    middle_mm: tuple[float, float, float]
    turn_rad: tuple[float, float, float]
    bend: float = 0.0
    blur_px: tuple[float, float] = (0.0, 0.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Shot:
    """Linear light (rows, columns, 4) of one moment, and the landmarks (22, 2) in pixels."""

    light: Floats
    landmarks_px: npt.NDArray[np.float64]


def _turn(pose: Pose) -> npt.NDArray[np.float64]:
    cv2 = opencv()
    about_x, about_y, about_z = (cv2.Rodrigues(np.eye(3)[i] * pose.turn_rad[i])[0] for i in range(3))
    turned: npt.NDArray[np.float64] = about_x @ about_y @ about_z
    return turned


def project(points_mm: npt.NDArray[np.float64], pose: Pose, camera: Camera) -> npt.NDArray[np.float64]:
    """Pixels (n, 2) of points (n, 3) of the surface; z of the surface points to the camera."""
    seen = (points_mm * np.array([1.0, 1.0, -1.0])) @ _turn(pose).T + np.array(pose.middle_mm)
    projected: npt.NDArray[np.float64] = seen[:, :2] / seen[:, 2:] * camera.focal_px + camera.size_px / 2
    return projected


def shoot(surface: Surface, backdrop: Floats, pose: Pose, camera: Camera, phase: float = 0.0) -> Shot:
    """One moment; `backdrop` (size, size, 4) is what is behind, `phase` where in its cycle a flicker stands."""
    relief = surface.height_mm + pose.bend * surface.bend_mm if pose.bend else surface.height_mm
    ray, origin, turn = _rays(pose, camera)
    # Relief and shade are smooth: half the resolution will do for them.
    rough = _meet(relief, [np.ascontiguousarray(part[::2, ::2]) for part in ray], origin)
    at = _through(ray, origin, _doubled(rough[2], camera.size_px))
    mapped = _mapped(at)
    albedo = _sampled(surface.albedo, mapped)
    inside = _sampled(surface.inside, mapped)[..., None]
    if surface.grid is not None:
        albedo = albedo * _pattern(surface.grid, at, pose, camera)
    shade, shine = (_doubled(each, camera.size_px) for each in _shine(surface, relief, rough, origin, camera, turn))
    if surface.glows:
        shade = np.ones_like(shade)
    light = albedo * shade[..., None] + shine[..., None]
    rows = np.arange(camera.size_px, dtype=np.float32)[:, None, None] / camera.size_px
    if surface.refresh:
        bands = 1.0 + surface.refresh * np.sin(2 * math.pi * (2.3 * rows + phase))
        light[..., :3] *= bands.astype(np.float32)
    light = light * inside + backdrop * (1.0 - inside)
    if camera.flicker:
        light = light * (1.0 + camera.flicker * np.sin(2 * math.pi * (1.4 * rows + 1.7 * phase))).astype(np.float32)
    landmarks = _landmarks(surface, relief)
    return Shot(_blurred(light.astype(np.float32), pose, camera), project(landmarks, pose, camera))


def _landmarks(surface: Surface, relief: Floats) -> npt.NDArray[np.float64]:
    places = np.round((surface.landmarks_mm - np.array([LEFT_MM, TOP_MM])) * MAP_PX_PER_MM).astype(int)
    columns, rows = (np.clip(places[:, i], 0, relief.shape[1 - i] - 1) for i in range(2))
    return np.concatenate([surface.landmarks_mm, relief[rows, columns][:, None]], axis=1)


def _rays(pose: Pose, camera: Camera) -> tuple[list[Floats], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Directions (three of (size, size)) and origin (3,) in the coordinates of the surface, and its rotation."""
    turn = _turn(pose)
    places_px = np.arange(camera.size_px) + 0.5 - camera.size_px / 2
    side = (places_px / camera.focal_px).astype(np.float32)
    back = np.diag([1.0, 1.0, -1.0]) @ turn.T
    across, down, ahead = back.T.astype(np.float32)
    ray = [side[None, :] * across[i] + (side[:, None] * down[i] + ahead[i]) for i in range(3)]
    return ray, -back @ np.array(pose.middle_mm), turn


def _meet(relief: Floats, ray: list[Floats], origin: npt.NDArray[np.float64]) -> list[Floats]:
    """Points (three of (rows, columns)) in mm where rays meet the relief."""
    cv2 = opencv()
    height = np.zeros_like(ray[0])
    for _ in range(_ROUNDS):
        columns, rows = _mapped(_through(ray, origin, height))
        height = cv2.remap(relief, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _through(ray, origin, height)


def _through(ray: list[Floats], origin: npt.NDArray[np.float64], height: Floats) -> list[Floats]:
    """Where rays pass heights, in mm (three of (rows, columns))."""
    start = origin.astype(np.float32)
    along = (height - start[2]) / ray[2]
    return [start[0] + along * ray[0], start[1] + along * ray[1], height]


def _doubled(rough: Floats, size_px: int) -> Floats:
    """Every second row and column, filled up: pixel 2 i of the result is pixel i."""
    cv2 = opencv()
    move = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    filled: Floats = cv2.warpAffine(rough, move, (size_px, size_px), flags=cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return filled


def _mapped(at: list[Floats]) -> list[Floats]:
    """Columns and rows of maps."""
    return [(at[i] - np.float32(first)) * np.float32(MAP_PX_PER_MM) - np.float32(0.5)
            for i, first in enumerate((LEFT_MM, TOP_MM))]  # fmt: skip


def _sampled(values: Floats, mapped: list[Floats]) -> Floats:
    cv2 = opencv()
    sampled: Floats = cv2.remap(values, mapped[0], mapped[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                                borderValue=0)  # fmt: skip
    return sampled


def _shine(
    surface: Surface, relief: Floats, at: list[Floats], origin: npt.NDArray[np.float64], camera: Camera,
    turn: npt.NDArray[np.float64],
) -> tuple[Floats, Floats]:  # fmt: skip
    """How much light falls on each place (1 at the middle distance, straight on), and how much is mirrored."""
    cv2 = opencv()
    mapped = _mapped(at)
    slopes = [cv2.Sobel(relief, cv2.CV_32F, *way, ksize=3, scale=MAP_PX_PER_MM / 8) for way in ((1, 0), (0, 1))]
    normal = [-_sampled(slopes[0], mapped), -_sampled(slopes[1], mapped), np.ones_like(mapped[0])]
    back = np.diag([1.0, 1.0, -1.0]) @ turn.T
    lamp = (origin + back @ np.array(camera.light_mm)).astype(np.float32)
    eye = origin.astype(np.float32)
    to_lamp: list[Floats] = [np.asarray(lamp[i] - at[i], dtype=np.float32) for i in range(3)]
    to_eye: list[Floats] = [np.asarray(eye[i] - at[i], dtype=np.float32) for i in range(3)]
    steep, reach, distance = (np.sqrt(_dot(way, way)) for way in (normal, to_lamp, to_eye))
    half: list[Floats] = [np.asarray(to_lamp[i] / reach + to_eye[i] / distance, dtype=np.float32) for i in range(3)]
    falling = np.maximum(_dot(normal, to_lamp) / (steep * reach), 0.0) * (float(np.linalg.norm(origin)) / reach) ** 2
    mirrored = np.maximum(_dot(normal, half) / (steep * np.sqrt(_dot(half, half))), 0.0)
    shine = surface.gloss * np.exp(surface.sharpness * np.log(np.maximum(mirrored, 1e-6)))
    shade = camera.ambient + (1.0 - camera.ambient) * falling
    return shade.astype(np.float32), shine.astype(np.float32)


def _dot(one: list[Floats], other: list[Floats]) -> Floats:
    product: Floats = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product


def _pattern(grid: Grid, at: list[Floats], pose: Pose, camera: Camera) -> Floats:
    """Factors (size, size, 4) of a regular pattern, weakened by pixel and lens, sampled at the pixels."""
    px_per_mm = camera.focal_px / pose.middle_mm[2]
    factors = np.ones((*at[0].shape, 4), dtype=np.float32)
    for cycles_per_mm, angle, amplitude in grid.waves:
        cycles_per_px = cycles_per_mm / px_per_mm
        # Far beyond its resolution a lens passes more than a Gaussian blur would: moiré is seen on real screens.
        lens = math.exp(-1.5 * camera.lens_px * cycles_per_px)
        passed = amplitude * abs(float(np.sinc(cycles_per_px * 0.8))) * lens
        if passed < 1e-4:
            continue
        turns = np.float32(cycles_per_mm) * (at[0] * np.float32(math.cos(angle)) + at[1] * np.float32(math.sin(angle)))
        for band in range(4):
            shift = grid.colour_phases[band] if band < 3 else 0.0
            factors[..., band] += passed * np.cos(2 * math.pi * (turns + shift))
    return factors


def _blurred(light: Floats, pose: Pose, camera: Camera) -> Floats:
    cv2 = opencv()
    blurred: Floats = cv2.GaussianBlur(light, (0, 0), camera.lens_px)
    length = math.hypot(*pose.blur_px)
    if length < 0.7:
        return blurred
    taps = math.ceil(length) + 1
    kernel = np.zeros((2 * taps + 1, 2 * taps + 1), dtype=np.float32)
    ends = [tuple(round((taps + sign * part / 2) * 16) for part in pose.blur_px) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, shift=4)
    smeared: Floats = cv2.filter2D(blurred, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return smeared
