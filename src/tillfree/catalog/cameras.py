"""Where the cameras of a shop hang, which way they look, and which point of the shop falls on which of their pixels."""

import math
from collections.abc import Iterator

import msgspec

from tillfree.core.geometry import Point

__all__ = ["Camera", "Pixel", "camera_problems", "pixel_of"]

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


def pixel_of(camera: Camera, point: Point) -> Pixel | None:
    """Where the picture of a sound camera shows a point, or None where it does not; what stands between is not asked.

    A pinhole with radial distortion, r' = r (1 + k1 r^2) (Brown 1966, "Decentering distortion of lenses"), r being
    the distance from the middle of the picture in focal lengths.
    """
    eye, aim = camera.position, camera.looks_at
    dx, dy, dz = aim.x - eye.x, aim.y - eye.y, aim.z - eye.z
    length, level = math.hypot(dx, dy, dz), math.hypot(dx, dy)
    # A camera that looks straight down has its upper edge towards +y.
    side = (dy / level, -dx / level) if level > 1e-9 * length else (1.0, 0.0)
    ahead = (dx / length, dy / length, dz / length)
    down = (-ahead[2] * side[1], ahead[2] * side[0], ahead[1] * -side[0] + ahead[0] * side[1])
    x, y, z = point.x - eye.x, point.y - eye.y, point.z - eye.z
    depth = x * ahead[0] + y * ahead[1] + z * ahead[2]
    if depth <= 0.0:
        return None
    right = (x * side[0] + y * side[1]) / depth
    below = (x * down[0] + y * down[1] + z * down[2]) / depth
    square = right * right + below * below
    # Beyond the turning point of the polynomial a barrel would fold the outside back into the picture.
    if 1.0 + 3.0 * camera.k1 * square <= 0.0:
        return None
    focal_px = camera.width_px / 2 / math.tan(math.radians(camera.fov_deg) / 2)
    bend = focal_px * (1.0 + camera.k1 * square)
    u, v = camera.width_px / 2 + bend * right, camera.height_px / 2 + bend * below
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
