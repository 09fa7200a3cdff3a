"""Training of the detector of people: one command, seeded, which goes on where it was interrupted.

The network learns from pictures that are put together as they are needed, by a process beside it. The same seed gives
the same pictures in the same order; sums in the processor's own order may differ in last bits between machines and
numbers of threads.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tillfree.learning.course import Checkpoint, averaged, blend, fast_sums, optimiser_of, pace
from tillfree.learning.people.collection import Collection
from tillfree.learning.people.network import Network, loss_of
from tillfree.learning.people.pictures import SIZE_PX, training_picture
from tillfree.learning.people.targets import targets_of
from tillfree.learning.torch_lazily import torch

__all__ = ["Course", "Progress", "load_network", "train"]

_AVERAGE = 0.998
_WARM = 150
_SAVE_EVERY = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast is learned."""

    seed: int = 1
    steps: int = 3000
    batch: int = 16
    rate: float = 2e-3


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: steps done, and the losses of hills and boxes, averaged over the last hundred."""

    step: int
    hills: float
    boxes: float


class _Pictures:
    """Pictures with targets by number, as a map that PyTorch's loader reads."""

    def __init__(self, collection: Collection, seed: int, first: int, count: int) -> None:
        self._collection, self._seed, self._first, self._count = collection, seed, first, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        picture = training_picture(self._collection, self._seed, self._first + number)
        return (np.moveaxis(picture.colour, -1, 0).copy(), *targets_of(picture.boxes, picture.unclear, SIZE_PX))


def train(collection: Collection, course: Course, folder: Path, save_every: int = _SAVE_EVERY) -> Iterator[Progress]:
    """Train on drawn pictures; every `save_every` steps it yields, and keeps `folder`/checkpoint.pt to go on from.

    A course that has ended can be followed by a longer one in the same folder: it goes on where the first one ended, at
    the pace that the longer one has there.

    Raises:
        LearningError: the checkpoint there is of another course.
        OSError: it cannot be written.
    """
    th = torch()
    folder.mkdir(parents=True, exist_ok=True)
    th.manual_seed(course.seed)
    network, average = Network(), Network()
    average.layers.load_state_dict(network.layers.state_dict())
    network.layers = network.layers.to(memory_format=th.channels_last)
    optimiser = optimiser_of(network)
    checkpoint = Checkpoint(folder, course)
    done = int(checkpoint.resume(network, average, optimiser)["step"])
    pictures = _Pictures(collection, course.seed, done * course.batch, (course.steps - done) * course.batch)
    loader = th.utils.data.DataLoader(pictures, batch_size=course.batch, num_workers=1, prefetch_factor=6)
    sums = np.zeros(2)
    network.layers.train()
    for step, (colour, *targets) in enumerate(loader, done):
        for group in optimiser.param_groups:
            group["lr"] = course.rate * pace(step, course.steps, _WARM)
        with fast_sums():
            hills, sides = network((colour.float() / 255.0).contiguous(memory_format=th.channels_last))
        of_hills, of_boxes = loss_of(hills, sides, tuple(targets))
        optimiser.zero_grad(set_to_none=True)
        (of_hills + of_boxes).backward()
        th.nn.utils.clip_grad_norm_(network.layers.parameters(), 10.0)
        optimiser.step()
        blend(average, network, step, _AVERAGE)
        sums += (float(of_hills.detach()), float(of_boxes.detach()))
        if (step + 1) % save_every == 0 or step + 1 == course.steps:
            count = step % save_every + 1
            checkpoint.save(step + 1, network, average, optimiser)
            yield Progress(step + 1, *(sums / count).tolist())
            sums[:] = 0.0


def load_network(folder: Path) -> tuple[Network, int]:
    """The averaged network of a checkpoint, and after how many steps.

    Raises:
        LearningError: there is none.
    """
    network = Network()
    return network, averaged(folder, network)
