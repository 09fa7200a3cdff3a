"""A pair of eyes and a clerk that know nothing of palms: grey pictures of one brightness stand for hands."""

import dataclasses
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tests.store.palms.stand_in import StandIn, StandInGallery
from tillfree.palm.features import Features
from tillfree.palm.samples import REGION_PX, HandImage, HandSide, PalmRegion, Quality
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.recogniser import Protected, Sample
from tillfree.web.palms.seeing import Answer, AnswerKind, Eyes, LiveHint, Reading, SeenHand, Wishes

__all__ = ["GreyClerk", "GreyRecogniser", "Seen", "grey_eyes", "grey_jpeg", "hand"]


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """As a look at a picture comes out."""

    found: bool
    landmarks: npt.NDArray[np.float32]
    side: HandSide
    region: PalmRegion | None
    quality: Quality
    guidance: str
    palm_width_px: float


def hand(
    guidance: str = "", quality: float = 80.0, *, grey: float = 0.5, found: bool = True, side: HandSide = "right"
) -> Seen:
    pixels = np.full((REGION_PX, REGION_PX), grey, dtype=np.float32)
    region = PalmRegion(pixels, np.ones((REGION_PX, REGION_PX), dtype=np.bool_), side=side)
    points = np.array([[100, 120], [140, 120]], dtype=np.float32) if found else np.zeros((0, 2), dtype=np.float32)
    return Seen(found, points, side, region if found else None, Quality(quality), guidance, 80.0)


def grey_jpeg(grey: int, width: int = 320, height: int = 240) -> bytes:
    """Below 30 there is no hand, from 240 it is too near; else each brightness is a palm of its own.

    Hands in upright pictures are left ones.
    """
    done, data = cv2.imencode(".jpg", np.full((height, width), grey, dtype=np.uint8))
    assert done
    return bytes(data)


def _look(image: HandImage, _before: SeenHand | None, wanted: HandSide) -> SeenHand:
    grey = float(image.pixels.mean())
    if grey < 30:
        return hand("no hand", 0.0, found=False)
    side: HandSide = "left" if image.pixels.shape[0] > image.pixels.shape[1] else "right"
    other = wanted not in ("unknown", side)
    return hand("other hand" if other else "further" if grey >= 240 else "", grey=grey / 255, side=side)


def _read(region: PalmRegion) -> Features:
    grey = np.float32(region.pixels.mean())
    nothing = np.zeros((1, 1), dtype=np.uint8)
    embedding = np.array([grey, np.sqrt(1 - grey**2)], dtype=np.float32)
    return Features(embedding, nothing, nothing, nothing, region.band, region.side)


def grey_eyes(hint: LiveHint | None = None) -> Eyes:
    return Eyes(_look, _read, None if hint is None else lambda _images, _seen: hint)


class GreyClerk:
    """Remembers brightnesses by account."""

    def __init__(self) -> None:
        self.known: dict[str, float] = {}
        self.wishes: list[Wishes] = []
        self.asked = 0
        self.pin = ""
        self.tries = 0
        self.undecided: AnswerKind = "unknown"
        self.link_code = ""
        self.door: Callable[[str], Answer] | None = None
        self.waits = ""

    def identify(self, tries: Sequence[Sequence[Reading]], station: str) -> Answer:
        assert station
        self.asked += 1
        self.tries = len(tries)
        found = self._find(tries[-1])
        if not found:
            return Answer(kind=self.undecided)
        kind: AnswerKind = "pin" if self.pin else "known" if self.door is None else "opening"
        return Answer(kind=kind, account=found, shown=f"{found[0].upper()}\u2022\u2022\u2022", may=("identify",))

    def find(self, tries: Sequence[Sequence[Reading]], station: str) -> Answer:
        pin, self.pin = self.pin, ""
        answer = self.identify(tries, station)
        self.pin = pin
        return answer

    def may_be_one(self, before: Sequence[Reading], now: Sequence[Reading]) -> bool:
        return before[0].features.side != now[0].features.side or abs(_grey(before) - _grey(now)) < 0.02

    def prove(self, account: str, pin: str, station: str) -> Answer:
        assert station
        if pin != self.pin:
            return Answer(kind="refused", reason="wrong pin")
        return Answer(kind="known" if self.door is None else "opening", account=account)

    def open(self, account: str, station: str) -> Answer:
        assert station
        assert self.door is not None
        return self.door(account)

    def enrol(self, first: Sequence[Reading], again: Sequence[Reading], wishes: Wishes, station: str) -> Answer:
        assert station
        if abs(_grey(first) - _grey(again)) > 0.02:
            return Answer(kind="unlike")
        if self._find(first):
            return Answer(kind="already")
        self.wishes.append(wishes)
        account = f"ann-{len(self.known)}"
        self.known[account] = _grey(first)
        return Answer(kind="enrolled", account=account, may=wishes.purposes, link_code=self.link_code)

    def waiting(self, said: str, pin: str, station: str, *, staff: bool) -> str:
        assert station
        del pin, staff
        return said if said == self.waits else ""

    def delete(self, account: str, station: str) -> Answer:
        assert station
        del self.known[account]
        return Answer(kind="deleted")

    def _find(self, samples: Sequence[Reading]) -> str:
        grey = _grey(samples)
        return next((account for account, known in self.known.items() if abs(known - grey) < 0.02), "")


def _grey(samples: Sequence[Reading]) -> float:
    return float(np.mean([one.features.embedding[0] for one in samples]))


class GreyRecogniser(StandIn):
    """For a desk of palms: features of brightnesses."""

    def gallery(self, site_key: bytes, index: IndexSettings) -> "GreyGallery":
        del index
        return GreyGallery(site_key)

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        del site_key
        return [Protected("visible", f"{_of(sample.features):.4f}".encode())]


class GreyGallery(StandInGallery):
    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        apart = abs(_of(probe) - float(data))
        return [18.0 if apart < 0.02 else 9.5 if apart < 0.05 else -8.0]


def _of(features: object) -> float:
    assert isinstance(features, tuple)
    return float(features[0].embedding[0])
