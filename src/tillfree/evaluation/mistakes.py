"""Every wrong item of a recording by its kind, and why, as far as the prediction itself knows.

Kinds: missed, extra, wrong person, wrong product, wrong quantity.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tillfree.catalog.model import Product
from tillfree.core.ids import ProductId, TrackId
from tillfree.core.time import format_clock
from tillfree.evaluation.predictions import Items, Prediction
from tillfree.storage.recordings.model import TruthAct

__all__ = ["Mistake", "explain_mistakes"]

_ACTS_SHOWN = 6


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which receipts are wrong.

    `kind` is "missed" (true, not charged), "extra" (charged, not true), "wrong person" (`instead_person` was charged),
    "wrong product" (`instead_product` was charged) or "wrong quantity" (missed or extra beside a right one; `quantity`
    is then true minus charged). `probability` is what the charged line claimed, None where nothing was charged.
    `truth_probability` is what the model gave the true receipt of `person` as a whole, None where it was not among
    the alternatives; `truth_rank` counts from 1.
    """

    kind: str
    person: TrackId
    product: ProductId
    quantity: int
    instead_person: TrackId = TrackId("")
    instead_product: ProductId = ProductId("")
    probability: float | None = None
    receipt_probability: float | None = None
    truth_probability: float | None = None
    truth_rank: int | None = None
    review: bool = False
    explanation: str = ""


Difference = Counter[tuple[TrackId, ProductId]]


def explain_mistakes(
    truth: Mapping[TrackId, Items],
    predicted: Mapping[TrackId, Items],
    predictions: Mapping[TrackId, Sequence[Prediction]],
    products: Mapping[ProductId, Product],
    acts: Sequence[TruthAct] = (),
) -> tuple[Mistake, ...]:
    """All mistakes of one recording.

    Persons are named as in the truth; `predictions` are the visits of each person, `acts` what really happened, where
    that is known.

    A missed and an extra unit are paired, first of the same product (wrong person), then of the same person (wrong
    product); the rest stands alone. Pairs of products are those of the nearest weight.
    """
    missed, extra = _differences(truth, predicted), _differences(predicted, truth)
    found: list[Mistake] = []
    for who, what in sorted(missed):
        for other, product in sorted(extra):
            if product == what and other != who:
                count = _take(missed, extra, (who, what), (other, what))
                if count:
                    found.append(
                        Mistake(kind="wrong person", person=who, product=what, quantity=count, instead_person=other)
                    )
    for who, what in sorted(missed):
        same_person = [key for key in extra if key[0] == who and extra[key]]
        for key in sorted(same_person, key=lambda k: (_weight_gap(products, what, k[1]), k)):
            count = _take(missed, extra, (who, what), key)
            if count:
                found.append(
                    Mistake(kind="wrong product", person=who, product=what, quantity=count, instead_product=key[1])
                )
    for kind, rest, sign in (("missed", missed, 1), ("extra", extra, -1)):
        for (who, what), count in sorted(rest.items()):
            if count:
                beside = truth.get(who, {}).get(what, 0) and predicted.get(who, {}).get(what, 0)
                named, signed = ("wrong quantity", sign * count) if beside else (kind, count)
                found.append(Mistake(kind=named, person=who, product=what, quantity=signed))
    return tuple(_explained(mistake, truth, predictions, products, acts) for mistake in found)


def _differences(wanted: Mapping[TrackId, Items], had: Mapping[TrackId, Items]) -> Difference:
    """Units of each person and product in `wanted` beyond those in `had`."""
    return Counter(
        {
            (person, product): count - max(0, had.get(person, {}).get(product, 0))
            for person, items in wanted.items()
            for product, count in items.items()
            if count > max(0, had.get(person, {}).get(product, 0))
        }
    )


def _take(
    missed: Difference, extra: Difference, key: tuple[TrackId, ProductId], other: tuple[TrackId, ProductId]
) -> int:
    """Pairs off as many units as both have left, and says how many."""
    count = min(missed[key], extra[other])
    missed[key] -= count
    extra[other] -= count
    return count


def _weight(products: Mapping[ProductId, Product], product: ProductId) -> float | None:
    known = products.get(product)
    return known.weight_g if known else None


def _weight_gap(products: Mapping[ProductId, Product], one: ProductId, other: ProductId) -> float:
    first, second = _weight(products, one), _weight(products, other)
    return float("inf") if first is None or second is None else abs(first - second)


def _explained(
    mistake: Mistake,
    truth: Mapping[TrackId, Items],
    predictions: Mapping[TrackId, Sequence[Prediction]],
    products: Mapping[ProductId, Product],
    acts: Sequence[TruthAct],
) -> Mistake:
    """The mistake with probabilities, the rank of the truth, and a sentence."""
    charged_person = mistake.instead_person or mistake.person
    charged_product = mistake.instead_product or mistake.product
    visits = predictions.get(mistake.person, ())
    line = next(
        (line for v in predictions.get(charged_person, ()) for line in v.lines if line.product == charged_product), None
    )
    charged = None if line is None or mistake.kind == "missed" else line.probability
    wanted = {product: count for product, count in truth.get(mistake.person, {}).items() if count > 0}
    rank, odds = next(
        ((n, a.probability) for v in visits for n, a in enumerate(v.alternatives, 1) if a.items == wanted), (None, None)
    )
    return msgspec.structs.replace(
        mistake,
        probability=charged,
        receipt_probability=min((v.probability for v in visits), default=None),
        truth_probability=odds,
        truth_rank=rank,
        review=any(v.review for v in visits),
        explanation="; ".join([*_reasons(mistake, visits, products, rank, odds), *_true_acts(mistake, acts)]),
    )


def _true_acts(mistake: Mistake, acts: Sequence[TruthAct]) -> Iterator[str]:
    """What really happened to the product of a mistake in the hands of those it is about."""
    persons = {mistake.person, mistake.instead_person} - {TrackId("")}
    told = [
        f"{format_clock(act.time_ns)} {act.track} {act.kind}"
        + (f" {act.fixture}/{act.shelf}" if act.shelf else "")
        + (f" to {act.to_track}" if act.to_track else "")
        for act in acts
        if act.product == mistake.product and persons & {act.track, act.to_track}
    ]
    if told:
        more = "" if len(told) <= _ACTS_SHOWN else f" and {len(told) - _ACTS_SHOWN} more"
        yield f"in truth: {', '.join(told[:_ACTS_SHOWN])}{more}"


def _reasons(
    mistake: Mistake,
    visits: Sequence[Prediction],
    products: Mapping[ProductId, Product],
    rank: int | None,
    odds: float | None,
) -> list[str]:
    reasons = []
    if mistake.product not in products:
        reasons.append("the product is not in the catalogue of the recording")
    elif _weight(products, mistake.product) is None:
        reasons.append("the catalogue has no weight for the product")
    gap = _weight_gap(products, mistake.product, mistake.instead_product)
    if mistake.kind == "wrong product" and gap < float("inf"):
        reasons.append(f"the two products differ by {gap:.1f} g")
    if mistake.kind == "wrong person":
        reasons.append("what was taken is right, who took it is not")
    if not visits:
        reasons.append("this person has no visit")
    elif len(visits) > 1:
        reasons.append(f"this person was taken for {len(visits)} visitors")
    if rank is not None and odds is not None:
        reasons.append(f"the true receipt was explanation {rank} with probability {odds:.2f}")
    elif visits:
        reasons.append("the true receipt was not among the explanations kept")
    if any(v.review for v in visits):
        reasons.append("this receipt went to review")
    return reasons
