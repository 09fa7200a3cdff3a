"""A direction of many dimensions becomes bits: on which side of keyed hyperplanes it lies.

BioHash (Teoh, Goh and Ngo, IEEE PAMI 28, 2006) with the random matrix replaced by blocks of signed Hadamard transforms
H D3 H D2 H D1 (Yu et al., Orthogonal random features, NIPS 2016; Choromanska et al., Binary embeddings with structured
hashed projections, ICML 2016): a key of 3 bits per bit is enough, the rows of a block are orthogonal, and a new key
costs less than a millisecond. The share of balance bits of two directions is their angle over pi.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.protection.keys import KeyedStream

__all__ = ["SignProjection", "cosines_of"]

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_ROUNDS = 3
_DIMENSIONS_MIN, _DIMENSIONS_MAX = 8, 4096


class SignProjection:
    """Hyperplanes of a key for embeddings of `dimensions`."""

    def __init__(self, key: bytes, dimensions: int, bits: int) -> None:
        """Draws the hyperplanes.

        Raises:
            PalmError: `bits` is no multiple of 8, or the dimensions are out of bounds.
        """
        if bits <= 0 or bits % 8:
            raise PalmError(f"{bits} bits cannot be packed: take a multiple of 8")
        if not _DIMENSIONS_MIN <= dimensions <= _DIMENSIONS_MAX:
            raise PalmError(f"an embedding has {_DIMENSIONS_MIN} to {_DIMENSIONS_MAX} dimensions, not {dimensions}")
        self.dimensions, self.bits = dimensions, bits
        self._side = 1 << math.ceil(math.log2(dimensions))
        self._blocks = -(-bits // self._side)
        signs = KeyedStream(key).signs(_ROUNDS * self._blocks * self._side)
        self._signs = signs.reshape(_ROUNDS, self._blocks, self._side)

    def values(self, embeddings: Floats) -> Floats:
        """How far embeddings (n, d) lie from the hyperplanes: (n, bits), variance about 1, negative on the far side.

        Raises:
            PalmError: they have other dimensions.
        """
        if embeddings.ndim != 2 or embeddings.shape[1] != self.dimensions:
            raise PalmError(f"embeddings have the shape (n, {self.dimensions}), not {embeddings.shape}")
        padded = np.zeros((len(embeddings), self._side), np.float32)
        padded[:, : self.dimensions] = embeddings
        mixed: Floats = np.repeat(padded[:, None, :], self._blocks, axis=1)
        for signs in self._signs:
            mixed = _transformed(mixed * signs)
        # Each round of adding and subtracting makes all sqrt(side) times as long; one such factor is wanted.
        scale = np.float32(1.0 / self._side)
        values: Floats = np.ascontiguousarray(mixed.reshape(len(embeddings), -1)[:, : self.bits]) * scale
        return values

    def matrix(self) -> Floats:
        """The hyperplanes as rows, (bits, d), each about of length sqrt(d): for attacks, and for many embeddings."""
        return np.ascontiguousarray(self.values(np.eye(self.dimensions, dtype=np.float32)).T)


def cosines_of(values: Floats, bits: Bytes) -> Floats:
    """The cosine of the angle to each stored template: of `values` (bits,) of a probe and packed bits (n, bits / 8).

    The probe is not rounded to bits (asymmetric distance: Gordo et al., IEEE PAMI 36, 2014), which costs less accuracy
    than comparing bits with bits. The mean of |x| is sqrt(2 / pi) for a normal variable, hence the factor.
    """
    signs = np.unpackbits(bits, axis=1, count=len(values)).astype(np.float32)
    balance = np.float32(2) * (signs @ values) - values.sum()
    cosines: Floats = balance * np.float32(math.sqrt(math.pi / 2) / len(values))
    return cosines


def _transformed(values: Floats) -> Floats:
    """The Hadamard transform of the last axis, whose length is a power of two, in place; it makes vectors longer.

    Adding and subtracting pairs, then pairs of pairs (Fino and Algazi, Unified matrix treatment of the fast
    Walsh-Hadamard transform, IEEE Transactions on Computers 25, 1976): a product with the matrix costs fifty times as
    much, and its threads wait for each other where the processor is busy.
    """
    side = values.shape[-1]
    step = 1
    while step < side:
        pairs = values.reshape(-1, side // (2 * step), 2, step)
        first, second = pairs[:, :, 0], pairs[:, :, 1]
        total = first + second
        np.subtract(first, second, out=second)
        first[...] = total
        step *= 2
    return values
