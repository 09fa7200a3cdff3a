"""The furniture out of a CSV or JSON file with one row per shelf."""

import math
from collections.abc import Sequence

from tillfree.catalog.model import SHELF_PLATES_MAX, Fixture, Shelf
from tillfree.catalog.report import CatalogIssue, CatalogReport, IssueKind
from tillfree.catalog.rows import Row, Table, integer, number, read_rows
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId

__all__ = ["enclosing_box", "read_layout"]

_FIXTURE = ("fixture", "fixture_id", "gondola")
_SHELF = ("shelf", "shelf_index")
_PLATES = ("plates", "plate_count")
_SIZES = ("width_m", "depth_m", "height_m")
_FAR_M = 10_000.0


def read_layout(data: bytes, source: str) -> tuple[tuple[Fixture, ...], CatalogReport]:
    """The fixtures of a table, in the order in which they first appear, and what was wrong with its rows.

    Columns: fixture, shelf (1 is the lowest), x_m, y_m, z_m (the front left corner of the shelf's surface as a shopper
    sees it, in the shop's frame), yaw_deg (0 where left out), width_m, depth_m, height_m (clear height), and plates:
    either how many equal ones, or the edges of each as `0-0.1|0.1-0.25`. A fixture's box encloses its shelves.

    Raises:
        CatalogFileError: the file cannot be used at all, or lacks one of the columns.
    """
    table = read_rows(data, source)
    reader = _LayoutReader(table)
    for row in table.rows:
        reader.read(row)
    fixtures = tuple(
        Fixture(fixture, enclosing_box(shelves), tuple(sorted(shelves, key=lambda shelf: shelf.index)))
        for fixture, shelves in reader.found.items()
    )
    issues = sorted([*table.issues, *reader.issues], key=lambda issue: issue.line)
    kept = sum(len(fixture.shelves) for fixture in fixtures)
    return fixtures, CatalogReport(table.rows_read, kept, tuple(issues))


def enclosing_box(shelves: Sequence[Shelf]) -> Box:
    """The smallest box around all shelves that is turned as the first of them is."""
    frame = Pose(Point(0.0, 0.0, 0.0), shelves[0].box.pose.yaw_rad)
    corners = [
        frame.to_local(shelf.box.pose.to_parent(Point(x, y, z)))
        for shelf in shelves
        for x in (0.0, shelf.box.width_m)
        for y in (0.0, shelf.box.depth_m)
        for z in (0.0, shelf.box.height_m)
    ]
    low = Point(min(c.x for c in corners), min(c.y for c in corners), min(c.z for c in corners))
    high = Point(max(c.x for c in corners), max(c.y for c in corners), max(c.z for c in corners))
    pose = Pose(frame.to_parent(low), frame.yaw_rad)
    return Box(pose, high.x - low.x, high.y - low.y, high.z - low.z)


class _LayoutReader:
    def __init__(self, table: Table) -> None:
        self._source = table.source
        self._fixture, self._shelf = table.require(_FIXTURE), table.require(_SHELF)
        self._plates = table.require(_PLATES)
        for name in ("x_m", "y_m", "z_m", *_SIZES):
            table.require((name,))
        self.found: dict[FixtureId, list[Shelf]] = {}
        self.issues: list[CatalogIssue] = []

    def _report(self, kind: IssueKind, line: int, subject: str, detail: str, outcome: str = "left out") -> None:
        self.issues.append(CatalogIssue(kind, self._source, line, subject, detail, outcome))

    def read(self, row: Row) -> None:
        """Turn a row into a shelf, or report why it is none."""
        fixture, index = row.text(self._fixture), integer(row.text(self._shelf))
        subject = f"{fixture}/{row.text(self._shelf)}"
        if not fixture or index is None or index < 1:
            self._report(IssueKind.BAD_VALUE, row.line, subject, "fixture and shelf (1 is the lowest) name no shelf")
            return
        box = self._read_box(row, subject)
        if box is None:
            return
        plates = _plate_edges(row.text(self._plates), box.width_m)
        if plates is None:
            detail = f"plates {row.text(self._plates)!r}: neither a count nor edges within 0 to {box.width_m:g} m"
            self._report(IssueKind.BAD_VALUE, row.line, subject, detail)
            return
        shelves = self.found.setdefault(FixtureId(fixture), [])
        if any(shelf.index == index for shelf in shelves):
            self._report(IssueKind.DUPLICATE, row.line, subject, "this shelf was described before", "first row kept")
            return
        shelves.append(Shelf(index, box, plates))

    def _read_box(self, row: Row, subject: str) -> Box | None:
        values: dict[str, float] = {}
        for name in ("x_m", "y_m", "z_m", "yaw_deg", *_SIZES):
            text = row.text(name)
            value = number(text or "0") if name == "yaw_deg" else number(text)
            if value is None or abs(value) > _FAR_M:
                self._report(IssueKind.BAD_VALUE, row.line, subject, f"{name} {text!r} is no number within {_FAR_M:g}")
                return None
            values[name] = float(value)
        if any(values[name] <= 0 for name in _SIZES):
            sizes = " x ".join(f"{values[name]:g}" for name in _SIZES)
            self._report(IssueKind.BAD_SIZE, row.line, subject, f"{sizes} m is no size")
            return None
        pose = Pose(Point(values["x_m"], values["y_m"], values["z_m"]), math.radians(values["yaw_deg"]))
        return Box(pose, values["width_m"], values["depth_m"], values["height_m"])


def _plate_edges(text: str, width_m: float) -> tuple[tuple[float, float], ...] | None:
    count = integer(text)
    if count is not None:
        if not 0 <= count <= SHELF_PLATES_MAX:
            return None
        return tuple((width_m * k / count, width_m * (k + 1) / count) for k in range(count))
    edges: list[tuple[float, float]] = []
    for part in text.split("|"):
        left, right = (number(side.strip()) for side in part.partition("-")[::2])
        if left is None or right is None or not 0 <= left < right or float(right) > width_m + 1e-6:
            return None
        if edges and float(left) < edges[-1][0]:
            return None
        edges.append((float(left), float(right)))
    return tuple(edges)
