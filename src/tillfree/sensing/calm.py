"""When a shelf has come to rest."""

import numpy as np
import numpy.typing as npt

__all__ = ["CREEP_SHARE", "is_calm"]

Floats = npt.NDArray[np.float64]

CREEP_SHARE = 0.03
"""A level that moves by less than this share of the change within the calm window is calm enough: plates creep."""


def is_calm(recent: Floats, delta: Floats, noise: Floats, patience: float) -> bool:
    """Whether block means, shape (window, columns), stand still, each by itself and all together."""
    swing = recent.max(axis=0) - recent.min(axis=0)
    allowed = np.maximum(4.0, 5.0 * noise) + CREEP_SHARE * np.abs(delta)
    if (swing > patience * allowed).any():
        return False
    together = float(np.ptp(recent.sum(axis=1)))
    limit = max(6.0, 4.0 * float(np.sqrt((noise**2).sum()))) + CREEP_SHARE * float(np.abs(delta).sum())
    return together <= patience * limit
