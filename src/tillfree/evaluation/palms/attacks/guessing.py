"""The key is stolen: how much of a classical code can be guessed from the part that was kept?

The bits of a palm depend on their neighbours, and an attacker may have seen other palms. So what was left out is filled
in step by step: each unknown bit by what its surroundings say, with weights learned from other palms (mean field:
Parisi, Statistical Field Theory, 1988, chapter 3).
"""

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import PLANES

__all__ = ["guess_left_out", "learn_neighbours"]

Bits = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
_REACH = 2
_SIDE = 2 * _REACH + 1
_SWEEPS = 12


def learn_neighbours(codes: Bits) -> Floats:
    """What the surroundings of a place say of its bit: weights (PLANES, PLANES, 5, 5).

    Least squares, from codes (n, PLANES, grid, grid) of which a random half is hidden, as it will be when they are
    used.
    """
    generator = np.random.default_rng(0)
    spins = np.where(codes, 1.0, -1.0)
    shown = spins * (generator.random((len(spins), 1, *spins.shape[2:])) < 0.5)
    around = np.stack([_around(spin) for spin in shown]).transpose(0, 4, 5, 1, 2, 3)
    rows = around.reshape(-1, PLANES * _SIDE * _SIDE)
    hidden = (shown[:, 0] == 0).ravel()
    normal = rows[hidden].T @ rows[hidden] + 1e-3 * len(rows) * np.eye(rows.shape[1])
    targets = spins.transpose(0, 2, 3, 1).reshape(-1, PLANES)[hidden]
    weights: Floats = np.linalg.solve(normal, rows[hidden].T @ targets).T.reshape(PLANES, PLANES, _SIDE, _SIDE)
    return weights


def guess_left_out(code: Bits, kept: Bits, weights: Floats) -> Bits:
    """A code (PLANES, grid, grid) of which only places (grid, grid) that were `kept` are known, filled in."""
    known = np.where(code, 1.0, -1.0) * kept
    mean = known
    for _ in range(_SWEEPS):
        said = np.einsum("pqyx,qyxij->pij", weights, _around(mean))
        mean = np.where(kept, known, np.tanh(1.5 * said))
    guessed: Bits = mean > 0
    return guessed


def _around(spins: Floats) -> Floats:
    """For each place the planes around it: (PLANES, 5, 5, grid, grid); 0 outside."""
    grid = spins.shape[1]
    wide = np.pad(spins, ((0, 0), (_REACH, _REACH), (_REACH, _REACH)))
    rows = [[[p[y : y + grid, x : x + grid] for x in range(_SIDE)] for y in range(_SIDE)] for p in wide]
    return np.array(rows)
