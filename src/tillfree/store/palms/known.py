"""Templates in memory with whose they are: who is most like the hands that are shown."""

from collections.abc import Iterable, Iterator, Sequence

from tillfree.palm.strangers import Strangers
from tillfree.storage.palm_vault.records import Hand
from tillfree.store.palms.rates import of_hands, of_tries
from tillfree.store.palms.recogniser import Gallery, Sample

__all__ = ["KnownPalms", "Match", "NamedTemplate"]

NamedTemplate = tuple[int, str, Hand, bytes]
"""The number of a template, whose it is, of which hand, and the template."""
_CANDIDATES = 16
_STRANGERS = 3
"""So many others are compared in each search, to learn what strangers score here."""


class Match:
    """How much speaks for one person: the log ratio over all hands that were shown."""

    __slots__ = ("log_ratio", "subject")

    def __init__(self, subject: str, log_ratio: float) -> None:
        self.subject, self.log_ratio = subject, log_ratio


class KnownPalms:
    """Templates of persons, each under a number of its own. Used by one thread at a time."""

    def __init__(self, gallery: Gallery) -> None:
        """`gallery` is an empty one."""
        self._gallery = gallery
        self._of: dict[int, tuple[str, Hand]] = {}
        self._numbers: dict[str, list[int]] = {}
        self._data: dict[int, bytes] = {}
        self._turn: Iterator[str] = iter(())
        self.strangers = Strangers()
        """What people scored who are not each other."""

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, number: int) -> bool:
        return number in self._of

    @property
    def persons(self) -> int:
        """How many people can be found."""
        return len(self._numbers)

    def has(self, subject: str) -> bool:
        """Whether there is a template of them."""
        return subject in self._numbers

    def put(self, templates: Iterable[NamedTemplate]) -> None:
        """All at once: an index takes many as fast as one."""
        those = list(templates)
        self._gallery.put([number for number, *_ in those], [data for *_, data in those])
        for number, subject, hand, data in those:
            self._of[number] = (subject, hand)
            self._data[number] = data
            self._numbers.setdefault(subject, []).append(number)

    def remove(self, number: int) -> None:
        """Forgets a template; unknown numbers are fine."""
        if number not in self._of:
            return
        self._gallery.remove(number)
        subject, _ = self._of.pop(number)
        del self._data[number]
        self._numbers[subject].remove(number)
        if not self._numbers[subject]:
            del self._numbers[subject]

    def search(
        self, samples: Sequence[Sample], candidates: int = _CANDIDATES, needed: float | None = None
    ) -> list[Match]:
        """Persons, the most probable first. Left and right palms are two witnesses: their ratios are multiplied.

        Several samples of one hand, and several templates of it, are one witness: the mean of their ratios counts
        (`tillfree.store.palms.rates`), so that trying more often cannot make a stranger match. Of each sample the
        persons of so many templates that look most like it are compared.

        Where somebody would be recognised from `needed` on, a few others are compared, too, whoever they are: all but
        the best who reaches it are strangers. (To leave out all who look alike would hide how high strangers score.)
        """
        probes = self._probes(samples)
        found = {
            self._of[number][0]
            for _, probe in probes
            for number in self._gallery.near(probe, candidates)
            if number in self._of
        }
        matches = [Match(subject, self._score(subject, probes)) for subject in found]
        matches.sort(key=lambda one: (-one.log_ratio, one.subject))
        if needed is not None:
            known = matches[0].subject if matches and matches[0].log_ratio >= needed else ""
            self.strangers.add(_together(tries) for tries in self._others(known, probes))
        return matches

    def score(self, subject: str, samples: Sequence[Sample]) -> float | None:
        """The same for one person; None where they have no template."""
        return self._score(subject, self._probes(samples)) if self._numbers.get(subject) else None

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

    def _score(self, subject: str, probes: Sequence[tuple[Hand, object]]) -> float:
        return _together(self._tries(subject, probes))

    def _tries(self, subject: str, probes: Sequence[tuple[Hand, object]]) -> dict[Hand, list[float]]:
        """The log ratios of each hand that was shown, with the templates of one person that may be of that hand."""
        tries: dict[Hand, list[float]] = {}
        for shown, probe in probes:
            for number in self._numbers.get(subject, ()):
                hand = self._of[number][1]
                if "unknown" in (hand, shown) or hand == shown:
                    tries.setdefault(shown, []).extend(self._gallery.scores(probe, self._data[number]))
        return tries

    def _others(self, known: str, probes: Sequence[tuple[Hand, object]]) -> Iterator[dict[Hand, list[float]]]:
        """Tries with the next few persons in turn, but for the one who is recognised."""
        for _ in range(min(_STRANGERS, self.persons)):
            subject = self._next()
            if subject is not None and subject != known and any((tries := self._tries(subject, probes)).values()):
                yield tries

    def _next(self) -> str | None:
        for _ in range(2):
            try:
                return next(self._turn)
            except (StopIteration, RuntimeError):  # the round is over, or somebody came or went meanwhile
                self._turn = iter(self._numbers)
        return None


def _together(tries: dict[Hand, list[float]]) -> float:
    if "unknown" in tries:  # perhaps it is one of the others: no second witness
        return of_tries([ratio for those in tries.values() for ratio in those])
    return of_hands([of_tries(those) for those in tries.values()])
