"""From recordings to a report."""

import json
from pathlib import Path

import msgspec
import pytest

from tests.cli.small_shop import write_visit
from tests.evaluation.stand_ins import JAM, START_NS, TEA, FakeRecording, answering, prediction, truth_of
from tillfree.core.ids import TrackId
from tillfree.evaluation.cases import run_case
from tillfree.evaluation.errors import EvaluationError
from tillfree.evaluation.page import render_page
from tillfree.evaluation.predictions import CasePrediction
from tillfree.evaluation.report import EvaluationReport, Source, evaluate, summarise_cases, write_predictions
from tillfree.evaluation.solving import store_solver
from tillfree.evaluation.sources import case_names
from tillfree.evaluation.summary_text import render_summary
from tillfree.simulation.autocheckout_folder import write_autocheckout
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.recordings.model import Truth, TruthAct
from tillfree.storage.recordings.opening import open_recording
from tillfree.store.replay import CartMoment

ANSWER = answering(prediction("ann", {TEA: 1}, 0.95), prediction("bob", {JAM: 1}, 0.6, review=True))


def source(name: str, truth: Truth | None, *tracks: str, broken: bool = False) -> Source:
    return name, lambda: FakeRecording(name, truth, tracks, broken=broken)


def mixed() -> EvaluationReport:
    """One recording right, one with a mistake, one without truth, one that cannot be read."""
    return evaluate(
        [
            source("good-1", truth_of(ann={TEA: 1}, bob={JAM: 1}), "ann", "bob"),
            source("bad-1", truth_of(ann={TEA: 1}, bob={TEA: 1}), "ann", "bob"),
            source("untold", None, "ann", "bob"),
            source("broken", truth_of(ann={TEA: 1}), "ann", broken=True),
        ],
        ANSWER,
        folder="corpus",
    )


def test_totals_of_a_mixed_folder() -> None:
    report = mixed()
    assert [case.case for case in report.cases] == ["good-1", "bad-1", "untold"]
    assert [(item.case, "damaged" in item.error) for item in report.unreadable] == [("broken", True)]
    assert (report.score.cases, report.score.right, report.score.true) == (2, 3, 4)
    assert report.score.exact_receipts == 0.75
    assert report.mistakes == {"wrong product": 1}
    assert (report.receipts.count, report.lines.count, report.risk.wrong) == (4, 4, 1)
    assert report.risk.operating_coverage.value == 0.5
    assert report.risk.operating_risk.value == 0.0
    assert [group.group for group in report.groups] == ["bad", "good"]
    assert report.synthetic_cases == 2


def test_receipt_delay_and_duration_are_of_the_stream() -> None:
    report = mixed()
    assert report.receipt_delay.count == 6
    assert report.receipt_delay.median_s == report.receipt_delay.max_s == 0.5
    assert [case.duration_s for case in report.cases] == [10.0] * 3


def test_every_receipt_of_a_person_counts_once() -> None:
    """A visitor taken for two: their receipts are added up, right only if all are, and as likely as both."""
    truth = Truth(receipts={TrackId("ann"): {TEA: 2}}, aliases={TrackId("ann-again"): TrackId("ann")})
    answer = answering(prediction("ann", {TEA: 1}, 0.9), prediction("ann-again", {TEA: 1}, 0.5))
    case, _ = run_case("split", FakeRecording("split", truth, ("ann", "ann-again")), answer)
    (receipt,) = case.receipts
    assert (receipt.right, receipt.probability) == (True, 0.45)
    assert case.score is not None
    assert case.score.is_exact
    assert [line.right for line in case.lines] == [False, False]  # no line says two


def test_person_without_receipt_is_counted_but_has_no_probability() -> None:
    report = evaluate([source("lost", truth_of(ann={TEA: 1}, bob={}), "bob")], answering(prediction("bob", {}, 0.99)))
    assert report.missing_receipts == 1
    assert (report.receipts.count, report.score.persons) == (1, 2)
    assert report.score.recall == 0.0


def test_assumed_visitor_is_the_one_person_of_the_truth() -> None:
    assumed = msgspec.structs.replace(prediction("anonymous", {TEA: 1}), anonymous=True)
    alone, _ = run_case("alone", FakeRecording("alone", truth_of(ann={TEA: 1})), answering(assumed))
    assert alone.score is not None
    assert alone.score.is_exact
    two, _ = run_case("two", FakeRecording("two", truth_of(ann={TEA: 1}, bob={})), answering(assumed))
    assert two.score is not None
    assert two.score.right == 0


def test_stranger_without_items_is_no_receipt() -> None:
    truth = truth_of(ann={TEA: 1})
    answer = answering(prediction("ann", {TEA: 1}), prediction("ghost", {}, 0.99))
    case, _ = run_case("ghost", FakeRecording("ghost", truth, ("ann", "ghost")), answer)
    assert [receipt.person for receipt in case.receipts] == ["ann"]
    assert case.visits == 2


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="no recording found"):
        evaluate([], ANSWER)


def test_recordings_without_truth_still_give_a_report() -> None:
    report = evaluate([source("untold", None, "ann")], ANSWER)
    assert report.score.cases == 0
    assert "nothing to score" in render_page(report)
    assert "no truth" in render_summary(report)


def test_all_broken_still_gives_a_report() -> None:
    report = evaluate([source("broken", None, broken=True)], ANSWER)
    assert "NOT READ" in render_summary(report)
    assert "damaged" in render_page(report)


# ---- predictions ------------------------------------------------------------------------------------------------


def test_predictions_are_written_for_every_readable_recording(tmp_path: Path) -> None:
    truth = truth_of(ann={TEA: 1})
    evaluate(
        [source("one", truth, "ann"), source("deep/two", None), source("broken", truth, broken=True)],
        ANSWER,
        predictions=tmp_path,
    )
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json"))
    assert written == ["deep/two/receipts.json", "one/receipts.json"]
    assert json.loads((tmp_path / "one/receipts.json").read_text()) == {"ann": {"tea": 1}, "bob": {"jam": 1}}


def test_predictions_of_one_person_are_added_up(tmp_path: Path) -> None:
    answer = CasePrediction(
        predictions=(prediction("ann", {TEA: 1}), prediction("ann", {TEA: 2, JAM: 0}), prediction("bob", {}))
    )
    written = write_predictions(tmp_path, "case", answer)
    assert json.loads(written.read_text()) == {"ann": {"tea": 3}, "bob": {}}


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out"])
def test_predictions_stay_within_their_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvaluationError, match="outside"):
        write_predictions(tmp_path / "inner", name, CasePrediction(predictions=()))


def test_unwritable_predictions_say_so(tmp_path: Path) -> None:
    (tmp_path / "case").write_text("a file stands in the way")
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_predictions(tmp_path, "case", CasePrediction(predictions=()))


def test_case_names_are_unique_and_plain(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    paths = [folder / "a", folder / "a.mcap", folder / "b.mcap", folder / "in" / "c"]
    for path in paths:
        if path.suffix:
            path.write_bytes(b"")
        else:
            path.mkdir(parents=True)
    assert [name for name, _ in case_names(folder, paths)] == ["a", "a.mcap", "b", "in/c"]
    assert case_names(folder, [folder])[0][0] == "set"
    assert case_names(folder / "b.mcap", [folder / "b.mcap"])[0][0] == "b"


# ---- the page ---------------------------------------------------------------------------------------------------


def test_page_holds_every_plot_and_table() -> None:
    page = render_page(mixed())
    assert page.count("<svg") == page.count("</svg>") == 7
    for heading in ("Does it know when it is unsure?", "Is it fast enough?", "Recordings", "Every mistake"):
        assert f"<h2>{heading}</h2>" in page
    assert "simulated" in page
    assert "http-equiv" not in page or "refresh" not in page
    assert "<script" not in page
    assert 'src="' not in page


def test_page_escapes_what_recordings_say() -> None:
    evil = '<script>alert("$x^{$")</script>\x1b[2J'
    product = msgspec.convert(evil, type(TEA))
    report = evaluate(
        [source(evil, truth_of(ann={product: 1}), "ann"), source(f"{evil}2", None, broken=True)],
        answering(prediction(evil, {product: 2}, 0.7)),
        folder=evil,
    )
    page = render_page(report)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page


def test_page_is_the_same_for_the_same_report() -> None:
    report = mixed()
    assert render_page(report) == render_page(report)


def test_report_becomes_json() -> None:
    decoded = json.loads(msgspec.json.encode(mixed()))
    assert decoded["score"]["f1"] == 0.75
    assert decoded["cases"][1]["mistakes"][0]["kind"] == "wrong product"
    assert decoded["cart_latency"]["from_hand"]["median_s"] is None  # no acts in the truth: not a number becomes null


def test_summary_names_mistakes_and_unreadable() -> None:
    text = render_summary(mixed())
    assert "bad-1: wrong product: bob, 1 x tea (charged: jam), line 60.0 %, receipt 60.0 %" in text
    assert "broken" in text
    assert "F1 75.0 %" in text


# ---- the store itself -------------------------------------------------------------------------------------------


def test_times_of_the_live_cart_are_counted_from_the_hand_too(tmp_path: Path) -> None:
    recording = open_recording(write_visit(tmp_path / "visit.mcap"))
    case, _ = run_case("visit", recording, store_solver())
    (latency,) = case.latencies
    assert latency.hand_ns is not None
    assert 0.1 < (latency.hand_ns - latency.time_ns) / 1e9 < 0.6
    assert latency.seconds is not None
    assert latency.seconds_from_hand is not None
    assert 0.1 < latency.seconds - latency.seconds_from_hand < 0.6
    report = summarise_cases([case])
    assert "Live cart right after the hand left: median 0." in render_summary(report)
    assert "from the hand leaving the shelf" in render_page(report)


def test_reading_again_for_hands_counts_no_warning_twice(tmp_path: Path) -> None:
    folder = tmp_path / "visit"
    write_autocheckout(simulate(demo_shop(1), SimulationOptions(shoppers=1, takes=1)), folder)
    with (folder / "plate_data.json").open("a") as file:
        file.write('{"timestamp": 1, "docu')
    case, _ = run_case("visit", open_recording(folder), store_solver())
    assert case.latencies
    assert [count for what, count in case.warnings.items() if "cut off" in what] == [1]


def test_recording_that_is_never_right_says_so() -> None:
    act = TruthAct(START_NS, TrackId("ann"), "take", TEA)
    told = msgspec.structs.replace(truth_of(ann={TEA: 1}), acts=(act,))
    cart = CartMoment(START_NS, {JAM: 1})
    answer = answering(msgspec.structs.replace(prediction("ann", {JAM: 1}), carts=(cart,)))
    report = evaluate([("wrong", lambda: FakeRecording("wrong", told, ("ann",)))], answer)
    assert (report.cart_latency.from_move.never, report.cart_latency.hands_hidden) == (1, 1)
    assert "never right 1" in render_summary(report)
    assert "nobody saw when the hand left" in render_page(report)
