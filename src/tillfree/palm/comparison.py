"""Compares the features of two palm regions: each opinion alone, and all together as a log likelihood ratio."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.alignment import Aligner, Tiles
from tillfree.palm.codes.layout import GRIDS
from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features, Scores
from tillfree.palm.fusion import Fusion
from tillfree.palm.fusion_table import FUSIONS

__all__ = ["Probe", "Reference", "compare", "fusion_of", "scores_of"]

Floats = npt.NDArray[np.float64]
_OF = np.array([grid * grid for grid in GRIDS], dtype=np.float64)


class Reference:
    """Features with their blocks at hand; for comparing the same ones many times."""

    __slots__ = ("features", "tiles")

    def __init__(self, features: Features) -> None:
        """Raises PalmError for codes of another shape."""
        self.features = features
        self.tiles = Tiles(features.ordinal, features.competitive, features.valid)


class Probe:
    """Features that are compared with many references; for one thread at a time."""

    __slots__ = ("_aligner", "features")

    def __init__(self, features: Features) -> None:
        """Raises PalmError for codes of another shape."""
        self.features = features
        self._aligner = Aligner(features.ordinal, features.competitive, features.valid)

    def compare(self, reference: Reference) -> Scores:
        """How alike the two are.

        Raises:
            PalmError: features of two kinds of light, or of two models.
        """
        return scores_of(*self.opinions([reference]), fusion_of(self.features))[0]

    def compare_all(self, references: Sequence[Reference]) -> list[Scores]:
        """The same for several references, in their order.

        Raises:
            PalmError: features of two kinds of light, or of two models.
        """
        return scores_of(*self.opinions(references), fusion_of(self.features))

    def opinions(self, references: Sequence[Reference]) -> tuple[Floats, Floats]:
        """Opinions (n, 6), as `tillfree.palm.fusion.OPINIONS` says, and compared places (n, 2)."""
        cosines = np.array([_cosine(self.features, reference.features) for reference in references])
        found = self._aligner.align([reference.tiles for reference in references])
        columns = (cosines, *(-found.ordinal.T), *(-found.competitive.T), -found.unrest_places)
        return np.stack(columns, axis=1).astype(np.float64), found.places.astype(np.float64)


def compare(a: Features, b: Features) -> Scores:
    """How alike two samples are; `a` is the probe and `b` the reference.

    The blocks of the reference look for their places in the probe, so that exchanging the two changes scores a little.
    To compare one probe with many references, make a `Probe` and each `Reference` once: that is several times as fast.

    Raises:
        PalmError: features of two kinds of light, of two models, or codes of another shape.
    """
    return Probe(a).compare(Reference(b))


def fusion_of(features: Features) -> Fusion:
    """The table's row for such features."""
    return FUSIONS[(features.band, bool(features.embedding.size))]


def scores_of(opinions: Floats, places: Floats, fusion: Fusion) -> list[Scores]:
    """Scores of opinions (n, 6) and compared places (n, 2).

    The normalised distance of a code is the mean over its two levels of `c - (c - d) * sqrt(n / N)`: `d` of its bits
    differ, as `c` do between strangers, and `n` of `N` places were compared (Daugman 2006, equation 4).
    """
    strangers = np.array(fusion.mean)
    share = np.sqrt(np.minimum(places / _OF, 1.0))
    likeness = strangers[1:5] + (opinions[:, 1:5] - strangers[1:5]) * share[:, [0, 1, 0, 1]]
    ordinal, competitive = 1 + likeness[:, :2].mean(axis=1), 1 + likeness[:, 2:].mean(axis=1)
    fused = fusion.log_ratio(opinions, places)
    rows = zip(opinions[:, 0], ordinal, competitive, fused, strict=True)
    return [Scores(float(e), float(o), float(c), float(f)) for e, o, c, f in rows]


def _cosine(a: Features, b: Features) -> float:
    if a.band != b.band:
        raise PalmError(f"a palm in {a.band} light cannot be compared with one in {b.band} light; enrol in both")
    if a.embedding.shape != b.embedding.shape:
        raise PalmError(
            f"embeddings of {a.embedding.size} and {b.embedding.size} numbers come from two models; enrol anew"
        )
    return float(a.embedding @ b.embedding) if a.embedding.size else math.nan
