"""An attacker asks the comparison again and again: with the score it tells, or with the decision alone."""

from collections.abc import Callable, Iterable

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["Climb", "climb", "try_strangers"]

Floats = npt.NDArray[np.float32]


class Climb(msgspec.Struct, frozen=True):
    """How an attack ended: whether the threshold was reached, after how many queries, and the best score told."""

    succeeded: bool
    queries: int
    best: float


def climb(
    score: Callable[[Floats], float],
    start: Floats,
    threshold: float,
    *,
    queries_max: int = 2000,
    spread: float = 0.3,
    seed: int = 0,
) -> tuple[Climb, Floats]:
    """Climbs from a direction (d,) on scores that an oracle tells, and gives the best direction with it.

    A (1 + 1) evolution strategy with the one-fifth rule: step aside at random, stay where the score rises, widen or
    narrow the steps so that one of five does (Rechenberg 1973; as an attack on biometrics: Adler, Images can be
    regenerated from quantized biometric match score data, CCECE 2004).
    """
    generator = np.random.default_rng(seed)
    best, most = start, score(start)
    queries = 1
    while queries < queries_max and most < threshold:
        step = generator.standard_normal(len(best), dtype=np.float32) / np.float32(np.sqrt(len(best)))
        tried = best + np.float32(spread) * step
        tried = (tried / np.linalg.norm(tried)).astype(np.float32)
        told = score(tried)
        queries += 1
        if told > most:
            best, most, spread = tried, told, spread * 1.5
        else:
            spread = max(spread * 0.9, 1e-3)
    return Climb(most >= threshold, queries, most), best


def try_strangers(scores: Iterable[float], threshold: float) -> Climb:
    """Presents one stranger's palm after the other; only the decision is told. Nothing can be climbed on."""
    best, queries = -np.inf, 0
    for told in scores:
        queries += 1
        best = max(best, told)
        if told >= threshold:
            return Climb(True, queries, float(best))
    return Climb(False, queries, float(best))
