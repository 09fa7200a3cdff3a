"""The option `occlusion`: people side by side lose arms, or are given a wrist of the other's, drawn by distance alone.

Assumed throughout: no real recording shows two people. What furniture and bodies really hide is another thing, and
stands in `sightlines`.
"""

import numpy as np
import numpy.typing as npt

from tillfree.simulation.character import Character
from tillfree.simulation.script import Floats

__all__ = ["hide_in_crowds"]

Bools = npt.NDArray[np.bool_]

_CROWD_M = 0.9
_FREE_M = 1.6
_CHUNK_S = 0.5


def hide_in_crowds(
    times: Floats,
    floors: Floats,
    present: Bools,
    sight: tuple[Floats, Bools, Floats],
    *,
    strength: float,
    character: Character,
    rng: np.random.Generator,
) -> None:
    """Changes `sight` in place: joints (people, times, 8, 3) in metres, whether each is seen, and its score.

    `floors` (people, times, 2) is where people are while `present`; `strength` is the probability where two stand 0.9 m
    apart or closer; it falls to 0 at 1.6 m.
    """
    joints, seen, scores = sight
    chunks = np.floor(times / _CHUNK_S).astype(np.int64)
    true = joints.copy()
    for first in range(len(joints)):
        for second in range(first + 1, len(joints)):
            apart = np.hypot(*(floors[first] - floors[second]).T)
            crowded = np.clip((_FREE_M - apart) / (_FREE_M - _CROWD_M), 0.0, 1.0) * strength
            crowded *= present[first] & present[second]
            for chunk in np.unique(chunks[crowded > 0.0]):
                moments = (chunks == chunk) & (crowded > 0.0)
                chance = float(crowded[moments].mean())
                given: list[tuple[int, int, int, int]] = []
                for _ in range(character.swaps):
                    one, other = (first, second) if rng.random() < 0.5 else (second, first)
                    if rng.random() < chance:
                        own, theirs = 6 + int(rng.integers(2)), 6 + int(rng.integers(2))
                        joints[one, moments, own] = true[other, moments, theirs]
                        scores[one, moments, own] = scores[other, moments, theirs]
                        given.append((one, own, other, theirs))
                for who in (first, second):
                    for joint, weight in enumerate(character.hidden):
                        if rng.random() < weight * chance:
                            seen[who, moments, joint] = False
                for one, own, other, theirs in given if character.swaps_seen else ():
                    seen[one, moments, own] &= seen[other, moments, theirs]
