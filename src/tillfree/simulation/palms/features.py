"""Features of palms without pictures: random vectors and fields, as alike as one says.

For tests, for attacks that need many thousands of palms, and for galleries larger than pictures can be made for. What
is measured with them holds for the arithmetic of protection and search; how well palms are told apart is measured on
pictures.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import GRIDS, PLANES, joined
from tillfree.palm.features import Features

__all__ = ["FeatureModel", "embeddings_of", "mated"]

Floats = npt.NDArray[np.float32]
_SMOOTH_PLACES = 3


@dataclasses.dataclass(frozen=True, slots=True)
class FeatureModel:
    """How alike samples of one palm are.

    `cosine` is the mean cosine of two embeddings of one palm, in `dimensions`; palms themselves are equally spread.
    `bits_unlike` is the share of bits of the codes that differ, `shift_places` how far a sample lies aside at most, in
    places of the coarse level.
    """

    dimensions: int = 256
    cosine: float = 0.75
    bits_unlike: float = 0.25
    shift_places: int = 3

    def palm(self, seed: int, number: int, sample: int = 0) -> Features:
        """A sample of a palm; the same numbers give the same sample."""
        person = np.random.default_rng([seed, number, 1])
        taken = np.random.default_rng([seed, number, 2, sample])
        centre = embeddings_of(person, 1, self.dimensions)
        vector = mated(taken, centre, self.cosine**0.5)[0]
        move = taken.integers(-self.shift_places, self.shift_places + 1, size=2)
        ordinal, competitive = (self._code(person, taken, move) for _ in range(2))
        valid = joined((_ones(0), _ones(1)))
        return Features(vector, ordinal, competitive, valid)

    def _code(
        self, person: np.random.Generator, taken: np.random.Generator, move: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.uint8]:
        """A code of bits that are alike nearby, moved, with the wanted share changed in each of two samples."""
        noise = np.sqrt(1.0 - np.cos(np.pi * self.bits_unlike)) / np.sqrt(np.cos(np.pi * self.bits_unlike))
        levels = []
        for level, grid in enumerate(GRIDS):
            field, other = (_smooth(generator, grid) for generator in (person, taken))
            step = move * (level + 1)
            moved = np.roll(field, (int(step[0]), int(step[1])), axis=(1, 2))
            levels.append(moved + noise * other > 0)
        return joined((levels[0], levels[1]))


def embeddings_of(generator: np.random.Generator, count: int, dimensions: int) -> Floats:
    """Directions (count, dimensions) of length 1, equally spread."""
    drawn = generator.standard_normal((count, dimensions), dtype=np.float32)
    directions: Floats = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return directions


def mated(generator: np.random.Generator, embeddings: Floats, cosine: float | Floats) -> Floats:
    """For each of embeddings (n, d) another, at a `cosine` that is the same for all or (n, 1)."""
    drawn = generator.standard_normal(embeddings.shape, dtype=np.float32)
    aside = drawn - (drawn * embeddings).sum(axis=1, keepdims=True) * embeddings
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    turned: Floats = np.asarray(cosine * embeddings + np.sqrt(1.0 - np.square(cosine)) * aside, dtype=np.float32)
    return turned


def _smooth(generator: np.random.Generator, grid: int) -> npt.NDArray[np.float64]:
    """Normal fields (PLANES, grid, grid) that are alike within a few places, of variance 1."""
    field = generator.standard_normal((PLANES, grid, grid))
    total = sum(np.roll(field, (y, x), axis=(1, 2)) for y in range(_SMOOTH_PLACES) for x in range(_SMOOTH_PLACES))
    scaled: npt.NDArray[np.float64] = np.asarray(total) / _SMOOTH_PLACES
    return scaled


def _ones(level: int) -> npt.NDArray[np.bool_]:
    return np.ones((PLANES, GRIDS[level], GRIDS[level]), np.bool_)
