"""Which points of a hand the network looks for, and where they lie on an average hand.

Hand coordinates are used throughout: the unit is the palm's width (between the outer edges at the roots of index and
little finger), x runs from the thumb's side to the little finger, y from the fingers to the wrist, z to the viewer;
the origin is the middle of the four finger roots. Seen upright this is a left hand, or a right one in a mirror.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["CORNERS", "EDGES", "FRAME", "LANDMARKS", "ROOTS", "TIPS", "VALLEYS", "WRIST", "square_points"]

Floats = npt.NDArray[np.float64]
LANDMARKS = (
    "index root", "middle root", "ring root", "little root",
    "index-middle valley", "middle-ring valley", "ring-little valley",
    "index edge", "little edge", "thumb valley",
    "thumb-side wrist", "little-side wrist",
    "thumb tip", "index tip", "middle tip", "ring tip", "little tip",
    "square top left", "square top right", "square bottom right", "square bottom left", "square middle",
)  # fmt: skip
"""In the order of the network's outputs. Roots are the middles of the creases between finger and palm."""
ROOTS = slice(0, 4)
VALLEYS = slice(4, 7)
EDGES = slice(7, 9)
WRIST = slice(10, 12)
TIPS = slice(12, 17)
CORNERS = slice(17, 22)
FRAME = (0.0, 0.55, 0.85)
"""The square that landmarks 17 to 21 mark on the palm: its middle (x, y) and its side, in palm widths."""


def square_points(middle_x: float, middle_y: float, side: float) -> Floats:
    """Top left, top right, bottom right and bottom left corner, and the middle, of an upright square: (5, 2)."""
    half = side / 2.0
    away = np.array([(-half, -half), (half, -half), (half, half), (-half, half), (0.0, 0.0)])
    points: Floats = away + np.array([middle_x, middle_y])
    return points
