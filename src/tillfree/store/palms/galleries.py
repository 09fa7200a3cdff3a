"""Everybody of the vault in an index, as they are now: what another process erased is not found here any more.

In memory there is what people are found by (a sketch, some 130 bytes for each hand and kind of light). Their templates
stay sealed on the disk; those of the few who look most alike are opened when somebody holds a hand.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from tillfree.palm.thresholds import fmr_for_gallery
from tillfree.storage.palm_vault.errors import TamperedError, VaultError, VaultKeyError
from tillfree.storage.palm_vault.records import Template
from tillfree.storage.palm_vault.rows import Sketch
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.known import KnownPalms, Match, sketches_of
from tillfree.store.palms.met import MetStrangers
from tillfree.store.palms.recogniser import Recogniser, Sample

__all__ = ["KeptGallery"]

_log = logging.getLogger(__name__)
_RATE_MAX = 0.5
_AT_ONCE = 1000
"""So many persons are read in one go, so that other processes come in between."""
_KEPT_FROM = 500
"""Fewer new sketches are not worth a write: their templates are opened in a moment."""
_OPENED_MAX = 256
"""The templates of so many persons stay open, of those who were compared last."""
_NO_ENTRY = 2**62
_AS_IT_COMES = IndexSettings()


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What the vault keeps as the sketch of a person, by which scheme."""

    scheme: str
    parts: tuple[bytes, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Kept)


class KeptGallery:
    """Follows the vault. Methods may be called by any thread."""

    def __init__(self, vault: PalmVault, recogniser: Recogniser, index: IndexSettings = _AS_IT_COMES) -> None:
        """Takes over everybody. Raises VaultError."""
        self._vault, self._recogniser, self._index = vault, recogniser, index
        self._lock = threading.RLock()
        self._met = MetStrangers(vault, recogniser.scheme)
        self._generation, self._epoch, self._logged = -1, -1, 0
        self._known: KnownPalms
        self._open: OrderedDict[str, Sequence[Template]] = OrderedDict()
        self.broken: set[str] = set()
        """Persons whose rows did not hold when they were opened last: nobody finds them."""
        self.refresh()

    def refresh(self) -> None:
        """Takes over what changed in the vault since the last time; costs one look into the file where nothing did."""
        with self._lock:
            generation, epoch = self._vault.generation()
            if generation == self._generation:
                return
            # What changes from here on is in the log behind this entry, and looked at the next time.
            logged, changed = self._vault.changed_since(self._logged if epoch == self._epoch else _NO_ENTRY)
            if epoch != self._epoch:
                self._begin_anew()
            else:
                self._take(changed)
            self._generation, self._epoch, self._logged = generation, epoch, logged

    def __len__(self) -> int:
        return self.persons

    @property
    def persons(self) -> int:
        """How many people can be found."""
        with self._lock:
            return self._known.persons

    @property
    def site_key(self) -> bytes:
        """The key under which new templates are protected."""
        return self._vault.site_key("templates")

    def keep_strangers(self, now_ns: int | None = None) -> None:
        """Keeps what strangers scored here for the next start: now, or at most once a minute where a time is given."""
        with self._lock:
            if now_ns is None:
                self._met.keep_now()
            else:
                self._met.keep(now_ns)

    def threshold(self, persons: int, rate: float) -> float:
        """That of the recogniser, raised where strangers score higher at this place than it was made for."""
        expected = self._recogniser.threshold(persons, rate)
        with self._lock:
            return self._met.scores.raised(expected, fmr_for_gallery(min(rate, _RATE_MAX), persons))

    def search(self, samples: Sequence[Sample], needed: float | None = None, *, thorough: bool = False) -> list[Match]:
        """Persons, the most probable first; as `KnownPalms.search`."""
        with self._lock:
            return self._known.search(samples, needed=needed, thorough=thorough)

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

    # ---- following the vault ------------------------------------------------------------------------------------

    def _begin_anew(self) -> None:
        """Everybody, by their sketches; who has none yet is opened, and gets one."""
        gallery = self._recogniser.gallery(self.site_key, self._index)
        self._known = KnownPalms(gallery, self._opened, self._index.candidates, self._met.scores)
        self._open.clear()
        self.broken.clear()
        to_open: list[str] = []
        after = ""
        while page := self._vault.sketches(after, _AT_ONCE):
            after = page[-1][0]
            found = {subject: self._parts(data) for subject, data in page}
            to_open += [subject for subject, parts in found.items() if parts is None]
            self._known.put({subject: parts for subject, parts in found.items() if parts is not None})
        to_open += self._vault.without_sketch()
        keeps = len(to_open) >= _KEPT_FROM
        for begin in range(0, len(to_open), _AT_ONCE):
            sketches = self._take(to_open[begin : begin + _AT_ONCE])
            if keeps and not self._keep(sketches):
                keeps = False

    def _parts(self, data: bytes | None) -> tuple[bytes, ...] | None:
        """The parts of a sketch; None where it does not open, or another scheme made it."""
        try:
            kept = None if data is None else _decoder.decode(data)
        except msgspec.DecodeError:  # of another version of this program
            kept = None
        if kept is None:
            return None
        return kept.parts if kept.scheme == self._recogniser.scheme else None

    def _take(self, subjects: Sequence[str]) -> dict[str, Sketch]:
        """Takes persons over as they are now, whatever there was of them; their sketches."""
        for subject in subjects:
            self._open.pop(subject, None)
        opened = self._vault.templates_of(subjects)
        self.broken.difference_update(subjects)
        self._note(opened.broken)
        parts: dict[str, tuple[bytes, ...]] = {
            subject: sketches_of(self._comparable(kept.template for kept in those), self._recogniser)
            for subject, those in opened.templates.items()
        }
        self._known.put({subject: parts.get(subject, ()) for subject in subjects})
        return {
            subject: Sketch(_encoder.encode(_Kept(self._recogniser.scheme, those)), opened.state[subject])
            for subject, those in parts.items()
        }

    def _keep(self, sketches: Mapping[str, Sketch]) -> bool:
        """A sketch saves time at the next start, and nothing else: that it cannot be kept stops nobody."""
        try:
            self._vault.keep_sketches(sketches)
        except VaultError as error:
            _log.warning("the next start will take as long as this one: %s", error)
            return False
        return True

    # ---- opening ------------------------------------------------------------------------------------------------

    def _opened(self, subjects: Collection[str]) -> dict[str, Sequence[Template]]:
        """Templates that can be compared, of these persons, as they are now or were a moment ago."""
        closed = sorted(subject for subject in subjects if subject not in self._open)
        if closed:
            opened = self._vault.templates_of(closed)
            if self._vault.generation()[1] != self._epoch:  # they are of another key than what they are compared with
                return {}
            self._note(opened.broken)
            for subject, kept in opened.templates.items():
                self._open[subject] = self._comparable(one.template for one in kept)
        found = {}
        for subject in subjects:
            templates = self._open.get(subject)
            if templates:
                self._open.move_to_end(subject)
                found[subject] = templates
        while len(self._open) > _OPENED_MAX:
            self._open.popitem(last=False)
        return found

    def _comparable(self, templates: Iterable[Template]) -> list[Template]:
        return [one for one in templates if one.scheme == self._recogniser.scheme]

    def _note(self, broken: Mapping[str, TamperedError | VaultKeyError]) -> None:
        for subject, error in broken.items():
            if subject not in self.broken:
                _log.error("somebody in the vault of palms cannot be recognised: %s", error)
            self.broken.add(subject)
