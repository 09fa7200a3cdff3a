"""Cues of many simulated presentations, measured once and kept in a file, so that work can be interrupted."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tillfree.learning.palms.lines import drop_unfinished, read_lines
from tillfree.palm.liveness.judging import cues_of
from tillfree.simulation.palms.attacks.hover import LIVE, present
from tillfree.simulation.palms.attacks.instruments import KINDS

__all__ = ["Sample", "Wanted", "draw_samples", "read_samples", "wanted_for_training"]

_VICTIMS = 100_000
"""From where the numbers of those are whose palms are faked: they are not among the living hands."""
_PAIRS = (4, 5)
"""Frames of each light that a hover has, by turns."""


class Sample(msgspec.Struct, frozen=True):
    """The cues of one presentation with what it was: a cue that could not be measured is left out."""

    kind: str
    seed: int
    pairs: int
    melanin: float
    traits: tuple[str, ...]
    cues: dict[str, float]


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """One presentation to be drawn; `person` is its seed, and without `traits` they are drawn as well."""

    kind: str
    person: int
    traits: tuple[str, ...] | None = None


def wanted_for_training(seed: int, live: int, each: int) -> list[Wanted]:
    """So many living hands and so many presentations of each kind; people of other seeds are others."""
    first = seed * 1_000_000
    hands = [Wanted(LIVE, first + number) for number in range(live)]
    return hands + [Wanted(kind, first + _VICTIMS + number) for kind in KINDS for number in range(each)]


def draw_samples(path: Path, wanted: Sequence[Wanted]) -> Iterator[float]:
    """Adds what is missing to a file of lines, one sample each; yields the share that is done.

    Raises:
        OSError: it cannot be written.
        LearningError: the file is not of this kind.
    """
    there = set()
    if path.exists():
        there = {(sample.kind, sample.seed) for sample in read_samples(path)}
        drop_unfinished(path)
    with path.open("ab") as file:
        for done, each in enumerate(wanted, start=1):
            if (each.kind, each.person) not in there:
                file.write(msgspec.json.encode(_sample(each)) + b"\n")
                file.flush()
            yield done / len(wanted)


def read_samples(path: Path) -> list[Sample]:
    """All samples of a file; a line that was cut off at its end is left out.

    Raises:
        LearningError: a line is no sample.
    """
    return read_lines(path, Sample, "sample of liveness")


def _sample(wanted: Wanted) -> Sample:
    pairs = _PAIRS[wanted.person % len(_PAIRS)]
    traits = None if wanted.traits is None else frozenset(wanted.traits)
    shown = present(wanted.kind, wanted.person, traits=traits, pairs=pairs)
    values = cues_of(shown.frames, shown.looks)
    cues = {name: round(value, 5) for name, value in values.items() if not math.isnan(value)}
    return Sample(wanted.kind, wanted.person, pairs, shown.melanin, tuple(sorted(shown.traits)), cues)
