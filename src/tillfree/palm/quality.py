"""How useful a sample is: one number from 0 to 100, and the reason why it is not higher.

The idea is that of ISO/IEC 29794-1: the number predicts what a sample costs in comparison. Seven measures, each 0 for
useless to 1 for harmless, are joined by their product with an exponent each; the exponents and ranges were fitted on
simulated hands (`python -m benchmarks.palm_capture`), to the loss of similarity between a faulty and a perfect picture.
"""

import cv2
import numpy as np
import numpy.typing as npt

from tillfree.palm.samples import PalmRegion, Quality

__all__ = ["NO_HAND", "REASONS", "Measures", "measures_of", "quality_of"]

Singles = npt.NDArray[np.float32]
REASONS = ("", "no hand", "blurred", "too dark", "too bright", "low contrast", "cut off", "too far", "bent", "glare")
NO_HAND = Quality(0.0, "no hand")
Measures = dict[str, float]
_SHARP = (0.008, 0.030)
_DARK, _BRIGHT = (0.04, 0.16), (0.97, 0.86)
_CONTRAST = (0.004, 0.020)
_AREA, _FAR_PX = (0.5, 0.95), (60.0, 180.0)
_BENT = (0.09, 0.03)
_GLARE = (0.12, 0.01)


def quality_of(region: PalmRegion, palm_px: float, confidence: float, misfit: float) -> Quality:
    """The quality of a region that was cut from a palm `palm_px` wide, with the finder's confidence and misfit."""
    measures = measures_of(region, palm_px, confidence, misfit)
    value = 100.0 * float(np.prod(list(measures.values())))
    worst = min(measures, key=lambda name: measures[name])
    return Quality(round(value, 1), worst if measures[worst] < 0.9 else "")


def measures_of(region: PalmRegion, palm_px: float, confidence: float, misfit: float) -> Measures:
    """Each measure by the reason that a low one gives."""
    inside = region.mask if region.mask.any() else np.ones_like(region.mask)
    pixels = region.pixels
    level = float(np.median(pixels[inside]))
    fine = pixels - cv2.GaussianBlur(pixels, (0, 0), 1.2)
    broad = cv2.GaussianBlur(pixels, (0, 0), 1.2) - cv2.GaussianBlur(pixels, (0, 0), 5.0)
    lit = max(level, 0.02)
    glare = float((pixels >= 0.985).mean())
    return {
        "blurred": _ramp(float(fine[inside].std()) / lit, _SHARP),
        "too dark": _ramp(level, _DARK),
        "too bright": _ramp(level, _BRIGHT),
        "low contrast": _ramp(float(broad[inside].std()) / lit, _CONTRAST),
        "cut off": _ramp(float(region.mask.mean()) + glare, _AREA),
        "too far": _ramp(palm_px, _FAR_PX),
        "bent": min(_ramp(misfit, _BENT), _ramp(confidence, (0.15, 0.5))),
        "glare": _ramp(glare, _GLARE),
    }


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """0 at the first end, 1 at the second, straight between; never quite 0."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.02, 1.0))
