"""Simulated captures of known hands, spoiled in many ways, and whether each is recognised: from hand to score."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from tillfree.learning.palms.lines import read_lines
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.looks import Look
from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.encoding import Encoder
from tillfree.palm.fusion_table import TAILS
from tillfree.palm.quality import measures_of
from tillfree.palm.samples import BANDS, Band
from tillfree.simulation.palms.hands.anatomy import Pose, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.drawing import Tilt
from tillfree.simulation.palms.hands.scenes import Hand, HandScene, Place, hand_scene
from tillfree.simulation.palms.hands.skin import Skin
from tillfree.simulation.palms.hands.spoiling import SPOILINGS, spoiled
from tillfree.simulation.palms.regions.conditions import TRAINING, UNSEEN, Conditions
from tillfree.simulation.palms.regions.identity import palm_of
from tillfree.simulation.palms.regions.photograph import surface

__all__ = ["FMR", "WAYS", "Capture", "draw_captures", "read_captures", "threshold_of"]

FMR = 1e-4
"""A sample is recognised if its log ratio reaches the threshold at which strangers match this often."""
WAYS = ("nothing", *SPOILINGS, "several", "tilted", "curled")
_SIZE_PX = (640, 480)
_SEVERAL = 3


class Capture(msgspec.Struct, frozen=True):
    """One capture: how it was spoiled (`way`, and how hard, 0 to 1), measures, and what it scored.

    `log_ratio` is that of a comparison with a good picture of the same palm; None with no `measures` if no hand was
    found, or the other one.
    """

    number: int
    band: Band
    way: str
    hard: float
    measures: dict[str, float]
    log_ratio: float | None

    @property
    def recognised(self) -> bool:
        """Whether it would be, at the false match rate FMR."""
        return self.log_ratio is not None and self.log_ratio >= threshold_of(self.band)


def threshold_of(band: Band) -> float:
    """The log likelihood ratio at which strangers match with the rate FMR."""
    return TAILS[(band, True)].threshold(FMR)


def draw_captures(
    finder: HandFinder, encoder: Encoder, *, seed: int, numbers: Iterable[int], ways: Sequence[str] = WAYS,
    unseen: bool = False,
) -> Iterator[list[Capture]]:  # fmt: skip
    """For each of these palms, by turns in each light, one capture of each way, "nothing" first.

    A palm that is not recognised although nothing spoils its picture has nothing to lose, and gives none. `unseen`
    draws skin that no training has seen; the way "camera" stands for all faults of a camera at random.
    """
    for number in numbers:
        taken = _of_palm(finder, encoder, seed, number, ways, unseen)
        first = next(taken, None)
        yield [first, *taken] if first is not None and first.recognised else []


def read_captures(path: Path) -> list[Capture]:
    """All captures of a file, one a line; a line that was cut off at its end is left out.

    Raises:
        LearningError: a line is no capture.
    """
    return read_lines(path, Capture, "capture of a palm")


@dataclasses.dataclass(frozen=True, slots=True)
class _Person:
    seed: int
    number: int
    band: Band
    conditions: Conditions

    def scene(self, rng: np.random.Generator, tilt_deg: float, curled: float, faults: float) -> HandScene:
        """A view of the hand: pose, place, light and how strongly its lines show are drawn anew."""
        palm = palm_of(self.seed, self.number)
        shape = shape_at_random(np.random.default_rng([self.seed, self.number, 5]))
        tone = float(np.random.default_rng([self.seed, self.number, 6]).uniform(0.0, 4.0))
        way = rng.uniform(0.0, 2 * np.pi)
        tilt = Tilt(tilt_deg * float(np.cos(way)), tilt_deg * float(np.sin(way)), float(rng.uniform(4.0, 9.0)))
        hand = Hand(shape, _held(rng, curled), tilt, Skin(surface(palm, self.conditions, rng), tone))
        width, height = _SIZE_PX
        place = Place(width / 2 + float(rng.normal(0.0, 15.0)), height * 0.56 + float(rng.normal(0.0, 10.0)),
                      float(rng.uniform(135.0, 185.0)), float(rng.normal(0.0, 12.0)))  # fmt: skip
        return hand_scene(self.seed, int(rng.integers(1 << 30)), _SIZE_PX, place, self.band, hand=hand, faults=faults)


def _held(rng: np.random.Generator, curled: float) -> Pose:
    """A flat hand with fingers a little apart, or one that is bent."""
    while True:
        pose = pose_at_random(rng)
        if pose.flex_deg.max() < 22.0 and pose.sway_deg[3] - pose.sway_deg[0] > 12.0:
            break
    if not curled:
        return pose
    flex = curled * np.array([30.0, 45.0, 25.0]) + rng.normal(0.0, 4.0, (4, 3))
    return dataclasses.replace(pose, flex_deg=flex, cup=0.25 * curled)


def _of_palm(
    finder: HandFinder, encoder: Encoder, seed: int, number: int, ways: Sequence[str], unseen: bool
) -> Iterator[Capture]:
    band = BANDS[number % 2]
    conditions = [each for each in (UNSEEN if unseen else TRAINING) if each.band == band]
    person = _Person(seed, number, band, conditions[number // 2 % len(conditions)])
    rng = np.random.default_rng([seed, number, 7])
    first = _look(finder, rng, person.scene(rng, 0.0, 0.0, 0.0), "nothing", 0.0)
    if first is None or first.region is None:
        return
    reference = Reference(encoder.features(first.region))
    plain = person.scene(rng, float(abs(rng.normal(0.0, 5.0))), 0.0, 0.0)
    for way in ways:
        hard = 0.0 if way == "nothing" else float(rng.uniform())
        scene = plain
        if way in {"tilted", "curled", "camera"}:
            faults = hard if way == "camera" else 0.0
            scene = person.scene(rng, 35.0 * hard * (way == "tilted"), hard * (way == "curled"), 1.5 * faults)
        look = _look(finder, rng, scene, way, hard)
        if look is None or look.region is None:
            yield Capture(number, band, way, round(hard, 3), {}, None)
            continue
        score = Probe(encoder.features(look.region)).compare(reference)
        values = measures_of(look.region, look.palm_width_px, look.confidence)
        yield Capture(number, band, way, round(hard, 3), values, round(score.log_ratio, 4))


def _look(finder: HandFinder, rng: np.random.Generator, scene: HandScene, way: str, hard: float) -> Look | None:
    """What is seen of a left hand in a picture that is spoiled; None if it is taken for a right one."""
    image = scene.image
    middle, palm_px = scene.landmarks[21].astype(np.float64), float(scene.place.palm_px if scene.place else 0.0)
    each = [way] if way in SPOILINGS else [""]
    if way == "several":
        each, hard = list(rng.choice(SPOILINGS[:-2], _SEVERAL, replace=False)), 0.6 * hard
    for kind in each:
        image = spoiled(rng, image, kind, hard, middle, palm_px)
    look = finder.look(image)
    return look if look.found and look.side == "left" else None
