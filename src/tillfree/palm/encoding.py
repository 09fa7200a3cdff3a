"""Reads everything from a palm region that comparisons use."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.filters import encode
from tillfree.palm.features import Features
from tillfree.palm.samples import PalmRegion

__all__ = ["Embeds", "Encoder"]

Floats = npt.NDArray[np.float32]


class Embeds(Protocol):
    """What turns regions into vectors: `tillfree.palm.embedding.Embedder` is one."""

    def embed(self, regions: Sequence[PalmRegion]) -> Floats:
        """Vectors (n, d) of length 1."""
        ...


class Encoder:
    """Makes features; the same region gives the same ones. One thread is used."""

    def __init__(self, embedder: Embeds | None) -> None:
        """Without an embedder, features have an embedding of no numbers, and are compared by their codes alone."""
        self._embedder = embedder

    def features(self, region: PalmRegion) -> Features:
        """The features of one region.

        Raises:
            PalmError: a package is missing.
        """
        return self.features_of([region])[0]

    def features_of(self, regions: Sequence[PalmRegion]) -> list[Features]:
        """The features of several regions at once, in their order.

        Raises:
            PalmError: a package is missing.
        """
        if not regions:
            return []
        vectors = np.zeros((len(regions), 0), np.float32) if self._embedder is None else self._embedder.embed(regions)
        return [
            Features(vector, *encode(region), band=region.band, side=region.side)
            for vector, region in zip(vectors, regions, strict=True)
        ]
