"""The cameras out of a CSV or JSON file with one row per camera."""

from tillfree.catalog.cameras import Camera, camera_problems
from tillfree.catalog.report import CatalogIssue, CatalogReport, IssueKind
from tillfree.catalog.rows import Row, integer, number, read_rows
from tillfree.core.geometry import Point

__all__ = ["read_cameras"]

_ID = ("camera", "camera_id")
_PLACE = ("x_m", "y_m", "z_m")
_AIM = ("look_x_m", "look_y_m", "look_z_m")
_FOV, _WIDTH, _HEIGHT, _K1 = "fov_deg", "width_px", "height_px", "k1"


def read_cameras(data: bytes, source: str) -> tuple[tuple[Camera, ...], CatalogReport]:
    """The cameras of a table, in the order of its rows, and what was wrong with them.

    Columns: camera (its id), x_m, y_m, z_m (where it hangs), look_x_m, look_y_m, look_z_m (a point that it looks at),
    fov_deg (horizontal field of view, 1 to 170), width_px and height_px (16 to 16384), and k1 (radial distortion,
    -0.5 to 0.5; 0 where left out).

    Raises:
        CatalogFileError: the file cannot be used at all, or lacks one of the columns.
    """
    table = read_rows(data, source)
    column = table.require(_ID)
    for name in (*_PLACE, *_AIM, _FOV, _WIDTH, _HEIGHT):
        table.require((name,))
    found: dict[str, Camera] = {}
    issues = list(table.issues)
    for row in table.rows:
        subject = row.text(column)
        camera, problem = _camera(row, subject)
        kind = IssueKind.BAD_CAMERA if camera else IssueKind.BAD_VALUE
        if camera is not None and not problem:
            if subject not in found:
                found[subject] = camera
                continue
            kind, problem = IssueKind.DUPLICATE, "this camera was described before"
        issues.append(CatalogIssue(kind, source, row.line, subject, problem, "left out"))
    issues.sort(key=lambda issue: issue.line)
    return tuple(found.values()), CatalogReport(table.rows_read, len(found), tuple(issues))


def _camera(row: Row, subject: str) -> tuple[Camera | None, str]:
    """The camera of a row and what is wrong with it; None where its cells do not even make one."""
    if not subject:
        return None, "the camera has no id"
    values: dict[str, float] = {}
    for name in (*_PLACE, *_AIM, _FOV, _K1):
        text = row.text(name)
        value = number(text or "0") if name == _K1 else number(text)
        if value is None:
            return None, f"{name} {text!r} is no number"
        values[name] = float(value)
    sizes = [integer(row.text(name)) for name in (_WIDTH, _HEIGHT)]
    if sizes[0] is None or sizes[1] is None:
        return None, f"{row.text(_WIDTH)!r} x {row.text(_HEIGHT)!r} is no whole number of pixels"
    place, aim = (Point(*(values[name] for name in names)) for names in (_PLACE, _AIM))
    camera = Camera(subject, place, aim, values[_FOV], sizes[0], sizes[1], values[_K1])
    return camera, "; ".join(camera_problems(camera))
