"""Where the cameras of a shop hang, which way they look, and which point of the shop falls on which of their pixels."""

import math
from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.core.geometry import Point

__all__ = ["Camera", "Pixel", "axes_of", "camera_problems", "focal_px", "pixel_of", "project"]

Floats = npt.NDArray[np.float64]

_FAR_M = 10_000.0
_FOV_MIN_DEG, _FOV_MAX_DEG = 1.0, 170.0
_SIZE_MIN_PX, _SIZE_MAX_PX = 16, 16_384
_K1_MAX = 0.5


class Camera(msgspec.Struct, frozen=True):
    """One camera: `position` and a point that it looks at, both in metres in the shop's frame; it is never tilted.

    `fov_deg` is the horizontal field of view of the lens without its distortion, `width_px` and `height_px` the size of
    the picture, `k1` the first radial coefficient of Brown (1966): below 0 for a barrel, 0 for no distortion.
    """

    id: str
    position: Point
    looks_at: Point
    fov_deg: float
    width_px: int
    height_px: int
    k1: float = 0.0


class Pixel(msgspec.Struct, frozen=True):
    """A place in a picture, from its upper left corner, and how far before the camera what is seen there is."""

    u_px: float
    v_px: float
    depth_m: float


def focal_px(camera: Camera) -> float:
    """Focal length in pixels."""
    return camera.width_px / 2 / math.tan(math.radians(camera.fov_deg) / 2)


def axes_of(camera: Camera) -> Floats:
    """Right, down and forward as rows of a rotation, shape (3, 3)."""
    eye, aim = camera.position, camera.looks_at
    forward = np.array((aim.x - eye.x, aim.y - eye.y, aim.z - eye.z))
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    # A camera that looks straight down has its picture's top towards +y.
    right = np.array((1.0, 0.0, 0.0)) if np.linalg.norm(right) < 1e-9 else right / np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def project(camera: Camera, points: Floats) -> tuple[Floats, Floats]:
    """Pixels (n, 2) and depths along the axis (n,), metres, of points (n, 3); NaN pixels for points behind it.

    A pinhole with radial distortion, r' = r (1 + k1 r^2) (Brown 1966, "Decentering distortion of lenses"), r being the
    distance from the middle of the picture in focal lengths.
    """
    eye = np.array((camera.position.x, camera.position.y, camera.position.z))
    local = (np.asarray(points, dtype=np.float64) - eye) @ axes_of(camera).T
    depth = local[:, 2]
    ahead = depth > 1e-6
    flat = local[:, :2] / np.where(ahead, depth, 1.0)[:, None]
    square = (flat**2).sum(axis=1)
    # Beyond the turning point of the polynomial a barrel would fold the outside back into the picture.
    ahead &= 1.0 + 3.0 * camera.k1 * square > 0.0
    pixels = flat * (1.0 + camera.k1 * square)[:, None] * focal_px(camera)
    return np.where(ahead[:, None], pixels + np.array((camera.width_px / 2, camera.height_px / 2)), np.nan), depth


def pixel_of(camera: Camera, point: Point) -> Pixel | None:
    """Where a sound camera shows a point, or None where it does not; what stands between is not asked."""
    ((u, v),), (depth,) = (part.tolist() for part in project(camera, np.array([[point.x, point.y, point.z]])))
    return Pixel(u, v, depth) if 0.0 <= u < camera.width_px and 0.0 <= v < camera.height_px else None


def camera_problems(camera: Camera) -> Iterator[str]:
    """What makes a camera unusable: a place that is none, or lens and picture out of bounds."""
    places = (camera.position, camera.looks_at)
    if not all(abs(value) <= _FAR_M for place in places for value in (place.x, place.y, place.z)):
        yield f"its place or the point it looks at is not within {_FAR_M:g} m"
    elif camera.position.distance_m(camera.looks_at) < 0.01:
        yield "it looks at the place where it hangs; name a point before it"
    if not _FOV_MIN_DEG <= camera.fov_deg <= _FOV_MAX_DEG:
        yield f"fov_deg {camera.fov_deg:g} is not within {_FOV_MIN_DEG:g} to {_FOV_MAX_DEG:g} degrees"
    for name, size in (("width_px", camera.width_px), ("height_px", camera.height_px)):
        if not _SIZE_MIN_PX <= size <= _SIZE_MAX_PX:
            yield f"{name} {size} is not within {_SIZE_MIN_PX} to {_SIZE_MAX_PX} pixels"
    if not abs(camera.k1) <= _K1_MAX:
        yield f"k1 {camera.k1:g} is not within -{_K1_MAX:g} to {_K1_MAX:g}"
