"""The truth beside the decision, so far."""

import threading

import pytest

from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import TaxLine
from tillfree.core.ids import ProductId, TrackId, VisitId
from tillfree.core.money import Money, TaxedAmount
from tillfree.core.time import NS_PER_S
from tillfree.evaluation.scoring import f1, score_case
from tillfree.storage.database.records import VisitRecord
from tillfree.web.scoreboard import Scoreboard


def receipt(visit: str, items: dict[str, int], status: str = "charge") -> Receipt:
    lines = tuple(
        ReceiptLine(
            product=ProductId(product),
            name=f"The {product}",
            quantity=quantity,
            unit_price=Money(100, "EUR"),
            amount=Money(100 * quantity, "EUR"),
            tax_class="standard",
            probability=0.99,
        )
        for product, quantity in items.items()
    )
    gross = Money(100 * sum(items.values()), "EUR")
    taxed = TaxedAmount(gross, Money(0, "EUR"), gross)
    return Receipt(
        id=f"r-{visit}",
        visit=VisitId(visit),
        time_ns=0,
        store="s",
        currency="EUR",
        lines=lines,
        taxes=(TaxLine("standard", 0, taxed),) if lines else (),
        total=taxed,
        prices_include_tax=True,
        status=status,  # type: ignore[arg-type]
        probability=0.99,
    )


def record(
    visit: str,
    said: dict[str, int],
    true: dict[str, int] | None,
    *,
    person: str = "",
    track: str = "",
    status: str = "charge",
    opened_s: int = 0,
    closed_s: int = 60,
) -> VisitRecord:
    track = track or visit
    return VisitRecord(
        visit=VisitId(visit),
        track=TrackId(track),
        tracks=(TrackId(track),),
        opened_ns=opened_s * NS_PER_S,
        closed_ns=closed_s * NS_PER_S,
        reason="left",
        receipt=receipt(visit, said, status),
        person=TrackId(person or track),
        truth=None if true is None else {ProductId(p): n for p, n in true.items()},
    )


def test_nothing_is_said_before_there_is_anything() -> None:
    figures = Scoreboard().figures()
    assert (figures.finished, figures.f1, figures.exact, figures.verdicts) == (0, None, None, ())


def test_right_and_wrong_receipts_are_told_apart() -> None:
    board = Scoreboard()
    board.add(record("a", {"milk": 2}, {"milk": 2}))
    board.add(record("b", {"milk": 1, "soap": 1}, {"milk": 1}))
    board.add(record("c", {}, {"tea": 1}, status="review"))
    figures = board.figures()
    assert (figures.finished, figures.charged, figures.review) == (3, 2, 1)
    assert (figures.charged_wrong, figures.review_wrong) == (1, 1)
    assert (figures.items_true, figures.items_said, figures.items_charged, figures.right) == (4, 4, 4, 3)
    assert figures.f1 == f1(3, 4, 4)
    assert figures.exact == pytest.approx(1 / 3)
    newest, middle, oldest = figures.verdicts
    assert (newest.visit, newest.outcome, newest.right) == ("c", "review", False)
    assert [(d.product, d.said, d.true, d.name) for d in newest.differs] == [("tea", 0, 1, "")]
    assert [(d.product, d.said, d.true, d.name) for d in middle.differs] == [("soap", 1, 0, "The soap")]
    assert (oldest.right, oldest.differs) == (True, ())


def test_two_visits_of_one_person_add_up_and_mend_the_verdict() -> None:
    board = Scoreboard()
    truth = {"milk": 1, "soap": 1}
    board.add(record("a", {"milk": 1}, truth, person="p", track="one"))
    assert board.figures().charged_wrong == 1
    board.add(record("b", {"soap": 1}, truth, person="p", track="two", opened_s=70, closed_s=90))
    figures = board.figures()
    assert (figures.charged, figures.charged_wrong, figures.items_true, figures.right) == (2, 0, 2, 2)
    assert (figures.f1, figures.exact) == (1.0, 1.0)
    assert [verdict.right for verdict in figures.verdicts] == [True, True]


def test_a_recording_that_goes_round_has_new_people_each_time() -> None:
    board = Scoreboard()
    board.add(record("a", {"milk": 1}, {"milk": 1}, person="p", track="p"))
    board.add(record("b", {"milk": 1}, {"milk": 1}, person="p", track="p", opened_s=500, closed_s=560))
    figures = board.figures()
    assert (figures.items_true, figures.items_said, figures.right, figures.charged_wrong) == (2, 2, 2, 0)


def test_a_visit_without_truth_counts_as_finished_only() -> None:
    board = Scoreboard()
    board.add(record("a", {"milk": 1}, None))
    figures = board.figures()
    assert (figures.finished, figures.charged, figures.items_charged) == (1, 1, 1)
    assert (figures.f1, figures.exact, figures.items_true) == (None, None, 0)
    assert figures.verdicts[0].right is None


def test_the_figures_are_those_of_the_evaluation() -> None:
    board = Scoreboard()
    cases = {
        f"p{k}": ({"milk": k % 3, "soap": 1} if k % 4 else {}, {"milk": k % 2, "soap": k % 3 and 1}) for k in range(40)
    }
    for name, (said, true) in cases.items():
        board.add(record(name, {p: n for p, n in said.items() if n}, true))
    score = score_case(
        {TrackId(p): {ProductId(i): n for i, n in true.items()} for p, (_, true) in cases.items()},
        {TrackId(p): {ProductId(i): n for i, n in said.items()} for p, (said, _) in cases.items()},
    )
    figures = board.figures()
    assert (figures.items_true, figures.items_said, figures.right) == (score.true, score.predicted, score.right)
    assert figures.f1 == score.f1
    assert figures.exact == score.exact / score.persons


def test_only_the_newest_verdicts_are_kept_and_many_threads_may_add() -> None:
    board = Scoreboard()

    def add(part: int) -> None:
        for k in range(50):
            board.add(record(f"{part}-{k}", {"milk": 1}, {"milk": 1}))
            board.figures()

    threads = [threading.Thread(target=add, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures = board.figures()
    assert (figures.finished, figures.right, len(figures.verdicts)) == (200, 200, 20)
