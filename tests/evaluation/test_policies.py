"""What policies cost, against a truth that is known."""

import msgspec
import pytest

from tests.evaluation.stand_ins import JAM, SHOP, TEA, FakeRecording, answering, prediction, truth_of
from tillfree.catalog.model import Shop
from tillfree.commerce.policy_settings import PolicyRow
from tillfree.core.events import Alternative, CartLine
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId, TrackId
from tillfree.evaluation.page import render_page
from tillfree.evaluation.policies import AS_SET, PolicyRisk, PolicyTable, PolicyTally, Priced, add_up, tally, trips_of
from tillfree.evaluation.predictions import Items, Prediction
from tillfree.evaluation.report import evaluate
from tillfree.evaluation.summary_text import render_summary

GIN = ProductId("gin")
PRICED = Priced({TEA: 100, JAM: 300, GIN: 2000}, frozenset([GIN]), "EUR")
ALL = PolicyTable(rows=(PolicyRow(then="charge", in_doubt=True),))
CERTAIN = PolicyTable(rows=(PolicyRow(then="certain", in_doubt=True),))


def decided(policy: PolicyTable, true: Items, *visits: Prediction) -> PolicyTally:
    ann = TrackId("ann")
    trips, missed = trips_of({ann: true}, {ann: list(visits)} if visits else {})
    return tally("it", policy, trips, missed, PRICED)


def test_what_is_charged_too_much_and_too_little_is_told_apart() -> None:
    found = decided(ALL, {TEA: 2, JAM: 1}, prediction("ann", {TEA: 1, GIN: 1}))
    (row,) = found.rows
    assert (row.trips, row.over, row.under, row.right) == (1, 1, 1, 0)
    assert (row.charged_minor, row.over_minor, row.under_minor, row.due_minor) == (2100, 2000, 400, 500)
    risk = PolicyRisk.of(found.rows)
    assert (risk.over_share, risk.under_share) == (4.0, 0.8)


def test_who_is_reviewed_is_charged_rightly() -> None:
    found = decided(PolicyTable(), {TEA: 2}, prediction("ann", {JAM: 1}, review=True))
    (row,) = found.rows
    assert (row.row, row.action, row.trips, row.over, row.under, row.due_minor) == (0, "review", 1, 0, 0, 200)
    assert PolicyRisk.of(found.rows).reviewed.value == 1.0


def test_the_certain_part_is_charged_and_the_rest_given_away() -> None:
    visit = msgspec.structs.replace(
        prediction("ann", {TEA: 1, JAM: 1}),
        lines=(CartLine(TEA, 1, 0.99), CartLine(JAM, 1, 0.7)),
        alternatives=(Alternative({TEA: 1, JAM: 1}, 0.7), Alternative({TEA: 1}, 0.29)),
    )
    (row,) = decided(CERTAIN, {TEA: 1, JAM: 1}, visit).rows
    assert (row.charged_minor, row.over, row.under, row.under_minor) == (100, 0, 1, 300)


def test_a_party_is_one_trip_and_who_of_it_took_what_does_not_matter() -> None:
    ann = msgspec.structs.replace(prediction("ann", {TEA: 1}), party="p")
    bob = msgspec.structs.replace(prediction("bob", {JAM: 1}), party="p")
    trips, missed = trips_of(
        {TrackId("ann"): {JAM: 1}, TrackId("bob"): {TEA: 1}}, {TrackId("ann"): [ann], TrackId("bob"): [bob]}
    )
    (row,) = tally("it", ALL, trips, missed, PRICED).rows
    assert (row.trips, row.right) == (1, 1)
    assert trips[0].probability == pytest.approx(0.81)


@pytest.mark.parametrize(
    "change", [{"anonymous": True}, {"reason": "lost"}, {"lines": (CartLine(UNKNOWN_PRODUCT, 1, 0.9),)}]
)
def test_a_doubt_keeps_a_cart_from_rows_that_do_not_say_otherwise(change: dict[str, object]) -> None:
    policy = PolicyTable(rows=(PolicyRow(then="charge"),))
    visit = msgspec.structs.replace(prediction("ann", {TEA: 1}), **change)
    assert [row.action for row in decided(policy, {TEA: 1}, visit).rows if row.trips] == ["review"]


def test_amounts_and_ages_choose_the_row() -> None:
    policy = PolicyTable(rows=(PolicyRow(then="review", goods="with_age"), PolicyRow(then="charge", up_to_minor=300)))
    for items, row in (({GIN: 1}, 1), ({JAM: 1}, 2), ({JAM: 2}, 0)):
        found = decided(policy, dict(items), prediction("ann", dict(items)))
        assert [r.row for r in found.rows if r.trips] == [row]


def test_whoever_got_no_receipt_was_given_everything() -> None:
    found = decided(ALL, {TEA: 3})
    assert (found.missed, found.missed_minor) == (1, 300)
    risk = PolicyRisk.of(found.rows, found.missed, found.missed_minor)
    assert (risk.under_share, risk.charged_under.value, risk.trips) == (1.0, 1.0, 1)


def test_recordings_are_added_up_and_currencies_are_not_mixed() -> None:
    one = decided(ALL, {TEA: 1}, prediction("ann", {TEA: 1}))
    other = decided(ALL, {TEA: 1}, prediction("ann", {JAM: 1}))
    foreign = msgspec.structs.replace(one, currency="JPY")
    both, third = add_up([one, other, foreign])
    assert (both.rows[0].trips, both.rows[0].right, both.rows[0].over_minor) == (2, 1, 300)
    assert third == foreign


def test_the_report_shows_the_policy_that_is_set_row_by_row() -> None:
    shop = Shop("s", tuple(msgspec.structs.replace(p, price_minor=100) for p in SHOP.products), (), ())
    recording = FakeRecording("good-1", truth_of(ann={TEA: 1}, bob={JAM: 1}), ("ann", "bob"))
    recording.shop = shop
    policy = PolicyTable(rows=(PolicyRow(then="charge", from_probability=0.9),))
    answer = answering(prediction("ann", {TEA: 1}, 0.95), prediction("bob", {TEA: 1}, 0.6, review=True))
    report = evaluate([("good-1", lambda: recording)], answer, policy=policy)
    found = {one.policy: PolicyRisk.of(one.rows) for one in report.policies}
    assert (found[AS_SET].reviewed.value, found[AS_SET].over_share) == (0.5, 0.0)
    assert (found["all charged"].reviewed.value, found["all charged"].over_share) == (0.0, 0.5)
    assert "row 1, charge: 1 trips" in render_summary(report)
    assert "What would be charged by which policy?" in render_page(report)
