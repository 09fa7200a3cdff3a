import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from tillfree.palm.errors import PalmError
from tillfree.palm.liveness.judging import FRAMES_MIN, Liveness, cues_of
from tillfree.palm.samples import HandImage
from tillfree.simulation.palms.attacks.hover import LIVE, Presentation, present
from tillfree.storage.models import liveness_model

LIVENESS = Liveness(liveness_model())


@cache
def hover(kind: str = LIVE, seed: int = 31) -> Presentation:
    return present(kind, seed, traits=frozenset(), pairs=5, size_px=400)


def of_light(shown: Presentation, light: str) -> tuple[list[HandImage], list]:  # type: ignore[type-arg]
    kept = [(f, look) for f, look in zip(shown.frames, shown.looks, strict=True) if f.band == light]
    return [frame for frame, _ in kept], [look for _, look in kept]


def test_a_simulated_hand_is_taken_and_the_same_frames_give_the_same_verdict() -> None:
    shown = hover()
    verdict = LIVENESS.judge(shown.frames, shown.looks)
    assert verdict.live
    assert verdict.lights == "both"
    assert verdict.probability > 0.5
    assert repr(LIVENESS.judge(shown.frames, shown.looks)) == repr(verdict)


def test_two_lights_that_are_looked_at_side_by_side_have_the_cues_that_they_have_in_turn() -> None:
    shown = hover()
    with ThreadPoolExecutor(2) as threads:
        verdict = Liveness(liveness_model(), threads.map).judge(shown.frames, shown.looks)
    assert repr(verdict) == repr(LIVENESS.judge(shown.frames, shown.looks))
    expected = cues_of(shown.frames, shown.looks)
    assert repr(sorted((cue.name, cue.value) for cue in verdict.cues)) == repr(
        sorted((cue.name, expected[cue.name]) for cue in verdict.cues)
    )


@pytest.mark.parametrize("kind", ["laser print", "tablet"])
def test_a_print_and_a_screen_are_refused_with_reasons(kind: str) -> None:
    shown = hover(kind)
    verdict = LIVENESS.judge(shown.frames, shown.looks)
    assert not verdict.live
    assert 1 <= len(verdict.reasons) <= 3
    assert verdict.cues[0].against >= verdict.cues[-1].against >= 0.0


@pytest.mark.parametrize("light", ["visible", "nir"])
def test_one_light_is_enough_for_a_verdict(light: str) -> None:
    verdict = LIVENESS.judge(*of_light(hover(), light))
    assert verdict.lights == light
    assert np.isfinite(verdict.score)


def test_a_screen_that_no_near_infrared_finder_sees_is_refused() -> None:
    shown = hover()
    looks = [
        dataclasses.replace(look, found=False) if frame.band == "nir" else look
        for frame, look in zip(shown.frames, shown.looks, strict=True)
    ]
    verdict = LIVENESS.judge(shown.frames, looks)
    assert not verdict.live
    assert verdict.reasons[0] == "no hand in near infrared"


def test_too_few_frames_are_refused() -> None:
    frames, looks = of_light(hover(), "visible")
    verdict = LIVENESS.judge(frames[: FRAMES_MIN - 1], looks[: FRAMES_MIN - 1])
    assert not verdict.live
    assert verdict.reasons == ("too few frames",)
    assert verdict.probability == 0.0


def test_a_picture_shown_again_and_again_is_refused() -> None:
    frames, looks = of_light(hover(), "visible")
    verdict = LIVENESS.judge([frames[0]] * 6, [looks[0]] * 6)
    assert not verdict.live
    assert verdict.reasons[0] == "a still picture"


def test_a_frame_that_a_camera_hands_out_twice_counts_once() -> None:
    frames, looks = of_light(hover(), "visible")
    twice = LIVENESS.judge([*frames, frames[-1]], [*looks, looks[-1]])
    assert repr(twice) == repr(LIVENESS.judge(frames, looks))
    few = LIVENESS.judge([*frames[:3], *[frames[3]] * 3][1:], [*looks[:3], *[looks[3]] * 3][1:])
    assert few.reasons[0] == "a still picture"


def test_looks_must_fit() -> None:
    frames, looks = of_light(hover(), "visible")
    with pytest.raises(PalmError, match="one look for each frame"):
        LIVENESS.judge(frames, looks[:-1])
    odd = [dataclasses.replace(look, landmarks=look.landmarks[:21]) for look in looks]
    with pytest.raises(PalmError, match="landmarks"):
        LIVENESS.judge(frames, odd)


def test_grey_frames_of_visible_light_are_judged_without_colours() -> None:
    frames, looks = of_light(hover(), "visible")
    grey = [HandImage(frame.pixels.mean(axis=2).astype(np.uint8)) for frame in frames]
    verdict = LIVENESS.judge(grey, looks)
    assert np.isfinite(verdict.score)
    assert any(cue.reason == "tint could not be measured" for cue in verdict.cues)


def test_hands_at_the_border_of_a_frame_do_not_break_anything() -> None:
    frames, looks = of_light(hover(), "visible")
    cut = [HandImage(np.ascontiguousarray(frame.pixels[120:, 100:])) for frame in frames]
    moved = [dataclasses.replace(look, landmarks=look.landmarks - (100, 120)) for look in looks]
    assert np.isfinite(LIVENESS.judge(cut, moved).score)
