"""What acts act on: the floor with its people, the hands with their shelves, and one source of chance."""

import dataclasses

import numpy as np

from tillfree.simulation.behaviour.floor import Floor
from tillfree.simulation.behaviour.hands import Hands

__all__ = ["Scene"]


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """All draws come from `rng`, in the order in which acts ask: the same acts in the same order are the same bytes."""

    floor: Floor
    hands: Hands
    rng: np.random.Generator
