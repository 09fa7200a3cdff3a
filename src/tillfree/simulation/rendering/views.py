"""Rays for the pixels of a camera: the inverse of `tillfree.catalog.cameras.project`."""

import math

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera, axes_of, camera_problems, focal_px
from tillfree.simulation.errors import SimulationError

__all__ = ["Floats", "check_camera", "rays_of"]

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


def rays_of(camera: Camera) -> Floats:
    """Unit vectors in the shop's frame for all pixels, row by row, shape (height * width, 3).

    Zero for pixels that no point falls on: a barrel bends its whole field into a circle, and the corners of the picture
    may lie outside.
    """
    u = (np.arange(camera.width_px) + 0.5 - camera.width_px / 2) / focal_px(camera)
    v = (np.arange(camera.height_px) + 0.5 - camera.height_px / 2) / focal_px(camera)
    bent = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
    shown = np.linalg.norm(bent, axis=1) < _field(camera.k1)
    local = np.concatenate([_straightened(bent * shown[:, None], camera.k1), np.ones((len(bent), 1))], axis=1)
    local *= shown[:, None] / np.linalg.norm(local, axis=1, keepdims=True)
    rays: Floats = local @ axes_of(camera)
    return rays


def _field(k1: float) -> float:
    """The radius in focal lengths, with distortion, beyond which a lens shows nothing: where r' = r + k1 r^3 turns."""
    return 2.0 / 3.0 / math.sqrt(-3.0 * k1) if k1 < 0.0 else math.inf


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
