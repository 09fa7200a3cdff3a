"""Scores as seen from a gallery: how much better than the others of this sample is this one?

A palm with few lines, or a sample that is blurred, agrees more or less with everybody. So each sample is first compared
with a cohort of others, most of them strangers, and its scores are measured in spreads from the middle of these; a pair
takes the mean of what both samples say (symmetric normalisation: Kenny, Bayesian speaker verification with heavy-tailed
priors, Odyssey 2010, section 5; here with a median and the scores below it, so that a few samples of the same palm in
the cohort change little and nobody has to know which those are). What a camera does to all scores alike falls out too:
strangers lie around 0 with a spread of 1 whatever the light, so that thresholds learned from simulated palms hold
better.

The cohort may be the gallery that is searched anyway, or any samples in the same light. What is kept of it for a sample
are two numbers.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.fusion_table import SCALES

__all__ = ["COHORT_MIN", "Cohort", "Norm", "norm_of", "normalised", "normalised_log_ratio", "scale_of"]

Floats = npt.NDArray[np.floating]
COHORT_MIN = 20
"""Fewer others than these say too little about where the middle of their scores is."""
_SPREAD_MIN = 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class Norm:
    """The middle of a sample's scores with a cohort, and how far those below it lie from it, root mean square."""

    centre: float
    spread: float


class Cohort:
    """Samples with which others are compared to see how they score with strangers."""

    def __init__(self, samples: Sequence[Features]) -> None:
        """Raises PalmError for fewer than COHORT_MIN samples."""
        if len(samples) < COHORT_MIN:
            raise PalmError(f"a cohort of {len(samples)} samples is too small; at least {COHORT_MIN} are needed")
        self._references = [Reference(sample) for sample in samples]

    def norm(self, features: Features) -> Norm:
        """How a sample scores with the cohort; about 0.3 ms for each of its samples.

        Raises:
            PalmError: the cohort is of another kind of light or another model.
        """
        scores = Probe(features).compare_all(self._references)
        return norm_of(np.array([score.log_ratio for score in scores]))


def norm_of(scores: Floats) -> Norm:
    """From a sample's scores (n,) with a cohort.

    Raises:
        PalmError: fewer than COHORT_MIN.
    """
    if len(scores) < COHORT_MIN:
        raise PalmError(f"{len(scores)} scores are too few for a norm; at least {COHORT_MIN} are needed")
    centre = float(np.median(scores))
    # Half of the scores lie above and count as nothing here, hence twice the mean.
    spread = float(np.sqrt(2.0 * np.mean(np.minimum(scores - centre, 0.0) ** 2)))
    return Norm(centre, max(spread, _SPREAD_MIN))


def normalised(score: float, probe: Norm, reference: Norm) -> float:
    """A score in spreads from the middle of strangers, the mean of what both samples say."""
    return 0.5 * ((score - probe.centre) / probe.spread + (score - reference.centre) / reference.spread)


def normalised_log_ratio(log_ratio: float, probe: Norm, reference: Norm, features: Features) -> float:
    """The log likelihood ratio of a pair once its cohorts are known; `features` are those of one of the two."""
    offset, slope = scale_of(features)
    return offset + slope * normalised(log_ratio, probe, reference)


def scale_of(features: Features) -> tuple[float, float]:
    """Offset and slope that make log likelihood ratios of normalised scores, for such features."""
    return SCALES[(features.band, bool(features.embedding.size))]
