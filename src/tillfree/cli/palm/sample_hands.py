"""Simulated hands for a palm station without a camera: nobody's, drawn when they are first asked for."""

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import HandImage
from tillfree.simulation.palms.attacks.hover import LIVE, present

__all__ = ["SampleHands"]

Bytes = npt.NDArray[np.uint8]
_SIZE_PX = 416
_PAIRS = 6
_FAR = 0.3
"""How large the hand is in the second picture, in which it is too far away."""
_JPEG_QUALITY = 92
_SEEDS = (4100, 4101, 4106, 4110)
"""Palms of this simulation have few lines, and every now and then two look alike: these do not."""
_MORE_SEEDS = 4200
_USUAL: frozenset[str] = frozenset()


class SampleHands:
    """Behind the protocol of a station's samples: people, and what a thief might hold up instead of the first one.

    The first picture shows nothing and the second a hand far away; then come those of a presentation, visible and near
    infrared by turns.
    """

    def __init__(self, people: int, attacks: Sequence[str] = ()) -> None:
        """`attacks` are kinds of `tillfree.simulation.palms.attacks.instruments.KINDS`."""
        self._kinds = [(LIVE, _seed(person)) for person in range(people)] + [(kind, _seed(0)) for kind in attacks]
        self._made: dict[int, list[bytes]] = {}
        self._locks = [threading.Lock() for _ in self._kinds]

    @property
    def people(self) -> int:
        """So many buttons: people, then attacks."""
        return len(self._kinds)

    @property
    def frames(self) -> int:
        """So many pictures of each."""
        return 2 + 2 * _PAIRS

    def band(self, frame: int) -> int:
        """The light of a picture: 0 visible, 1 near infrared."""
        return 0 if frame < 2 else frame % 2

    def kind(self, person: int) -> str:
        """Empty for a hand, else what is held up instead."""
        kind = self._kinds[person][0]
        return "" if kind == LIVE else kind

    def picture(self, person: int, frame: int) -> bytes:
        """A JPEG."""
        with self._locks[person]:
            if person not in self._made:
                self._made[person] = _drawn(*self._kinds[person])
            return self._made[person][frame]


def _seed(person: int) -> int:
    return _SEEDS[person] if person < len(_SEEDS) else _MORE_SEEDS + person


def _drawn(kind: str, seed: int) -> list[bytes]:
    melanin = float(np.random.default_rng(seed).uniform(0.05, 0.8))
    shown = present(kind, seed, traits=_USUAL, melanin=melanin, pairs=_PAIRS, size_px=_SIZE_PX)
    first = shown.frames[0].pixels
    ground = _ground(first)
    return [_jpeg(HandImage(ground)), _jpeg(HandImage(_far(first, ground))), *(_jpeg(one) for one in shown.frames)]


def _ground(pixels: Bytes) -> Bytes:
    """The colour of the border everywhere, with the noise of a sensor."""
    border = np.concatenate([pixels[:8].reshape(-1, 3), pixels[-8:].reshape(-1, 3)])
    noise = np.random.default_rng(_SEEDS[0]).normal(0.0, 2.0, pixels.shape)
    ground: Bytes = np.clip(np.median(border, axis=0) + noise, 0, 255).astype(np.uint8)
    return ground


def _far(pixels: Bytes, ground: Bytes) -> Bytes:
    side = round(_FAR * _SIZE_PX)
    begin = (_SIZE_PX - side) // 2
    far = ground.copy()
    far[begin : begin + side, begin : begin + side] = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    return far


def _jpeg(image: HandImage) -> bytes:
    shown = cv2.cvtColor(image.pixels, cv2.COLOR_RGB2BGR) if image.pixels.ndim == 3 else image.pixels
    done, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    assert done
    return bytes(data)
