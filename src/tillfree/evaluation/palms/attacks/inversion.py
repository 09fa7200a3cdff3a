"""The key is stolen: which embedding, and which code, would give this template?

Whatever keeps likeness can be inverted as exactly as it keeps likeness, once the key is known (Dong, Jin and Teoh, A
genetic algorithm enabled similarity-based attack on cancellable biometrics, BTAS 2019). So these attacks do not ask
whether there is a preimage, but how near it comes and where else it would be taken for the person.
"""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["invert_bits", "locate_by_scores"]

Floats = npt.NDArray[np.float32]
_STEPS = 60


def invert_bits(planes: Floats, signs: Floats, steps: int = _STEPS) -> Floats:
    """The direction (d,) that lies best on the sides (bits,) of known hyperplanes (bits, d); signs are 1 or -1.

    Maximum likelihood of a logistic model under a normal prior, by gradient steps from the mean of the signed normals:
    one-bit compressed sensing without sparsity (Plan and Vershynin, IEEE Trans. Inf. Theory 59, 2013).
    """
    count, dimensions = planes.shape
    found = planes.T @ signs / count
    found = _unit(found) * np.float32(3.0)
    scaled = planes * np.float32(math.sqrt(dimensions * count / float((planes**2).sum())))
    for _ in range(steps):
        doubt = signs / (np.float32(1.0) + np.exp(np.clip(signs * (scaled @ found), -30, 30)))
        found = found * np.float32(1.0 - 0.02 / dimensions) + scaled.T @ doubt * np.float32(4.0 / count)
    return _unit(found)


def locate_by_scores(probes: Floats, cosines: Floats) -> Floats:
    """The direction (d,) whose cosines (n,) to known probes (n, d) were told: least squares, shortest where n < d.

    Similarity inversion: Mohanty, Sarkar and Kasturi, From scores to face templates: a model-based approach, IEEE PAMI
    29, 2007, with directions on a sphere in place of faces.
    """
    found: Floats = np.linalg.lstsq(probes, cosines, rcond=1e-3)[0].astype(np.float32)
    return _unit(found)


def _unit(vector: Floats) -> Floats:
    scaled: Floats = (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
    return scaled
