"""Mistakes are named as a person would name them."""

from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.model import Product
from tillfree.core.events import Alternative, CartLine
from tillfree.core.ids import ProductId, TrackId
from tillfree.evaluation.mistakes import Mistake, explain_mistakes
from tillfree.evaluation.predictions import Items, Prediction
from tillfree.evaluation.scoring import score_case
from tillfree.storage.recordings.model import TruthAct

ANN, BOB = TrackId("ann"), TrackId("bob")
TEA, JAM, OIL = ProductId("tea"), ProductId("jam"), ProductId("oil")
CATALOGUE = {
    TEA: Product(TEA, "Tea", weight_g=100.0),
    JAM: Product(JAM, "Jam", weight_g=102.0),
    OIL: Product(OIL, "Oil", weight_g=900.0),
}
PERSONS, PRODUCTS = st.sampled_from([ANN, BOB, TrackId("cy")]), st.sampled_from([TEA, JAM, OIL])
RECEIPTS = st.dictionaries(PERSONS, st.dictionaries(PRODUCTS, st.integers(1, 3), max_size=3), max_size=3)


def found(
    truth: dict[TrackId, Items], predicted: dict[TrackId, Items], *visits: Prediction
) -> list[tuple[str, str, str, int]]:
    of = {visit.person: [visit] for visit in visits}
    mistakes = explain_mistakes(truth, predicted, of, CATALOGUE)
    return [(m.kind, m.person, m.product, m.quantity) for m in mistakes]


def one(truth: dict[TrackId, Items], predicted: dict[TrackId, Items], *visits: Prediction) -> Mistake:
    (mistake,) = explain_mistakes(truth, predicted, {v.person: [v] for v in visits}, CATALOGUE)
    return mistake


def test_kinds() -> None:
    assert found({ANN: {TEA: 1}}, {}) == [("missed", "ann", "tea", 1)]
    assert found({}, {ANN: {TEA: 1}}) == [("extra", "ann", "tea", 1)]
    assert found({ANN: {TEA: 1}}, {BOB: {TEA: 1}}) == [("wrong person", "ann", "tea", 1)]
    assert found({ANN: {TEA: 1}}, {ANN: {JAM: 1}}) == [("wrong product", "ann", "tea", 1)]
    assert found({ANN: {TEA: 3}}, {ANN: {TEA: 1}}) == [("wrong quantity", "ann", "tea", 2)]
    assert found({ANN: {TEA: 1}}, {ANN: {TEA: 2}}) == [("wrong quantity", "ann", "tea", -1)]
    assert found({ANN: {TEA: 1}}, {ANN: {TEA: 1}}) == []


def test_wrong_product_pairs_the_nearest_weight() -> None:
    mistakes = explain_mistakes({ANN: {TEA: 1}}, {ANN: {OIL: 1, JAM: 1}}, {}, CATALOGUE)
    assert [(m.kind, m.product, m.instead_product) for m in mistakes] == [
        ("wrong product", "tea", "jam"),
        ("extra", "oil", ""),
    ]
    assert "differ by 2.0 g" in mistakes[0].explanation


def test_explanation_tells_what_the_model_thought_of_the_truth() -> None:
    visit = Prediction(
        person=ANN,
        items={JAM: 1},
        probability=0.5,
        review=True,
        lines=(CartLine(JAM, 1, 0.5),),
        alternatives=(Alternative({JAM: 1}, 0.5), Alternative({TEA: 1}, 0.4)),
    )
    mistake = one({ANN: {TEA: 1}}, {ANN: {JAM: 1}}, visit)
    assert (mistake.truth_rank, mistake.truth_probability, mistake.probability, mistake.review) == (2, 0.4, 0.5, True)
    assert mistake.receipt_probability == 0.5
    assert "explanation 2 with probability 0.40" in mistake.explanation
    assert "went to review" in mistake.explanation


def test_explanation_tells_what_really_happened() -> None:
    acts = (
        TruthAct(12_000_000_000, BOB, "take", TEA, fixture="rack", shelf=2),
        TruthAct(13_000_000_000, BOB, "give", TEA, to_track=ANN),
        TruthAct(14_000_000_000, BOB, "take", JAM),
    )
    (mistake,) = explain_mistakes({ANN: {TEA: 1}}, {BOB: {TEA: 1}}, {}, CATALOGUE, acts)
    assert mistake.explanation.endswith("in truth: 00:00:12.0 bob take rack/2, 00:00:13.0 bob give to ann")


def test_person_without_visit_and_unknown_product_are_said() -> None:
    mistake = one({ANN: {ProductId("new"): 1}}, {})
    assert "no visit" in mistake.explanation
    assert "not in the catalogue" in mistake.explanation
    assert mistake.receipt_probability is None


@given(truth=RECEIPTS, predicted=RECEIPTS)
def test_mistakes_account_for_every_wrong_item(truth: dict[TrackId, Items], predicted: dict[TrackId, Items]) -> None:
    """Missed units and extra units of the mistakes are those of the score."""
    mistakes = explain_mistakes(truth, predicted, {}, CATALOGUE)
    paired = sum(m.quantity for m in mistakes if m.kind in ("wrong person", "wrong product"))
    alone = [m for m in mistakes if m.kind not in ("wrong person", "wrong product")]
    missed = sum(m.quantity for m in alone if m.kind == "missed" or (m.kind == "wrong quantity" and m.quantity > 0))
    extra = sum(abs(m.quantity) for m in alone) - missed
    score = score_case(truth, predicted)
    assert missed + paired == score.true - score.right
    assert extra + paired == score.predicted - score.right
