"""Training of the embedding: one command, seeded, which goes on where it was interrupted.

Sums in the processor's own order may differ in last bits between machines and numbers of threads.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tillfree.learning.course import Checkpoint, averaged, blend, fast_sums, optimiser_of, pace
from tillfree.learning.errors import LearningError
from tillfree.learning.palms.embedding.collection import ALIKE, Collection
from tillfree.learning.palms.embedding.loss import Centres, pair_loss
from tillfree.learning.palms.embedding.network import Network
from tillfree.learning.palms.embedding.variation import varied
from tillfree.learning.torch_lazily import torch

__all__ = ["Course", "Progress", "load_network", "train"]

_AVERAGE = 0.995
_WARM = 100
_SAVE_EVERY = 100
_PART = 24
_CENTRE_RATE = 4.0


@dataclasses.dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast is learned; a step sees two samples of each of `classes` classes.

    So many steps are done by `pairs_alone` before centres of classes take part: while a network learns fast, they would
    be where it put them long ago.
    """

    seed: int = 1
    steps: int = 3000
    classes: int = 64
    rate: float = 2e-3
    pairs_alone: int = 600


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: steps done, and the losses of pairs and of centres, averaged over the last steps.

    `known` is how many classes have a centre.
    """

    step: int
    pairs: float
    centres: float
    known: int


def train(
    collection: Collection, course: Course, folder: Path, save_every: int = _SAVE_EVERY, start: Path | None = None
) -> Iterator[Progress]:
    """Train on drawn palms; every `save_every` steps it yields, and keeps `folder`/checkpoint.pt to go on from.

    A course that has ended can be followed by a longer one in the same folder. Palms that are drawn meanwhile are used.
    A new course begins with the network of the folder `start`, where one is named.

    Raises:
        LearningError: the checkpoint there is of another course, nothing is drawn, or `start` has no network.
        OSError: it cannot be written.
    """
    th = torch()
    folder.mkdir(parents=True, exist_ok=True)
    th.manual_seed(course.seed)
    network, average = Network(), Network()
    if start is not None:
        averaged(start, network)
    average.layers.load_state_dict(network.layers.state_dict())
    optimiser = optimiser_of(network)
    checkpoint, centres = Checkpoint(folder, course), Centres(0)
    kept = checkpoint.resume(network, average, optimiser)
    centres.places, done = kept.get("centres", centres.places), int(kept["step"])
    network.layers.train()
    sums = np.zeros(2)
    for step in range(done, course.steps):
        if step % 20 == 0 or step == done:
            _grow(centres, collection)
        for group in optimiser.param_groups:
            group["lr"] = course.rate * pace(step, course.steps, _WARM)
        rng = np.random.default_rng([course.seed, step])
        # What the network leaves out at random is the same after an interruption.
        th.manual_seed(int(rng.integers(0, 2**62)))
        sums += _one_step(network, optimiser, centres, collection, course, step, rng)
        blend(average, network, step, _AVERAGE)
        if (step + 1) % save_every == 0 or step + 1 == course.steps:
            checkpoint.save(step + 1, network, average, optimiser, centres=centres.places)
            of_pairs, of_centres = (sums / (step % save_every + 1)).tolist()
            yield Progress(step + 1, of_pairs, of_centres, int(centres.known().sum()))
            sums[:] = 0.0


def load_network(folder: Path) -> tuple[Network, int]:
    """The averaged network of a checkpoint, and after how many steps.

    Raises:
        LearningError: there is none.
    """
    network = Network()
    return network, averaged(folder, network)


def _one_step(
    network: Network, optimiser: Any, centres: Centres, collection: Collection, course: Course, step: int,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    th = torch()
    classes = _classes(collection.classes, course.classes, rng, collection.alike)
    views = np.stack([rng.permutation(collection.views)[:2] for _ in classes])
    shown = collection.pictures(np.tile(classes, 2), views.T.ravel())
    grey, mask = varied(shown, rng)
    with fast_sums():
        with th.no_grad():
            # In small parts, which stay near the processor.
            parts = zip(grey.split(_PART), mask.split(_PART), strict=True)
            lines = th.cat([network.lines(*part) for part in parts])
        raw = network.learned(lines)
    embeddings = th.nn.functional.normalize(raw.float(), dim=1)
    numbers = th.from_numpy(classes)
    twice = numbers.repeat(2)
    of_pairs = pair_loss(embeddings[: len(classes)], embeddings[len(classes) :], numbers)
    optimiser.zero_grad(set_to_none=True)
    if step < course.pairs_alone:
        _move(network, optimiser, of_pairs)
        return np.array([float(of_pairs.detach()), 0.0])
    of_centres, places, chosen = centres.loss(embeddings, twice, rng)
    share = min((step - course.pairs_alone) / max(course.pairs_alone, 1), 1.0)
    _move(network, optimiser, of_pairs + share * of_centres)
    centres.step(places, chosen, embeddings.detach(), twice, _CENTRE_RATE * pace(step, course.steps, _WARM))
    return np.array([float(of_pairs.detach()), float(of_centres.detach())])


def _move(network: Network, optimiser: Any, loss: Any) -> None:
    loss.backward()
    torch().nn.utils.clip_grad_norm_(network.layers.parameters(), 5.0)
    optimiser.step()


def _classes(count: int, wanted: int, rng: np.random.Generator, alike: bool = False) -> np.ndarray:
    """Classes of one step, each once: some with a near twin beside them, or with all that are alike."""
    if count < wanted:
        raise LearningError(f"{count} classes are drawn, and a step needs {wanted}; draw more palms")
    chosen = rng.permutation(count)[:wanted]
    # Classes 2 n and 2 n + 1 are palm n in either band. Of eight palms the last two, or the last four, have the same
    # principal lines.
    size = ALIKE if alike else 2
    palms = chosen[: wanted // 8] // 16 * 8 + 8 - size
    bands = rng.integers(0, 2, len(palms))
    twins = (2 * (palms + np.arange(size)[:, None]) + bands).ravel()
    return np.unique(np.concatenate([twins, chosen])).astype(np.int64)


def _grow(centres: Centres, collection: Collection) -> None:
    """Makes room for the classes that were drawn meanwhile."""
    th = torch()
    missing = collection.refresh() - len(centres.places)
    if missing > 0:
        centres.places = th.cat([centres.places, th.zeros(missing, centres.places.shape[1])])
