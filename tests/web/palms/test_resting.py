"""A station at rest looks at little, and misses nobody."""

import numpy as np
import pytest

from tillfree.palm.samples import HandImage
from tillfree.web.palms.resting import Resting

S = 1_000_000_000


def picture(seed: int, *, hand: bool = False, shape: tuple[int, ...] = (240, 320, 3)) -> HandImage:
    pixels = np.random.default_rng(seed).normal(90.0, 6.0, shape)
    if hand:
        pixels[80:160, 120:200] += 40.0
    return HandImage(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("shape", [(240, 320, 3), (241, 323)])
def test_noise_is_nobody_and_a_hand_is_somebody(shape: tuple[int, ...]) -> None:
    rest = Resting()
    assert not rest.is_empty(picture(0, shape=shape), 1)
    rest.note(picture(0, shape=shape), 1, found=False)
    assert rest.is_empty(picture(1, shape=shape), S // 2)
    assert not rest.is_empty(picture(2, shape=shape, hand=True), S // 2)


def test_after_a_while_and_after_a_hand_it_looks_again() -> None:
    rest = Resting()
    rest.note(picture(0), 1, found=False)
    assert not rest.is_empty(picture(1), 2 * S)
    rest.note(picture(0), 2 * S, found=False)
    rest.note(picture(1, hand=True), 2 * S, found=True)
    assert not rest.is_empty(picture(2), 2 * S + 1)
