"""Training of the network of landmarks: seeded, and it goes on where it was interrupted.

Lessons are put together in the same process as they are needed.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tillfree.learning.course import Checkpoint, averaged, blend, fast_sums, optimiser_of, pace
from tillfree.learning.palms.landmarks.lessons import FIRST_LESSONS, SIZE_PX, Cutouts, lesson
from tillfree.learning.palms.landmarks.network import STRIDE, LandmarkNetwork, loss_of
from tillfree.learning.torch_lazily import torch
from tillfree.palm.capture.landmarks import LANDMARKS
from tillfree.palm.opencv import cv2

__all__ = ["HandCourse", "HandProgress", "load_landmarks", "train_landmarks"]

_AVERAGE = 0.995
_WARM = 50
_SAVE_EVERY = 50


@dataclasses.dataclass(frozen=True, slots=True)
class HandCourse:
    """How long and how fast is learned."""

    seed: int = 1
    steps: int = 2600
    batch: int = 16
    rate: float = 3e-3


@dataclasses.dataclass(frozen=True, slots=True)
class HandProgress:
    """Steps done, and the loss, averaged since the last one told."""

    step: int
    loss: float


def train_landmarks(
    cutouts: Cutouts, course: HandCourse, folder: Path, save_every: int = _SAVE_EVERY
) -> Iterator[HandProgress]:
    """Train on drawn hands; every `save_every` steps it yields, and keeps `folder`/checkpoint.pt to go on from.

    A course that has ended can be followed by a longer one in the same folder.

    Raises:
        LearningError: the checkpoint there is of another course.
        OSError: it cannot be written.
    """
    th = torch()
    folder.mkdir(parents=True, exist_ok=True)
    th.manual_seed(course.seed)
    network, average = LandmarkNetwork(), LandmarkNetwork()
    average.layers.load_state_dict(network.layers.state_dict())
    optimiser = optimiser_of(network)
    checkpoint = Checkpoint(folder, course)
    done = int(checkpoint.resume(network, average, optimiser)["step"])
    total, since = 0.0, 0
    network.layers.train()
    network.layers.to(memory_format=th.channels_last)
    for step in range(done, course.steps):
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, course)
        pictures, landmarks, skin, there = _batch(cutouts, course, step)
        with fast_sums():
            maps, hand = network(pictures.contiguous(memory_format=th.channels_last))
        loss = loss_of(maps, hand, landmarks, skin, there)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        th.nn.utils.clip_grad_norm_(network.layers.parameters(), 5.0)
        optimiser.step()
        blend(average, network, step, _AVERAGE)
        total, since = total + float(loss.detach()), since + 1
        if (step + 1) % save_every == 0 or step + 1 == course.steps:
            checkpoint.save(step + 1, network, average, optimiser)
            yield HandProgress(step + 1, total / since)
            total, since = 0.0, 0


def load_landmarks(folder: Path) -> tuple[LandmarkNetwork, int]:
    """The averaged network of a checkpoint, and after how many steps.

    Raises:
        LearningError: there is none.
    """
    network = LandmarkNetwork()
    return network, averaged(folder, network)


def _batch(cutouts: Cutouts, course: HandCourse, step: int) -> tuple[Any, Any, Any, Any]:
    th = torch()
    cells = SIZE_PX // STRIDE
    pictures = np.zeros((course.batch, 3, SIZE_PX, SIZE_PX), np.float32)
    landmarks = np.full((course.batch, len(LANDMARKS), 2), -1e3, np.float32)
    skin = np.zeros((course.batch, cells, cells), np.float32)
    there = np.zeros(course.batch, np.float32)
    for k in range(course.batch):
        scene = lesson(cutouts, course.seed, step * course.batch + k)
        pictures[k] = np.moveaxis(scene.image.pixels, -1, 0) / np.float32(255.0)
        if len(scene.landmarks):
            landmarks[k], there[k] = scene.landmarks, 1.0
            skin[k] = cv2.resize(scene.skin, (cells, cells), interpolation=cv2.INTER_AREA) / np.float32(255.0)
    return tuple(th.from_numpy(each) for each in (pictures, landmarks, skin, there))


def _rate(step: int, course: HandCourse) -> float:
    """The second kind of lessons starts anew at half the rate (Loshchilov and Hutter, SGDR, ICLR 2017)."""
    first = min(FIRST_LESSONS // course.batch, course.steps)
    if step < first:
        return course.rate * pace(step, first, _WARM)
    return 0.5 * course.rate * pace(step - first, course.steps - first, _WARM)
