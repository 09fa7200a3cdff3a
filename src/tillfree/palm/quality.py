"""How useful a sample is: one number from 0 to 100, and the reason why it is not higher.

The number is a chance in percent, after the idea of ISO/IEC 29794-1: that the sample is recognised, at the threshold
where strangers match once in 10,000 comparisons, if a picture of the same hand that nothing spoils would be. So it can
be checked: of samples with 70, seven in ten are recognised. `benchmarks.palm_quality` does that on simulated captures.

Each measure is compared with what it is where nothing is wrong; what it falls short costs so much of the log odds
(logistic regression, no weight negative). `quality_table` holds the numbers and the command that made them.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.quality_model import Measures
from tillfree.palm.quality_table import FAULTS, SURE, USUAL
from tillfree.palm.samples import PalmRegion, Quality

__all__ = ["NO_HAND", "REASONS", "chance_of", "measures_of", "quality_of", "reason_of"]

Singles = npt.NDArray[np.float32]
REASONS = (
    "", "no hand", "noisy", "blurred", "too dark", "too bright", "low contrast", "cut off", "too far", "bent", "glare",
)  # fmt: skip
NO_HAND = Quality(0.0, "no hand")
_SIGNALS = {"level": "too dark", "contrast": "low contrast", "calm": "noisy"}
"""Lines over noise are light times contrast over noise: the one that is furthest from usual is why there is little."""
_TOLD = 0.05
"""A reason is told if it alone would cost so much of the chance."""
_CAUSE = 0.25
"""What falls short by so many steps is why the finder is unsure."""
_BRIGHT, _WHITE = 0.85, 0.985
_GLARE = 0.3
"""White pixels have a rim: this many of what is missing are enough to say that it is lost in a glint."""
_FAR_PX = 90.0
"""Of a palm that is less wide, it is the distance that blurs."""
_LEVELS = 0.3 / 255.0
"""The noise that comes from having 256 levels (their distance over the root of twelve)."""
_LAPLACIANS = np.array([(1, -2, 1), (-2, 4, -2), (1, -2, 1)], np.float32)
_NOISE_IN_FINE = 0.158
"""How much of white noise is left between the two narrower Gaussians."""
_TILES, _POORER = 8, 0.3
_LEAST = 1e-5


def quality_of(region: PalmRegion, palm_px: float, confidence: float) -> Quality:
    """The quality of a region that was cut from a palm `palm_px` wide, with the finder's confidence in it."""
    measures = measures_of(region, palm_px, confidence)
    return Quality(round(100.0 * chance_of(measures), 1), reason_of(measures))


def chance_of(measures: Measures) -> float:
    """The chance of being recognised, 0 to 1."""
    return _chance(sum(fault.cost(measures[name]) for name, fault in FAULTS.items()))


def reason_of(measures: Measures) -> str:
    """What costs most: one of REASONS, empty if nothing costs much."""
    costs = {name: fault.cost(measures[name]) for name, fault in FAULTS.items()}
    worst = max(costs, key=lambda name: costs[name])
    if _chance(0.0) - _chance(costs[worst]) < _TOLD:
        return ""
    if worst == "sure":
        # To be unsure is a consequence: what else falls short is the cause, if anything does.
        others = {name: fault.short(measures[name]) for name, fault in FAULTS.items() if name != "sure"}
        cause = max(others, key=lambda name: others[name])
        if others[cause] < _CAUSE:
            return "bent"
        worst = cause
    if worst == "sharp":
        return "too far" if measures["width"] < math.log(_FAR_PX) else "blurred"
    if measures["level"] > math.log(_BRIGHT):
        return "too bright"
    if worst == "area":
        return "glare" if measures["white"] > _GLARE * (1.0 - measures["area"]) else "cut off"
    return _SIGNALS[min(_SIGNALS, key=lambda name: measures[name] - USUAL[name])]


def measures_of(region: PalmRegion, palm_px: float, confidence: float) -> Measures:
    """What is measured; sizes, levels and their ratios as natural logarithms.

    Those with a price are larger for a better sample: `signal` is lines over noise in the poorer tiles, `sharp` how
    much of lines is fine, `area` the share that is palm and no glint, `sure` the finder's confidence. `level`,
    `contrast`, `calm` (minus noise), `white` and `width` (of the palm, in pixels) say why. Noise is estimated by the
    difference of two Laplacians (Immerkær, Fast noise variance estimation, Computer Vision and Image Understanding 64,
    1996), lines by the deviation in bands of size.
    """
    mask = region.mask if region.mask.any() else np.ones_like(region.mask)
    pixels = region.pixels
    level = max(float(np.median(pixels[mask])), 1.0 / 255.0)
    rough = np.abs(cv2.filter2D(pixels, -1, _LAPLACIANS)) * np.float32(math.sqrt(math.pi / 2.0) / 6.0)
    noise = float(rough[mask].mean()) + _LEVELS
    soft, softer, softest = (cv2.GaussianBlur(pixels, (0, 0), sigma) for sigma in (1.2, 2.4, 6.0))
    wide = softer - softest
    fine, broad = float((soft - softer)[mask].std()), max(float(wide[mask].std()), _LEAST)
    # What noise hides is not known to be blurred: three quarters of the energy are taken off at most.
    lines = math.sqrt(max(fine**2 - (_NOISE_IN_FINE * noise) ** 2, 0.25 * fine**2))
    return {
        "signal": _poorer(wide * wide, rough, region.mask),
        "sharp": math.log(max(lines, _LEAST) / broad),
        "area": float(region.mask.mean()),
        "sure": confidence,
        "level": math.log(level),
        "contrast": math.log(broad / level),
        "calm": -math.log(noise),
        "white": float((pixels >= _WHITE).mean()),
        "width": math.log(max(palm_px, 1.0)),
    }


def _poorer(energy: Singles, rough: Singles, mask: npt.NDArray[np.bool_]) -> float:
    """The logarithm of lines over noise that three in ten tiles stay below; light that falls from aside shows here."""
    size = (_TILES, _TILES)
    lines, noise, palm = (
        cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (energy, rough, mask.astype(np.float32))
    )
    kept = palm > 0.5 if (palm > 0.5).any() else np.ones_like(palm, np.bool_)
    signal = 0.5 * np.log(lines[kept] + np.float32(_LEAST**2)) - np.log(noise[kept] + np.float32(_LEVELS))
    return float(np.quantile(signal, _POORER))


def _chance(cost: float) -> float:
    return 1.0 / (1.0 + math.exp(cost - SURE))
