"""The room of palms as the desk wants it: finds hands, encodes palms, protects, and searches."""

import functools
import hashlib
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np

from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.index.gallery import PalmIndex
from tillfree.palm.protection.protector import OpenedTemplate, ProtectedProbe, Protector
from tillfree.palm.protection.template import ProtectedTemplate
from tillfree.palm.samples import BANDS, Band, HandImage, HandSide, PalmRegion, Quality
from tillfree.palm.thresholds import fmr_for_gallery
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.rates import log_ratio_for
from tillfree.store.palms.recogniser import Gallery, Protected, Sample

__all__ = ["Judged", "RoomRecogniser", "Seen", "scheme_of"]

_SALT_BYTES = 16
_NEAR_WITHOUT_INDEX = 1000
_FORMAT = "palm-1"
_RATE_MAX = 0.5
_THRESHOLDS_KEPT = 64
_ANY_SITE = Protector(bytes(32))
"""Thresholds are the same for all keys."""


class Seen(Protocol):
    """What was seen in one picture (`tillfree.palm.capture`)."""

    @property
    def region(self) -> PalmRegion | None:
        """The palm, where it can be cut out."""
        ...

    @property
    def side(self) -> HandSide:
        """Left or right."""
        ...

    @property
    def quality(self) -> Quality:
        """How useful it is."""
        ...

    @property
    def guidance(self) -> str:
        """What to tell the person."""
        ...


class Judged(Protocol):
    """Whether a capture is of a living hand (`tillfree.palm.liveness`)."""

    @property
    def passes(self) -> bool:
        """Whether it is taken for one."""
        ...

    @property
    def reasons(self) -> tuple[str, ...]:
        """Codes of what speaks against it."""
        ...


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one band: the protected template, and the code that the index finds it by."""

    template: bytes
    code: bytes


def scheme_of(*models: bytes) -> str:
    """The name of templates that these models make: other models cannot compare them."""
    digest = hashlib.sha256()
    for model in models:
        digest.update(hashlib.sha256(model).digest())
    return f"{_FORMAT}/{digest.hexdigest()[:16]}"


class RoomRecogniser:
    """Behind the protocol `Recogniser`. Methods may be called by any thread, if those that it was given may."""

    def __init__(
        self,
        look: Callable[[HandImage], Seen],
        encode: Callable[[PalmRegion], Features],
        scheme: str,
        judge: Callable[[Sequence[HandImage], Sequence[Seen]], Judged] | None = None,
    ) -> None:
        """`judge` is None where nobody judges liveness: then no sample is known to be live."""
        self._look, self._encode, self._judge = look, encode, judge
        self.scheme = scheme

    def read(self, frames: Sequence[HandImage]) -> Sample:
        """The best picture of each band, encoded; its hand, quality and guidance are those of the best of all.

        Raises:
            PalmError: a package is missing.
        """
        seen = [(image, self._look(image)) for image in frames]
        best: dict[Band, Seen] = {}
        for image, one in seen:
            if one.region is not None and (
                image.band not in best or one.quality.value > best[image.band].quality.value
            ):
                best[image.band] = one
        if not best:
            guidance = next((one.guidance for _, one in seen if one.guidance), "no hand")
            return Sample(None, guidance=guidance)
        top = max(best.values(), key=lambda one: one.quality.value)
        features = tuple(self._encode(one.region) for one in best.values() if one.region is not None)
        judged = None if self._judge is None else self._judge(frames, [one for _, one in seen])
        return Sample(
            features,
            top.side,
            top.quality.value,
            top.guidance,
            None if judged is None else judged.passes,
            () if judged is None else judged.reasons,
        )

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        """One protected template for each band, with a new salt. Raises PalmError."""
        protector = Protector(site_key)
        return [Protected(one.band, msgspec.msgpack.encode(_stored(protector, one))) for one in _features_of(sample)]

    def sketches(self, templates: Sequence[bytes]) -> Sequence[bytes]:
        """One for each band: its code is what most of the templates say of each bit. Raises PalmError.

        A code of several samples is nearer to the next one than each of them alone, and an index of one code for each
        hand is as much smaller and faster.
        """
        codes: dict[Band, list[bytes]] = {}
        for data in templates:
            stored = msgspec.msgpack.decode(data, type=_Stored)
            codes.setdefault(ProtectedTemplate.from_bytes(stored.template).band, []).append(stored.code)
        return [bytes((BANDS.index(band),)) + _majority(those) for band, those in codes.items()]

    def gallery(self, site_key: bytes, index: IndexSettings) -> Gallery:
        """A new gallery, which searches as these settings say."""
        return _RoomGallery(Protector(site_key), index)

    def threshold(self, persons: int, rate: float) -> float:
        """What strangers reach this often at most, by either of two bounds: the lower threshold of both.

        They are the upper bound of what simulated strangers let expect, and that of `tillfree.store.palms.rates`. One
        comparison with a person is as one template, by the mean of its ratios: those of strangers fall faster than 1/r,
        and so their mean is no more often large than one of them. Two hands of a stranger reach it more rarely: each of
        them speaks against the person on average.
        """
        return _threshold(persons, rate)


@functools.lru_cache(maxsize=_THRESHOLDS_KEPT)
def _threshold(persons: int, rate: float) -> float:
    bound = log_ratio_for(rate, persons)
    fmr = fmr_for_gallery(min(rate, _RATE_MAX), persons)
    try:
        return min(bound, max(_ANY_SITE.cautious_threshold(fmr, band) for band in BANDS))
    except PalmError:  # more often than the tail of strangers was looked at, or more rarely than it is known
        return bound


class _RoomGallery:
    """Behind the protocol `Gallery`: one index for each band."""

    def __init__(self, protector: Protector, settings: IndexSettings) -> None:
        self._protector, self._settings = protector, settings
        self._indexes: dict[Band, PalmIndex] = {}
        self._without_code: set[int] = set()
        self._last: tuple[bytes, OpenedTemplate] | None = None

    def put(self, places: Sequence[int], sketches: Sequence[bytes]) -> None:
        codes: dict[Band, list[tuple[int, bytes]]] = {}
        for place, sketch in zip(places, sketches, strict=True):
            if len(sketch) > 1:
                codes.setdefault(BANDS[sketch[0]], []).append((place, sketch[1:]))
            else:
                self._without_code.add(place)
        for band, those in codes.items():
            width = len(those[0][1])
            if band not in self._indexes:
                self._indexes[band] = PalmIndex(
                    self._protector.key_id,
                    width,
                    exact_max=self._settings.exact_max,
                    shard_rows=self._settings.shard_rows,
                    looked_at=self._settings.looked_at,
                )
            packed = np.frombuffer(b"".join(code for _, code in those), np.uint8).reshape(len(those), width)
            self._indexes[band].add([place for place, _ in those], packed)

    def remove(self, places: Sequence[int]) -> None:
        self._without_code.difference_update(places)
        self._last = None
        for index in self._indexes.values():
            index.remove_all(places)

    def probe(self, sample: Sample) -> object:
        return tuple(self._protector.probe(one) for one in _features_of(sample))

    def near(self, probe: object, count: int) -> Sequence[int]:
        """Those with the largest cosines; palms without an embedding are all looked at, where they are few."""
        found: dict[int, float] = {}
        for one in _probes_of(probe):
            features = one.features
            index = self._indexes.get(features.band)
            if index is None or not features.embedding.size:
                continue
            for candidate in index.search(self._protector.search_values(features), count):
                found[candidate.id] = max(found.get(candidate.id, -1.0), candidate.cosine)
        near = sorted(found, key=lambda number: (-found[number], number))[:count]
        return [*near, *sorted(self._without_code)[:_NEAR_WITHOUT_INDEX]]

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        band, opened = self._template(data)
        return [self._protector.compare(one, opened) for one in _probes_of(probe) if one.features.band == band]

    def _template(self, data: bytes) -> tuple[Band, OpenedTemplate]:
        """The last one stays open: it is compared with all samples of a hand in a row."""
        if self._last is None or self._last[0] != data:
            stored = ProtectedTemplate.from_bytes(msgspec.msgpack.decode(data, type=_Stored).template)
            self._last = data, self._protector.open(stored)
        return self._last[1].stored.band, self._last[1]

    def __len__(self) -> int:
        return len(self._without_code) + sum(len(index) for index in self._indexes.values())


def _majority(codes: Sequence[bytes]) -> bytes:
    """The bits that most codes have; where as many have another one, those of the first."""
    codes = [code for code in codes if code]
    if len(codes) < 2:
        return codes[0] if codes else b""
    bits = np.unpackbits(np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), -1), axis=1)
    four_times = 4 * bits.sum(axis=0, dtype=np.int32) + 2 * bits[0].astype(np.int32) - 1
    return np.packbits(four_times > 2 * len(codes)).tobytes()


def _stored(protector: Protector, features: Features) -> _Stored:
    template = protector.protect(features, secrets.token_bytes(_SALT_BYTES))
    code = protector.search_code(features).tobytes() if features.embedding.size else b""
    return _Stored(template.to_bytes(), code)


def _features_of(sample: Sample) -> tuple[Features, ...]:
    """Those of a sample that was read here, or of one band alone, as a station has them."""
    found = sample.features
    if isinstance(found, Features):
        return (found,)
    assert isinstance(found, tuple), "a sample without features is not compared"
    return found


def _probes_of(probe: object) -> tuple[ProtectedProbe, ...]:
    assert isinstance(probe, tuple)
    return probe
