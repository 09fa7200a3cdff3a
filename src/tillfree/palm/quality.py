"""How useful a sample is: one number from 0 to 100, and the reason why it is not higher.

The idea is that of ISO/IEC 29794-1: the number predicts what a sample costs in comparison, here the share in percent
of the agreement of the classical codes with a good sample of the same palm that is left (`benchmarks.palm_quality`
says how well). Each measure is 0 for useless to 1 for harmless; their product, each to a power of its own, is the
number. Least squares of the logarithms on simulated palms give noise the power 1.1 and all others nearly none: these
codes hardly feel blur, size or darkness before noise does. The other powers are set by hand, small, because fewer
places and finer lines count for an embedding and for how sure a score is; they make the number cautious.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import PalmRegion, Quality

__all__ = ["NO_HAND", "REASONS", "Measures", "measures_of", "quality_of"]

Singles = npt.NDArray[np.float32]
Measures = dict[str, float]
REASONS = (
    "", "no hand", "noisy", "blurred", "too dark", "too bright", "low contrast", "cut off", "too far", "bent", "glare",
)  # fmt: skip
NO_HAND = Quality(0.0, "no hand")
_POWERS = {"noisy": 1.1, "blurred": 0.25, "too dark": 0.2, "glare": 0.1, "low contrast": 0.1, "cut off": 0.2,
           "too far": 0.25, "bent": 0.25}  # fmt: skip
_NOISY = (math.log(0.08), math.log(0.45))
_GRAINY = (1.7, 1.0)
"""Noise that was enlarged with the picture is no longer white, but still finer than skin."""
_BLURRED, _DARK, _GLARE = (0.05, 0.22), (0.01, 0.08), (0.7, 0.03)
_FLAT, _AREA, _FAR_PX = (0.001, 0.006), (0.2, 0.7), (30.0, 120.0)
_BENT, _UNSURE = (0.11, 0.05), (0.5, 0.8)
_WHITE = 0.985
_LEVELS = 0.3 / 255.0
"""The noise that comes from having 256 levels (their distance over the root of twelve)."""
_LAPLACIANS = np.array([(1, -2, 1), (-2, 4, -2), (1, -2, 1)], np.float32)
_ENOUGH = 0.9


def quality_of(region: PalmRegion, palm_px: float, confidence: float, misfit: float) -> Quality:
    """The quality of a region that was cut from a palm `palm_px` wide, with the finder's confidence and misfit."""
    measures = measures_of(region, palm_px, confidence, misfit)
    shares = {name: measures[name] ** power for name, power in _POWERS.items()}
    worst = min(shares, key=lambda name: shares[name])
    reason = worst if shares[worst] < _ENOUGH else ""
    if reason == "glare" and float(np.median(region.pixels)) > 0.85:
        reason = "too bright"
    return Quality(round(100.0 * math.prod(shares.values()), 1), reason)


def measures_of(region: PalmRegion, palm_px: float, confidence: float, misfit: float) -> Measures:
    """Each measure, 0.02 to 1, by the reason that a low one gives.

    Noise is estimated by the difference of two Laplacians (Immerkær, Fast noise variance estimation, Computer Vision
    and Image Understanding 64, 1996), lines by the deviation in bands of size.
    """
    mask = region.mask if region.mask.any() else np.ones_like(region.mask)
    pixels = region.pixels
    level = max(float(np.median(pixels[mask])), 1.0 / 255.0)
    rough = np.abs(cv2.filter2D(pixels, -1, _LAPLACIANS))[mask]
    noise = float(rough.mean()) * math.sqrt(math.pi / 2.0) / 6.0 + _LEVELS
    soft, softer, softest = (cv2.GaussianBlur(pixels, (0, 0), sigma) for sigma in (1.2, 2.4, 6.0))
    fine, broad = float((soft - softer)[mask].std()), max(float((softer - softest)[mask].std()), 1e-5)
    return {
        "noisy": min(_ramp(math.log(broad / noise), _NOISY), _ramp(fine / broad, _GRAINY)),
        "blurred": _ramp(fine / broad, _BLURRED),
        "too dark": _ramp(level, _DARK),
        "glare": _ramp(float((pixels >= _WHITE).mean()), _GLARE),
        "low contrast": _ramp(broad / level, _FLAT),
        "cut off": _ramp(float(region.mask.mean()), _AREA),
        "too far": _ramp(palm_px, _FAR_PX),
        "bent": min(_ramp(misfit, _BENT), _ramp(confidence, _UNSURE)),
    }


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """0 at the first end, 1 at the second, straight between; never quite 0."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.02, 1.0))
