"""What the network of landmarks learns from: cut-out hands on disk, laid before new backgrounds each time.

Some lessons are whole views, with the hand anywhere, of any size and turned at will; the others are as the second look
of `tillfree.palm.capture.finder` sees a hand: near upright, near one size. At first both are as frequent; then there
are more of the second kind, nearer to what a third look sees, since they decide how exact the region is. Lesson and
seed give the same picture.
"""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.palm.capture.finder import CROP_MIDDLE_Y, CROP_PALM_PX, CROP_PX
from tillfree.palm.capture.landmarks import LANDMARKS
from tillfree.palm.samples import Band
from tillfree.simulation.palms.hands.anatomy import body_of, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.drawing import Cutout, draw_cutout, tilt_at_random
from tillfree.simulation.palms.hands.scenes import HandScene, Place, empty_scene, scene_of

__all__ = ["FIRST_LESSONS", "SIZE_PX", "Cutouts", "draw_cutouts", "lesson", "read_cutouts"]

Bytes = npt.NDArray[np.uint8]
SIZE_PX = CROP_PX
_PART = 100
FIRST_LESSONS = 25_600
"""After so many lessons come those of the second kind mostly."""
_EMPTY, _WHOLE = 0.08, (0.42, 0.17)


@dataclasses.dataclass(frozen=True, slots=True)
class Cutouts:
    """Cut-outs in files that are mapped, not read: only what is used is loaded."""

    pixels: list[npt.NDArray[np.uint8]]
    truths: list[npt.NDArray[np.float64]]

    def __len__(self) -> int:
        return sum(len(part) for part in self.pixels)

    def __getitem__(self, number: int) -> Cutout:
        part, place = divmod(number, _PART)
        layers, truth = self.pixels[part][place], self.truths[part][place]
        marks = truth[: 2 * len(LANDMARKS)].reshape(-1, 2).astype(np.float32)
        plane, rest = truth[44:53].reshape(3, 3), truth[53:]
        band: Band = "nir" if rest[2] else "visible"
        colour, cover, skin = layers[..., :3], layers[..., 3], layers[..., 4]
        return Cutout(colour, cover, skin, marks, plane, float(rest[0]), float(rest[1]), band)


def draw_cutouts(folder: Path, seed: int, count: int) -> Iterator[float]:
    """Draw what is missing, in parts of a hundred; yields the share that is done.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = max(count // _PART, 1)
    for part in range(parts):
        path = folder / f"hands-{part:03d}.npy"
        if not path.exists():
            drawn = [_cutout(seed, part * _PART + k) for k in range(_PART)]
            truths = [np.concatenate([c.landmarks.ravel(), c.plane.ravel(), (c.width_px, c.tilt_deg, c.band == "nir")])
                      for c in drawn]  # fmt: skip
            np.save(folder / f"truth-{part:03d}.npy", np.stack(truths))
            whole = folder / f"hands-{part:03d}.part.npy"
            np.save(whole, np.stack([np.dstack([c.colour, c.cover, c.skin]) for c in drawn]))
            whole.replace(path)
        yield (part + 1) / parts


def read_cutouts(folder: Path) -> Cutouts:
    """Everything that was drawn.

    Raises:
        LearningError: nothing was.
    """
    names = sorted(folder.glob("hands-[0-9][0-9][0-9].npy"))
    if not names:
        raise LearningError(f"{folder}: no drawn hands there; draw them first")
    truths = [np.load(name.with_name(name.name.replace("hands", "truth"))) for name in names]
    return Cutouts([np.load(name, mmap_mode="r") for name in names], truths)


def _cutout(seed: int, number: int) -> Cutout:
    rng = np.random.default_rng([seed, 72, number])
    band: Band = "visible" if number % 2 else "nir"
    return draw_cutout(rng, body_of(shape_at_random(rng), pose_at_random(rng)), tilt_at_random(rng), band)


def lesson(cutouts: Cutouts, seed: int, number: int) -> HandScene:
    """The lesson with that number, a square picture."""
    rng = np.random.default_rng([seed, 73, number])
    kind = rng.random()
    if kind < _EMPTY:
        return empty_scene(rng, (SIZE_PX, SIZE_PX), "visible" if rng.random() < 0.5 else "nir")
    cutout = cutouts[int(rng.integers(len(cutouts)))]
    later = number >= FIRST_LESSONS
    stretch = math.exp(rng.normal(0.0, 0.04)) if later else 1.0
    if kind < _EMPTY + _WHOLE[later]:
        palm = math.exp(rng.uniform(math.log(26.0), math.log(100.0)))
        slack = max(SIZE_PX / 2 - 0.45 * palm, 4.0)
        at = SIZE_PX / 2 + rng.uniform(-slack, slack, 2)
        place = Place(
            float(at[0]), float(at[1]), palm, float(rng.uniform(0.0, 360.0)), bool(rng.random() < 0.5), stretch
        )
    else:
        near = later and rng.random() < 0.6
        palm = CROP_PALM_PX * math.exp(rng.normal(0.0, 0.05 if near else 0.09))
        # The palm's middle lies a little below that of the crop, which shows the fingers too.
        at = np.array([0.5, CROP_MIDDLE_Y]) * SIZE_PX + rng.normal(0.0, 3.5 if near else 7.0, 2)
        turn = float(rng.normal(0.0, 5.0 if near else 10.0))
        mirrored = bool(rng.random() < (0.0 if near else 0.12))
        place = Place(float(at[0]), float(at[1]), palm, turn, mirrored, stretch)
    return scene_of(rng, cutout, (SIZE_PX, SIZE_PX), place)
