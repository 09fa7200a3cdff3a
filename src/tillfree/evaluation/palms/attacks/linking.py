"""Can two templates be told to be of one palm? Unlinkability after Gomez-Barrero et al.

A linking score is high where an attacker thinks that two templates belong together. D(s) says for a score s how much
more than a coin it helps, D_sys how much that is on average for templates that do belong together: 0 where nothing can
be linked, 1 where everything can (Gomez-Barrero, Galbally, Rathgeb and Busch, General framework to evaluate
unlinkability in biometric template protection systems, IEEE TIFS 13, 2018, equations 9 and 10).
"""

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.intervals import Interval, bootstrap

__all__ = ["Unlinkability", "unlinkability"]

Floats = npt.NDArray[np.float64]
_BINS_MAX = 40
_SCORES_PER_BIN = 25


class Unlinkability(msgspec.Struct, frozen=True):
    """D_sys with the bounds of a bootstrap; `mated` and `other` pairs of templates were compared.

    An estimate from few pairs is never 0: `by_chance` is the 95 % quantile of what it would be if the same scores were
    dealt out at random. Only what exceeds that is linkage.
    """

    d_sys: Interval
    by_chance: float
    mated: int
    other: int

    @property
    def linked(self) -> bool:
        """Whether more can be linked than by chance."""
        return self.d_sys.value > self.by_chance


def unlinkability(mated: Floats, other: Floats, *, seed: int = 0, rounds: int = 200) -> Unlinkability:
    """D_sys of linking scores of mated pairs (m,) and of others (n,), prior odds 1 (omega = 1).

    Densities are histograms over bins that hold equal shares of all scores.
    """
    scores = np.concatenate([mated, other])
    is_mated = np.arange(len(scores)) < len(mated)
    edges = _edges(scores, min(len(mated), len(other)))
    places = np.searchsorted(edges, scores, side="right")

    def of(rows: npt.NDArray[np.intp]) -> float:
        return _d_sys(places[rows], is_mated[rows], len(edges) + 1)

    generator = np.random.default_rng(seed)
    dealt = [_d_sys(places, generator.permutation(is_mated), len(edges) + 1) for _ in range(rounds)]
    groups = np.arange(len(scores), dtype=np.intp)
    return Unlinkability(
        bootstrap(of, groups, seed=seed, rounds=rounds), float(np.quantile(dealt, 0.95)), len(mated), len(other)
    )


def _d_sys(places: npt.NDArray[np.intp], is_mated: npt.NDArray[np.bool_], bins: int) -> float:
    mated = np.bincount(places[is_mated], minlength=bins) / max(int(is_mated.sum()), 1)
    other = np.bincount(places[~is_mated], minlength=bins) / max(int((~is_mated).sum()), 1)
    total = np.maximum(mated + other, 1e-300)
    return float((mated * np.maximum(0.0, (mated - other) / total)).sum())


def _edges(scores: Floats, fewer: int) -> Floats:
    # An even number: else one bin would lie across the middle, and what is apart would look mixed.
    bins = 2 * int(np.clip(fewer // (2 * _SCORES_PER_BIN), 2, _BINS_MAX // 2))
    edges: Floats = np.unique(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1]))
    return edges
