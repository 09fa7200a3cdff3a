"""Cues of many simulated presentations, measured once and kept in a file, so that work can be interrupted."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tillfree.learning.errors import LearningError
from tillfree.palm.liveness.judging import cues_of
from tillfree.simulation.palms.attacks.hover import LIVE, present
from tillfree.simulation.palms.attacks.instruments import KINDS

__all__ = ["Sample", "Shares", "draw_samples", "read_samples"]


class Sample(msgspec.Struct, frozen=True):
    """The cues of one presentation with what it was: a cue that could not be measured is left out."""

    kind: str
    seed: int
    pairs: int
    melanin: float
    traits: tuple[str, ...]
    cues: dict[str, float]


@dataclasses.dataclass(frozen=True, slots=True)
class Shares:
    """How many: living hands, and presentations of each kind of instrument."""

    live: int = 500
    each: int = 70


def draw_samples(path: Path, seed: int, shares: Shares, kinds: Sequence[str] = tuple(KINDS)) -> Iterator[float]:
    """Adds what is missing to a file of lines, one sample each; yields the share that is done.

    Numbers of persons start at `seed` times a million: other seeds are other people.

    Raises:
        OSError: it cannot be written.
        LearningError: the file is not of this kind.
    """
    wanted = [(LIVE, number) for number in range(shares.live)]
    wanted += [(kind, shares.live + number) for kind in kinds for number in range(shares.each)]
    there = {(sample.kind, sample.seed) for sample in read_samples(path)} if path.exists() else set()
    with path.open("ab") as file:
        for done, (kind, number) in enumerate(wanted):
            person = seed * 1_000_000 + number
            if (kind, person) not in there:
                file.write(msgspec.json.encode(_sample(kind, person)) + b"\n")
                file.flush()
            yield (done + 1) / len(wanted)


def read_samples(path: Path) -> list[Sample]:
    """All samples of a file; a line that was cut off at its end is left out.

    Raises:
        LearningError: a line is no sample.
    """
    samples = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            samples.append(msgspec.json.decode(line, type=Sample))
        except msgspec.DecodeError as error:
            raise LearningError(f"line {number} of {path} is no sample of liveness ({error}); remove it") from error
    return samples


def _sample(kind: str, seed: int) -> Sample:
    pairs = 4 + seed % 5
    shown = present(kind, seed, pairs=pairs)
    values = cues_of(shown.frames, shown.looks)
    cues = {name: round(value, 5) for name, value in values.items() if not math.isnan(value)}
    return Sample(kind, seed, pairs, shown.melanin, tuple(sorted(shown.traits)), cues)
