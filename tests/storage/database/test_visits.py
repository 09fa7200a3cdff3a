"""Visits: kept whole, never overwritten, found again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import NOON_NS, SHOP
from tests.storage.database.made import HOSTILE, MILK, TEA, choose, full_record, priced, record
from tillfree.catalog.model import Product
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.paging import PAGE_MAX
from tillfree.storage.database.records import Route
from tillfree.storage.database.visits import VisitCursor, VisitQuery, VisitRow


def codes(rows: list[VisitRow]) -> list[str]:
    return [row.visit for row in rows]


def found(database: Database, text: str) -> list[str]:
    rows = database.visits(VisitQuery(text=text))
    assert database.count_visits(VisitQuery(text=text)) == len(rows)
    return codes(rows)


@pytest.mark.parametrize("kept", [record(), full_record(), record("empty", {})], ids=["bare", "full", "empty"])
def test_a_visit_comes_back_as_it_was(database: Database, kept: object) -> None:
    assert isinstance(kept, type(record()))
    database.add_visit(kept)
    assert database.visit(kept.visit) == kept


def test_an_unknown_visit_is_none(database: Database) -> None:
    assert database.visit(VisitId("nobody")) is None
    assert database.visits(VisitQuery()) == []


def test_the_same_visit_again_changes_nothing(database: Database) -> None:
    database.add_visit(full_record())
    database.decide(choose("v1", {"tea": 1}))
    database.add_visit(full_record())
    assert [row.outcome for row in database.visits(VisitQuery())] == ["decided"]


@pytest.mark.parametrize("change", [{"reason": "lost"}, {"route": Route()}, {"truth": {TEA: 2}}, {"party": "p2"}])
def test_another_visit_of_the_same_code_is_refused(database: Database, change: dict[str, object]) -> None:
    database.add_visit(full_record())
    with pytest.raises(DatabaseError, match=r"'v1' is kept already .* code of its own"):
        database.add_visit(msgspec.structs.replace(full_record(), **change))
    assert database.visit(VisitId("v1")) == full_record()


def test_a_row_says_what_the_receipt_says(database: Database) -> None:
    database.add_visit(full_record())
    (row,) = database.visits(VisitQuery())
    total = priced("v1", review=True).total.gross
    assert row == VisitRow(
        visit=VisitId("v1"), opened_ns=NOON_NS - 60 * 10**9, closed_ns=NOON_NS, reason="exit", status="review",
        outcome="to review", probability=0.75, items=2, total=total, decided_total=None, anonymous=True,
        simulated=True, right=False,
    )  # fmt: skip
    database.decide(choose("v1", {}, choice="nothing"))
    (row,) = database.visits(VisitQuery())
    assert (row.outcome, row.status, row.total, row.decided_total) == ("decided", "review", total, Money(0, "USD"))


@pytest.mark.parametrize(
    ("truth", "right"),
    [
        (None, None),
        ({}, False),
        ({TEA: 2}, True),
        ({TEA: 2, MILK: 0}, True),
        ({TEA: 2, MILK: 1}, False),
        ({TEA: 1}, False),
    ],
)
def test_whether_the_receipt_is_right(database: Database, truth: dict[ProductId, int] | None, right: bool) -> None:
    database.add_visit(record(items={"tea": 2}, truth=truth))
    assert database.visits(VisitQuery())[0].right is right


def test_visits_are_found_by_time_and_outcome(database: Database) -> None:
    for place, visit in enumerate(("a", "b", "c", "d")):
        database.add_visit(record(visit, closed_ns=1000 + place, review=visit in "bd"))
    database.decide(choose("d", {"tea": 2}))
    assert codes(database.visits(VisitQuery())) == ["d", "c", "b", "a"]
    assert codes(database.visits(VisitQuery(since_ns=1001, until_ns=1003))) == ["c", "b"]
    assert codes(database.visits(VisitQuery(outcome="charged"))) == ["c", "a"]
    assert codes(database.visits(VisitQuery(outcome="to review"))) == ["b"]
    assert codes(database.visits(VisitQuery(outcome="decided"))) == ["d"]


def test_visits_are_found_by_code_and_product(database: Database) -> None:
    database.add_visit(record("Q7-tree", {"tea": 1}))
    database.add_visit(record("Q8-moss", {"milk": 1}, closed_ns=NOON_NS + 1, review=True))
    assert found(database, "q7") == ["Q7-tree"]
    assert found(database, "7") == []  # the beginning of a code only
    assert found(database, "  GREEN t ") == ["Q7-tree"]
    assert found(database, "milk") == ["Q8-moss"]
    database.decide(choose("Q8-moss", {"tea": 1}))
    assert found(database, "tea") == ["Q8-moss", "Q7-tree"]
    assert found(database, "milk") == ["Q8-moss"]  # what the model said is found as well


def test_upper_and_lower_case_are_one_beyond_ascii_too(database: Database) -> None:
    shop = msgspec.structs.replace(SHOP, products=(Product(TEA, "Grüner Tee ÄÖ", price_minor=1),))
    database.add_visit(record(receipt=priced(shop=shop)))
    assert found(database, "GRÜNER tee äö") == ["v1"]


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 100_000])
def test_text_is_only_ever_text(database: Database, text: str) -> None:
    database.add_visit(record("plain"))
    assert found(database, text) == []
    shop = msgspec.structs.replace(SHOP, products=(Product(ProductId(text), text, price_minor=1),))
    hostile = record(f"{text}!", receipt=priced(f"{text}!", {text: 1}, shop=shop), party=text, closed_ns=5)
    database.add_visit(hostile)
    assert database.visit(hostile.visit) == hostile
    assert found(database, text) == [f"{text}!"]
    assert database.count_visits(VisitQuery()) == 2


def test_what_cannot_be_kept_is_said_and_nothing_is(database: Database) -> None:
    with pytest.raises(DatabaseError, match="larger than 64 bits"):
        database.add_visit(record(closed_ns=2**63))
    with pytest.raises(DatabaseError, match="half a character"):
        database.add_visit(record("\ud800"))
    with pytest.raises(DatabaseError, match="larger than 64 bits"):
        database.visits(VisitQuery(since_ns=2**70))
    assert database.count_visits(VisitQuery()) == 0


def test_reviews_are_given_oldest_first_until_they_are_decided(database: Database) -> None:
    for place, visit in enumerate("cab"):
        database.add_visit(record(visit, closed_ns=1000 + place, review=True))
    database.add_visit(record("charged"))
    assert codes(database.open_reviews()) == ["c", "a", "b"]
    assert codes(database.open_reviews(limit=2)) == ["c", "a"]
    database.decide(choose("a", {"tea": 1}))
    assert codes(database.open_reviews()) == ["c", "b"]
    assert database.count_open_reviews() == 2


def test_a_page_has_a_limit(database: Database) -> None:
    for place in range(PAGE_MAX + 1):
        database.add_visit(record(f"v{place}", {}))
    assert len(database.visits(VisitQuery(limit=10**9))) == PAGE_MAX
    assert database.visits(VisitQuery(limit=-1)) == []
    assert database.count_visits(VisitQuery(limit=1)) == PAGE_MAX + 1


@given(times=st.lists(st.integers(0, 5), max_size=25), limit=st.integers(1, 7), late=st.integers(0, 5))
def test_pages_give_every_visit_once_in_order(times: list[int], limit: int, late: int) -> None:
    with Database.open(IN_MEMORY) as database:
        for place, time_ns in enumerate(times):
            database.add_visit(record(f"v{place:02}", {}, closed_ns=time_ns))
        seen: list[tuple[int, str]] = []
        before: VisitCursor | None = None
        while page := database.visits(VisitQuery(before=before, limit=limit)):
            assert len(page) <= limit
            seen += [(row.closed_ns, row.visit) for row in page]
            before = page[-1].cursor
            if len(seen) == limit:  # one that comes while somebody leafs
                database.add_visit(record("late", {}, closed_ns=5 + late))
    assert [pair for pair in seen if pair[1] != "late"] == sorted(
        ((time_ns, f"v{place:02}") for place, time_ns in enumerate(times)), reverse=True
    )


def test_a_visit_that_is_erased_takes_all_with_it(database: Database) -> None:
    database.add_visit(full_record())
    database.decide(choose("v1", {"tea": 1}))
    assert database.erase_before(NOON_NS + 401 * NS_PER_DAY).visits == 1
    assert database.visit(VisitId("v1")) is None
    assert database.decision(VisitId("v1")) is None
    assert database.sales(0, 2**62).receipts == 0
    database.add_visit(record())
