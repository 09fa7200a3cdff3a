"""From several opinions to one number: the logarithm of a likelihood ratio, whose odds are known.

Each opinion is first measured against palms that are strangers to each other: how many standard deviations is it
better than those? Weights of a logistic regression, none of them negative, then add them up (Brümmer and du Preez,
Application-independent evaluation of speaker detection, Computer Speech and Language 20, 2006, section 4: fusion by
logistic regression gives log likelihood ratios). Numbers come from simulated palms alone: `fusion_table` says how.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import GRIDS

__all__ = ["OPINIONS", "Fusion", "fit_fusion", "fit_scale"]

Floats = npt.NDArray[np.float64]

OPINIONS = ("embedding", "ordinal_coarse", "ordinal_fine", "competitive_coarse", "competitive_fine", "calm")
"""Cosine of the embeddings; minus the shares of bits that differ; minus how unevenly blocks had to be moved."""
_CODES = slice(1, 5)
_ALIKE = np.zeros((len(OPINIONS), len(OPINIONS)))
_ALIKE[_CODES, _CODES] = 0.1 * (np.eye(4) - 0.25)
"""Holds the weights of codes near their mean."""
_PLACES_OF = np.array([0, *(GRIDS[level] ** 2 for level in (0, 1, 0, 1)), 0], dtype=np.float64)
"""How many places a code has in full; 0 for opinions that do not count places."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fusion:
    """Of one kind of light: what strangers score (mean and spread, each (6,) as OPINIONS), weights and offset."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    offset: float

    def log_ratio(self, opinions: Floats, places: Floats) -> Floats:
        """The log likelihood ratios (n,) of opinions (n, 6) of which codes compared `places` (n, 2)."""
        fused: Floats = self.normalised(opinions, places) @ np.array(self.weights) + self.offset
        return fused

    def normalised(self, opinions: Floats, places: Floats) -> Floats:
        """Opinions (n, 6) in standard deviations of strangers; the fewer places were compared, the less they say.

        Shares of few bits scatter more, by the root of their number (Daugman, Probing the uniqueness and randomness of
        iris codes, Proc. IEEE 94, 2006, equation 4). An opinion that is missing (NaN) says nothing: 0.
        """
        scores = (opinions - np.array(self.mean)) / np.array(self.spread)
        of = np.tile(_PLACES_OF, (len(scores), 1))
        seen = np.stack([of[:, 0], places[:, 0], places[:, 1], places[:, 0], places[:, 1], of[:, 5]], axis=1)
        scale = np.sqrt(np.where(of > 0, np.minimum(seen / np.maximum(of, 1.0), 1.0), 1.0))
        result: Floats = np.nan_to_num(scores * scale, nan=0.0)
        return result


def fit_fusion(
    opinions: Floats, places: Floats, same: npt.NDArray[np.bool_], use: Sequence[bool], stiffness: float = 1e-3
) -> Fusion:
    """Learns from pairs: opinions (n, 6), places (n, 2), and which are of the same palm (n,).

    Both kinds weigh the same, whatever their numbers; so the result is a likelihood ratio and knows nothing of how
    often people come. `use` (6,) says which opinions may count. `stiffness` holds weights back, so that kinds which
    are separated entirely do not drive them to infinity. The weights of the four codes are held near each other: they
    hear of the same lines, and which hears best depends on cameras more than simulated ones can tell; a plain sum is
    the sturdiest rule (Kittler, Hatef, Duin and Matas, On combining classifiers, PAMI 20, 1998, section 4).
    """
    strangers = opinions[~same]
    mean = np.nan_to_num(strangers.mean(axis=0))
    spread = np.maximum(np.nan_to_num(strangers.std(axis=0), nan=1.0), 1e-6)
    plain = Fusion(tuple(mean.tolist()), tuple(spread.tolist()), (0.0,) * len(OPINIONS), 0.0)
    scores = plain.normalised(opinions, places)
    weights, offset = _logistic(scores, same, np.array(use), stiffness * np.eye(len(OPINIONS)) + _ALIKE)
    return dataclasses.replace(plain, weights=tuple(weights.tolist()), offset=offset)


def fit_scale(scores: Floats, same: npt.NDArray[np.bool_], stiffness: float = 1e-3) -> tuple[float, float]:
    """Offset and slope that make log likelihood ratios of scores (n,), learned from pairs as `fit_fusion` does."""
    weights, offset = _logistic(scores[:, None], same, np.array([True]), np.array([[stiffness]]))
    return offset, float(weights[0])


def _logistic(
    scores: Floats, same: npt.NDArray[np.bool_], use: npt.NDArray[np.bool_], stiffness: Floats
) -> tuple[Floats, float]:
    """Weights, none negative, and offset, by Newton's method; an opinion whose weight would be negative is left out."""
    use = use.copy()
    balance = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    while True:
        design = np.concatenate([scores[:, use], np.ones((len(scores), 1))], axis=1)
        brake = np.zeros((design.shape[1], design.shape[1]))
        brake[:-1, :-1] = stiffness[np.ix_(use, use)]
        solution = np.zeros(design.shape[1])
        for _ in range(50):
            chance = 1 / (1 + np.exp(-np.clip(design @ solution, -60, 60)))
            slope = design.T @ (balance * (chance - same)) + brake @ solution
            curve = (design * (balance * chance * (1 - chance))[:, None]).T @ design + brake
            step = np.linalg.solve(curve + 1e-9 * np.eye(len(curve)), slope)
            solution -= step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
            if float(np.abs(step).max()) < 1e-9:
                break
        worst = int(np.argmin(solution[:-1])) if use.any() else 0
        if not use.any() or solution[worst] >= 0:
            weights = np.zeros(len(use))
            weights[use] = solution[:-1]
            return weights, float(solution[-1])
        use[np.flatnonzero(use)[worst]] = False


assert _PLACES_OF[1] * 4 == _PLACES_OF[2], "the fine level has four places for one of the coarse level"
