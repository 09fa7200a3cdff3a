"""The templates of the vault in memory, as they are now: what another process erased is not found here any more."""

import logging
import threading
from collections.abc import Iterable, Sequence

from tillfree.storage.palm_vault.errors import TamperedError, VaultKeyError
from tillfree.storage.palm_vault.records import Hand
from tillfree.storage.palm_vault.vault import KeptTemplate, PalmVault
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
            for subject in sorted(set(new.values())):
                self._load(subject)
            self.broken &= set(self._seen.values())
            self._generation, self._epoch = generation, epoch

    def __len__(self) -> int:
        with self._lock:
            return len(self._of)

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
        """Persons, the most probable first. Left and right palms are two witnesses: their log ratios add up.

        More samples of one hand are not: the best counts.
        """
        with self._lock:
            found = {
                self._of[one.number][0]
                for sample in samples
                for one in self._gallery.search(sample, _CANDIDATES)
                if one.number in self._of
            }
            matches = [Match(subject, self._score(subject, samples)) for subject in found]
        return sorted(matches, key=lambda one: (-one.log_ratio, one.subject))

    def score(self, subject: str, samples: Sequence[Sample]) -> float | None:
        """The same for one person; None where they have no template."""
        with self._lock:
            return self._score(subject, samples) if self._numbers.get(subject) else None

    def alike(self, sample: Sample, data: bytes) -> float:
        """The log ratio of a sample and a template that need not be in the gallery."""
        with self._lock:
            return self._gallery.score(sample, data)

    def has(self, subject: str) -> bool:
        """Whether there is a template of them."""
        with self._lock:
            return subject in self._numbers

    @property
    def epoch(self) -> int:
        """How often all palms were revoked, up to what was taken over last."""
        return self._epoch

    def _score(self, subject: str, samples: Sequence[Sample]) -> float:
        best: dict[Hand, float] = {}
        for sample in samples:
            for number in self._numbers.get(subject, ()):
                hand = self._of[number][1]
                if "unknown" in (hand, sample.hand) or hand == sample.hand:
                    ratio = self._gallery.score(sample, self._data[number])
                    best[sample.hand] = max(best.get(sample.hand, ratio), ratio)
        if "unknown" in best:  # perhaps it is one of the others: no second witness
            return max(best.values())
        return sum(best.values()) if best else float("-inf")

    def _load(self, subject: str) -> None:
        try:
            kept = self._vault.templates(subject)
        except (TamperedError, VaultKeyError) as error:
            if subject not in self.broken:
                _log.error("somebody in the vault of palms cannot be recognised: %s", error)
            self.broken.add(subject)
            return
        self._put(kept)

    def _put(self, kept: Iterable[KeptTemplate]) -> None:
        for one in kept:
            if one.number in self._of or one.template.scheme != self._recogniser.scheme:
                continue
            self._gallery.put(one.number, one.template.data)
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
