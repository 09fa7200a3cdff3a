"""Rays for the pixels of a camera, and pixels for points, for many at once.

A pinhole with radial distortion of one coefficient: x' = x (1 + k1 r^2) for the normalised image coordinates x and
r^2 = x^2 + y^2 (Brown, Decentering distortion of lenses, Photogrammetric Engineering 32, 1966).
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera, camera_problems
from tillfree.simulation.errors import SimulationError

__all__ = ["Floats", "axes_of", "check_camera", "project", "rays_of"]

Floats = npt.NDArray[np.float64]
_ROUNDS = 12


def check_camera(camera: Camera) -> None:
    """Nothing, for a camera that can be.

    Raises:
        SimulationError: it looks nowhere, or a number is out of bounds.
    """
    problem = next(iter(camera_problems(camera)), None)
    if problem is not None:
        raise SimulationError(f"camera {camera.id!r}: {problem}")


def axes_of(camera: Camera) -> Floats:
    """Right, down and forward as rows of a rotation, shape (3, 3)."""
    eye, aim = camera.position, camera.looks_at
    forward = np.array((aim.x - eye.x, aim.y - eye.y, aim.z - eye.z))
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    # A camera that looks straight down has its picture's top towards +y.
    right = np.array((1.0, 0.0, 0.0)) if np.linalg.norm(right) < 1e-9 else right / np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def rays_of(camera: Camera) -> Floats:
    """Unit vectors in the shop's frame for all pixels, row by row, shape (height * width, 3)."""
    u = (np.arange(camera.width_px) + 0.5 - camera.width_px / 2) / _focal_px(camera)
    v = (np.arange(camera.height_px) + 0.5 - camera.height_px / 2) / _focal_px(camera)
    bent = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
    local = np.concatenate([_straightened(bent, camera.k1), np.ones((len(bent), 1))], axis=1)
    local /= np.linalg.norm(local, axis=1, keepdims=True)
    rays: Floats = local @ axes_of(camera)
    return rays


def project(camera: Camera, points: Floats) -> tuple[Floats, Floats]:
    """Pixels (n, 2) and depths along the axis (n,), metres, of points (n, 3); NaN pixels for points behind it."""
    eye = np.array((camera.position.x, camera.position.y, camera.position.z))
    local = (np.asarray(points, dtype=np.float64) - eye) @ axes_of(camera).T
    depth = local[:, 2]
    ahead = depth > 1e-6
    flat = local[:, :2] / np.where(ahead, depth, 1.0)[:, None]
    square = (flat**2).sum(axis=1)
    # Beyond the turning point of the polynomial a barrel would fold the outside back into the picture.
    ahead &= 1.0 + 3.0 * camera.k1 * square > 0.0
    pixels = flat * (1.0 + camera.k1 * square)[:, None] * _focal_px(camera)
    return np.where(ahead[:, None], pixels + np.array((camera.width_px / 2, camera.height_px / 2)), np.nan), depth


def _focal_px(camera: Camera) -> float:
    return camera.width_px / 2 / math.tan(math.radians(camera.fov_deg) / 2)


def _straightened(bent: Floats, k1: float) -> Floats:
    """Image coordinates without distortion: the radius by Newton's method, which is exact in a few rounds."""
    radius = np.linalg.norm(bent, axis=1)
    straight = radius.copy()
    for _ in range(_ROUNDS):
        slope = np.maximum(1.0 + 3.0 * k1 * straight**2, 0.05)
        straight -= (straight * (1.0 + k1 * straight**2) - radius) / slope
    scale = np.where(radius > 0.0, straight / np.maximum(radius, 1e-12), 1.0)
    found: Floats = bent * scale[:, None]
    return found
