"""The truth beside the decisions of a store that runs, where the truth is known: who was charged wrongly, so far."""

import threading
from collections import OrderedDict, deque
from collections.abc import Mapping

import msgspec

from tillfree.core.ids import ProductId, TrackId, VisitId
from tillfree.core.time import NS_PER_S
from tillfree.evaluation.scoring import f1, score_case
from tillfree.storage.database.records import VisitRecord

__all__ = ["Difference", "ScoreFigures", "Scoreboard", "Verdict", "differences"]

_VERDICTS_KEPT = 20
_PEOPLE_KEPT = 5_000
"""Who came longer ago is in the sums for good; a further visit of theirs is taken for somebody else's."""
_NAMES_KEPT = 20_000
_AGAIN_NS = 10 * NS_PER_S
"""The same track in a visit that begins so long after the last one: the recording goes round and round."""

Items = dict[ProductId, int]


class Difference(msgspec.Struct, frozen=True):
    """A product of which the receipt and the truth have different numbers of units."""

    product: ProductId
    name: str
    said: int
    true: int


class Verdict(msgspec.Struct, frozen=True):
    """One finished visit: `outcome` is "charge" or "review"; `right` is None where nobody knows the truth.

    Somebody with two visits is one person: the verdict on each is that on both together.
    """

    visit: VisitId
    outcome: str
    right: bool | None
    differs: tuple[Difference, ...]


class ScoreFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything so far, visits without a known truth in the first two rows only.

    `finished`, `charged` and `review` count visits; those that end in `_wrong` the ones of persons whose receipts
    together are not exactly what they carried out. Units: `items_true` were carried out, `items_said` stand on
    receipts, `right` in both; `items_charged` stand on those that were charged. `f1` and `exact` (the share of persons)
    are as `tillfree.evaluation.scoring` has them, None before the first visit with a truth; receipts under review count
    as the model wrote them. `verdicts` are the newest visits, newest first.
    """

    finished: int
    charged: int
    charged_wrong: int
    review: int
    review_wrong: int
    items_true: int
    items_said: int
    items_charged: int
    right: int
    f1: float | None
    exact: float | None
    verdicts: tuple[Verdict, ...]


class _Sums(msgspec.Struct):
    """What a person adds to the figures."""

    persons: int = 0
    exact: int = 0
    true: int = 0
    said: int = 0
    right: int = 0
    charged_wrong: int = 0
    review_wrong: int = 0


class _Person(msgspec.Struct):
    true: Items
    tracks: set[TrackId]
    closed_ns: int = 0
    said: Items = {}
    charged: int = 0
    review: int = 0

    def sums(self) -> _Sums:
        """As the competition's score counts one person."""
        score = score_case({TrackId(""): self.true}, {TrackId(""): self.said})
        wrong = not score.is_exact
        return _Sums(
            score.persons,
            score.exact,
            score.true,
            score.predicted,
            score.right,
            self.charged if wrong else 0,
            self.review if wrong else 0,
        )


class _Told(msgspec.Struct, frozen=True):
    visit: VisitId
    outcome: str
    person: _Person | None


class Scoreboard:
    """Takes finished visits from the thread of the store, gives figures to any other."""

    def __init__(self, names: Mapping[ProductId, str] | None = None) -> None:
        """`names` are those of the catalogue; others are learned from receipts."""
        self._lock = threading.Lock()
        self._people: OrderedDict[TrackId, _Person] = OrderedDict()
        self._told: deque[_Told] = deque(maxlen=_VERDICTS_KEPT)
        self._names: dict[ProductId, str] = dict(names or {})
        self._sums = _Sums()
        self._finished = self._charged = self._review = self._items_charged = 0

    def add(self, record: VisitRecord) -> None:
        """Count a finished visit."""
        charged = record.receipt.status == "charge"
        said = record.receipt.quantities()
        with self._lock:
            self._finished += 1
            self._charged += charged
            self._review += not charged
            self._items_charged += sum(said.values()) if charged else 0
            if len(self._names) < _NAMES_KEPT:
                self._names |= {line.product: line.name for line in record.receipt.lines}
            # Of a visit that was broken off by a new planogram nobody knows what it would have come to.
            truth = None if record.reason == "restart" else record.truth
            person = None if truth is None else self._add_to_person(record, truth, said, charged=charged)
            self._told.append(_Told(record.visit, record.receipt.status, person))

    def _add_to_person(self, record: VisitRecord, truth: Items, said: Items, *, charged: bool) -> _Person:
        key = record.person or TrackId(f"visit {record.visit}")
        person = self._people.get(key)
        if person is not None and record.track in person.tracks and record.opened_ns >= person.closed_ns + _AGAIN_NS:
            person = None
        if person is None:
            person = _Person(dict(truth), set())
        else:
            self._count(person.sums(), -1)
        self._people[key] = person
        self._people.move_to_end(key)
        person.tracks |= {record.track, *record.tracks}
        person.closed_ns = max(person.closed_ns, record.closed_ns)
        for product, quantity in said.items():
            person.said[product] = person.said.get(product, 0) + quantity
        person.charged += charged
        person.review += not charged
        self._count(person.sums(), 1)
        while len(self._people) > _PEOPLE_KEPT:
            self._people.popitem(last=False)
        return person

    def _count(self, sums: _Sums, sign: int) -> None:
        for name in _Sums.__struct_fields__:
            setattr(self._sums, name, getattr(self._sums, name) + sign * getattr(sums, name))

    def figures(self) -> ScoreFigures:
        """Everything so far; takes as long however much that is."""
        with self._lock:
            sums = self._sums
            known = sums.persons > 0
            return ScoreFigures(
                finished=self._finished,
                charged=self._charged,
                charged_wrong=sums.charged_wrong,
                review=self._review,
                review_wrong=sums.review_wrong,
                items_true=sums.true,
                items_said=sums.said,
                items_charged=self._items_charged,
                right=sums.right,
                f1=f1(sums.right, sums.true, sums.said) if known else None,
                exact=sums.exact / sums.persons if known else None,
                verdicts=tuple(self._verdict(told) for told in reversed(self._told)),
            )

    def _verdict(self, told: _Told) -> Verdict:
        if told.person is None:
            return Verdict(told.visit, told.outcome, None, ())
        differs = differences(told.person.said, told.person.true, self._names)
        return Verdict(told.visit, told.outcome, not differs, differs)


def differences(said: Items, true: Items, names: dict[ProductId, str]) -> tuple[Difference, ...]:
    """Every product of which two carts have different numbers of units, in order; its name is empty where not known."""
    products = sorted(product for product in said.keys() | true.keys() if said.get(product, 0) != true.get(product, 0))
    return tuple(
        Difference(product, names.get(product, ""), said.get(product, 0), true.get(product, 0)) for product in products
    )
