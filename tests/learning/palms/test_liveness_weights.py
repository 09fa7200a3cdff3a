from pathlib import Path

import msgspec
import numpy as np
import pytest

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.liveness.__main__ import main
from tillfree.learning.palms.liveness.fitting import fit, fit_mode, scores_of
from tillfree.learning.palms.liveness.samples import (
    Sample,
    Wanted,
    draw_samples,
    read_samples,
    wanted_for_training,
)
from tillfree.palm.liveness.cues import cues_of_mode
from tillfree.palm.liveness.weighing import decode_model
from tillfree.simulation.palms.attacks.hover import LIVE
from tillfree.simulation.palms.attacks.instruments import KINDS


def invented(seed: int, live: int = 120, each: int = 40) -> list[Sample]:
    """Cues out of a hat: flat things have little relief, shiny ones a strong glint; "shy" ones hide a cue."""
    rng = np.random.default_rng(seed)
    samples = []
    for kind, count in ((LIVE, live), ("flat", each), ("shiny", each), ("shy", each)):
        for number in range(count):
            cues = {name: float(rng.normal()) for name in cues_of_mode("both")}
            if kind == "flat":
                cues["visible relief"] -= 6.0
            if kind == "shiny":
                cues["visible glint"] += 6.0
            if kind == "shy":
                del cues["visible follows"]
            samples.append(Sample(kind, number, 4, 0.5, (), cues))
    return samples


def test_weights_are_never_negative_and_tell_what_was_learned_from() -> None:
    model = fit(invented(1), "a test")
    for weights in model.modes.values():
        assert all(weight >= 0 for weighing in weights.weighings for weight in weighing.weights)
    assert model.made_by == "a test"
    assert model.learned_from.startswith("120 simulated living hands and 120 simulated presentations of 3")


def test_each_side_and_a_missing_cue_get_their_own_weight() -> None:
    by_name = {weighing.cue: weighing.weights for weighing in fit_mode(invented(1), "visible").weighings}
    assert by_name["visible relief"][0] > 10 * by_name["visible relief"][1]
    assert by_name["visible glint"][1] > 10 * by_name["visible glint"][0]
    assert by_name["visible follows"][2] > 1.0


def test_people_who_took_no_part_are_told_apart() -> None:
    weights = fit_mode(invented(1), "visible", refused_share=0.05)
    fresh = invented(2, live=400)
    scores = np.array(scores_of(weights, fresh))
    live = np.array([sample.kind == LIVE for sample in fresh])
    assert (scores[live] < weights.threshold).mean() < 0.12
    assert (scores[~live] >= weights.threshold).mean() < 0.05


def test_scores_are_log_odds_on_people_who_took_no_part() -> None:
    rng = np.random.default_rng(3)

    def weak(seed: int) -> list[Sample]:
        samples = invented(seed, live=400, each=0)
        for number in range(400):
            cues = {name: float(rng.normal()) for name in cues_of_mode("both")}
            cues["visible relief"] -= 1.5
            samples.append(Sample("weak", number, 4, 0.5, (), cues))
        return samples

    weights = fit_mode(weak(4), "visible")
    fresh = weak(5)
    probability = 1 / (1 + np.exp(-np.array(scores_of(weights, fresh))))
    live = np.array([sample.kind == LIVE for sample in fresh], dtype=float)
    assert probability.mean() == pytest.approx(live.mean(), abs=0.06)
    sure = probability > 0.6
    assert live[sure].mean() == pytest.approx(probability[sure].mean(), abs=0.12)


def test_the_threshold_is_set_for_the_tone_that_would_be_refused_most() -> None:
    samples = [msgspec.structs.replace(each, melanin=0.1 + 0.4 * (each.seed % 3)) for each in invented(6, live=240)]
    odd = [
        msgspec.structs.replace(each, cues=each.cues | {"visible glint": each.cues["visible glint"] + 2.0})
        if each.kind == LIVE and each.melanin > 0.8
        else each
        for each in samples
    ]
    weights = fit_mode(odd, "visible", refused_share=0.1)
    scores = np.array(scores_of(weights, odd))
    for tone in (0.1, 0.5, 0.9):
        own = np.array([each.kind == LIVE and abs(each.melanin - tone) < 0.01 for each in odd])
        assert (scores[own] < weights.threshold).mean() <= 0.12


def test_the_same_samples_give_the_same_model() -> None:
    assert fit(invented(1), "a test") == fit(invented(1), "a test")


@pytest.mark.parametrize("samples", [invented(1, live=10), invented(1, each=0)])
def test_too_few_samples_are_refused(samples: list[Sample]) -> None:
    with pytest.raises(LearningError, match="too few"):
        fit_mode(samples, "visible")


def test_a_sample_that_is_there_is_not_drawn_again_and_a_line_that_was_cut_off_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    wanted = [Wanted("tablet", 1_000_001, ()), Wanted(LIVE, 1_000_002, ("dim",))]
    assert list(draw_samples(path, wanted[:1])) == [1.0]
    first = path.read_bytes()
    path.write_bytes(first + b'{"kind": "cut o')
    assert list(draw_samples(path, wanted)) == [0.5, 1.0]
    assert path.read_bytes().startswith(first)
    samples = read_samples(path)
    assert [(sample.kind, sample.traits) for sample in samples] == [("tablet", ()), (LIVE, ("dim",))]
    assert samples[1].cues["visible contrast"] < 0


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text("{}\n")
    with pytest.raises(LearningError, match="line 1 of"):
        read_samples(path)


def test_living_hands_and_victims_are_different_people_and_every_kind_is_wanted() -> None:
    wanted = wanted_for_training(1, 30, 5)
    hands = {each.person for each in wanted if each.kind == LIVE}
    assert not hands & {each.person for each in wanted if each.kind != LIVE}
    assert {each.kind for each in wanted} == {LIVE, *KINDS}
    assert not hands & {each.person for each in wanted_for_training(2, 30, 5)}


def test_the_command_writes_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    samples = tmp_path / "samples-1.jsonl"
    lines = []
    for each in wanted_for_training(1, 24, 1):
        template = invented(each.person, live=1, each=1)[0 if each.kind == LIVE else 1]
        lines.append(msgspec.json.encode(Sample(each.kind, each.person, 4, 0.5, (), template.cues)))
    samples.write_bytes(b"\n".join(lines) + b"\n")
    output = tmp_path / "model.json"
    assert main(["-o", str(output), "--work", str(tmp_path), "--live", "24", "--each", "1"]) == 0
    model = decode_model(output.read_bytes())
    assert model.made_by == "python -m tillfree.learning.palms.liveness --seed 1 --live 24 --each 1"
