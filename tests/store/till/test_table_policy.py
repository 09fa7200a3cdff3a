"""The table of the settings, as the till asks it."""

import msgspec
import pytest

from tests.web.kept_visits import NO_PRICE, PLAIN, SECOND, kept_visit
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.policy_settings import PolicyRow, PolicySettings
from tillfree.commerce.receipt import Receipt
from tillfree.storage.database.records import VisitRecord
from tillfree.store.entry.doubts import AGE_NOTE
from tillfree.store.settings import StoreSettings
from tillfree.store.till.table_policy import TablePolicy

SURE = kept_visit("a", [({PLAIN: 1}, 0.99)], review=False)
UNSURE = kept_visit("b", [({PLAIN: 2}, 0.6), ({PLAIN: 1}, 0.4)])


def policy(*rows: PolicyRow, certain_from: float = 0.99) -> TablePolicy:
    payments = PaymentSettings(certain_from=certain_from, after_review="nothing")
    return TablePolicy(StoreSettings(policy=PolicySettings(rows=rows), payments=payments))


@pytest.mark.parametrize(("records", "verdict"), [([SURE], "charge"), ([UNSURE], "review"), ([SURE, UNSURE], "review")])
def test_without_rows_it_charges_what_the_model_is_sure_of(records: list[VisitRecord], verdict: str) -> None:
    assert policy().decide(records[0].receipt, records) == verdict


def test_a_trip_is_as_probable_as_all_its_visits_together() -> None:
    table = policy(PolicyRow(then="charge", from_probability=0.97))
    assert table.decide(SURE.receipt, [SURE, SURE]) == "charge"
    assert table.decide(SURE.receipt, [SURE, SURE, SURE, SURE]) == "review"
    assert table.decide(UNSURE.receipt, [UNSURE]) == "review"


def noted(record: VisitRecord, note: str) -> VisitRecord:
    receipt: Receipt = msgspec.structs.replace(record.receipt, notes=(note,), status="review")
    return msgspec.structs.replace(record, receipt=receipt)


@pytest.mark.parametrize(
    "record",
    [
        noted(SURE, AGE_NOTE.format(age=18, name="Gin")),
        msgspec.structs.replace(SURE, reason="lost"),
        msgspec.structs.replace(SURE, anonymous=True),
        kept_visit("c", [({NO_PRICE: 1}, 0.99)], review=False),
    ],
)
def test_whoever_is_in_doubt_is_charged_only_where_a_row_says_so(record: VisitRecord) -> None:
    assert policy(PolicyRow(then="charge")).decide(record.receipt, [record]) == "review"
    assert policy(PolicyRow(then="charge", in_doubt=True)).decide(record.receipt, [record]) == "charge"


def test_the_certain_part_of_a_visit_is_never_more_than_it_holds_and_never_unpriced() -> None:
    assert [(line.product, line.quantity) for line in policy().certain(UNSURE)] == [(PLAIN, 1)]
    both = kept_visit("d", [({SECOND: 1, NO_PRICE: 1}, 1.0)])
    assert [line.product for line in policy().certain(both)] == [SECOND]
    assert policy().after_deadline(UNSURE.receipt, [UNSURE]) == "nothing"
