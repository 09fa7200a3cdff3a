"""The templates of the vault in memory, as they are now: what another process erased is not found here any more."""

import logging
import threading
from collections.abc import Sequence

from tillfree.palm.thresholds import fmr_for_gallery
from tillfree.storage.palm_vault.errors import TamperedError, VaultKeyError
from tillfree.storage.palm_vault.vault import KeptTemplate, PalmVault
from tillfree.store.palms.known import KnownPalms, Match
from tillfree.store.palms.recogniser import Recogniser, Sample

__all__ = ["KeptGallery"]

_log = logging.getLogger(__name__)
_RATE_MAX = 0.5


class KeptGallery:
    """Follows the vault. Methods may be called by any thread."""

    def __init__(self, vault: PalmVault, recogniser: Recogniser) -> None:
        self._vault, self._recogniser = vault, recogniser
        self._lock = threading.RLock()
        self._seen: dict[int, str] = {}
        self._generation, self._epoch = -1, -1
        self._known: KnownPalms
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
                self._known, self._seen = KnownPalms(self._recogniser.gallery(self.site_key)), {}
            # Numbers grow and are never given again, so only what is gone needs a look at all of them.
            new = self._vault.template_numbers(after=max(self._seen, default=0))
            if self._vault.template_count() != len(self._seen) + len(new):
                there = self._vault.template_numbers()
                for number in [number for number in self._seen if number not in there]:
                    del self._seen[number]
                    self._known.remove(number)
                new = {number: subject for number, subject in there.items() if number not in self._seen}
            self._seen |= new
            self._put([one for subject in sorted(set(new.values())) for one in self._load(subject)])
            self.broken &= set(self._seen.values())
            self._generation, self._epoch = generation, epoch

    def __len__(self) -> int:
        with self._lock:
            return len(self._known)

    @property
    def persons(self) -> int:
        """How many people can be found."""
        with self._lock:
            return self._known.persons

    @property
    def outdated(self) -> int:
        """How many templates another scheme made, or cannot be read: nobody finds them."""
        with self._lock:
            return len(self._seen) - len(self._known)

    @property
    def site_key(self) -> bytes:
        """The key under which new templates are protected."""
        return self._vault.site_key("templates")

    def threshold(self, persons: int, rate: float) -> float:
        """That of the recogniser, raised where strangers score higher at this place than it was made for."""
        expected = self._recogniser.threshold(persons, rate)
        with self._lock:
            return self._known.strangers.raised(expected, fmr_for_gallery(min(rate, _RATE_MAX), persons))

    def search(self, samples: Sequence[Sample], needed: float | None = None) -> list[Match]:
        """Persons, the most probable first; as `KnownPalms.search`."""
        with self._lock:
            return self._known.search(samples, needed=needed)

    def score(self, subject: str, samples: Sequence[Sample]) -> float | None:
        """The same for one person; None where they have no template."""
        with self._lock:
            return self._known.score(subject, samples)

    def compared(self, samples: Sequence[Sample], data: Sequence[Sequence[bytes]]) -> list[tuple[int, int, float]]:
        """Samples of one hand with templates of others of them; as `KnownPalms.compared`."""
        with self._lock:
            return self._known.compared(samples, data)

    def has(self, subject: str) -> bool:
        """Whether there is a template of them."""
        with self._lock:
            return self._known.has(subject)

    @property
    def epoch(self) -> int:
        """How often all palms were revoked, up to what was taken over last."""
        return self._epoch

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
        return [one for one in kept if one.number not in self._known and one.template.scheme == scheme]

    def _put(self, kept: Sequence[KeptTemplate]) -> None:
        self._known.put((one.number, one.subject, one.template.hand, one.template.data) for one in kept)
