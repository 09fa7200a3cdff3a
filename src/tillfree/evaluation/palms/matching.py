"""Compares all pairs of samples, by every opinion at once."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from tillfree.palm.comparison import Probe, Reference, fusion_of, scores_of
from tillfree.palm.features import Features
from tillfree.palm.normalisation import COHORT_MIN, norm_of

__all__ = ["MATCHERS", "Matcher", "Scored", "compare_all_pairs", "normalised_field"]

Floats = npt.NDArray[np.float32]
Matcher = Literal["fused", "embedding", "ordinal", "competitive"]
MATCHERS: tuple[Matcher, ...] = ("fused", "embedding", "ordinal", "competitive")


@dataclasses.dataclass(frozen=True, slots=True)
class Scored:
    """Scores (n, n) of each pair by each matcher; the same both ways, NaN on the diagonal and where not compared."""

    scores: dict[Matcher, Floats]


def compare_all_pairs(
    samples: Sequence[Features], wanted: npt.NDArray[np.bool_], codes: bool
) -> Iterator[float | Scored]:
    """Compares each pair that is wanted (n, n) once; yields the share done, and at last the scores.

    Without `codes` only embeddings are compared, which takes no time. The earlier sample of a pair is the probe.

    Raises:
        PalmError: samples of two kinds of light.
    """
    count = len(samples)
    fields: dict[Matcher, Floats] = {m: np.full((count, count), np.nan, dtype=np.float32) for m in MATCHERS}
    if all(sample.embedding.size for sample in samples):
        vectors = np.array([sample.embedding for sample in samples])
        fields["embedding"][:] = np.where(wanted, vectors @ vectors.T, np.nan)
    upper = np.triu(wanted, 1)
    total, done = int(upper.sum()), 0
    references = [Reference(sample) for sample in samples] if codes else []
    for number, sample in enumerate(samples if codes else ()):
        others = np.flatnonzero(upper[number])
        if not len(others):
            continue
        opinions, places = Probe(sample).opinions([references[other] for other in others])
        rows = scores_of(opinions, places, fusion_of(sample))
        for matcher in ("ordinal", "competitive"):
            fields[matcher][number, others] = [getattr(row, matcher) for row in rows]
        fields["fused"][number, others] = [row.log_ratio for row in rows]
        done += len(others)
        yield done / total
    for matcher in MATCHERS:
        if matcher != "embedding":
            field = fields[matcher]
            fields[matcher] = np.where(np.isnan(field), field.T, field)
    yield Scored(fields)


def normalised_field(field: Floats, wanted: npt.NDArray[np.bool_]) -> Floats | None:
    """Scores (n, n) as seen from the folder: each sample's others are its cohort, as a gallery is at a station.

    Whose samples they are is not used. None where a sample has too few others.
    """
    if int(wanted.sum(axis=1).min(initial=COHORT_MIN)) < COHORT_MIN:
        return None
    norms = [norm_of(row[kept]) for row, kept in zip(field, wanted, strict=True)]
    centre = np.array([norm.centre for norm in norms], dtype=np.float32)
    spread = np.array([norm.spread for norm in norms], dtype=np.float32)
    seen = (field - centre[:, None]) / spread[:, None]
    mean: Floats = np.float32(0.5) * (seen + ((field - centre[None, :]) / spread[None, :]))
    return mean
