"""Whose hand is this, if anybody's? A short list from the index, a full comparison of it, a threshold."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.index.gallery import PalmIndex
from tillfree.palm.index.ratios import of_hands, of_tries
from tillfree.palm.protection.protector import ProtectedProbe, Protector
from tillfree.palm.protection.template import ProtectedTemplate

__all__ = ["Identification", "Ranked", "Reference", "identify", "rank"]

HANDS_MAX = 2
SHORT_LIST = 32
"""So many persons are compared in full."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """A person's templates: one or several of each hand."""

    person: str
    templates: tuple[ProtectedTemplate, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Ranked:
    """A person it could be, and the log likelihood ratio of all that was seen together."""

    person: str
    log_ratio: float


@dataclasses.dataclass(frozen=True, slots=True)
class Identification:
    """The answer of an open-set search.

    `outcome` is "match" where exactly one person reaches the threshold, "no match" where nobody does, "ambiguous" where
    several do: then more samples, the other hand or a second factor have to decide. `ranked` are all persons of the
    short list, most likely first; the person of a match is the first of them.
    """

    outcome: Literal["match", "no match", "ambiguous"]
    ranked: tuple[Ranked, ...]

    @property
    def person(self) -> str | None:
        """Who it is; nobody unless the outcome is a match."""
        return self.ranked[0].person if self.outcome == "match" else None


def identify(
    protector: Protector,
    index: PalmIndex,
    hands: Sequence[Sequence[Features]],
    references: Callable[[Sequence[int]], Iterable[Reference]],
    *,
    threshold: float,
    short_list: int = SHORT_LIST,
) -> Identification:
    """Looks for the person of one or two `hands`, each with one or more samples.

    `references` gives for ids of the index the persons whose they are, each once; ids of nobody are left out.
    `threshold` is a log likelihood ratio: `tillfree.palm.thresholds` gives it for the size of a gallery.

    Raises:
        PalmError: no hand, more than two, a hand without a sample, or samples of another model or band.
    """
    _check(hands)
    best: dict[int, float] = {}
    for sample in (sample for hand in hands for sample in hand):
        for candidate in index.search(protector.search_values(sample), short_list):
            best[candidate.id] = max(best.get(candidate.id, -1.0), candidate.cosine)
    ids = sorted(best, key=lambda id_: (-best[id_], id_))[:short_list]
    ranked = rank(protector, hands, references(ids))
    over = sum(entry.log_ratio >= threshold for entry in ranked)
    return Identification("no match" if over == 0 else "match" if over == 1 else "ambiguous", ranked)


def rank(
    protector: Protector, hands: Sequence[Sequence[Features]], references: Iterable[Reference]
) -> tuple[Ranked, ...]:
    """Compares one or two hands, each with one or more samples, with persons; most likely first.

    The same serves to verify one person, and small galleries that need no index.

    Raises:
        PalmError: as `identify`.
    """
    _check(hands)
    probes = [[protector.probe(sample) for sample in hand] for hand in hands]
    ranked = [
        Ranked(reference.person, of_hands([_hand(protector, hand, reference) for hand in probes]))
        for reference in references
    ]
    return tuple(sorted(ranked, key=lambda entry: (-entry.log_ratio, entry.person)))


def _hand(protector: Protector, samples: Sequence[ProtectedProbe], reference: Reference) -> float:
    """The log ratio of one hand; 0 where nothing comparable is stored of it."""
    return of_tries(
        [
            protector.compare(sample, template)
            for sample in samples
            for template in reference.templates
            if template.band == sample.features.band and _may_be_one(template.side, sample.features.side)
        ]
    )


def _may_be_one(a: str, b: str) -> bool:
    return a == b or "unknown" in (a, b)


def _check(hands: Sequence[Sequence[Features]]) -> None:
    if not 1 <= len(hands) <= HANDS_MAX or not all(hands):
        raise PalmError(f"a search takes one or two hands with at least one sample each, not {[len(h) for h in hands]}")
