"""The key is stolen: how much of a classical code can be guessed from its parities?

Half of the bits are free whatever the parities say. But bits of a palm depend on their neighbours, and an attacker may
have seen other palms. So a mean field (Parisi, Statistical Field Theory, 1988, chapter 3) looks for the code that fits
the parities exactly and looks most like a palm: each pair of bits is one unknown, and what the neighbours of both say,
by weights learned from other palms, decides it.
"""

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK, PLANES, Words

__all__ = ["NeighbourWeights", "guess_code", "learn_neighbours", "share_guessed"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
NeighbourWeights = Floats
"""Weights (PLANES, PLANES, 5, 5): of each plane, what the planes around a place say of its bit."""
_REACH = 2
_SWEEPS = 60


def learn_neighbours(codes: npt.NDArray[np.bool_]) -> NeighbourWeights:
    """Weights by least squares from codes (n, PLANES, grid, grid) of palms that are not attacked."""
    spins = np.where(codes, 1.0, -1.0)
    around = np.stack([_around(spin) for spin in spins])
    side = 2 * _REACH + 1
    weights = np.zeros((PLANES, PLANES, side, side))
    for plane in range(PLANES):
        known = around.transpose(0, 4, 5, 1, 2, 3).reshape(-1, PLANES * side * side)
        own = plane * side * side + _REACH * side + _REACH
        rows = known.copy()
        rows[:, own] = 0.0
        target = spins[:, plane].reshape(-1)
        normal = rows.T @ rows + 1e-3 * len(rows) * np.eye(rows.shape[1])
        weights[plane] = np.linalg.solve(normal, rows.T @ target).reshape(PLANES, side, side)
    return weights


def guess_code(
    partner: Integers, unlike: npt.NDArray[np.bool_], grid: int, weights: NeighbourWeights, *, seed: int = 0
) -> npt.NDArray[np.bool_]:
    """The likeliest code (PLANES, grid, grid) found.

    `partner` (bits,) is the number of the other bit of each bit's pair, numbered as the code is when flat; `unlike`
    (bits,) says whether the two differ.
    """
    generator = np.random.default_rng(seed)
    sign = np.where(unlike, -1.0, 1.0)
    mean = 0.1 * generator.standard_normal(len(partner))
    for sweep in range(_SWEEPS):
        field = np.einsum("pqyx,qyxij->pij", weights, _around(mean.reshape(PLANES, grid, grid))).ravel()
        both = field + sign * field[partner]
        sharp = 0.5 + 4.0 * sweep / _SWEEPS
        mean = 0.5 * mean + 0.5 * np.tanh(sharp * both)
    guessed: npt.NDArray[np.bool_] = mean.reshape(PLANES, grid, grid) > 0
    return guessed


def share_guessed(guess: npt.NDArray[np.bool_], code: npt.NDArray[np.bool_]) -> float:
    """Share of bits that are right: of the guess or of its opposite, whichever is better; a half is by chance."""
    right = float((guess == code).mean())
    return max(right, 1.0 - right)


def bits_of_words(words: Words, grid: int) -> npt.NDArray[np.bool_]:
    """Words (PLANES, blocks) as bits (PLANES, grid, grid)."""
    count = grid // BLOCK
    octets = np.ascontiguousarray(words).astype("<u8").view(np.uint8).reshape(PLANES, count, count, BLOCK)
    bits = np.unpackbits(octets, axis=-1, bitorder="little").reshape(PLANES, count, count, BLOCK, BLOCK)
    laid: npt.NDArray[np.bool_] = bits.transpose(0, 1, 3, 2, 4).reshape(PLANES, grid, grid).astype(np.bool_)
    return laid


def _around(spins: Floats) -> Floats:
    """For each place the planes around it: (PLANES, 5, 5, grid, grid); 0 outside."""
    side = 2 * _REACH + 1
    grid = spins.shape[1]
    wide = np.pad(spins, ((0, 0), (_REACH, _REACH), (_REACH, _REACH)))
    return np.stack(
        [[[wide[p, y : y + grid, x : x + grid] for x in range(side)] for y in range(side)] for p in range(PLANES)]
    )
