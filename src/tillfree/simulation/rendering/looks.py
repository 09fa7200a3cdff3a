"""How a shop looks: light, colours, clothes and the camera's own faults; plain, or drawn at random.

Domain randomisation (Tobin et al., Domain randomization for transferring deep neural networks from simulation to the
real world, IROS 2017): what a detector must not rely on is different in every scene. All ranges are assumed.
"""

import dataclasses

import numpy as np

from tillfree.simulation.errors import SimulationError

__all__ = ["Clothes", "Looks", "clothes_of", "random_looks"]

Colour = tuple[float, float, float]

_SKIN = ((0.62, 0.42, 0.31), (0.50, 0.31, 0.21), (0.34, 0.19, 0.12), (0.20, 0.11, 0.07), (0.10, 0.055, 0.035))
_HAIR = ((0.02, 0.015, 0.01), (0.09, 0.05, 0.02), (0.25, 0.16, 0.06), (0.35, 0.33, 0.30))
_PATTERNS = ("plain", "plain", "plain", "stripes", "checks", "blotches")
_BAGS = ("", "", "", "back", "shoulder", "hand")


@dataclasses.dataclass(frozen=True, slots=True)
class Looks:
    """Colours are linear shares of red, green, blue; lamps are given as shares of the room's length and width."""

    seed: int = 0
    floor: Colour = (0.42, 0.41, 0.39)
    joint: Colour = (0.24, 0.24, 0.23)
    tile_m: float = 0.6
    wall: Colour = (0.62, 0.62, 0.58)
    frame: Colour = (0.55, 0.55, 0.56)
    lamps: tuple[tuple[float, float], ...] = ((0.25, 0.5), (0.75, 0.5))
    lamp_height_m: float = 2.9
    lamp_colour: Colour = (1.0, 0.97, 0.92)
    ambient: float = 0.38
    exposure: float = 1.0
    noise: float = 0.004
    """Standard deviation of the sensor's noise, as a share of white."""


@dataclasses.dataclass(frozen=True, slots=True)
class Clothes:
    """The colours of one person, and how stout they are (1: as most)."""

    shirt: Colour
    trousers: Colour
    skin: Colour
    hair: Colour
    shoes: Colour
    girth: float
    skirt: bool
    second: Colour = (0.5, 0.5, 0.5)
    """The other colour of a shirt with a pattern."""
    pattern: str = "plain"
    """Of the shirt: plain, stripes, checks or blotches."""
    sleeves: float = 1.0
    """How much of the arm the shirt covers: 1 to the wrist, 0.5 to the elbow."""
    coat: bool = False
    long_hair: bool = False
    hat: bool = False
    bag: str = ""
    """What is carried besides goods: nothing, "back", "shoulder" or "hand"."""
    bag_colour: Colour = (0.1, 0.1, 0.1)


def random_looks(seed: int) -> Looks:
    """Another shop, another day, another camera.

    Raises:
        SimulationError: the seed is below 0.
    """
    if seed < 0:
        raise SimulationError(f"looks {seed}: there are none with such a number; give one from 0 on")
    rng = np.random.default_rng([seed, 40])
    warm = float(rng.uniform(-0.18, 0.18))
    count = int(rng.integers(1, 5))
    grey = float(rng.uniform(0.12, 0.6))
    return Looks(
        seed=seed,
        floor=_near(rng, grey, 0.12),
        joint=_near(rng, grey * 0.6, 0.08),
        tile_m=float(rng.choice([0.3, 0.45, 0.6, 1.2])),
        wall=_near(rng, float(rng.uniform(0.3, 0.75)), 0.15),
        frame=_near(rng, float(rng.uniform(0.1, 0.7)), 0.1),
        lamps=tuple((float(rng.uniform(0.05, 0.95)), float(rng.uniform(0.1, 0.9))) for _ in range(count)),
        lamp_height_m=float(rng.uniform(2.6, 3.4)),
        lamp_colour=(1.0 + warm, 1.0, 1.0 - warm),
        ambient=float(rng.uniform(0.2, 0.55)),
        exposure=float(np.exp(rng.uniform(-0.45, 0.45))),
        noise=float(rng.uniform(0.0, 0.02)),
    )


def clothes_of(seed: int, number: int) -> Clothes:
    """What the visitor with that number wears; nothing of it says who they are."""
    rng = np.random.default_rng([seed, 41, number])
    return Clothes(
        shirt=_near(rng, float(rng.uniform(0.02, 0.7)), float(rng.uniform(0.02, 0.45))),
        trousers=_near(rng, float(rng.uniform(0.02, 0.35)), float(rng.uniform(0.02, 0.2))),
        skin=_SKIN[int(rng.integers(len(_SKIN)))],
        hair=_HAIR[int(rng.integers(len(_HAIR)))],
        shoes=_near(rng, float(rng.uniform(0.02, 0.5)), 0.2),
        girth=float(rng.uniform(0.85, 1.3)),
        skirt=bool(rng.random() < 0.15),
        second=_near(rng, float(rng.uniform(0.03, 0.7)), 0.45),
        pattern=_PATTERNS[int(rng.integers(len(_PATTERNS)))],
        sleeves=float(rng.choice([1.0, 1.0, 0.5])),
        coat=bool(rng.random() < 0.2),
        long_hair=bool(rng.random() < 0.4),
        hat=bool(rng.random() < 0.15),
        bag=_BAGS[int(rng.integers(len(_BAGS)))],
        bag_colour=_near(rng, float(rng.uniform(0.02, 0.5)), 0.3),
    )


def _near(rng: np.random.Generator, grey: float, spread: float) -> Colour:
    """A colour about a grey."""
    red, green, blue = np.clip(grey + rng.uniform(-spread, spread, 3), 0.01, 0.95)
    return (float(red), float(green), float(blue))
