"""The hands and conditions of `benchmarks.palm_capture`."""

import dataclasses
from typing import Self

import numpy as np
import numpy.typing as npt

from tillfree.palm.samples import BANDS, Band
from tillfree.simulation.palms.hands.anatomy import Pose, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.drawing import Tilt
from tillfree.simulation.palms.hands.scenes import Hand, HandScene, Place, hand_scene
from tillfree.simulation.palms.hands.skin import Skin
from tillfree.simulation.palms.hands.spoiling import spoiled
from tillfree.simulation.palms.regions.conditions import UNSEEN
from tillfree.simulation.palms.regions.identity import palm_of
from tillfree.simulation.palms.regions.photograph import surface

__all__ = ["CONDITIONS", "SEED", "SIZES", "Condition", "Person", "seen_as"]

Floats = npt.NDArray[np.float64]
SIZES: dict[Band, tuple[int, int]] = {"visible": (800, 600), "nir": (768, 576)}
SEED = 90_001
_SPREAD = np.array([-9.0, -1.5, 5.0, 14.0])


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """What a capture has to bear; without anything a flat hand at any turn, tilted by a few degrees.

    `share` is the palm's width as a share of the picture's height, `out` how far from the middle, in palm widths; below
    0 the wrist lies beyond the border. `faults` are those of a camera at random, `spoil` and `hard` those of
    `tillfree.simulation.palms.hands.spoiling`.
    """

    fingers: str = ""
    tilt_deg: float | None = None
    curled: float = 0.0
    share: tuple[float, float] = (0.28, 0.42)
    out: float = 0.2
    upright: bool = False
    rings: float = 0.0
    tone: float | None = None
    faults: float = 0.0
    spoil: str = ""
    hard: float = 0.0
    visible_only: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it differs from the plain one by what is done to the picture alone."""
        return dataclasses.replace(self, spoil="", hard=0.0, visible_only=False) == Condition()


CONDITIONS: dict[str, Condition] = {
    "upright": Condition(upright=True),
    "any turn": Condition(),
    "closed fingers": Condition(fingers="closed"),
    "wide fingers": Condition(fingers="wide"),
    "tilted 10 degrees": Condition(tilt_deg=10.0),
    "tilted 22 degrees": Condition(tilt_deg=22.0),
    "tilted 35 degrees": Condition(tilt_deg=35.0),
    "curled": Condition(curled=0.5),
    "curled far": Condition(curled=1.0),
    "near": Condition(share=(0.46, 0.54), out=0.0),
    "far": Condition(share=(0.13, 0.2), out=1.5),
    "wrist out of the picture": Condition(share=(0.38, 0.46), out=-1.0),
    "rings on all fingers": Condition(rings=1.0),
    "moved by 4 percent": Condition(spoil="moved", hard=0.18),
    "moved by 9 percent": Condition(spoil="moved", hard=0.41),
    "dark, an eighth of the light": Condition(spoil="dark", hard=0.5),
    "bright, half as much again": Condition(spoil="bright", hard=0.25),
    "side light": Condition(spoil="side light", hard=0.5),
    "warm light": Condition(spoil="warm", hard=0.7, visible_only=True),
    "poor camera": Condition(faults=1.0),
    "lightest skin": Condition(tone=0.0, visible_only=True),
    "light brown skin": Condition(tone=2.0, visible_only=True),
    "brown skin": Condition(tone=3.0, visible_only=True),
    "darkest skin": Condition(tone=4.0, visible_only=True),
}
"""Motion in percent of the palm's width."""


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """A hand with its palm: `first` as it is enrolled, `scene` as a condition has it, the same for the same numbers."""

    number: int
    band: Band

    @classmethod
    def at(cls, number: int, band: Band | None = None) -> Self:
        """The one with this number, in each light by turns if none is given."""
        return cls(number, BANDS[number % 2] if band is None else band)

    def first(self) -> HandScene:
        """Upright before a good camera."""
        return self._view(Condition(upright=True), 0)

    def scene(self, condition: Condition) -> HandScene:
        """Another view."""
        return self._view(condition, 1)

    def _view(self, condition: Condition, view: int) -> HandScene:
        rng = np.random.default_rng([SEED, self.number, view])
        shape = shape_at_random(np.random.default_rng([SEED, self.number]))
        shown = next(each for each in UNSEEN if each.band == self.band)
        skin = surface(palm_of(SEED, self.number), shown, np.random.default_rng([SEED, self.number, view, 2]))
        tone = float(np.random.default_rng([SEED, self.number, 3]).uniform(0.0, 4.0))
        worn = Skin(skin, tone if condition.tone is None else condition.tone, condition.rings)
        hand = Hand(shape, _held(rng, condition), _tilt(rng, condition), worn)
        place = self._place(rng, condition)
        return hand_scene(
            SEED, 2 * self.number + view, SIZES[self.band], place, self.band, hand=hand, faults=condition.faults
        )

    def _place(self, rng: np.random.Generator, condition: Condition) -> Place:
        size = np.array(SIZES[self.band], np.float64)
        palm = float(rng.uniform(*condition.share)) * size[1]
        turn = float(rng.normal(0.0, 8.0) if condition.upright else rng.uniform(0.0, 360.0))
        if condition.out < 0.0:
            # The wrist lies beyond the border: fingers point away from it.
            turn = float(rng.choice([0.0, 90.0, 180.0, 270.0]) + rng.normal(0, 6))
            down = np.array([-np.sin(np.radians(turn)), np.cos(np.radians(turn))])
            edge = min(abs(0.5 * side / way) if abs(way) > 0.5 else 1e9 for side, way in zip(size, down, strict=True))
            at = size / 2 + down * (edge - 0.62 * palm)
        else:
            # Fingers and wrist stay in the picture as far as it allows.
            up = np.array([np.sin(np.radians(turn)), -np.cos(np.radians(turn))])
            at = size / 2 - 0.25 * palm * up + rng.uniform(-condition.out, condition.out, 2) * palm
            at = np.clip(at, palm * 0.9, size - palm * 0.9)
        return Place(float(at[0]), float(at[1]), palm, turn, bool(self.number // 2 % 2))


def seen_as(scene: HandScene, condition: Condition, person: Person) -> HandScene:
    """The scene as a camera gives it: spoiled as the condition says, with the little noise that all pictures have."""
    assert scene.place is not None
    rng = np.random.default_rng([SEED, person.number, 4])
    middle = scene.landmarks[21].astype(np.float64)
    image = spoiled(rng, scene.image, condition.spoil, condition.hard, middle, scene.place.palm_px)
    return dataclasses.replace(scene, image=image)


def _held(rng: np.random.Generator, condition: Condition) -> Pose:
    """A flat hand with fingers a little apart, and what a condition changes."""
    while True:
        pose = pose_at_random(rng)
        if pose.flex_deg.max() < 22.0 and pose.sway_deg[3] - pose.sway_deg[0] > 12.0:
            break
    if condition.fingers == "closed":
        sway = rng.uniform(-0.3, 0.2) * _SPREAD + np.array([3.0, 0.0, -3.0, -9.0])
        return dataclasses.replace(pose, sway_deg=sway)
    if condition.fingers == "wide":
        return dataclasses.replace(pose, sway_deg=rng.uniform(1.0, 1.5) * _SPREAD, thumb_deg=float(rng.uniform(45, 62)))
    if condition.curled:
        flex = condition.curled * np.array([28.0, 44.0, 24.0]) + rng.normal(0, 4, (4, 3))
        return dataclasses.replace(pose, flex_deg=flex, cup=condition.curled * float(rng.uniform(0.1, 0.24)))
    return pose


def _tilt(rng: np.random.Generator, condition: Condition) -> Tilt:
    if condition.tilt_deg is None:
        return Tilt(float(rng.normal(0, 4)), float(rng.normal(0, 4)), 7.0)
    turn = rng.uniform(0, 2 * np.pi)
    return Tilt(condition.tilt_deg * float(np.cos(turn)), condition.tilt_deg * float(np.sin(turn)), 5.0)
