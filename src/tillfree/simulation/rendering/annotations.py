"""What a picture shows, for training and for tests: boxes and joints, from the labels and depths of its pixels."""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera, project
from tillfree.simulation.rendering.tracer import Picture
from tillfree.simulation.rendering.views import Floats

__all__ = ["Annotation", "annotate", "box_of"]

_HIDDEN_M = 0.25
"""A joint lies inside a limb; what is so much nearer to the camera hides it."""

Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Annotation:
    """One person or thing in a picture.

    `kind` is "person", "item" (in a hand) or "facing"; `name` the track or the product. `box` are the first and last
    column and row of its visible pixels (left, top, right, bottom; inclusive), `pixels` how many there are. `joints`
    (8, 3) are column, row and whether the joint is seen (1) or hidden or outside (0); empty for things.
    """

    label: int
    kind: str
    name: str
    box: Box
    pixels: int
    joints: Floats
    inside: npt.NDArray[np.bool_]
    """Which joints (8,) fall into the picture, seen or hidden."""


def annotate(
    picture: Picture,
    camera: Camera,
    names: dict[int, tuple[str, str]],
    joints: dict[int, Floats],
    least_pixels: int = 12,
) -> list[Annotation]:
    """All that is named and has `least_pixels` visible pixels, in order of labels.

    `names` gives kind and name by label, `joints` (8, 3) those of people by label.
    """
    found: list[Annotation] = []
    nothing = np.zeros((0, 3)), np.zeros(0, dtype=np.bool_)
    for label, box, count in _boxes(picture.label):
        if label not in names or count < least_pixels:
            continue
        kind, name = names[label]
        seen, inside = _joints(picture, camera, joints[label]) if label in joints else nothing
        found.append(Annotation(label, kind, name, box, count, seen, inside))
    return found


def _boxes(labels: npt.NDArray[np.int32]) -> list[tuple[int, Box, int]]:
    """Each label from 0 on that is somewhere in a picture (h, w), its box, and in how many pixels it is.

    One pass over the picture for all of them: a shop has hundreds of facings.
    """
    rows, columns = np.nonzero(labels >= 0)
    shown = labels[rows, columns]
    counts = np.bincount(shown)
    size = len(counts)
    left, top = np.full(size, labels.shape[1]), np.full(size, labels.shape[0])
    right, bottom = np.full(size, -1), np.full(size, -1)
    # Rows come in their order: of what is written several times, the last stays.
    bottom[shown], top[shown[::-1]] = rows, rows[::-1]
    order = np.argsort(columns, kind="stable")
    right[shown[order]], left[shown[order][::-1]] = columns[order], columns[order][::-1]
    there = np.flatnonzero(counts)
    table = np.stack([there, left[there], top[there], right[there], bottom[there], counts[there]], axis=1).tolist()
    return [(label, (a, b, c, d), count) for label, a, b, c, d, count in table]


def box_of(mask: npt.NDArray[np.bool_]) -> Box:
    """First and last column and row (left, top, right, bottom) in which a mask (h, w) is set.

    Raises:
        ValueError: it is set nowhere.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise ValueError("the mask is empty: nothing has a box there")
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def _joints(picture: Picture, camera: Camera, joints: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Column, row and visibility of joints (n, 3), and whether each falls into the picture."""
    pixels, depth = project(camera, joints)
    size = np.array((camera.width_px, camera.height_px))
    inside: npt.NDArray[np.bool_] = np.all(np.isfinite(pixels) & (pixels >= 0.0) & (pixels < size), axis=1)
    at = np.where(inside[:, None], pixels, 0.0).astype(np.int64)
    before = picture.depth_m[at[:, 1], at[:, 0]]
    visible = inside & (before > depth - _HIDDEN_M)
    return np.column_stack([np.nan_to_num(pixels, nan=-1.0), visible.astype(np.float64)]), inside
