"""What came of a campaign: the processor's own books, the shop's ledger, and what the trips should have cost."""

from collections.abc import Callable, Mapping

import msgspec

from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.trips import TripStatus
from tillfree.core.ids import PaymentId, TripId
from tillfree.simulation.payments.holds import Hold, Totals
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.trips import TripQuery

__all__ = ["CampaignResult", "Course", "TripFacts", "compared"]

_CLEARING = "clearing"
_HOLDS = "holds"
_SHOWN_MAX = 20
_UNFINISHED: tuple[TripStatus, ...] = ("inside", "review", "settling")
_COUNTED = (
    "paid",
    "empty",
    "in_debt",
    "refunds",
    "failed_refunds",
    "due_minor",
    "captured_minor",
    "refunded_minor",
    "debt_minor",
    "lost",
    "lost_minor",
    "doubled",
    "doubled_minor",
    "unequal",
    "open_holds",
    "open_minor",
)


class TripFacts(msgspec.Struct, kw_only=True):
    """What the campaign knows of a trip by itself: what it costs, and what was to be given back."""

    payment: PaymentId
    token: str
    due_minor: int = 0
    refunds: dict[str, int] = {}
    paid_otherwise_minor: int = 0


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How a campaign went: simulated hours, requests, notices, and what the program suffered."""

    seed: int
    hours: float
    requests: int
    notices: int
    kills: int
    restarts: int
    outages: int
    refused_refunds: int


class CampaignResult(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and sums. Good is: `lost`, `doubled`, `open_holds`, `unequal` and `ledger_faults` are all zero.

    `lost`: a shopper paid less than is due, and no debt says so. `doubled`: one paid more. `unequal`: the ledger says
    something else than the processor's books. `open_holds`: money of a finished trip is still put aside.
    """

    course: Course
    trips: int
    paid: int
    empty: int
    in_debt: int
    refunds: int
    failed_refunds: int
    due_minor: int
    captured_minor: int
    refunded_minor: int
    debt_minor: int
    lost: int
    lost_minor: int
    doubled: int
    doubled_minor: int
    unequal: int
    open_holds: int
    open_minor: int
    holds_left_to_expire: int
    waiting_orders: int
    open_trips: int
    ledger_entries: int
    ledger_faults: int
    faults: dict[str, int]
    examples: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether not one smallest unit went astray."""
        wrong = (self.lost, self.doubled, self.unequal, self.open_holds, self.ledger_faults)
        return not any(wrong) and not self.waiting_orders and not self.open_trips


def compared(
    database: Database, core: SimulatedProcessor, facts: Mapping[TripId, TripFacts], course: Course
) -> CampaignResult:
    """Lays the books side by side, trip by trip, to the last smallest unit."""
    core.books.prove()
    real = core.books.by_payment()
    booked = _booked(database)
    counts: dict[str, int] = {}
    examples: list[str] = []

    def count(name: str, number: int = 1) -> None:
        counts[name] = counts.get(name, 0) + number

    for trip, known in facts.items():
        payment = database.payment(known.payment)
        assert payment is not None, f"the payment of {trip} is nowhere"
        totals = real.pop(known.payment, Totals())
        wrong = _judge(payment, known, totals, booked.pop(known.payment, (0, 0)), count)
        if wrong and len(examples) < _SHOWN_MAX:
            examples.append(f"{trip}: {wrong}")
    for stranger in real:
        # A terminal that was let down before the gate knew: nothing may be taken from such a card.
        if real[stranger].captured_minor:
            count("doubled")
            count("doubled_minor", real[stranger].captured_minor)
        if real[stranger].open_minor:
            count("open_holds")
            count("open_minor", real[stranger].open_minor)
            examples.append(f"{stranger}: {real[stranger].open_minor} is held, and nobody came in with it")
    for payment_id in booked:
        count("unequal")
        examples.append(f"{payment_id}: in the ledger, but nobody came in with it")
    proof = database.prove_ledger()
    examples += [f"{fault.where}: {fault.what}" for fault in proof.faults[:_SHOWN_MAX]]
    left = sum(1 for hold in core.books.holds.values() if hold.state == "expired" and not _was_early(core, hold))
    return CampaignResult(
        course=course,
        trips=len(facts),
        waiting_orders=database.orders_waiting(),
        open_trips=database.count_trips(TripQuery(statuses=_UNFINISHED)),
        ledger_entries=proof.entries,
        ledger_faults=len(proof.faults),
        faults=dict(sorted(core.counts.items())),
        examples=tuple(examples),
        holds_left_to_expire=left,
        **{name: counts.get(name, 0) for name in _COUNTED},
    )


def _judge(
    payment: Payment, known: TripFacts, totals: Totals, booked: tuple[int, int], count: Callable[..., None]
) -> str:
    """Counts one trip; what is wrong with it in words, or nothing."""
    taken, held = booked
    failed = sum(payment.failed_minor(refund) for refund in payment.refunds)
    wished = sum(known.refunds.values())
    debt = payment.debt_minor + payment.debt_paid_minor + payment.written_off_minor
    due = known.due_minor - (wished - failed)
    count("due_minor", known.due_minor)
    count("captured_minor", totals.captured_minor)
    count("refunded_minor", totals.refunded_minor)
    count("debt_minor", payment.debt_minor)
    count("refunds", len(known.refunds))
    count("failed_refunds", 1 if failed else 0)
    count("in_debt" if payment.debt_minor else ("paid" if known.due_minor else "empty"))
    wrong = []
    if taken != totals.taken_minor or payment.taken_minor - payment.returned_minor != totals.taken_minor:
        count("unequal")
        wrong.append(f"the ledger says {taken}, the processor {totals.taken_minor}")
    short = due - debt - totals.taken_minor
    if short:
        count("lost" if short > 0 else "doubled")
        count("lost_minor" if short > 0 else "doubled_minor", abs(short))
        wrong.append(f"due {due}, paid {totals.taken_minor}, owed {debt}")
    if totals.open_minor or held:
        count("open_holds")
        count("open_minor", totals.open_minor)
        wrong.append(f"still held: {totals.open_minor}, in the ledger {held}")
    return "; ".join(wrong)


def _booked(database: Database) -> dict[str, tuple[int, int]]:
    """What the ledger itself says was taken and is held, payment by payment."""
    sums: dict[str, list[int]] = {}
    for row in database.ledger_entries():
        found = sums.setdefault(row.entry.payment, [0, 0])
        for posting in row.entry.postings:
            if posting.account == _CLEARING:
                found[0] += posting.minor
            elif posting.account == _HOLDS:
                found[1] += posting.minor
    return {payment: (taken, held) for payment, (taken, held) in sums.items()}


def _was_early(core: SimulatedProcessor, hold: Hold) -> bool:
    ended = (m.time_ns for m in core.books.movements if m.reference == hold.reference and m.kind == "expired")
    return next(ended) < hold.expires_ns
