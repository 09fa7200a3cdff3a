"""The score, by hand and against the competition's own script."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.ids import ProductId, TrackId
from tillfree.evaluation.scoring import CaseScore, score_case, summarise

PERSONS = [TrackId(name) for name in ("ann", "bob", "cy", "ann-again")]
PRODUCTS = [ProductId(name) for name in ("tea", "jam", "oil")]
Receipts = dict[TrackId, dict[ProductId, int]]
RECEIPTS = st.dictionaries(
    st.sampled_from(PERSONS), st.dictionaries(st.sampled_from(PRODUCTS), st.integers(-1, 3), max_size=3), max_size=4
)
ALIASES = {TrackId("ann-again"): TrackId("ann")}


def receipts(**persons: dict[str, int]) -> Receipts:
    return {TrackId(p): {ProductId(i): n for i, n in items.items()} for p, items in persons.items()}


def test_item_is_right_only_with_product_and_person() -> None:
    truth = receipts(ann={"tea": 2, "jam": 1}, bob={"oil": 1})
    predicted = receipts(ann={"tea": 1, "oil": 1}, bob={"oil": 1, "jam": 1})
    assert score_case(truth, predicted) == CaseScore(
        true=4, predicted=4, right=2, right_without_person=3, persons=2, exact=0
    )


def test_person_with_empty_receipt_counts_and_unknown_person_only_with_items() -> None:
    truth = receipts(ann={})
    assert score_case(truth, receipts(ghost={})) == CaseScore(0, 0, 0, 0, 1, 1)
    assert score_case(truth, receipts(ghost={"tea": 1})) == CaseScore(0, 1, 0, 0, 2, 1)


def test_receipts_of_one_person_under_two_ids_are_added_up() -> None:
    truth = receipts(ann={"tea": 2})
    predicted: Receipts = {PERSONS[0]: {PRODUCTS[0]: 1}, PERSONS[3]: {PRODUCTS[0]: 1}}
    assert score_case(truth, predicted, ALIASES).exact == 1
    assert score_case(truth, predicted).exact == 0


def test_nothing_at_all_is_right() -> None:
    case = score_case({}, {})
    assert (case.f1, case.is_exact) == (1.0, True)
    score = summarise([])
    assert (score.precision, score.f1, score.mean_case_f1, score.exact_cases) == (1.0, 1.0, None, 1.0)


def test_mean_of_cases_is_not_the_f1_of_all_items() -> None:
    good, bad = CaseScore(9, 9, 9, 9, 1, 1), CaseScore(1, 1, 0, 1, 1, 0)
    score = summarise([good, bad])
    assert score.f1 == 0.9
    assert score.mean_case_f1 == 0.5
    assert score.products_f1 == 1.0
    assert (score.exact_receipts, score.exact_cases) == (0.5, 0.5)


@given(truth=RECEIPTS, predicted=RECEIPTS)
def test_score_is_bounded_and_symmetric(truth: Receipts, predicted: Receipts) -> None:
    there, back = score_case(truth, predicted), score_case(predicted, truth)
    assert there.right <= there.right_without_person <= min(there.true, there.predicted)
    assert 0.0 <= there.f1 <= 1.0
    assert (there.right, there.f1) == (back.right, back.f1)
    assert score_case(truth, truth).f1 == 1.0
    assert there.exact <= there.persons


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> Path:
    script = shared_data / "autocheckout" / "score.py"
    if not script.is_file():
        pytest.skip(f"no reference implementation: {script}")
    return script


def test_agrees_with_the_reference_script(reference: Path, tmp_path: Path) -> None:
    """Random recordings, scored one by one and together: every figure agrees to the digit that the script prints."""
    random = np.random.default_rng(20)
    for group in range(6):
        truths, predictions = tmp_path / f"t{group}", tmp_path / f"p{group}"
        cases = []
        for number in range(group * 4):
            truth, predicted = draw(random), draw(random)
            for folder, content in ((truths, truth), (predictions, predicted)):
                (folder / f"c{number}").mkdir(parents=True)
                (folder / f"c{number}" / "receipts.json").write_text(json.dumps(content))
            (truths / f"c{number}" / "meta.json").write_text(json.dumps({"aliases": ALIASES}))
            cases.append(score_case(truth, predicted, ALIASES))
        truths.mkdir(exist_ok=True)
        predictions.mkdir(exist_ok=True)
        command = [sys.executable, str(reference), "--dirs", str(truths), str(predictions)]
        wanted = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert_agrees(summarise(cases), wanted)


def draw(random: np.random.Generator) -> Receipts:
    found: Receipts = {}
    for person in PERSONS:
        if random.random() < 0.6:
            items = {p: int(random.integers(0, 4)) for p in PRODUCTS if random.random() < 0.6}
            found[person] = items
    return found


def assert_agrees(score: object, wanted: dict[str, object]) -> None:
    names = {
        "cases": "cases", "items_true": "true", "items_predicted": "predicted", "items_right": "right",
        "precision": "precision", "recall": "recall", "f1": "f1", "mean_case_f1": "mean_case_f1",
        "products_f1": "products_f1", "persons": "persons", "exact_receipts": "exact_receipts",
        "exact_cases": "exact_cases",
    }  # fmt: skip
    for theirs, ours in names.items():
        value = getattr(score, ours)
        shown = round(100 * value, 1) if isinstance(value, float) else value
        assert shown == wanted[theirs], f"{theirs}: {shown} is not {wanted[theirs]}"
