"""Where people stood, as cells on the floor plan, in few steps that everybody can tell apart."""

import math
from collections.abc import Mapping

import msgspec

from tillfree.store.running.floor import CELL_M

__all__ = ["HeatCell", "HeatMap", "HeatStep", "cell_place", "heat_map"]

_STEPS = 5
_NICE = tuple(step * 10.0**power for power in range(-1, 9) for step in (1, 2, 5))
_UNITS = (("h", 3600.0, 10.0), ("min", 60.0, 10.0), ("s", 1.0, 0.0))
"""A unit, its seconds, and how many of it the busiest cell must have for the scale to be in it."""
_ROWS = 10_000
_LEAST = -5_000


class HeatCell(msgspec.Struct, frozen=True):
    """A cell: its corner with the least x and y (metres), person-seconds, and its step from 1 on."""

    x: float
    y: float
    seconds: float
    step: int


class HeatStep(msgspec.Struct, frozen=True):
    """A step of the scale in units of the map: more than `low` and up to `high`, the last one without end."""

    step: int
    low: float
    high: float | None


class HeatMap(msgspec.Struct, frozen=True):
    """The cells, busiest first, and the scale in `unit` ("s", "min" or "h") of `unit_s` seconds."""

    cells: tuple[HeatCell, ...]
    steps: tuple[HeatStep, ...]
    unit: str
    unit_s: float
    size_m: float = CELL_M


def cell_place(cell: int) -> tuple[float, float]:
    """The corner of a cell of `Minute.cells` that has the least x and y, metres."""
    row = (cell - _LEAST) % _ROWS + _LEAST
    return (cell - row) // _ROWS * CELL_M, row * CELL_M


def heat_map(cells: Mapping[int, float]) -> HeatMap | None:
    """The heat map of person-seconds by cell; None where nobody stood anywhere.

    Steps grow like 1, 2, 5, 10: times before shelves differ by orders of magnitude, and on an even scale one favourite
    place would leave all others blank.
    """
    stood = {cell: seconds for cell, seconds in cells.items() if seconds > 0 and math.isfinite(seconds)}
    if not stood:
        return None
    unit, unit_s = next(unit for unit in _UNITS if max(stood.values()) >= unit[1] * unit[2])[:2]
    most = max(stood.values()) / unit_s
    top = next((k for k, value in enumerate(_NICE) if value >= most), len(_NICE) - 1)
    # The upper ends of all steps but the last, which has no end.
    ends = [_NICE[k] for k in range(max(top - _STEPS + 1, 0), max(top, 1))]
    placed = [
        HeatCell(*cell_place(cell), seconds, 1 + sum(seconds > end * unit_s for end in ends))
        for cell, seconds in stood.items()
    ]
    lows, highs = [0.0, *ends], [*ends, None]
    steps = tuple(HeatStep(k + 1, low, high) for k, (low, high) in enumerate(zip(lows, highs, strict=True)))
    return HeatMap(tuple(sorted(placed, key=lambda cell: (-cell.seconds, cell.x, cell.y))), steps, unit, unit_s)
