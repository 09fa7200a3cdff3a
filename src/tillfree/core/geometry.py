"""Geometry of a shop: metres, right-handed, z up; rotations are about z (yaw) in radians, counter-clockwise."""

import math

import msgspec

__all__ = ["Box", "Point", "Pose"]


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A place in the shop, in metres."""

    x: float
    y: float
    z: float

    def distance_m(self, other: "Point") -> float:
        """Euclidean distance in metres."""
        return math.sqrt((self.x - other.x) ** 2 + (self.y - other.y) ** 2 + (self.z - other.z) ** 2)


class Pose(msgspec.Struct, frozen=True):
    """A rigid transform of furniture: first turn by `yaw_rad` about z, then move to `origin`."""

    origin: Point
    yaw_rad: float = 0.0

    def to_parent(self, local: Point) -> Point:
        """A point given in this frame, in the parent's frame."""
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return Point(
            self.origin.x + cos * local.x - sin * local.y,
            self.origin.y + sin * local.x + cos * local.y,
            self.origin.z + local.z,
        )

    def to_local(self, point: Point) -> Point:
        """A point of the parent's frame, in this frame; the inverse of `to_parent`."""
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        dx, dy = point.x - self.origin.x, point.y - self.origin.y
        return Point(cos * dx + sin * dy, -sin * dx + cos * dy, point.z - self.origin.z)

    def then(self, inner: "Pose") -> "Pose":
        """The pose of a frame that is placed by `inner` inside this one."""
        return Pose(self.to_parent(inner.origin), self.yaw_rad + inner.yaw_rad)


class Box(msgspec.Struct, frozen=True):
    """A box in the frame of its pose, reaching from the origin to (`width_m`, `depth_m`, `height_m`).

    For a shelf: x runs along its front from the shopper's left, y into the shelf, z up.
    """

    pose: Pose
    width_m: float
    depth_m: float
    height_m: float

    def floor_bounds(self, margin_m: float = 0.0) -> tuple[float, float, float, float]:
        """Least x, greatest x, least y, greatest y (metres, parent's frame) of all that `contains` may say yes to."""
        # A micrometre more, so that rounding never leaves out what lies just on a face.
        margin_m += 1e-6
        near, far_x, far_y = -margin_m, self.width_m + margin_m, self.depth_m + margin_m
        corners = [self.pose.to_parent(Point(x, y, 0.0)) for x in (near, far_x) for y in (near, far_y)]
        xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
        return min(xs), max(xs), min(ys), max(ys)

    def contains(self, point: Point, margin_m: float = 0.0) -> bool:
        """Whether the point lies inside, or within `margin_m` of the box's faces."""
        local = self.pose.to_local(point)
        return (
            -margin_m <= local.x <= self.width_m + margin_m
            and -margin_m <= local.y <= self.depth_m + margin_m
            and -margin_m <= local.z <= self.height_m + margin_m
        )
