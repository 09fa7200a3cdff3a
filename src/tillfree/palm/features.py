"""What is compared: a learned embedding, and classical codes as a second opinion."""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.samples import Band, HandSide

__all__ = ["Features", "Scores"]


@dataclasses.dataclass(frozen=True, slots=True)
class Features:
    """All that is read from one palm region.

    `embedding` (d,) float32 of length 1. `ordinal` and `competitive` are codes as `tillfree.palm.codes` makes them:
    arrays of bytes of a fixed shape, each with its share of valid places in `valid` (same place, same shape).
    Features exist in memory only, during a comparison; what is stored is protected (`tillfree.palm.protection`).
    """

    embedding: npt.NDArray[np.float32]
    ordinal: npt.NDArray[np.uint8]
    competitive: npt.NDArray[np.uint8]
    valid: npt.NDArray[np.uint8]
    band: Band = "visible"
    side: HandSide = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class Scores:
    """How alike two samples are, by each opinion (larger is more alike), and all together.

    `embedding` is a cosine, `ordinal` and `competitive` are 1 minus a normalised distance after the best shift.
    `log_ratio` is the natural logarithm of the likelihood ratio of "the same palm" against "two palms".
    """

    embedding: float
    ordinal: float
    competitive: float
    log_ratio: float
