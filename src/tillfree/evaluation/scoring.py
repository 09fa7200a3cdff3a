"""The competition's score: a unit is right when the true receipt of that very person has the product.

Definitions (CPS-IoT Week 2020 AutoCheckout competition, item level): receipts are multisets. Over one recording, with
truth T[p] and prediction P[p] of each person p, right = sum over p of |T[p] and P[p]| (multiset intersection);
precision = right / |P|, recall = right / |T|, F1 = 2 right / (|T| + |P|), 1 where both are empty. Persons are those of
the truth, and further predicted ones with at least one item. The person-free score puts the receipts of a recording
together first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from tillfree.core.ids import ProductId, TrackId

__all__ = ["CaseScore", "Score", "resolve_person", "score_case", "summarise"]

Receipts = Mapping[TrackId, Mapping[ProductId, int]]


class CaseScore(msgspec.Struct, frozen=True):
    """Counts of one recording: units `true`, `predicted`, `right`, `right_without_person`; persons, and exact ones."""

    true: int
    predicted: int
    right: int
    right_without_person: int
    persons: int
    exact: int

    @property
    def f1(self) -> float:
        """F1 of this recording, 0..1."""
        return f1(self.right, self.true, self.predicted)

    @property
    def is_exact(self) -> bool:
        """Whether every receipt is exactly right."""
        return self.exact == self.persons


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Several recordings together; all shares 0..1. `mean_case_f1` is None where there is no recording."""

    cases: int
    true: int
    predicted: int
    right: int
    precision: float
    recall: float
    f1: float
    mean_case_f1: float | None
    products_f1: float
    persons: int
    exact_receipts: float
    exact_cases: float


def f1(right: int, true: int, predicted: int) -> float:
    """Harmonic mean of precision and recall from counts; 1 where there was nothing and nothing was said."""
    return 2 * right / (true + predicted) if true + predicted else 1.0


def resolve_person(person: TrackId, aliases: Mapping[TrackId, TrackId]) -> TrackId:
    """The id under which the truth has the person (one step: the truth lists every further id with the final one)."""
    return aliases.get(person, person)


def score_case(truth: Receipts, predicted: Receipts, aliases: Mapping[TrackId, TrackId] | None = None) -> CaseScore:
    """Counts of one recording. Quantities below 1 count as nothing; predictions of aliases of a person are added up."""
    true_of = _multisets(truth, {})
    predicted_of = _multisets(predicted, aliases or {})
    nothing: Counter[ProductId] = Counter()
    persons = [p for p in true_of.keys() | predicted_of.keys() if p in true_of or predicted_of[p]]
    pairs = [(true_of.get(person, nothing), predicted_of.get(person, nothing)) for person in persons]
    all_true: Counter[ProductId] = sum((pair[0] for pair in pairs), Counter())
    all_predicted: Counter[ProductId] = sum((pair[1] for pair in pairs), Counter())
    return CaseScore(
        true=all_true.total(),
        predicted=all_predicted.total(),
        right=sum((a & b).total() for a, b in pairs),
        right_without_person=(all_true & all_predicted).total(),
        persons=len(pairs),
        exact=sum(a == b for a, b in pairs),
    )


def summarise(cases: Sequence[CaseScore]) -> Score:
    """The recordings together: items over all of them, except `mean_case_f1` and `exact_cases`, where each counts 1."""
    true, predicted = sum(c.true for c in cases), sum(c.predicted for c in cases)
    right, persons = sum(c.right for c in cases), sum(c.persons for c in cases)
    return Score(
        cases=len(cases),
        true=true,
        predicted=predicted,
        right=right,
        precision=_share(right, predicted),
        recall=_share(right, true),
        f1=f1(right, true, predicted),
        mean_case_f1=sum(c.f1 for c in cases) / len(cases) if cases else None,
        products_f1=f1(sum(c.right_without_person for c in cases), true, predicted),
        persons=persons,
        exact_receipts=_share(sum(c.exact for c in cases), persons),
        exact_cases=_share(sum(c.is_exact for c in cases), len(cases)),
    )


def _share(part: int, whole: int) -> float:
    """A share, 1 of nothing, as the competition has it."""
    return part / whole if whole else 1.0


def _multisets(receipts: Receipts, aliases: Mapping[TrackId, TrackId]) -> dict[TrackId, Counter[ProductId]]:
    result: dict[TrackId, Counter[ProductId]] = {}
    for person, items in receipts.items():
        counts = result.setdefault(resolve_person(person, aliases), Counter())
        for product, quantity in items.items():
            if quantity > 0:
                counts[product] += quantity
    return result
