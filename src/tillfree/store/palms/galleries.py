"""The templates of the vault in memory, as they are now: what another process erased is not found here any more."""

import logging
import threading
from collections.abc import Sequence

from tillfree.storage.palm_vault.errors import TamperedError, VaultKeyError
from tillfree.storage.palm_vault.records import Hand
from tillfree.storage.palm_vault.vault import KeptTemplate, PalmVault
from tillfree.store.palms.rates import of_hands, of_tries
from tillfree.store.palms.recogniser import Gallery, Recogniser, Sample

__all__ = ["KeptGallery", "Match"]

_log = logging.getLogger(__name__)
_CANDIDATES = 16


class Match:
    """How much speaks for one person: the log ratio over all hands that were shown."""

    __slots__ = ("log_ratio", "subject")

    def __init__(self, subject: str, log_ratio: float) -> None:
        self.subject, self.log_ratio = subject, log_ratio


class KeptGallery:
    """Follows the vault. Methods may be called by any thread."""

    def __init__(self, vault: PalmVault, recogniser: Recogniser) -> None:
        self._vault, self._recogniser = vault, recogniser
        self._lock = threading.RLock()
        self._of: dict[int, tuple[str, Hand]] = {}
        self._numbers: dict[str, list[int]] = {}
        self._data: dict[int, bytes] = {}
        self._seen: dict[int, str] = {}
        self._generation, self._epoch = -1, -1
        self._gallery: Gallery
        self.broken: set[str] = set()
        """Persons whose rows do not hold: nobody finds them."""
        self.refresh()

    def refresh(self) -> None:
        """Takes over what changed in the vault since the last time; costs one look into the file where nothing did."""
        with self._lock:
            generation, epoch = self._vault.generation()
            if generation == self._generation:
                return
            if epoch != self._epoch:
                self._gallery = self._recogniser.gallery(self._vault.site_key("templates"))
                self._of, self._numbers, self._data, self._seen = {}, {}, {}, {}
            # Numbers grow and are never given again, so only what is gone needs a look at all of them.
            new = self._vault.template_numbers(after=max(self._seen, default=0))
            if self._vault.template_count() != len(self._seen) + len(new):
                there = self._vault.template_numbers()
                for number in [number for number in self._seen if number not in there]:
                    self._forget(number)
                new = {number: subject for number, subject in there.items() if number not in self._seen}
            self._seen |= new
            self._put([one for subject in sorted(set(new.values())) for one in self._load(subject)])
            self.broken &= set(self._seen.values())
            self._generation, self._epoch = generation, epoch

    def __len__(self) -> int:
        with self._lock:
            return len(self._of)

    @property
    def persons(self) -> int:
        """How many people can be found."""
        with self._lock:
            return len(self._numbers)

    @property
    def outdated(self) -> int:
        """How many templates another scheme made, or cannot be read: nobody finds them."""
        with self._lock:
            return len(self._seen) - len(self._of)

    @property
    def site_key(self) -> bytes:
        """The key under which new templates are protected."""
        return self._vault.site_key("templates")

    def search(self, samples: Sequence[Sample]) -> list[Match]:
        """Persons, the most probable first. Left and right palms are two witnesses: their ratios are multiplied.

        Several samples of one hand, and several templates of it, are one witness: the mean of their ratios counts
        (`tillfree.store.palms.rates`), so that trying more often cannot make a stranger match.
        """
        with self._lock:
            probes = self._probes(samples)
            found = {
                self._of[number][0]
                for _, probe in probes
                for number in self._gallery.near(probe, _CANDIDATES)
                if number in self._of
            }
            matches = [Match(subject, self._score(subject, probes)) for subject in found]
        return sorted(matches, key=lambda one: (-one.log_ratio, one.subject))

    def score(self, subject: str, samples: Sequence[Sample]) -> float | None:
        """The same for one person; None where they have no template."""
        with self._lock:
            return self._score(subject, self._probes(samples)) if self._numbers.get(subject) else None

    def alike(self, sample: Sample, data: Sequence[bytes]) -> float:
        """The log ratio of a sample and templates of one hand that need not be in the gallery."""
        with self._lock:
            probe = self._gallery.probe(sample)
            return of_tries([ratio for one in data for ratio in self._gallery.scores(probe, one)])

    def has(self, subject: str) -> bool:
        """Whether there is a template of them."""
        with self._lock:
            return subject in self._numbers

    @property
    def epoch(self) -> int:
        """How often all palms were revoked, up to what was taken over last."""
        return self._epoch

    def _probes(self, samples: Sequence[Sample]) -> list[tuple[Hand, object]]:
        return [(sample.hand, self._gallery.probe(sample)) for sample in samples]

    def _score(self, subject: str, probes: Sequence[tuple[Hand, object]]) -> float:
        tries: dict[Hand, list[float]] = {}
        for shown, probe in probes:
            for number in self._numbers.get(subject, ()):
                hand = self._of[number][1]
                if "unknown" in (hand, shown) or hand == shown:
                    tries.setdefault(shown, []).extend(self._gallery.scores(probe, self._data[number]))
        if "unknown" in tries:  # perhaps it is one of the others: no second witness
            return of_tries([ratio for those in tries.values() for ratio in those])
        return of_hands([of_tries(those) for those in tries.values()])

    def _load(self, subject: str) -> list[KeptTemplate]:
        """The templates of a person that are not there yet, and can be compared."""
        try:
            kept = self._vault.templates(subject)
        except (TamperedError, VaultKeyError) as error:
            if subject not in self.broken:
                _log.error("somebody in the vault of palms cannot be recognised: %s", error)
            self.broken.add(subject)
            return []
        scheme = self._recogniser.scheme
        return [one for one in kept if one.number not in self._of and one.template.scheme == scheme]

    def _put(self, kept: Sequence[KeptTemplate]) -> None:
        """All at once: an index takes many as fast as one."""
        self._gallery.put([one.number for one in kept], [one.template.data for one in kept])
        for one in kept:
            self._of[one.number] = (one.subject, one.template.hand)
            self._data[one.number] = one.template.data
            self._numbers.setdefault(one.subject, []).append(one.number)

    def _forget(self, number: int) -> None:
        del self._seen[number]
        if number not in self._of:
            return
        self._gallery.remove(number)
        subject, _ = self._of.pop(number)
        del self._data[number]
        self._numbers[subject].remove(number)
        if not self._numbers[subject]:
            del self._numbers[subject]
