"""A collection of cut-outs and backdrops on disk, written in parts: what is there already is not drawn again.

The folder holds `people-NNN.npz`, `things-NNN.npz` (arrays `pixels`, all cut-outs flat one after the other, and
`shapes` (n, 3)) and `backdrops-NNN.npz` (`pixels` (n, h, w, 3)). The same seed and sizes give the same arrays.
"""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.people.backdrops import backdrop
from tillfree.learning.people.cutouts import people_cutouts, thing_cutout

__all__ = ["Collection", "Sizes", "draw_collection", "read_collection"]

Bytes = npt.NDArray[np.uint8]
_PART = 50


@dataclasses.dataclass(frozen=True, slots=True)
class Sizes:
    """How much is drawn: people, from how many sides each, things, and backdrops."""

    people: int = 1000
    views: int = 3
    things: int = 500
    backdrops: int = 700


@dataclasses.dataclass(frozen=True, slots=True)
class Collection:
    """Cut-outs (h, w, 4) of people and things, and backdrops (h, w, 3)."""

    people: list[Bytes]
    things: list[Bytes]
    backdrops: list[Bytes]


def draw_collection(folder: Path, seed: int, sizes: Sizes) -> Iterator[float]:
    """Draw what is missing; yields the share that is done after each part.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds: tuple[tuple[str, int, Callable[[int], list[Bytes]]], ...] = (
        ("people", sizes.people, lambda number: people_cutouts(seed, number, sizes.views)),
        ("backdrops", sizes.backdrops, lambda number: [backdrop(seed, number)]),
        ("things", sizes.things, lambda number: [thing_cutout(seed, number)]),
    )
    parts = [(name, first, min(first + _PART, count), draw) for name, count, draw in kinds
             for first in range(0, count, _PART)]  # fmt: skip
    for done, (name, first, last, draw) in enumerate(parts, 1):
        path = folder / f"{name}-{first // _PART:03d}.npz"
        if not path.exists():
            drawn = [picture for number in range(first, last) for picture in draw(number)]
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                shapes = np.array([picture.shape for picture in drawn], dtype=np.int32)
                np.savez_compressed(file, pixels=np.concatenate([p.reshape(-1) for p in drawn]), shapes=shapes)
            part.replace(path)
        yield done / len(parts)


def read_collection(folder: Path) -> Collection:
    """Everything that was drawn.

    Raises:
        LearningError: nothing was.
    """
    people, things, backdrops = (_read(folder, name) for name in ("people", "things", "backdrops"))
    if not (people and things and backdrops):
        raise LearningError(f"{folder}: no drawn people, things or backdrops there; draw them first")
    return Collection(people, things, backdrops)


def _read(folder: Path, name: str) -> list[Bytes]:
    found: list[Bytes] = []
    for path in sorted(folder.glob(f"{name}-*.npz")):
        with np.load(path) as file:
            pixels, shapes = file["pixels"], file["shapes"]
        ends = np.cumsum(shapes.prod(axis=1))
        found += [
            pixels[end - int(np.prod(shape)) : end].reshape(shape) for end, shape in zip(ends, shapes, strict=True)
        ]
    return found
