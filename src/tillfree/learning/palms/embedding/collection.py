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
from tillfree.simulation.palms.regions.conditions import TRAINING, careful
from tillfree.simulation.palms.regions.identity import TWIN_EVERY, Palm, palm_of, twin_of
from tillfree.simulation.palms.regions.photograph import photograph

__all__ = ["ALIKE", "SIDE_PX", "Collection", "Sizes", "draw_collection", "lines_of", "read_collection"]

Bytes = npt.NDArray[np.uint8]
SIDE_PX = 128
"""Pixels of a side as kept and as the network sees it."""
_PALMS_PER_FILE = 32
_BANDS = 2
_UPRIGHT = 0.4
_TOLD = "drawing.txt"
ALIKE = 4
"""Of eight palms so many have the principal lines of the first of these, where palms are to be alike."""
_BEND = (0.015, 0.05)
"""How far such lines are bent, in sides of the region."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sizes:
    """How many palms there are, how many samples of each in each band, and whether they are hard to tell apart.

    Where they are `alike`, half of the palms have principal lines and mounds that three others have too, as those of
    real hands lie in nearly the same places; and half of the samples are taken with more care, so that what tells such
    palms apart can be seen.
    """

    palms: int = 8000
    views: int = 10
    alike: bool = False


class Collection:
    """Drawn samples; more of them are found as they are drawn, by `refresh`."""

    def __init__(self, folder: Path, views: int, alike: bool = False) -> None:
        self._folder, self.views, self.alike = folder, views, alike
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
    _same_drawing(folder / _TOLD, seed, sizes)
    files = -(-sizes.palms // _PALMS_PER_FILE)
    missing = [number for number in range(files) if not _file(folder, number).exists()]
    done = files - len(missing)
    yield done / files
    write = functools.partial(_write, folder, seed, sizes)
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
    path = folder / _TOLD
    if not path.exists():
        raise LearningError(f"{folder}: no palms were drawn there; draw first")
    _, views, *kind = path.read_text(encoding="utf-8").split()
    return Collection(folder, int(views), bool(kind))


def _file(folder: Path, number: int) -> Path:
    return folder / f"palms-{number:05d}.npy"


def _write(folder: Path, seed: int, sizes: Sizes, number: int) -> None:
    path = _file(folder, number)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, _drawn(seed, number, sizes))
    part.replace(path)


def _same_drawing(path: Path, seed: int, sizes: Sizes) -> None:
    """More palms may follow, but not with another seed or number of samples, or of the other kind."""
    told = f"{seed} {sizes.views}{' alike' if sizes.alike else ''}\n"
    if not path.exists():
        path.write_text(told, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != told:
        raise LearningError(
            f"{path.parent}: palms were drawn there with another seed, number or kind; give another folder"
        )


def lines_of(number: int, alike: bool) -> int:
    """The palm whose principal lines this one has: each eighth those before it, or four of eight those of one."""
    if not alike:
        return twin_of(number)
    return number - number % ALIKE if number % TWIN_EVERY >= TWIN_EVERY - ALIKE else number


def _palm(seed: int, number: int, alike: bool) -> Palm:
    like = lines_of(number, alike)
    # One of those that are alike has the very lines of the first, others have them bent.
    bend = float(np.random.default_rng([seed, number, 7]).uniform(*_BEND)) if like < number < like + ALIKE - 1 else 0.0
    return palm_of(seed, number, like=like, bend=bend) if alike else palm_of(seed, number)


def _drawn(seed: int, number: int, sizes: Sizes) -> Bytes:
    """The samples of one file (classes, views, SIDE_PX, SIDE_PX)."""
    drawn = np.zeros((_PALMS_PER_FILE * _BANDS, sizes.views, SIDE_PX, SIDE_PX), dtype=np.uint8)
    for at in range(_PALMS_PER_FILE):
        palm = _palm(seed, number * _PALMS_PER_FILE + at, sizes.alike)
        # Palms that are alike lie the same way, else they would not be.
        lie = np.random.default_rng([seed, lines_of(palm.number, sizes.alike), 8])
        first = 0 if lie.random() < _UPRIGHT else int(lie.integers(0, 8))
        rng = np.random.default_rng([seed, palm.number, 9])
        for row, (band, turn) in enumerate((("visible", first), ("nir", (first + int(lie.integers(1, 8))) % 8))):
            chosen = [each for each in TRAINING if each.band == band]
            for view in range(sizes.views):
                conditions = chosen[int(rng.integers(0, len(chosen)))]
                if sizes.alike and view % 2:
                    conditions = careful(conditions)
                grey, mask = photograph(palm, conditions, rng, SIDE_PX)
                levels = np.where(mask, np.clip(grey * 255.0, 1.0, 255.0), 0.0).astype(np.uint8)
                drawn[at * _BANDS + row, view] = _turned(levels, turn)
    return drawn


def _turned(levels: Bytes, turn: int) -> Bytes:
    """One of the eight ways to lay a square on a square."""
    turned = np.rot90(levels, turn % 4)
    return turned[:, ::-1] if turn >= 4 else turned
