"""What is learned from: samples of simulated palms, drawn once and kept in files, so that training need not wait.

A class is one palm in one band of light, turned or mirrored in one way: near infrared shows other things than visible
light does, and a palm that is turned by a quarter or mirrored is another palm, so one drawing serves for two classes.
"""

import dataclasses
import functools
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.simulation.palms.regions.conditions import TRAINING
from tillfree.simulation.palms.regions.identity import palm_of, twin_of
from tillfree.simulation.palms.regions.photograph import photograph

__all__ = ["SIDE_PX", "Collection", "Sizes", "draw_collection", "read_collection"]

Bytes = npt.NDArray[np.uint8]
SIDE_PX = 128
"""Pixels of a side as kept and as the network sees it."""
_PALMS_PER_FILE = 32
_BANDS = 2
_UPRIGHT = 0.4


@dataclasses.dataclass(frozen=True, slots=True)
class Sizes:
    """How many palms there are, and how many samples of each in each band."""

    palms: int = 8000
    views: int = 10


class Collection:
    """Drawn samples; more of them are found as they are drawn, by `refresh`."""

    def __init__(self, folder: Path, views: int) -> None:
        self._folder, self.views = folder, views
        self._files: list[Bytes] = []
        self.refresh()

    def refresh(self) -> int:
        """Looks for new files; how many classes there are now."""
        while (path := _file(self._folder, len(self._files))).exists():
            self._files.append(np.load(path, mmap_mode="r"))
        return self.classes

    @property
    def classes(self) -> int:
        """How many classes are drawn."""
        return len(self._files) * _PALMS_PER_FILE * _BANDS

    def pictures(self, classes: npt.NDArray[np.int64], views: npt.NDArray[np.int64]) -> Bytes:
        """Samples (n, SIDE_PX, SIDE_PX) of bytes; 0 is what is no palm."""
        return np.stack(
            [
                self._files[number // (_PALMS_PER_FILE * _BANDS)][number % (_PALMS_PER_FILE * _BANDS), view]
                for number, view in zip(classes.tolist(), views.tolist(), strict=True)
            ]
        )


def draw_collection(folder: Path, seed: int, sizes: Sizes) -> Iterator[float]:
    """Draws what is missing, on all processors; yields the share that is there.

    Raises:
        LearningError: what is there was drawn otherwise.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _same_drawing(folder / "drawing.txt", seed, sizes)
    files = -(-sizes.palms // _PALMS_PER_FILE)
    missing = [number for number in range(files) if not _file(folder, number).exists()]
    done = files - len(missing)
    yield done / files
    write = functools.partial(_write, folder, seed, sizes.views)
    if len(missing) < 2:
        for number in missing:
            write(number)
            yield 1.0
        return
    # A fresh process each, since a fork of one in which networks have threads may wait for ever.
    processes = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(missing)), mp_context=processes) as pool:
        for _ in pool.map(write, missing):
            done += 1
            yield done / files


def read_collection(folder: Path) -> Collection:
    """What was drawn there.

    Raises:
        LearningError: nothing was.
    """
    path = folder / "drawing.txt"
    if not path.exists():
        raise LearningError(f"{folder}: no palms were drawn there; draw first")
    return Collection(folder, int(path.read_text(encoding="utf-8").split()[1]))


def _file(folder: Path, number: int) -> Path:
    return folder / f"palms-{number:05d}.npy"


def _write(folder: Path, seed: int, views: int, number: int) -> None:
    path = _file(folder, number)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, _drawn(seed, number, views))
    part.replace(path)


def _same_drawing(path: Path, seed: int, sizes: Sizes) -> None:
    """More palms may follow, but not with another seed or number of samples."""
    told = f"{seed} {sizes.views}\n"
    if not path.exists():
        path.write_text(told, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != told:
        raise LearningError(f"{path.parent}: palms were drawn there with another seed or number; give another folder")


def _drawn(seed: int, number: int, views: int) -> Bytes:
    """The samples of one file (classes, views, SIDE_PX, SIDE_PX)."""
    drawn = np.zeros((_PALMS_PER_FILE * _BANDS, views, SIDE_PX, SIDE_PX), dtype=np.uint8)
    for at in range(_PALMS_PER_FILE):
        palm = palm_of(seed, number * _PALMS_PER_FILE + at)
        # Twins lie the same way, else they would be none.
        lie = np.random.default_rng([seed, twin_of(palm.number), 8])
        first = 0 if lie.random() < _UPRIGHT else int(lie.integers(0, 8))
        rng = np.random.default_rng([seed, palm.number, 9])
        for row, (band, turn) in enumerate((("visible", first), ("nir", (first + int(lie.integers(1, 8))) % 8))):
            chosen = [each for each in TRAINING if each.band == band]
            for view in range(views):
                grey, mask = photograph(palm, chosen[int(rng.integers(0, len(chosen)))], rng, SIDE_PX)
                levels = np.where(mask, np.clip(grey * 255.0, 1.0, 255.0), 0.0).astype(np.uint8)
                drawn[at * _BANDS + row, view] = _turned(levels, turn)
    return drawn


def _turned(levels: Bytes, turn: int) -> Bytes:
    """One of the eight ways to lay a square on a square."""
    turned = np.rot90(levels, turn % 4)
    return turned[:, ::-1] if turn >= 4 else turned
