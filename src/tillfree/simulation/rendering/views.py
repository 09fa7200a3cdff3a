"""Where a camera looks, and how: rays for its pixels, and pixels for points.

A pinhole with radial distortion of one coefficient: x' = x (1 + k1 r^2) for the normalised image coordinates x and
r^2 = x^2 + y^2 (Brown, Decentering distortion of lenses, Photogrammetric Engineering 32, 1966).
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.simulation.errors import SimulationError

__all__ = ["Floats", "View"]

Floats = npt.NDArray[np.float64]
_ROUNDS = 12


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A camera at a place (metres, z up) that looks at another place.

    `field_deg` is the horizontal field of view of the pinhole without distortion, `k1` the radial distortion (negative:
    barrel).

    Raises:
        SimulationError: it looks nowhere, or a number is out of bounds.
    """

    name: str
    position: tuple[float, float, float]
    target: tuple[float, float, float]
    field_deg: float = 90.0
    width: int = 640
    height: int = 360
    k1: float = 0.0

    def __post_init__(self) -> None:
        across = math.hypot(self.target[0] - self.position[0], self.target[1] - self.position[1])
        if not math.dist(self.position, self.target) > 1e-6:
            raise SimulationError(f"camera {self.name!r} looks at the place where it is; give another target")
        if not (10.0 <= self.field_deg <= 150.0 and 8 <= self.width <= 8192 and 8 <= self.height <= 8192):
            raise SimulationError(f"camera {self.name!r}: field of view 10 to 150 degrees, 8 to 8192 pixels a side")
        if not abs(self.k1) <= 0.5 or not math.isfinite(across):
            raise SimulationError(f"camera {self.name!r}: k1 lies between -0.5 and 0.5, places are finite")

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / math.tan(math.radians(self.field_deg) / 2)

    def axes(self) -> Floats:
        """Right, down and forward as rows of a rotation, shape (3, 3)."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 0.0, 1.0))
        # A camera that looks straight down has its picture's top towards +y.
        right = np.array((1.0, 0.0, 0.0)) if np.linalg.norm(right) < 1e-6 else right / np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    def rays(self) -> Floats:
        """Unit vectors in the shop's frame for all pixels, row by row, shape (height * width, 3)."""
        u = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal_px
        v = (np.arange(self.height) + 0.5 - self.height / 2) / self.focal_px
        bent = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
        straight = self._straightened(bent)
        local = np.concatenate([straight, np.ones((len(straight), 1))], axis=1)
        local /= np.linalg.norm(local, axis=1, keepdims=True)
        rays: Floats = local @ self.axes()
        return rays

    def _straightened(self, bent: Floats) -> Floats:
        """Image coordinates without distortion: the radius by Newton's method, which is exact in a few rounds."""
        radius = np.linalg.norm(bent, axis=1)
        straight = radius.copy()
        for _ in range(_ROUNDS):
            slope = np.maximum(1.0 + 3.0 * self.k1 * straight**2, 0.05)
            straight -= (straight * (1.0 + self.k1 * straight**2) - radius) / slope
        scale = np.where(radius > 0.0, straight / np.maximum(radius, 1e-12), 1.0)
        found: Floats = bent * scale[:, None]
        return found

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels (n, 2) and depths along the axis (n,), metres, of points (n, 3); NaN pixels for points behind it."""
        local = (np.asarray(points, dtype=np.float64) - np.array(self.position)) @ self.axes().T
        depth = local[:, 2]
        ahead = depth > 1e-6
        flat = local[:, :2] / np.where(ahead, depth, 1.0)[:, None]
        flat = flat * (1.0 + self.k1 * (flat**2).sum(axis=1))[:, None]
        pixels = flat * self.focal_px + np.array((self.width / 2, self.height / 2))
        return np.where(ahead[:, None], pixels, np.nan), depth
