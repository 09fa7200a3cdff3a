"""The recogniser that the room of palms makes: finds hands, reads palms, judges liveness, protects and compares.

It is behind the protocol `Recogniser`. The features of a sample are a tuple of `Features`, of one light or of both.
"""

import hashlib
import secrets
import struct
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.looks import Look
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.features import Features
from tillfree.palm.index.gallery import PalmIndex
from tillfree.palm.index.ratios import of_tries
from tillfree.palm.liveness.judging import Liveness
from tillfree.palm.protection.keys import SALT_BYTES
from tillfree.palm.protection.protector import ProtectedProbe, Protector
from tillfree.palm.protection.template import ProtectedTemplate
from tillfree.palm.samples import Band, HandImage
from tillfree.storage.models import hand_model, liveness_model, palm_model
from tillfree.store.palms.rates import log_ratio_for
from tillfree.store.palms.recogniser import Candidate, Protected, Sample

__all__ = ["PalmGallery", "PalmReader", "shipped_reader"]

_READ_EACH = 2
"""So many of the best frames of each light are read: a further one adds little and takes its time."""
_LENGTH = struct.Struct("<I")
Bytes = npt.NDArray[np.uint8]
_NO_CODE: Bytes = np.zeros(0, dtype=np.uint8)


class PalmReader:
    """Methods may be called by any thread; each uses one."""

    def __init__(self, finder: HandFinder, encoder: Encoder, liveness: Liveness | None, scheme: str) -> None:
        """`scheme` names the models and the protection; templates of another one are of no use."""
        self.finder, self.encoder, self.liveness = finder, encoder, liveness
        self._scheme = scheme

    @property
    def scheme(self) -> str:
        """Which models and which protection make templates."""
        return self._scheme

    def read(self, frames: Sequence[HandImage]) -> Sample:
        """The sample of one capture: the best frames of each light, and one verdict about all of them."""
        looks: list[Look] = []
        before: dict[Band, Look] = {}
        for frame in frames:
            look = self.finder.look(frame, before=before.get(frame.band))
            before[frame.band] = look
            looks.append(look)
        useful = [(look, frame.band) for look, frame in zip(looks, frames, strict=True) if look.region is not None]
        if not useful:
            return Sample(None, guidance=looks[0].guidance if looks else "no hand")
        useful.sort(key=lambda pair: -pair[0].quality.value)
        best = [pair for band in dict.fromkeys(band for _, band in useful) for pair in _of(useful, band)]
        features = tuple(self.encoder.features(look.region) for look, _ in best if look.region is not None)
        first = useful[0][0]
        live, reasons = self.judge(frames, looks)
        return Sample(features, first.side, first.quality.value, first.guidance, live, reasons)

    def judge(self, frames: Sequence[HandImage], looks: Sequence[Look]) -> tuple[bool | None, tuple[str, ...]]:
        """Whether those frames show a living hand, and what speaks against it; None where nobody judges."""
        if self.liveness is None:
            return None, ()
        verdict = self.liveness.judge(frames, looks)
        return verdict.live, verdict.reasons

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        """One template for each of its features; each has a salt of its own."""
        protector = Protector(site_key)
        made = []
        for one in _features(sample):
            template = protector.protect(one, secrets.token_bytes(SALT_BYTES))
            code = protector.search_code(one) if one.embedding.size else _NO_CODE
            made.append(Protected(one.band, _packed(template, code)))
        return made

    def gallery(self, site_key: bytes) -> "PalmGallery":
        """An empty gallery of a site."""
        return PalmGallery(site_key)

    def threshold(self, templates: int, rate: float) -> float:
        """The log ratio that a stranger reaches this often, at most (Markov's bound, see `rates`)."""
        return log_ratio_for(rate, templates)


class PalmGallery:
    """Protected templates of a site in memory. Methods may be called by any thread.

    A short list comes from the index of keyed codes; templates on it are compared in full. Templates without an
    embedding have no such code, and are all compared.
    """

    def __init__(self, site_key: bytes) -> None:
        self._protector = Protector(site_key)
        self._templates: dict[int, ProtectedTemplate] = {}
        self._indexes: dict[Band, PalmIndex] = {}
        self._lock = threading.Lock()

    def put(self, number: int, data: bytes) -> None:
        """Adds a template. Raises PalmError where these bytes are none."""
        template, code = _opened(data)
        with self._lock:
            self._templates[number] = template
            if code.size:
                index = self._indexes.setdefault(template.band, PalmIndex(template.key_id, code.size))
                index.add([number], code[None])

    def remove(self, number: int) -> None:
        """Forgets a template, and its code with it."""
        with self._lock:
            if self._templates.pop(number, None) is not None:
                for index in self._indexes.values():
                    index.remove(number)

    def search(self, sample: Sample, count: int) -> Sequence[Candidate]:
        """The templates most like a sample, the best first."""
        probes = [self._protector.probe(one) for one in _features(sample)]
        with self._lock:
            numbers = {number for probe in probes for number in self._short_list(probe, count)}
            there = {number: self._templates[number] for number in numbers if number in self._templates}
        found = [Candidate(number, self._ratio(probes, template)) for number, template in there.items()]
        return sorted(found, key=lambda one: (-one.log_ratio, one.number))[:count]

    def score(self, sample: Sample, data: bytes) -> float:
        """The log ratio of a sample and one template."""
        template, _ = _opened(data)
        return self._ratio([self._protector.probe(one) for one in _features(sample)], template)

    def __len__(self) -> int:
        return len(self._templates)

    def _short_list(self, probe: ProtectedProbe, count: int) -> list[int]:
        index = self._indexes.get(probe.features.band)
        if index is None or not probe.features.embedding.size:
            return list(self._templates)
        return [one.id for one in index.search(self._protector.search_values(probe.features), count)]

    def _ratio(self, probes: Sequence[ProtectedProbe], template: ProtectedTemplate) -> float:
        """All frames of one light are tries with one hand."""
        return of_tries(
            [
                self._protector.compare(probe, template)
                for probe in probes
                if probe.features.band == template.band
                and len(probe.features.embedding) == template.dimensions
                and (template.side == probe.features.side or "unknown" in (template.side, probe.features.side))
            ]
        )


def shipped_reader(*, liveness: bool = True) -> PalmReader:
    """The reader with the models that come with Tillfree.

    Raises:
        PalmError: a package is missing: pip install 'tillfree[palm]'.
    """
    hand, palm = hand_model(), palm_model()
    judge = liveness_model() if liveness else None
    digest = hashlib.sha256(hand + palm).hexdigest()[:12]
    return PalmReader(
        HandFinder(hand),
        Encoder(Embedder(palm)),
        None if judge is None else Liveness(judge),
        f"palm-{digest}/protection-1",
    )


def _features(sample: Sample) -> tuple[Features, ...]:
    """The features of a sample of ours; one that shows no palm has none."""
    found = sample.features
    if found is None:
        return ()
    assert isinstance(found, tuple), "features of another recogniser"
    return found


def _of(useful: Sequence[tuple[Look, Band]], band: Band) -> list[tuple[Look, Band]]:
    """The best frames of one light; `useful` begins with the best."""
    return [pair for pair in useful if pair[1] == band][:_READ_EACH]


def _packed(template: ProtectedTemplate, code: Bytes) -> bytes:
    data = template.to_bytes()
    return _LENGTH.pack(len(data)) + data + code.tobytes()


def _opened(data: bytes) -> tuple[ProtectedTemplate, Bytes]:
    """A template, and the code by which the index of the site finds it; that may be empty."""
    (length,) = _LENGTH.unpack_from(data.ljust(_LENGTH.size, b"\0"))
    template = ProtectedTemplate.from_bytes(data[_LENGTH.size : _LENGTH.size + length])
    return template, np.frombuffer(data, dtype=np.uint8, offset=_LENGTH.size + length)
