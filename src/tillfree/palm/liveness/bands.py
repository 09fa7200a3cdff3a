"""Cues of two lights: what a palm shows in near infrared, and whether that belongs to what it shows in visible light.

Haemoglobin in vessels under the skin absorbs near infrared (760 to 940 nm passes deep enough to reach them: Anderson
and Parrish, The optics of human skin, 1981), folds do so less than in visible light. So lines agree in part. Carbon
shows the same picture in both lights, dyes and screens show nothing in near infrared: agreement has a lower and an
upper bound, and near-infrared contrast a floor.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.liveness.detail import Detail
from tillfree.palm.opencv import opencv

__all__ = ["agreement"]

Floats = npt.NDArray[np.float32]
_SHIFT_MAX_PX = 7
_EDGE = 8


def agreement(visible: Detail, nir: Detail) -> float:
    """The highest correlation of both lights' line patterns over shifts of up to 7 pixels of a patch, -1 to 1."""
    green = visible.lines[..., min(1, visible.lines.shape[-1] - 1)]
    other = nir.lines[..., 0]
    inside = slice(_EDGE + _SHIFT_MAX_PX, -_EDGE - _SHIFT_MAX_PX)
    template = np.ascontiguousarray(green[inside, inside])
    field = np.ascontiguousarray(other[_EDGE:-_EDGE, _EDGE:-_EDGE])
    if float(template.std()) < 1e-6 or float(field.std()) < 1e-6:
        return math.nan
    return float(opencv().matchTemplate(field, template, opencv().TM_CCOEFF_NORMED).max())
