"""Pairs of simulated palms, and the weights and tails that are learned from them."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.encoding import Encoder
from tillfree.palm.features import Features
from tillfree.palm.fusion import OPINIONS, Fusion, fit_fusion, fit_scale
from tillfree.palm.normalisation import COHORT_MIN, norm_of, normalised
from tillfree.palm.samples import BANDS, Band
from tillfree.palm.thresholds import ImpostorTail, fit_tail
from tillfree.simulation.palms.regions.world import identities, samples

__all__ = ["Learned", "Pairs", "check_palms", "draw_pairs", "learn"]

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, slots=True)
class Pairs:
    """Opinions (n, 6) of pairs, compared places (n, 2), and the numbers of the palms of probe and reference (n,)."""

    opinions: Floats
    places: Floats
    probe: npt.NDArray[np.intp]
    reference: npt.NDArray[np.intp]

    @property
    def same(self) -> npt.NDArray[np.bool_]:
        """Whether both samples are of one palm (n,)."""
        same: npt.NDArray[np.bool_] = self.probe == self.reference
        return same


@dataclasses.dataclass(frozen=True, slots=True)
class Learned:
    """One row of the table: a kind of light, with or without embeddings.

    `scale` (offset, slope) makes log ratios of normalised scores; `tail` is that of strangers, `normalised_tail` that
    of strangers whose scores were normalised.
    """

    band: Band
    embedded: bool
    fusion: Fusion
    tail: ImpostorTail
    scale: tuple[float, float]
    normalised_tail: ImpostorTail


def draw_pairs(encoder: Encoder, band: Band, *, palms: int, seed: int, strangers: int) -> Iterator[float | Pairs]:
    """Takes two samples of each of `palms` palms and compares them; yields the share done, and at last the pairs.

    Each palm meets itself once and `strangers` others, so that pairs of strangers share as few palms as can be.

    Raises:
        LearningError: too few palms.
    """
    check_palms(palms, strangers)
    firsts: list[Features] = []
    seconds: list[Reference] = []
    for number, palm in enumerate(identities(seed, palms)):
        both = encoder.features_of([*samples(palm, 1, band, seed=seed + 1), *samples(palm, 1, band, seed=seed + 2)])
        firsts.append(both[0])
        seconds.append(Reference(both[1]))
        yield 0.5 * (number + 1) / palms
    generator = np.random.default_rng(seed)
    rows: list[tuple[Floats, Floats]] = []
    # The same steps for all: each first sample and each second one meets as many strangers.
    met = np.concatenate([[0], 1 + generator.choice(palms - 1, size=strangers, replace=False)])
    for number, first in enumerate(firsts):
        rows.append(Probe(first).opinions([seconds[(number + step) % palms] for step in met.tolist()]))
        yield 0.5 + 0.5 * (number + 1) / palms
    probe = np.repeat(np.arange(palms), strangers + 1)
    yield Pairs(
        np.concatenate([row[0] for row in rows]),
        np.concatenate([row[1] for row in rows]),
        probe,
        (probe + np.tile(met, palms)) % palms,
    )


def check_palms(palms: int, strangers: int) -> None:
    """Refuses what nothing can be learned from.

    Raises:
        LearningError: too few palms or strangers.
    """
    if not COHORT_MIN <= strangers < palms:
        raise LearningError(
            f"{palms} palms with {strangers} strangers each: give at least {COHORT_MIN} strangers and more palms"
        )


def learn(band: Band, pairs: Pairs) -> Sequence[Learned]:
    """Weights and tails of a kind of light: by the codes alone and, where pairs have embeddings, by all opinions."""
    has_embeddings = not np.isnan(pairs.opinions[:, 0]).any()
    rows = []
    for embedded in (False, True) if has_embeddings else (False,):
        opinions = pairs.opinions.copy()
        if not embedded:
            opinions[:, 0] = np.nan
        use = [embedded, *[True] * (len(OPINIONS) - 1)]
        fusion = fit_fusion(opinions, pairs.places, pairs.same, use)
        ratios = fusion.log_ratio(opinions, pairs.places)
        normal = _normalised(ratios, pairs)
        offset, slope = fit_scale(normal, pairs.same)
        rows.append(
            Learned(
                band=band,
                embedded=embedded,
                fusion=fusion,
                tail=fit_tail(ratios[~pairs.same]),
                scale=(offset, slope),
                normalised_tail=fit_tail(offset + slope * normal[~pairs.same]),
            )
        )
    return rows


def _normalised(ratios: Floats, pairs: Pairs) -> Floats:
    """Normalised scores (n,); the cohort of a sample are all that it met."""
    norms = [
        {number: norm_of(ratios[side == number]) for number in np.unique(side).tolist()}
        for side in (pairs.probe, pairs.reference)
    ]
    both = zip(ratios.tolist(), pairs.probe.tolist(), pairs.reference.tolist(), strict=True)
    return np.array([normalised(score, norms[0][a], norms[1][b]) for score, a, b in both])


assert set(BANDS) == {"visible", "nir"}, "another kind of light needs a row in the table"
