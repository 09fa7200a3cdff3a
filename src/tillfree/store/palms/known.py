"""Persons in an index, whose templates are opened when they are needed: who is most like the hands that are shown."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from tillfree.palm.strangers import Strangers
from tillfree.storage.palm_vault.records import Hand, Template
from tillfree.store.palms.rates import of_hands, of_tries
from tillfree.store.palms.recogniser import Gallery, Recogniser, Sample
from tillfree.store.palms.roster import Roster

__all__ = ["KnownPalms", "Match", "Openable", "sketches_of"]

Openable = Callable[[Collection[str]], Mapping[str, Sequence[Template]]]
"""Gives the templates of persons; whoever has none, or cannot be opened, is not in the answer."""
_STRANGERS = 1
"""So many others are compared in each search, to learn what strangers score here."""
_BY_INDEX, _BY_LOOK = 2, 3
"""So many are compared in full as the index puts first, and as one comparison of a template with a sample does."""


def sketches_of(templates: Sequence[Template], recogniser: Recogniser) -> tuple[bytes, ...]:
    """What an index finds a person by: what was taken of one hand at one time becomes one sketch for each band."""
    groups: dict[tuple[Hand, int], list[bytes]] = {}
    for one in templates:
        groups.setdefault((one.hand, one.made_ns), []).append(one.data)
    return tuple(sketch for data in groups.values() for sketch in recogniser.sketches(data))


class Match:
    """How much speaks for one person: the log ratio over all hands that were shown."""

    __slots__ = ("log_ratio", "subject")

    def __init__(self, subject: str, log_ratio: float) -> None:
        self.subject, self.log_ratio = subject, log_ratio


class KnownPalms:
    """Persons in a gallery. Used by one thread at a time."""

    def __init__(self, gallery: Gallery, opened: Openable, candidates: int, strangers: Strangers | None = None) -> None:
        """`gallery` is an empty one; of so many candidates for each sample one template is compared.

        `strangers` are those who were met before.
        """
        self._gallery, self._opened, self._candidates = gallery, opened, candidates
        self._roster = Roster()
        self.strangers = Strangers() if strangers is None else strangers
        """What people scored who are not each other."""

    @property
    def persons(self) -> int:
        """How many people can be found."""
        return len(self._roster)

    def has(self, subject: str) -> bool:
        """Whether somebody can be found."""
        return subject in self._roster

    def put(self, persons: Mapping[str, Sequence[bytes]]) -> None:
        """Persons with their sketches, in the place of what there was of them; without any they are not found.

        An index takes many as fast as one.
        """
        self.remove(persons)
        there = [(subject, sketches) for subject, sketches in persons.items() if sketches]
        places = self._roster.add([(subject, len(sketches)) for subject, sketches in there])
        self._gallery.put(places, [sketch for _, sketches in there for sketch in sketches])

    def remove(self, subjects: Collection[str]) -> None:
        """Forgets persons; unknown ones are fine."""
        places = self._roster.remove(subjects)
        if places:
            self._gallery.remove(places)

    def search(
        self,
        samples: Sequence[Sample],
        candidates: int | None = None,
        needed: float | None = None,
        *,
        thorough: bool = False,
    ) -> list[Match]:
        """Persons, the most probable first. Left and right palms are two witnesses: their ratios are multiplied.

        Several samples of one hand, and several templates of it, are one witness: the mean of their ratios counts
        (`tillfree.store.palms.rates`), so that trying more often cannot make a stranger match. The index names so many
        candidates for each sample; those few who look most alike are compared in full, and they alone are in the
        answer. With `thorough` all candidates are, which takes seconds: for where nobody waits for an answer, and one
        who is missed would be enrolled twice.

        Where somebody is recognised, from `needed` on, others are compared, too, whoever they are: those are strangers.
        (To leave out all who look alike would hide how high strangers score; and where nobody is recognised, one of
        them may be the very person, held badly.)
        """
        probes = self._probes(samples)
        near: Collection[str] = self._near(probes, candidates or self._candidates)
        near = near if thorough else self._chosen(list(near), probes)
        matches = [Match(subject, _together(tries)) for subject, tries in self._tries(near, probes).items()]
        matches.sort(key=lambda one: (-one.log_ratio, one.subject))
        if needed is not None and matches and matches[0].log_ratio >= needed:
            others = set(self._roster.next_ones(_STRANGERS)) - {matches[0].subject}
            self.strangers.add(
                _together(tries) for tries in self._tries(others, probes).values() if any(tries.values())
            )
        return matches

    def score(self, subject: str, samples: Sequence[Sample]) -> float | None:
        """The same for one person; None where they have no template."""
        tries = self._tries([subject], self._probes(samples)) if self.has(subject) else {}
        return _together(tries[subject]) if tries else None

    def compared(self, samples: Sequence[Sample], data: Sequence[Sequence[bytes]]) -> list[tuple[int, int, float]]:
        """Samples of one hand with templates of others of them, which need not be known here.

        `data` are the templates of the first samples, or of all. Gives the number of a sample, of that whose template
        it was compared with, and the log ratio; nothing for two that cannot be compared, as of two bands.
        """
        out: list[tuple[int, int, float]] = []
        for number, sample in enumerate(samples):
            probe = self._gallery.probe(sample)
            for other, those in enumerate(data):
                if other == number:
                    continue
                ratios = [ratio for one in those for ratio in self._gallery.scores(probe, one)]
                if ratios:
                    out.append((number, other, of_tries(ratios)))
        return out

    def _probes(self, samples: Sequence[Sample]) -> list[tuple[Hand, object]]:
        return [(sample.hand, self._gallery.probe(sample)) for sample in samples]

    def _near(self, probes: Sequence[tuple[Hand, object]], count: int) -> list[str]:
        """The candidates of the index, those first who are in front for most samples."""
        points: dict[str, int] = {}
        for _, probe in probes:
            names = (self._roster.name_of(place) for place in self._gallery.near(probe, count))
            for behind, name in enumerate(dict.fromkeys(name for name in names if name)):
                points[name] = points.get(name, 0) + max(count - behind, 1)
        return sorted(points, key=lambda name: (-points[name], name))

    def _chosen(self, near: Sequence[str], probes: Sequence[tuple[Hand, object]]) -> Collection[str]:
        """Those who are worth a comparison of all samples with all templates, which costs twenty times a first look."""
        if len(near) <= _BY_INDEX + _BY_LOOK:
            return near
        others = self._opened(near[_BY_INDEX:])
        first = {subject: self._first_look(templates, probes) for subject, templates in others.items()}
        return {*near[:_BY_INDEX], *sorted(first, key=lambda subject: (-first[subject], subject))[:_BY_LOOK]}

    def _first_look(self, templates: Sequence[Template], probes: Sequence[tuple[Hand, object]]) -> float:
        """The log ratio of the newest sample and the newest template that can be compared: the best of each, mostly."""
        for shown, probe in reversed(probes):
            for one in reversed(templates):
                if _may_be(one.hand, shown) and (scores := self._gallery.scores(probe, one.data)):
                    return scores[0]
        return -math.inf

    def _tries(
        self, subjects: Collection[str], probes: Sequence[tuple[Hand, object]]
    ) -> dict[str, dict[Hand, list[float]]]:
        """Of persons the log ratios of each hand that was shown, with those templates that may be of that hand.

        Who was erased a moment ago is not among them.
        """
        found: dict[str, dict[Hand, list[float]]] = {}
        for subject, templates in self._opened(subjects).items():
            tries = found.setdefault(subject, {})
            for one in templates:
                for shown, probe in probes:
                    if _may_be(one.hand, shown):
                        tries.setdefault(shown, []).extend(self._gallery.scores(probe, one.data))
        return found


def _may_be(kept: Hand, shown: Hand) -> bool:
    return "unknown" in (kept, shown) or kept == shown


def _together(tries: dict[Hand, list[float]]) -> float:
    if "unknown" in tries:  # perhaps it is one of the others: no second witness
        return of_tries([ratio for those in tries.values() for ratio in those])
    return of_hands([of_tries(those) for those in tries.values()])
