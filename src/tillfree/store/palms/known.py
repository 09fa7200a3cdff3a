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
_BY_LOOK, _BY_LOOK_THOROUGH = 3, 12
"""So many are compared in full, at most, as one comparison of a template with a sample puts first."""


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
        answer. With `thorough` those are more: for enrolment, where one who is missed would be there twice.

        Where somebody is recognised, from `needed` on, others are compared, too, whoever they are: those are strangers.
        (To leave out all who look alike would hide how high strangers score; and where nobody is recognised, one of
        them may be the very person, held badly.)
        """
        probes = self._probes(samples)
        near = self._near(probes, candidates or self._candidates)
        opened = self._opened(near)
        chosen = self._chosen([one for one in near if one in opened], opened, probes, thorough=thorough)
        matches = [Match(subject, _together(self._tries(opened[subject], probes))) for subject in chosen]
        matches.sort(key=lambda one: (-one.log_ratio, one.subject))
        if needed is not None and matches and matches[0].log_ratio >= needed:
            others = set(self._roster.next_ones(_STRANGERS)) - {matches[0].subject}
            compared = [self._tries(templates, probes) for templates in self._opened(others).values()]
            self.strangers.add(_together(tries) for tries in compared if any(tries.values()))
        return matches

    def score(self, subject: str, samples: Sequence[Sample]) -> float | None:
        """The same for one person; None where they have no template."""
        templates = self._opened([subject]).get(subject) if self.has(subject) else None
        return None if templates is None else _together(self._tries(templates, self._probes(samples)))

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

    def _chosen(
        self,
        near: Sequence[str],
        opened: Mapping[str, Sequence[Template]],
        probes: Sequence[tuple[Hand, object]],
        *,
        thorough: bool,
    ) -> set[str]:
        """Those who are worth a comparison of all samples with all templates, which costs twenty times a first look.

        They are whom the index puts first, whom a first look does, and others for whom it speaks.
        """
        first = {subject: self._first_look(opened[subject], probes) for subject in near[1:]}
        best = sorted(first, key=lambda subject: (-first[subject], subject))
        if thorough:
            return {*near[:1], *best[:_BY_LOOK_THOROUGH]}
        return {*near[:1], *best[:1], *(subject for subject in best[:_BY_LOOK] if first[subject] > 0.0)}

    def _first_look(self, templates: Sequence[Template], probes: Sequence[tuple[Hand, object]]) -> float:
        """The log ratio of the newest sample and the newest template that can be compared: the best of each, mostly."""
        for shown, probe in reversed(probes):
            for one in reversed(templates):
                if _may_be(one.hand, shown) and (scores := self._gallery.scores(probe, one.data)):
                    return scores[0]
        return -math.inf

    def _tries(self, templates: Sequence[Template], probes: Sequence[tuple[Hand, object]]) -> dict[Hand, list[float]]:
        """The log ratios of each hand that was shown, with those templates of a person that may be of that hand."""
        tries: dict[Hand, list[float]] = {}
        for one in templates:
            for shown, probe in probes:
                if _may_be(one.hand, shown):
                    tries.setdefault(shown, []).extend(self._gallery.scores(probe, one.data))
        return tries


def _may_be(kept: Hand, shown: Hand) -> bool:
    return "unknown" in (kept, shown) or kept == shown


def _together(tries: dict[Hand, list[float]]) -> float:
    if "unknown" in tries:  # perhaps it is one of the others: no second witness
        return of_tries([ratio for those in tries.values() for ratio in those])
    return of_hands([of_tries(those) for those in tries.values()])
