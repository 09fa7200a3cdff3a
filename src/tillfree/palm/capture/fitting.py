"""A hand's place from its landmarks: a map from palm coordinates to pixels that one bad landmark does not spoil.

Weighted least squares for a similarity (Umeyama, Least-squares estimation of transformation parameters between two
point patterns, IEEE TPAMI 13, 1991; in the plane it is linear in complex numbers), repeated with weights that fall for
points far from where they are expected (Geman and McClure, 1985).
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.landmarks import CORNERS, FRAME, LANDMARKS, square_points

__all__ = ["TEMPLATE", "Fit", "fit_hand"]

Floats = npt.NDArray[np.float64]
_MEANS = (
    (-0.387, 0.062), (-0.130, -0.026), (0.135, -0.040), (0.405, 0.065),
    (-0.261, 0.009), (0.001, -0.044), (0.270, 0.004),
    (-0.521, 0.093), (0.520, 0.077), (-0.339, 0.691),
    (-0.192, 1.380), (0.499, 1.283),
    (-0.904, 0.233), (-0.635, -0.741), (-0.274, -0.964), (0.118, -0.915), (0.525, -0.601),
    *((float(x), float(y)) for x, y in square_points(*FRAME)),
)  # fmt: skip
TEMPLATE: Floats = np.array(_MEANS)
"""Where landmarks lie on average, in palm coordinates: means over 1,500 simulated hands."""
_SCATTER = np.array([0.024, 0.020, 0.021, 0.024, 0.023, 0.022, 0.025, 0.022, 0.026, 0.065, 0.062, 0.062,
                     0.24, 0.11, 0.10, 0.10, 0.11, 0.012, 0.012, 0.016, 0.016, 0.010])  # fmt: skip
"""How far they lie from there, in palm widths: deviation between simulated hands, and of the network's own error."""
_ROUNDS = 4
_FAR = 3.0
"""Deviations at which a point counts a quarter."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fit:
    """Palm coordinates to pixels: `matrix` (2, 3), with its mirroring, turn and scale told apart.

    `mirrored` is true if the thumb is on the right when the fingers are up: a right hand. `misfit` is the weighted
    root mean square of what is left, in palm widths; `support` the sum of confidences of points that fit, of 1.
    """

    matrix: Floats
    mirrored: bool
    palm_px: float
    turn_deg: float
    misfit: float
    support: float

    def places(self, points: Floats) -> Floats:
        """Pixels of points (n, 2) in palm coordinates."""
        pixels: Floats = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return pixels


def fit_hand(points: Floats, confidences: Floats, mirrored: bool | None = None, noise: float = 0.01) -> Fit:
    """The similarity that takes the template to landmarks (22, 2); without `mirrored`, the better of both.

    `noise` is the deviation of the places themselves, in palm widths.
    """
    if mirrored is None:
        both = fit_hand(points, confidences, False, noise), fit_hand(points, confidences, True, noise)
        return min(both, key=lambda fit: fit.misfit / max(fit.support, 1e-3))
    model = TEMPLATE * (-1.0, 1.0) if mirrored else TEMPLATE
    z, w = model @ (1.0, 1.0j), points @ (1.0, 1.0j)
    scatter = np.hypot(_SCATTER, noise)
    trust = np.clip(confidences, 1e-4, 1.0) / scatter**2
    weights = trust.copy()
    turn, shift = complex(1.0), complex(0.0)
    away = np.zeros(len(LANDMARKS))
    for _ in range(_ROUNDS):
        share = weights / weights.sum()
        z0, w0 = share @ z, share @ w
        spread = share @ np.abs(z - z0) ** 2
        turn = complex(share @ ((w - w0) * np.conj(z - z0)) / spread)
        turn = turn if abs(turn) > 1e-6 else complex(1e-6)
        shift = complex(w0 - turn * z0)
        away = np.abs(w - turn * z - shift) / abs(turn)
        weights = trust / (1.0 + (away / (_FAR * scatter)) ** 2) ** 2
    fits = away < _FAR * scatter
    support = float((confidences * fits).sum() / len(LANDMARKS))
    misfit = math.sqrt(float((trust * np.minimum(away / scatter, 10.0) ** 2).sum() / trust.sum())) * 0.02
    flip = -1.0 if mirrored else 1.0
    matrix = np.array([(turn.real * flip, -turn.imag, shift.real), (turn.imag * flip, turn.real, shift.imag)])
    # With fingers up the palm's y axis points down the picture; a mirror turns the other way round.
    turn_deg = math.degrees(math.atan2(turn.imag, turn.real))
    return Fit(matrix, mirrored, abs(turn), turn_deg, misfit, support)


def corners_of(fit: Fit) -> Floats:
    """The square's corners and middle in pixels (5, 2)."""
    return fit.places(TEMPLATE[CORNERS])
