"""The simulated processor keeps true books, does a thing once for each key, and misbehaves alike for a seed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.commerce.payments.processor import Answer, Order, OrderKind, ProcessorRefusal, ProcessorUnavailable
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY, NS_PER_S
from tillfree.simulation.payments.cards import make_card
from tillfree.simulation.payments.faults import FAULTS, QUIET, ROUGH, Dice, FaultTable, faults_text
from tillfree.simulation.payments.processor import SimulatedProcessor

ALWAYS = 1_000_000
BEGIN_NS = 1_750_000_000 * NS_PER_S


class Clock:
    def __init__(self) -> None:
        self.now_ns = BEGIN_NS

    def __call__(self) -> int:
        return self.now_ns


def make(faults: FaultTable = QUIET, *, seed: int = 0, forget_after_ns: int = 0) -> tuple[SimulatedProcessor, Clock]:
    clock = Clock()
    return SimulatedProcessor(clock, seed=seed, faults=faults, forget_after_ns=forget_after_ns), clock


def order(kind: OrderKind, minor: int | None, reference: str = "", *, number: int = 1, token: str = "tok") -> Order:
    return Order(
        key=f"p/{kind}/{number}",
        kind=kind,
        payment=PaymentId("p"),
        amount=None if minor is None else Money(minor, "EUR"),
        reference=reference,
        token=token if kind in ("authorise", "charge") else "",
    )


def test_every_share_has_words_and_bounds() -> None:
    shares = {name for name in FaultTable.__struct_fields__ if name.endswith("_ppm")}
    assert set(FAULTS) == shares
    for name in shares:
        for wrong in (-1, ALWAYS + 1):
            with pytest.raises(ValueError, match=name):
                FaultTable(**{name: wrong})


def test_the_table_in_the_documentation_is_this_one(project_root: Path) -> None:
    assert faults_text() in (project_root / "docs" / "processors.md").read_text(encoding="utf-8")


@given(st.integers(0, 2**40), st.text(max_size=20), st.integers(0, 100), st.integers(1, 10**6))
def test_dice_fall_alike_and_within_bounds(seed: int, key: str, attempt: int, below: int) -> None:
    for place in range(16):
        number = Dice(seed, key, attempt).number(place, below)
        assert 0 <= number < below
        assert number == Dice(seed, key, attempt).number(place, below)
    assert not any(Dice(seed, key, attempt).falls(place, 0) for place in range(16))
    assert all(Dice(seed, key, attempt).falls(place, ALWAYS) for place in range(16))


def test_a_share_falls_as_often_as_it_says() -> None:
    fallen = sum(Dice(1, str(number), 1).falls(3, 100_000) for number in range(20_000))
    # Binomial: 2000 expected, standard deviation 42.
    assert 1800 < fallen < 2200


def test_a_hold_a_capture_and_refunds() -> None:
    core, _ = make()
    held = core.ask(order("authorise", 1000))
    core.ask(order("capture", 800, held.reference))
    core.ask(order("refund", 300, held.reference))
    with pytest.raises(ProcessorRefusal, match="given back"):
        core.ask(order("refund", 501, held.reference, number=2))
    core.ask(order("refund", 500, held.reference, number=3))
    totals = core.books.by_payment()["p"]
    assert (totals.taken_minor, totals.open_minor, totals.refunded_minor) == (0, 0, 800)
    assert core.books.by_card() == {"tok": totals}
    core.books.prove()


def test_the_same_key_does_it_once_and_another_order_with_it_is_refused() -> None:
    core, _ = make()
    held = core.ask(order("authorise", 1000))
    assert core.ask(order("authorise", 1000)) == held
    assert len(core.books.holds) == 1
    with pytest.raises(ProcessorRefusal, match="another order"):
        core.ask(order("authorise", 1001))


def test_keys_are_forgotten_after_a_day_if_one_wants_so() -> None:
    core, clock = make(forget_after_ns=NS_PER_DAY)
    first = core.ask(order("charge", 1000))
    clock.now_ns += NS_PER_DAY - 1
    assert core.ask(order("charge", 1000)) == first
    clock.now_ns += 1
    assert core.look_up("p/charge/1") == first
    assert core.ask(order("charge", 1000)).reference != first.reference
    assert core.books.by_payment()["p"].captures == 2


def test_no_answer_after_it_was_done() -> None:
    core, _ = make(FaultTable(timeout_after_ppm=ALWAYS))
    with pytest.raises(ProcessorUnavailable):
        core.ask(order("authorise", 1000))
    found = core.look_up("p/authorise/1")
    assert found is not None
    assert found.outcome == "approved"
    assert core.counts == {"timeout_after_ppm": 1}


@pytest.mark.parametrize("name", ["timeout_before_ppm", "error_before_ppm", "throttled_ppm"])
def test_no_answer_and_nothing_done(name: str) -> None:
    core, _ = make(FaultTable(**{name: ALWAYS}))
    with pytest.raises(ProcessorUnavailable):
        core.ask(order("authorise", 1000))
    assert core.look_up("p/authorise/1") is None
    assert not core.books.holds


def test_pending_is_done_when_it_is_due_and_not_before() -> None:
    core, clock = make(FaultTable(pending_ppm=ALWAYS))
    pending = core.ask(order("authorise", 1000))
    assert pending.outcome == "pending"
    assert not core.books.holds
    due_ns = core.next_due_ns()
    assert due_ns is not None
    clock.now_ns = due_ns
    done = core.look_up("p/authorise/1")
    assert done is not None
    assert (done.outcome, done.reference) == ("approved", pending.reference)
    assert core.ask(order("authorise", 1000)) == done


def test_a_pending_capture_of_a_hold_that_ends_meanwhile_is_declined() -> None:
    core, clock = make()
    held = core.ask(order("authorise", 1000))
    core.faults = FaultTable(pending_ppm=ALWAYS)
    assert core.ask(order("capture", 1000, held.reference)).outcome == "pending"
    core.faults = QUIET
    core.ask(order("void", None, held.reference))
    clock.now_ns += 60 * NS_PER_S
    late = core.look_up("p/capture/1")
    assert late is not None
    assert late.outcome == "declined"
    assert core.books.by_payment()["p"].taken_minor == 0


def test_holds_end_in_time_and_early() -> None:
    core, clock = make(FaultTable(early_expiry_ppm=ALWAYS))
    held = core.ask(order("authorise", 1000))
    assert held.expires_ns - clock() == 7 * NS_PER_DAY
    clock.now_ns += 3600 * NS_PER_S
    assert core.ask(order("capture", 1000, held.reference)).code == "hold_expired"
    assert core.ask(order("adjust", 1100, held.reference)).code == "hold_expired"
    assert core.ask(order("void", None, held.reference)).outcome == "approved"
    on_time, clock = make()
    held = on_time.ask(order("authorise", 1000))
    clock.now_ns = held.expires_ns
    assert on_time.ask(order("capture", 1000, held.reference)).outcome == "declined"


def test_a_capture_that_fails_later_takes_nothing() -> None:
    core, clock = make(FaultTable(capture_failed_ppm=ALWAYS))
    held = core.ask(order("authorise", 1000))
    assert core.ask(order("capture", 1000, held.reference)).outcome == "approved"
    clock.now_ns += NS_PER_DAY
    notices = core.take_notices(clock())
    assert notices[-1].answer.outcome == "declined"
    assert core.books.by_payment()["p"].taken_minor == 0
    core.books.prove()


def test_limits_and_expiry_of_a_card() -> None:
    core, _ = make()
    card, old = make_card(1, 1, limit_minor=1000), make_card(1, 2, expires="2020-01")
    core.add_card(card)
    core.add_card(old)
    assert core.ask(order("authorise", 700, token=card.token)).outcome == "approved"
    assert core.ask(order("authorise", 301, number=2, token=card.token)).code == "insufficient_funds"
    assert core.ask(order("charge", 300, token=f"shopper/{card.token}")).outcome == "approved"
    assert core.ask(order("authorise", 1, number=3, token=old.token)).code == "expired_card"
    assert core.books.in_use_minor(card.token) == 1000


def test_notices_come_twice_late_or_never() -> None:
    def told(**shares: int) -> list[str]:
        core, clock = make(FaultTable(**shares))
        for number in (1, 2):
            core.ask(order("authorise", 1000, number=number))
            core.faults = FaultTable()
        return [notice.answer.key for notice in core.take_notices(clock() + NS_PER_DAY)]

    first, second = "p/authorise/1", "p/authorise/2"
    assert sorted(told()) == [first, second]
    assert told(lost_notice_ppm=ALWAYS) == [second]
    assert sorted(told(double_notice_ppm=ALWAYS)) == [first, first, second]
    assert told(late_notice_ppm=ALWAYS) == [second, first]


def test_a_notice_told_twice_has_one_id_and_is_handed_out_once() -> None:
    core, clock = make(FaultTable(double_notice_ppm=ALWAYS))
    core.ask(order("authorise", 1000))
    notices = core.take_notices(clock() + NS_PER_DAY)
    assert len(notices) == 2
    assert len({notice.id for notice in notices}) == 1
    assert not core.take_notices(clock() + NS_PER_DAY)


@pytest.mark.parametrize(
    "wrong",
    [
        order("authorise", 0), order("authorise", None), order("authorise", 5, token=""), order("charge", -1),
        order("capture", 5, "none"), order("void", None, "none"), order("refund", 5, "none"),
    ],
)  # fmt: skip
def test_orders_that_are_wrong_in_themselves(wrong: Order) -> None:
    core, _ = make()
    with pytest.raises(ProcessorRefusal):
        core.ask(wrong)
    assert core.look_up(wrong.key) is None


def test_another_currency_than_the_hold() -> None:
    core, _ = make()
    held = core.ask(order("authorise", 1000))
    wrong = Order(key="k", kind="capture", payment=PaymentId("p"), amount=Money(5, "USD"), reference=held.reference)
    with pytest.raises(ProcessorRefusal, match="EUR"):
        core.ask(wrong)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["authorise", "adjust", "capture", "void", "refund", "charge"]),
        st.integers(1, 2000),
        st.integers(0, 4),
        st.integers(0, 3),
        st.integers(0, 9 * 24 * 3600),
    ),
    max_size=25,
)


def run(seed: int, acts: list[tuple[OrderKind, int, int, int, int]]) -> tuple[SimulatedProcessor, list[str]]:
    """Any orders in any order, each asked up to four times; what was answered, in words."""
    core, clock = make(eight_times_as_bad(ROUGH), seed=seed, forget_after_ns=NS_PER_DAY)
    said = []
    for index, (kind, minor, hold, times, seconds) in enumerate(acts):
        clock.now_ns += seconds * NS_PER_S // 7
        references = sorted(core.books.holds)
        reference = references[hold % len(references)] if references else "none"
        asked = order(kind, None if kind == "void" else minor, reference, number=index)
        for _ in range(times + 1):
            try:
                said.append(words(core.ask(asked)))
            except (ProcessorUnavailable, ProcessorRefusal) as error:
                said.append(type(error).__name__)
    core.take_notices(clock() + 30 * NS_PER_DAY)
    return core, said


def eight_times_as_bad(faults: FaultTable) -> FaultTable:
    return FaultTable(**{name: min(ALWAYS, getattr(faults, name) * 8) for name in FAULTS})


def words(answer: Answer) -> str:
    return f"{answer.key} {answer.outcome} {answer.code} {answer.amount}"


@given(st.integers(0, 10**6), ACTS)
def test_whatever_is_asked_the_books_are_true(seed: int, acts: list[tuple[OrderKind, int, int, int, int]]) -> None:
    core, _ = run(seed, acts)
    core.books.prove()
    for hold in core.books.holds.values():
        assert 0 <= hold.refunded_minor <= hold.captured_minor <= hold.held_minor
    once = [(m.kind, m.key) for m in core.books.movements]
    assert len(once) == len(set(once))


@given(st.integers(0, 10**6), ACTS)
def test_the_same_seed_misbehaves_alike(seed: int, acts: list[tuple[OrderKind, int, int, int, int]]) -> None:
    first, said = run(seed, acts)
    second, again = run(seed, acts)
    assert said == again
    assert first.books.movements == second.books.movements
    assert first.counts == second.counts
