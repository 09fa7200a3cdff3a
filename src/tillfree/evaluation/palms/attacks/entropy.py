"""How many bits are in a template that tell palms apart?

Degrees of freedom: as many independent coins would give distances that scatter as those of strangers do (Daugman, The
importance of being random: statistical principles of iris recognition, Pattern Recognition 36, 2003, equation 10).
Information gained: the mean log likelihood ratio of mated pairs, in bits, is the relative entropy of their scores to
those of strangers (Takahashi and Murakami, A measure of information gained through biometric systems, Image and Vision
Computing 32, 2014); it holds as far as the ratio is calibrated.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.intervals import Interval, bootstrap

__all__ = ["TemplateEntropy", "entropy_of"]

Floats = npt.NDArray[np.float64]


class TemplateEntropy(msgspec.Struct, frozen=True):
    """Of `bits` stored bits: mean share that differs between strangers, degrees of freedom, and entropy in bits.

    Entropy is the degrees of freedom times that of one coin with this mean.
    """

    bits: int
    unlike: float
    freedom: Interval
    entropy_bits: float


def entropy_of(shares: Floats, bits: int, *, seed: int = 0) -> TemplateEntropy:
    """Of shares (n,) of bits that differ between templates of different palms, made with one key.

    The pairs have to share no palms for the bounds to hold.
    """
    groups = np.arange(len(shares), dtype=np.intp)
    mean = float(shares.mean())
    freedom = bootstrap(lambda rows: _freedom(shares[rows]), groups, seed=seed)
    coin = -mean * math.log2(mean) - (1 - mean) * math.log2(1 - mean) if 0 < mean < 1 else 0.0
    return TemplateEntropy(bits, mean, freedom, coin * min(freedom.value, float(bits)))


def _freedom(shares: Floats) -> float:
    mean, variance = float(shares.mean()), float(shares.var())
    return mean * (1 - mean) / variance if variance > 0 else math.inf
