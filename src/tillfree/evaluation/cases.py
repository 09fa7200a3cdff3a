"""One recording: run it, score it, name its mistakes, time it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import msgspec

from tillfree.catalog.model import Shop
from tillfree.core.events import Event, PeopleFrame
from tillfree.core.ids import TrackId
from tillfree.core.time import NS_PER_S
from tillfree.evaluation.hands import hands_leaving
from tillfree.evaluation.latency import CartLatency, cart_latencies
from tillfree.evaluation.mistakes import Mistake, explain_mistakes
from tillfree.evaluation.policies import AS_SET, USUAL_POLICIES, PolicyTable, PolicyTally, Priced, tally, trips_of
from tillfree.evaluation.predictions import CasePrediction, Items, Prediction, receipts_of
from tillfree.evaluation.resources import Cost, Meter
from tillfree.evaluation.scoring import CaseScore, resolve_person, score_case
from tillfree.storage.recordings.model import Recording, Truth
from tillfree.store.replay import CartMoment

__all__ = ["CaseReport", "LineOutcome", "ReceiptOutcome", "Solver", "WatchedRecording", "run_case"]

Solver = Callable[[Recording], CasePrediction]
"""What turns a recording into receipts: the store itself, or a stand-in."""


class ReceiptOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of one person against the truth. `probability` is None where the person got none."""

    person: TrackId
    true: Items
    predicted: Items
    right: bool
    probability: float | None
    review: bool


class LineOutcome(msgspec.Struct, frozen=True):
    """One line of one receipt: what it claimed, and whether exactly this quantity was true."""

    probability: float
    right: bool


class CaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one recording that the report shows; `score` is None where there is no truth."""

    case: str
    synthetic: bool
    score: CaseScore | None
    visits: int
    receipts: tuple[ReceiptOutcome, ...]
    lines: tuple[LineOutcome, ...]
    mistakes: tuple[Mistake, ...]
    latencies: tuple[CartLatency, ...]
    receipt_delays_s: tuple[float, ...]
    duration_s: float
    events: int
    cost: Cost
    anonymous: bool
    warnings: dict[str, int]
    issues: tuple[str, ...]
    policies: tuple[PolicyTally, ...] = ()

    @property
    def times_real_time(self) -> float:
        """Seconds of recording per second of wall time."""
        return self.duration_s / self.cost.wall_s if self.cost.wall_s > 0 else float("nan")


class WatchedRecording:
    """A recording that notes, while it is read, when each track was seen last and how long the stream was."""

    def __init__(self, inner: Recording) -> None:
        self.name = inner.name
        self.shop: Shop = inner.shop
        self.truth: Truth | None = None  # nothing that is evaluated may see it
        self.warnings = inner.warnings
        self._inner = inner
        self.last_seen_ns: dict[TrackId, int] = {}
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.count = 0

    def events(self) -> Iterator[Event]:
        """The events of the recording, as they are; notes begin anew with each reading."""
        self.last_seen_ns = {}
        self.first_ns = self.last_ns = None
        self.count = 0
        for event in self._inner.events():
            self.count += 1
            time_ns = event.time_ns
            self.first_ns = time_ns if self.first_ns is None else min(self.first_ns, time_ns)
            self.last_ns = time_ns if self.last_ns is None else max(self.last_ns, time_ns)
            if isinstance(event, PeopleFrame):
                for person in event.people:
                    self.last_seen_ns[person.track] = time_ns
            yield event

    def duration_ns(self) -> int | None:
        """As the recording says."""
        return self._inner.duration_ns()

    @property
    def spoken_ns(self) -> int:
        """Time from the first to the last event read so far."""
        return 0 if self.first_ns is None or self.last_ns is None else self.last_ns - self.first_ns


def run_case(
    case: str, recording: Recording, solve: Solver, policy: PolicyTable | None = None
) -> tuple[CaseReport, CasePrediction]:
    """Solves a recording without letting the solver see the truth, and scores the answer.

    `policy` is the table that is set; it and some usual ones are measured.

    Raises:
        TillfreeError: the recording cannot be read to its end.
    """
    watched = WatchedRecording(recording)
    with Meter() as meter:
        answer = solve(watched)
    truth = recording.truth
    warnings = {**recording.warnings, **answer.warnings}  # before anything else reads the recording and counts again
    aliases = _aliases(truth, answer)
    visits: dict[TrackId, list[Prediction]] = defaultdict(list)
    for prediction in answer.predictions:
        visits[resolve_person(prediction.person, aliases)].append(prediction)
    predicted = {person: receipts_of(_renamed(person, found)).get(person, {}) for person, found in visits.items()}
    true = {person: _positive(items) for person, items in truth.receipts.items()} if truth else {}
    outcomes = tuple(_outcomes(true, predicted, visits)) if truth else ()
    report = CaseReport(
        case=case,
        synthetic=bool(truth and truth.synthetic),
        score=score_case(true, predicted) if truth else None,
        visits=len(answer.predictions),
        receipts=outcomes,
        lines=tuple(_lines(true, visits)) if truth else (),
        mistakes=explain_mistakes(true, predicted, visits, recording.shop.product_index(), truth.acts) if truth else (),
        latencies=_latencies(recording, truth, visits) if truth else (),
        receipt_delays_s=tuple(_receipt_delays(answer, watched.last_seen_ns)),
        duration_s=(answer.duration_ns or watched.spoken_ns) / NS_PER_S,
        events=answer.events or watched.count,
        cost=meter.cost,
        anonymous=any(p.anonymous for p in answer.predictions),
        warnings=warnings,
        issues=answer.issues,
        policies=_policies(policy or PolicyTable(), true, visits, recording.shop) if truth else (),
    )
    return report, answer


def _policies(
    policy: PolicyTable, true: Mapping[TrackId, Items], visits: Mapping[TrackId, list[Prediction]], shop: Shop
) -> tuple[PolicyTally, ...]:
    trips, missed = trips_of(true, visits)
    priced = Priced.of(shop)
    return tuple(
        tally(name, table, trips, missed, priced) for name, table in {AS_SET: policy, **USUAL_POLICIES}.items()
    )


def _aliases(truth: Truth | None, answer: CasePrediction) -> dict[TrackId, TrackId]:
    """Further ids of persons of the truth. An assumed anonymous visitor is the one person of a truth that has one."""
    if truth is None:
        return {}
    if len(truth.receipts) != 1:
        return truth.aliases
    (only,) = truth.receipts
    return {**truth.aliases, **{p.person: only for p in answer.predictions if p.anonymous}}


def _renamed(person: TrackId, visits: list[Prediction]) -> tuple[Prediction, ...]:
    return tuple(msgspec.structs.replace(visit, person=person) for visit in visits)


def _positive(items: Items) -> Items:
    return {product: count for product, count in items.items() if count > 0}


def _outcomes(
    true: Mapping[TrackId, Items], predicted: Mapping[TrackId, Items], visits: Mapping[TrackId, list[Prediction]]
) -> Iterator[ReceiptOutcome]:
    """A receipt per person of the score: those of the truth, then further ones with items.

    Whom the store took for several visitors got several receipts: they are right together with the product of their
    probabilities.
    """
    strangers = [person for person, items in predicted.items() if person not in true and items]
    for person in (*sorted(true), *sorted(strangers)):
        probability = None
        if person in visits:
            probability = 1.0
            for visit in visits[person]:
                probability *= visit.probability
        wanted, got = true.get(person, {}), predicted.get(person, {})
        yield ReceiptOutcome(
            person=person,
            true=wanted,
            predicted=got,
            right=wanted == got,
            probability=probability,
            review=any(visit.review for visit in visits.get(person, ())),
        )


def _lines(true: Mapping[TrackId, Items], visits: Mapping[TrackId, list[Prediction]]) -> Iterator[LineOutcome]:
    """Every line of every receipt; a line of a receipt without a true person is wrong."""
    for person, found in visits.items():
        wanted = true.get(person, {})
        for visit in found:
            for line in visit.lines:
                yield LineOutcome(line.probability, wanted.get(line.product, 0) == line.quantity)


def _latencies(
    recording: Recording, truth: Truth, visits: Mapping[TrackId, list[Prediction]]
) -> tuple[CartLatency, ...]:
    """The recording is read once more, after the clock has stopped, for when hands left the shelves."""
    carts = _carts(visits)
    if not truth.acts or not carts:
        return ()
    hands = hands_leaving(truth.acts, recording.events(), recording.shop.plate_centres(), truth.aliases)
    return cart_latencies(truth.acts, carts, hands)


def _carts(visits: Mapping[TrackId, list[Prediction]]) -> dict[TrackId, tuple[CartMoment, ...]]:
    """The live carts of each person in order of time; a further visit of the same person is left out."""
    return {person: found[0].carts for person, found in visits.items() if found[0].carts}


def _receipt_delays(answer: CasePrediction, last_seen_ns: Mapping[TrackId, int]) -> Iterator[float]:
    """Seconds from when a visitor was last seen to their receipt."""
    for prediction in answer.predictions:
        tracks = prediction.tracks or (prediction.person,)
        times = [last_seen_ns[track] for track in tracks if track in last_seen_ns]
        if times and prediction.receipt_ns is not None:
            yield max(0, prediction.receipt_ns - max(times)) / NS_PER_S
