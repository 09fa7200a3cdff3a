import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.palms.liveness.attempts import BONA_FIDE, Attempt, bpcer_at, cllr, liveness_report
from tillfree.evaluation.palms.liveness.tables import group_table, kind_table


def attempts() -> list[Attempt]:
    live = [Attempt(BONA_FIDE, 3.0, True, groups=("dark skin",))] * 18
    live += [Attempt(BONA_FIDE, -1.0, False, groups=("dark skin", "ring"))] * 2
    prints = [Attempt("print", -4.0, False, True)] * 9 + [Attempt("print", 1.0, True, True)]
    masks = [Attempt("mask", -4.0, False, False)] * 3 + [Attempt("mask", 2.0, True, False)]
    return live + prints + masks + [Attempt("mask", 2.0, True, True)]


def test_rates_are_counted_by_kind_and_the_worst_is_named() -> None:
    report = liveness_report(attempts())
    assert report.bpcer.value == pytest.approx(0.1)
    assert report.live == 20
    assert [(kind.kind, kind.count, kind.apcer.value) for kind in report.kinds] == [
        ("mask", 5, 0.4),
        ("print", 10, 0.1),
    ]
    assert report.worst == "mask"
    assert report.apcer_worst.value == 0.4
    assert report.apcer_worst.low < 0.4 < report.apcer_worst.high


def test_matching_and_being_taken_are_told_apart() -> None:
    mask, paper = liveness_report(attempts()).kinds
    assert (mask.iapmr.value, mask.iapar.value) == (0.2, 0.2)
    assert (paper.iapmr.value, paper.iapar.value) == (1.0, 0.1)


def test_groups_are_of_living_hands_and_may_overlap() -> None:
    groups = {group.group: group for group in liveness_report(attempts()).groups}
    assert groups["dark skin"].count == 20
    assert groups["ring"].bpcer.value == 1.0


def test_nothing_compared_means_no_figure() -> None:
    report = liveness_report([Attempt(BONA_FIDE, 1.0, True), Attempt("print", 0.0, False)])
    assert math.isnan(report.kinds[0].iapmr.value)
    assert "–" in kind_table([("both", report)], matched=True)


def test_without_instruments_there_is_no_worst_kind() -> None:
    report = liveness_report([Attempt(BONA_FIDE, 1.0, True)])
    assert report.worst == ""
    assert math.isnan(report.apcer_worst.value)
    assert math.isnan(report.cllr)


def test_the_threshold_for_a_rate_is_that_of_the_worst_kind() -> None:
    live = [Attempt(BONA_FIDE, score, True) for score in range(10)]
    easy = [Attempt("easy", -5.0, False)] * 20
    hard = [Attempt("hard", score - 15.5, False) for score in range(20)]  # the highest is 3.5, the next 2.5
    assert bpcer_at([*live, *easy, *hard], 0.0) == pytest.approx(0.4)
    assert bpcer_at([*live, *easy, *hard], 0.05) == pytest.approx(0.3)
    assert bpcer_at([*live, *easy], 0.05) == 0.0


@given(st.lists(st.floats(-9, 9), min_size=5, max_size=30), st.lists(st.floats(-9, 9), min_size=5, max_size=30),
       st.sampled_from([0.0, 0.1, 0.3]))  # fmt: skip
def test_at_that_threshold_no_more_than_allowed_pass(live: list[float], fake: list[float], apcer: float) -> None:
    trials = [Attempt(BONA_FIDE, s, True) for s in live] + [Attempt("fake", s, True) for s in fake]
    refused = bpcer_at(trials, apcer)
    threshold = sorted(live)[max(round(refused * len(live)) - 1, 0)] if refused else -math.inf
    if refused:
        kept = [score for score in live if score > threshold]
        assert len(kept) == len(live) - round(refused * len(live))
    assert 0.0 <= refused <= 1.0


def test_likelihood_ratios_cost_nothing_when_sure_and_right_and_one_bit_when_silent() -> None:
    assert cllr([Attempt(BONA_FIDE, 50.0, True), Attempt("a", -50.0, False)]) == pytest.approx(0.0, abs=1e-9)
    assert cllr([Attempt(BONA_FIDE, 0.0, True), Attempt("a", 0.0, False)]) == pytest.approx(1.0)
    assert cllr([Attempt(BONA_FIDE, -5.0, True), Attempt("a", 5.0, False)]) > 5.0
    assert np.isfinite(cllr([Attempt(BONA_FIDE, math.inf, True), Attempt("a", -math.inf, False)]))


def test_tables_have_a_row_for_each_kind_and_group() -> None:
    report = liveness_report(attempts())
    lines = kind_table([("both", report), ("visible", report)], matched=True).splitlines()
    assert lines[0] == "| Instrument | Number | both | visible | IAPMR | IAPAR |"
    assert len(lines) == 4
    assert [line.split(" | ")[0] for line in group_table([("both", report)]).splitlines()[2:]] == [
        "| all", "| dark skin", "| ring",
    ]  # fmt: skip
