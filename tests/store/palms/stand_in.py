"""A recogniser for tests: a picture of one grey value is a hand of the person of that number, and a clock to set."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.storage.palm_vault.vaults import open_vault
from tillfree.core.time import NS_PER_S
from tillfree.palm.samples import HandImage
from tillfree.storage.palm_vault.key_rooms import KeyText
from tillfree.storage.palm_vault.records import Consent, Hand, Purpose
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.rates import log_ratio_for
from tillfree.store.palms.recogniser import Protected, Sample
from tillfree.store.palms.settings import PalmSettings

__all__ = ["ALL", "START_NS", "PalmClock", "StandIn", "agreed", "hand_picture", "make_desk", "samples"]

START_NS = 1_800_000_000 * NS_PER_S
ALL: tuple[Purpose, ...] = ("identify", "pay", "enter", "age", "door", "loyalty")
SAME, STRANGER = 18.0, -8.0
DOUBTFUL = 150
"""Persons from this number on are only half sure: 60 % of what a good hand gets."""


class PalmClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def __call__(self) -> int:
        return self.now_ns

    def pass_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * NS_PER_S)


def hand_picture(person: int, hand: Hand = "left") -> HandImage:
    """Rows are the person, the first pixel says which hand."""
    pixels = np.full((64, 64), person, np.uint8)
    pixels[0, 0] = {"left": 1, "right": 2, "unknown": 0}[hand]
    return HandImage(pixels, "nir")


def samples(
    person: int, hand: Hand = "left", count: int = 3, *, live: bool = True, quality: float = 80.0
) -> list[Sample]:
    return [Sample((person, hand), hand, quality, "", live) for _ in range(count)]


def agreed(*purposes: Purpose, notice: str = "1") -> Consent:
    return Consent(notice=notice, language="en", purposes=purposes or ALL, given_ns=START_NS, by="test")


def _mark(site_key: bytes, features: object) -> bytes:
    return hmac.new(site_key, repr(features).encode(), hashlib.sha256).digest()


class StandInGallery:
    def __init__(self, site_key: bytes) -> None:
        self._key = site_key
        self._sketches: dict[int, bytes] = {}

    def put(self, places: Sequence[int], sketches: Sequence[bytes]) -> None:
        assert not set(places) & set(self._sketches)
        self._sketches |= dict(zip(places, sketches, strict=True))

    def remove(self, places: Sequence[int]) -> None:
        for place in places:
            self._sketches.pop(place, None)

    def probe(self, sample: Sample) -> object:
        return sample.features

    def near(self, probe: object, count: int) -> Sequence[int]:
        return sorted(self._sketches, key=lambda place: -self.scores(probe, self._sketches[place])[0])[:count]

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        if _mark(self._key, probe) != data:
            return [STRANGER]
        assert isinstance(probe, tuple)
        return [SAME * 0.6 if probe[0] >= DOUBTFUL else SAME]

    def __len__(self) -> int:
        return len(self._sketches)


class StandIn:
    """Behind the protocol `Recogniser`."""

    def __init__(self, scheme: str = "stand-in-1") -> None:
        self.scheme = scheme

    def read(self, frames: Sequence[HandImage]) -> Sample:
        first = frames[0].pixels if frames[0].pixels.ndim == 2 else frames[0].pixels[:, :, 0]
        person = int(first[1, 1])
        hand: Hand = ("unknown", "left", "right")[min(int(first[0, 0]), 2)]
        if person == 0:
            return Sample(None, guidance="no hand")
        return Sample((person, hand), hand, 80.0, "", True)

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        return [Protected("nir", _mark(site_key, sample.features))]

    def sketches(self, templates: Sequence[bytes]) -> Sequence[bytes]:
        return sorted(set(templates))

    def gallery(self, site_key: bytes, index: IndexSettings) -> StandInGallery:
        del index
        return StandInGallery(site_key)

    def threshold(self, persons: int, rate: float) -> float:
        return log_ratio_for(rate, persons)


def make_desk(
    where: Path | PalmVault | None = None,
    settings: PalmSettings | None = None,
    clock: Callable[[], int] | None = None,
    recogniser: StandIn | None = None,
) -> PalmDesk:
    """A desk on a vault in a folder, or in memory."""
    if where is None:
        where = PalmVault.open(None, KeyText("test:" + "A" * 43 + "=", "the test"))
    vault = where if isinstance(where, PalmVault) else open_vault(where)
    return PalmDesk(vault, recogniser or StandIn(), settings or PalmSettings(may=ALL), clock or PalmClock())
