"""Erasing: what is old goes, also from the file, and what must stay stays."""

import sqlite3
from pathlib import Path

import pytest

from tests.commerce.shops import NOON_NS, SHOP
from tests.storage.database.made import choose, full_record, record
from tillfree.core.ids import FixtureId, PlateRef, TrackId, TripId, VisitId
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.audit import NO_HASH, AuditEntry, AuditProof
from tillfree.storage.database.database import FILE_NAME, Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.forgetting import FORGOTTEN
from tillfree.storage.database.integration.answers import GivenAnswer
from tillfree.storage.database.integration.orders import RetailerOrder
from tillfree.storage.database.records import Minute, Route
from tillfree.storage.database.retention import RETENTION, Retention
from tillfree.storage.database.staff import IDLE_NS
from tillfree.storage.database.tables import METADATA
from tillfree.storage.database.visits import VisitQuery

PLATE = PlateRef(FixtureId("3"), 2, 1)


def test_evidence_goes_after_a_week_and_the_record_stays(database: Database) -> None:
    database.add_visit(full_record())
    database.decide(choose("v1", {"tea": 1}))
    (before,) = database.visits(VisitQuery())
    assert database.erase_before(NOON_NS + 7 * NS_PER_DAY).evidence == 0
    assert database.visit(VisitId("v1")) == full_record()
    assert database.erase_before(NOON_NS + 7 * NS_PER_DAY + 1).evidence == 1
    kept, full = database.visit(VisitId("v1")), full_record()
    assert kept is not None
    assert (kept.route, kept.traces, kept.frames, kept.truth, kept.person) == (Route(), (), (), None, TrackId(""))
    assert (kept.receipt, kept.alternatives, kept.interactions) == (full.receipt, full.alternatives, full.interactions)
    assert database.visits(VisitQuery()) == [before]
    assert database.decision(VisitId("v1")) == choose("v1", {"tea": 1})
    database.add_visit(full)  # it is known, and its evidence does not come back
    assert database.visit(VisitId("v1")) == kept


def test_a_visit_goes_with_its_decisions_and_its_label_names_nobody(database: Database) -> None:
    database.add_visit(full_record())
    database.add_visit(record("young", closed_ns=NOON_NS + NS_PER_DAY))
    database.decide(choose("v1", {"tea": 1}))
    (before,) = database.labels()
    erased = database.erase_before(NOON_NS + 400 * NS_PER_DAY + 1)
    assert (erased.evidence, erased.visits, erased.labels) == (2, 1, 1)
    assert database.visit(VisitId("v1")) is None
    assert database.decisions(since_ns=0) == []
    (kept,) = database.visits(VisitQuery())
    assert kept.closed_ns == NOON_NS + NS_PER_DAY
    assert kept.visit.startswith(FORGOTTEN)
    (after,) = database.labels()
    assert (after.visit, after.by) == ("", "")
    assert (after.items, after.alternatives, after.odds) == (before.items, before.alternatives, before.odds)
    assert database.erase_before(NOON_NS + 400 * NS_PER_DAY + 1).labels == 0
    # The code may be given again, and both labels stay.
    database.add_visit(record("v1"))
    database.decide(choose("v1", {"tea": 2}))
    assert [label.visit for label in database.labels()] == ["", "v1"]


def test_what_was_erased_is_not_in_the_files(filed: Database, tmp_path: Path) -> None:
    def on_disk() -> bytes:
        return b"".join(file.read_bytes() for file in sorted((tmp_path / "data").iterdir()))

    filed.add_visit(full_record())
    secrets = (b"secret picture", b"secret person", full_record().route.rows)
    for secret in secrets:
        assert secret in on_disk()
    filed.erase_before(NOON_NS + 8 * NS_PER_DAY)
    for secret in secrets:
        assert secret not in on_disk()


def test_somebody_reading_does_not_stop_the_erasing(filed: Database, tmp_path: Path) -> None:
    filed.add_visit(full_record())
    reader = sqlite3.connect(tmp_path / "data" / FILE_NAME, isolation_level=None, timeout=0)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM evidence").fetchall()
    assert filed.erase_before(NOON_NS + 8 * NS_PER_DAY).evidence == 1
    assert reader.execute("SELECT count(*) FROM evidence").fetchone() == (1,)
    reader.close()
    kept = filed.visit(VisitId("v1"))
    assert kept is not None
    assert not kept.frames


def test_the_log_is_shortened_and_still_holds(database: Database) -> None:
    for day in range(6):
        database.audit(AuditEntry(time_ns=day * NS_PER_DAY, who="ann", what="x", subject=str(day)))
    head = database.verify_audit().head
    assert database.erase_before(402 * NS_PER_DAY).audit == 2
    assert database.verify_audit() == AuditProof(4, None, head)
    database.audit(AuditEntry(time_ns=6 * NS_PER_DAY, who="ann", what="x"))
    assert database.verify_audit().entries == 5
    assert database.erase_before(5000 * NS_PER_DAY).audit == 5
    assert database.verify_audit().broken_at is None
    again = database.audit(AuditEntry(time_ns=7 * NS_PER_DAY, who="ann", what="x"))
    assert again.number == 8  # no number is given twice
    assert database.verify_audit() == AuditProof(1, None, again.hash)
    assert again.hash != NO_HASH


def test_an_entry_of_a_clock_that_was_wrong_holds_back_those_after_it(database: Database) -> None:
    for time_ns in (1, 10**15 * 50, 2):
        database.audit(AuditEntry(time_ns=time_ns, who="ann", what="x"))
    assert database.erase_before(401 * NS_PER_DAY).audit == 1
    assert database.verify_audit() == AuditProof(2, None, database.verify_audit().head)


def test_a_shortened_log_that_was_tampered_with_is_found(filed: Database, tmp_path: Path) -> None:
    for day in range(4):
        filed.audit(AuditEntry(time_ns=day * NS_PER_DAY, who="ann", what="x"))
    filed.erase_before(402 * NS_PER_DAY)
    raw = sqlite3.connect(tmp_path / "data" / FILE_NAME)
    with raw:
        raw.execute("DELETE FROM audit WHERE number = 3")
    raw.close()
    assert filed.verify_audit().broken_at == 3


def test_the_newest_of_each_history_stays(database: Database) -> None:
    for time_ns in (1, 2, 3):
        database.save_shop(SHOP, "ann", str(time_ns), time_ns)
        database.save_count("tea", time_ns, None, "ann", time_ns)
        database.save_gain(PLATE, float(time_ns), 1.0, 1.0, "ann", time_ns)
    database.save_count("milk", 7, None, "ann", 1)
    database.acknowledge("alert", "ann", 1)
    assert database.erase_before(1000 * NS_PER_DAY).history == 2 + 2 + 2 + 1
    assert [entry.note for entry in database.shop_versions()] == ["3"]
    assert {key: count.count for key, count in database.counts().items()} == {"milk": 7, "tea": 3}
    assert database.gains() == {PLATE: 3.0}
    assert database.acknowledged() == set()


def test_the_shop_that_was_in_force_when_the_time_began_that_is_kept_stays(database: Database) -> None:
    for day in (1, 2, 450):
        database.save_shop(SHOP, "ann", str(day), day * NS_PER_DAY)
    assert database.erase_before(500 * NS_PER_DAY).history == 1
    assert [entry.note for entry in database.shop_versions()] == ["450", "2"]
    kept = database.shop_at(449 * NS_PER_DAY)
    assert kept is not None
    assert kept.note == "2"


def test_minutes_sessions_and_wrong_passwords_go(database: Database) -> None:
    database.add_minute(Minute(begin_ns=0))
    database.add_minute(Minute(begin_ns=1))
    database.add_user("ann", "correct horse", "viewer")
    database.open_session("ann", 400 * NS_PER_DAY + 1 - IDLE_NS)
    fresh = database.open_session("ann", 400 * NS_PER_DAY + 1 - IDLE_NS + 1)
    database.check_password("ann", "wrong", 5)
    erased = database.erase_before(400 * NS_PER_DAY + 1)
    assert (erased.minutes, erased.sessions, erased.tries) == (1, 1, 1)
    assert database.session(fresh, 400 * NS_PER_DAY + 1) is not None
    assert database.users() != []


def test_a_replay_of_other_days_has_its_own_time(database: Database) -> None:
    database.add_visit(full_record())
    database.add_minute(Minute(begin_ns=NOON_NS))
    database.audit(AuditEntry(time_ns=0, who="ann", what="x"))
    erased = database.erase_before(NOON_NS + 9999 * NS_PER_DAY, stream_now_ns=NOON_NS + NS_PER_DAY)
    assert (erased.evidence, erased.visits, erased.minutes, erased.audit) == (0, 0, 0, 1)


def test_a_shop_may_keep_less(database: Database) -> None:
    database.add_visit(full_record())
    keep = Retention(evidence_days=0, records_days=0, minutes_days=0, audit_days=0, history_days=0)
    assert database.erase_before(NOON_NS + 1, keep).visits == 1
    with pytest.raises(DatabaseError, match="below 0"):
        database.erase_before(NOON_NS, Retention(records_days=-1))


def test_every_table_has_a_rule() -> None:
    words = " ".join(f"{rule.what} {rule.why}".lower() for rule in RETENTION)
    named = {
        "visits": "visits", "lines": "receipts", "evidence": "routes", "decisions": "decisions", "labels": "labels",
        "audit": "audit log", "audit_ends": "hash of the last erased", "users": "staff", "sessions": "sessions",
        "tries": "wrong passwords", "shops": "shop versions", "stock_counts": "stock counts", "gains": "calibrations",
        "minutes": "minutes", "acknowledged": "seen alerts", "trips": "trips", "trip_visits": "which visits a trip",
        "payers": "payers", "payments": "payments", "payment_events": "payments", "payment_orders": "payments",
        "payment_notices": "notices of payment", "debts": "debts", "ledger": "the ledger",
        "ledger_head": "the ledger", "ledger_balances": "the ledger", "entries": "entries of the gate",
        "refusals": "refusals at the gate", "spent_codes": "spent codes", "blocks": "blocks", "badges": "badges",
        "closed_gates": "closed gates", "announcements": "announcements", "cursors": "how far each has read",
        "deliveries": "receipts on their way", "receipt_links": "links to receipts", "disputes": "disputes",
        "retailer_orders": "carts for the retailer", "retailer_ingestions": "catalogues that it sent",
        "api_keys": "keys and webhooks", "hooks": "keys and webhooks", "hook_messages": "messages for them",
        "given_answers": "answers that they were given", "accounts": "accounts of an app",
        "badge_sums": "badge account owes",
    }  # fmt: skip
    assert set(METADATA.tables) == {*named, "schema_version"}
    for text in named.values():
        assert text in words


def test_answers_of_yesterday_go_though_nobody_asks_any_more(database: Database) -> None:
    """They hold what was answered, such as the secret of a webhook that was just made."""
    for key, time_ns in (("old", NOON_NS - NS_PER_DAY), ("new", NOON_NS - NS_PER_DAY // 2)):
        assert database.begin_answer("key", key, b"print", time_ns) == "begun"
        database.finish_answer("key", key, GivenAnswer(status=201, headers={}, media_type="", body=b"whsec_"))
    assert database.erase_before(NOON_NS).answers == 1
    assert database.begin_answer("key", "old", b"other", NOON_NS) == "begun"
    assert isinstance(database.begin_answer("key", "new", b"print", NOON_NS), GivenAnswer)


def test_a_cart_that_the_retailer_never_took_names_nobody_for_ever(database: Database) -> None:
    """Also where no worker is left that would look after it."""
    for number, days in enumerate((31, 31, 1)):
        order = RetailerOrder(
            trip=TripId(f"trip-{number}"), wire=f"wire-{number}", time_ns=NOON_NS - days * NS_PER_DAY, items=1,
            cart=b"{'id': 'shopper-77'}",
        )  # fmt: skip
        database.add_order(order)
    database.order_bad(TripId("trip-1"), "never mind", NOON_NS)
    accepted = RetailerOrder(
        trip=TripId("taken"), wire="w", time_ns=NOON_NS - 31 * NS_PER_DAY, items=1, cart=b"shopper-77"
    )
    database.add_order(accepted)
    database.order_accepted(accepted.trip, "purchase-1", NOON_NS)
    assert database.erase_before(NOON_NS).orders == 2
    assert [trip for trip in ("trip-0", "trip-1", "trip-2", "taken") if database.order(TripId(trip))] == [
        "trip-2",
        "taken",
    ]
