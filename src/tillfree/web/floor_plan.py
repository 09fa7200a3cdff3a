"""The floor of a shop as it is drawn: furniture, zones and cameras from above, in metres."""

import msgspec

from tillfree.catalog.model import Shop
from tillfree.commerce.display import display_text
from tillfree.core.geometry import Box, Point

__all__ = ["FloorFixture", "FloorPlan", "FloorZone", "floor_plan"]

_MARGIN_M = 0.4


class FloorFixture(msgspec.Struct, frozen=True):
    """A piece of furniture: its corners, first the two of its front from a shopper's left to right."""

    id: str
    corners: tuple[tuple[float, float], ...]

    @property
    def middle(self) -> tuple[float, float]:
        """Where its name is written."""
        count = len(self.corners)
        return sum(x for x, _ in self.corners) / count, sum(y for _, y in self.corners) / count


class FloorZone(msgspec.Struct, frozen=True):
    """A rectangle of the floor with a use (`catalog.model.Zone`)."""

    name: str
    use: str
    x_min: float
    y_min: float
    x_max: float
    y_max: float


class FloorPlan(msgspec.Struct, frozen=True):
    """Everything that stands still, within bounds (least x and y, greatest x and y, metres)."""

    bounds: tuple[float, float, float, float]
    fixtures: tuple[FloorFixture, ...]
    zones: tuple[FloorZone, ...]
    cameras: tuple[tuple[str, float, float], ...]


def floor_plan(shop: Shop) -> FloorPlan:
    """The floor plan of a shop; one without furniture and zones has a floor of 4 by 4 metres."""
    fixtures = tuple(FloorFixture(fixture.id, _corners(fixture.box)) for fixture in shop.fixtures)
    zones = tuple(
        FloorZone(display_text(z.name), z.use, z.x_min_m, z.y_min_m, z.x_max_m, z.y_max_m) for z in shop.zones
    )
    xs = [x for fixture in fixtures for x, _ in fixture.corners] + [x for z in zones for x in (z.x_min, z.x_max)]
    ys = [y for fixture in fixtures for _, y in fixture.corners] + [y for z in zones for y in (z.y_min, z.y_max)]
    if not any(zone.use == "aisle" for zone in zones):
        # Where a shop does not say where people walk, they walk before its furniture.
        xs += [x + side for x in (min(xs, default=0.0), max(xs, default=4.0)) for side in (-1.6, 1.6)]
        ys += [y + side for y in (min(ys, default=0.0), max(ys, default=4.0)) for side in (-1.6, 1.6)]
    return FloorPlan(
        (min(xs) - _MARGIN_M, min(ys) - _MARGIN_M, max(xs) + _MARGIN_M, max(ys) + _MARGIN_M),
        fixtures,
        zones,
        tuple((camera.id, camera.position.x, camera.position.y) for camera in shop.cameras),
    )


def _corners(box: Box) -> tuple[tuple[float, float], ...]:
    local = ((0.0, 0.0), (box.width_m, 0.0), (box.width_m, box.depth_m), (0.0, box.depth_m))
    corners = [box.pose.to_parent(Point(x, y, 0.0)) for x, y in local]
    return tuple((round(corner.x, 3), round(corner.y, 3)) for corner in corners)
