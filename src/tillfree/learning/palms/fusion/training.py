"""Pairs of simulated palms, and the weights and tails that are learned from them."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.encoding import Encoder
from tillfree.palm.features import Features
from tillfree.palm.fusion import OPINIONS, Fusion, fit_fusion
from tillfree.palm.samples import BANDS, Band
from tillfree.palm.thresholds import ImpostorTail, fit_tail
from tillfree.simulation.palms.regions.world import identities, samples

__all__ = ["Learned", "Pairs", "draw_pairs", "learn"]

Floats = npt.NDArray[np.float64]
_IDENTITIES_MIN = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Pairs:
    """Opinions (n, 6) of pairs, compared places (n, 2), and whether both are of the same palm (n,)."""

    opinions: Floats
    places: Floats
    same: npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, slots=True)
class Learned:
    """One row of the table: a kind of light, with or without embeddings."""

    band: Band
    embedded: bool
    fusion: Fusion
    tail: ImpostorTail


def draw_pairs(encoder: Encoder, band: Band, *, palms: int, seed: int, strangers: int) -> Iterator[float | Pairs]:
    """Takes two samples of each of `palms` palms and compares them; yields the share done, and at last the pairs.

    Each palm meets itself once and `strangers` others, so that pairs of strangers share as few palms as can be.

    Raises:
        LearningError: too few palms.
    """
    if palms < _IDENTITIES_MIN or not 1 <= strangers < palms:
        raise LearningError(f"{palms} palms with {strangers} strangers each: give at least {_IDENTITIES_MIN}, and fewer")
    firsts: list[Features] = []
    seconds: list[Reference] = []
    for number, palm in enumerate(identities(seed, palms)):
        both = encoder.features_of(
            [*samples(palm, 1, band, seed=seed + 1), *samples(palm, 1, band, seed=seed + 2)]
        )
        firsts.append(both[0])
        seconds.append(Reference(both[1]))
        yield 0.5 * (number + 1) / palms
    generator = np.random.default_rng(seed)
    rows: list[tuple[Floats, Floats]] = []
    for number, first in enumerate(firsts):
        steps = 1 + generator.choice(palms - 1, size=strangers, replace=False)
        met = [number, *((number + steps) % palms).tolist()]
        rows.append(Probe(first).opinions([seconds[other] for other in met]))
        yield 0.5 + 0.5 * (number + 1) / palms
    same = np.tile(np.arange(strangers + 1) == 0, palms)
    yield Pairs(np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows]), same)


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
        strangers = fusion.log_ratio(opinions[~pairs.same], pairs.places[~pairs.same])
        rows.append(Learned(band, embedded, fusion, fit_tail(strangers)))
    return rows


assert set(BANDS) == {"visible", "nir"}, "another kind of light needs a row in the table"
