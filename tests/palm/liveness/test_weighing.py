import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.errors import PalmError
from tillfree.palm.liveness.cues import CUES, MODES, cues_of_mode
from tillfree.palm.liveness.weighing import CAP, Weighing, amounts_of, decode_model
from tillfree.storage.models import liveness_model

WEIGHING = Weighing("relief", -3.0, -2.0, 0.5, 0.25, (1.0, 2.0, 0.5))


def test_what_lies_in_the_middle_half_of_living_hands_says_nothing() -> None:
    assert amounts_of([WEIGHING], {"relief": -2.5}).tolist() == [[0.0, 0.0, 0.0]]


def test_amounts_are_units_below_and_above_and_capped() -> None:
    assert amounts_of([WEIGHING], {"relief": -4.0}).tolist() == [[2.0, 0.0, 0.0]]
    assert amounts_of([WEIGHING], {"relief": -1.5}).tolist() == [[0.0, 2.0, 0.0]]
    assert amounts_of([WEIGHING], {"relief": -99.0}).tolist() == [[CAP, 0.0, 0.0]]


def test_what_could_not_be_measured_counts_as_missing() -> None:
    assert amounts_of([WEIGHING], {}).tolist() == amounts_of([WEIGHING], {"relief": math.nan}).tolist() == [[0, 0, 1]]


@given(st.sampled_from(MODES), st.data())
def test_nothing_unusual_makes_a_thing_look_more_alive(mode: str, data: st.DataObject) -> None:
    weights = decode_model(liveness_model()).modes[mode]
    usual = {w.cue: (w.low + w.high) / 2 for w in weights.weighings}
    name = data.draw(st.sampled_from(sorted(usual)))
    odd = usual | {name: data.draw(st.floats(-1e3, 1e3) | st.just(math.nan))}

    def against(values: dict[str, float]) -> float:
        amounts = amounts_of(weights.weighings, values)
        return float(sum((row * w.weights).sum() for row, w in zip(amounts, weights.weighings, strict=True)))

    assert against(odd) >= against(usual) == 0.0


def test_the_model_that_comes_along_knows_the_cues_and_takes_a_usual_hand() -> None:
    model = decode_model(liveness_model())
    assert all(weights.bias > weights.threshold for weights in model.modes.values())
    assert model.made_by.startswith("python -m tillfree.learning.palms.liveness")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda tree: tree.update(version=2), "version 2"),
        (lambda tree: tree["modes"].pop("nir"), "version"),
        (lambda tree: tree["modes"]["nir"]["weighings"].pop(), "other cues"),
        (lambda tree: tree["modes"]["nir"]["weighings"][0].update(weights=[-1, 0, 0]), "below zero"),
        (lambda tree: tree.pop("modes"), "cannot be read"),
    ],
)
def test_another_model_is_refused(spoil, word) -> None:  # type: ignore[no-untyped-def]
    tree = msgspec.json.decode(liveness_model())
    spoil(tree)
    with pytest.raises(PalmError, match=word):
        decode_model(msgspec.json.encode(tree))


def test_every_cue_has_a_place_in_both_lights_together() -> None:
    assert len(set(cues_of_mode("both"))) == sum(len(cue.lights) for cue in CUES)
    assert set(cues_of_mode("visible")) | set(cues_of_mode("nir")) < set(cues_of_mode("both"))
