"""The proof of the ledger finds whatever was altered, and where."""

import sqlite3
from pathlib import Path

import pytest

from tests.storage.database.made import choose
from tests.store.till.counters import CARD, Bank, Clock, make_till, trip, usd, walk
from tillfree.commerce.trips import Payer
from tillfree.core.ids import TripId
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.ledger import LedgerQuery
from tillfree.storage.database.money.proof import LedgerProof


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store in which some have paid, one was refunded, one is owed, one took nothing, some are inside."""
    clock, bank = Clock(), Bank(limit_minor=3000)
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        for number in range(3):
            walk(till, clock, f"t{number}")
        walk(till, clock, "nothing", {})
        walk(till, clock, "much", {"tea": 20})
        walk(till, clock, "unsure", review=True)
        database.decide(choose("v-unsure", {"milk": 1}))
        till.tick()
        till.refund(TripId("t0"), usd(100), key="k", reason="wrong item", by="ann")
        till.tick()
        till.open(trip(clock, "inside"), CARD)
        till.tick()
        till.open(trip(clock, "waits"), CARD)
        till.open(trip(clock, "open", entry="open"), Payer(kind="none"))
        assert database.prove_ledger().faults == ()
    return tmp_path


def proof_after(folder: Path, *statements: str) -> LedgerProof:
    with sqlite3.connect(folder / "store.db") as raw:
        for statement in statements:
            assert raw.execute(statement).rowcount != 0
    raw.close()
    with Database.open(folder) as database:
        return database.prove_ledger()


def test_all_holds_and_the_head_says_up_to_where(folder: Path) -> None:
    with Database.open(folder) as database:
        proof = database.prove_ledger()
        newest = database.ledger(LedgerQuery(limit=1))[0]
        assert (proof.entries, proof.head) == (newest.number, newest.hash.hex())
        assert proof.payments == 8
        assert [row.number for row in database.ledger_entries()] == list(range(1, proof.entries + 1))
        assert sum(balance.amount.minor for balance in database.balances()) == 0
        assert [row.entry.what for row in database.ledger(LedgerQuery(trip=TripId("t0")))][::-1] == [
            "answered", "due", "answered", "answered",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        ("UPDATE ledger SET time_ns = time_ns + 1 WHERE number = 3", "ledger entry 3", "was altered"),
        ("UPDATE ledger SET postings = x'80' WHERE number = 3", "ledger entry 3", "cannot be read"),
        ("UPDATE ledger SET postings = x'9192a163cd0001' WHERE number = 3", "ledger entry 3", "do not sum to zero"),
        ("UPDATE ledger SET hash = x'00' WHERE number = 3", "ledger entry 3", "was altered"),
        ("DELETE FROM ledger WHERE number = 3", "ledger entry 3", "is missing"),
        ("DELETE FROM ledger WHERE number = (SELECT max(number) FROM ledger)", "the end of the ledger", "removed"),
        ("UPDATE ledger_head SET number = number + 1", "the end of the ledger", "removed or added"),
        ("UPDATE ledger_balances SET minor = minor + 1 WHERE account = 'clearing'", "account clearing", "balance says"),
        ("DELETE FROM ledger_balances WHERE account = 'clearing'", "account clearing", "balance says 0"),
        ("DELETE FROM payment_events WHERE payment = 'pay-t1' AND version = 2", "payment pay-t1", "another state"),
        ("UPDATE payments SET record = x'00' WHERE payment = 'pay-t1'", "payment pay-t1", "cannot be read"),
        ("UPDATE payments SET record = (SELECT record FROM payments WHERE payment = 'pay-t2')"
         " WHERE payment = 'pay-t1'", "payment pay-t1", "another state"),
        ("DELETE FROM trips WHERE trip = 't1'", "payment pay-t1", "trip is not there"),
        ("UPDATE trips SET record = (SELECT record FROM trips WHERE trip = 'unsure') WHERE trip = 't1'",
         "payment pay-t1", "in the ledger"),
        ("UPDATE payments SET state = 'captured' WHERE payment = 'pay-much'", "payment pay-much", "column state"),
        ("UPDATE payments SET hold_until_ns = 5 WHERE payment = 'pay-waits'", "payment pay-waits", "hold_until_ns"),
        ("DELETE FROM payment_orders WHERE payment = 'pay-waits'", "payment pay-waits", "wait for an answer"),
        ("INSERT INTO payment_orders VALUES ('pay-t1/capture/1', 'pay-t1', 0, 0, 0)", "payment pay-t1", "will be sent"),
        ("UPDATE debts SET minor = 1 WHERE trip = 'much'", "payment pay-much", "list of debts"),
        ("UPDATE debts SET paid_ns = 1 WHERE trip = 'much'", "payment pay-much", "list of debts"),
        ("INSERT INTO payment_events (payment, version, time_ns, record) SELECT payment, 99, time_ns, record"
         " FROM payment_events WHERE payment = 'pay-t1' AND version = 2", "payment pay-t1", "another state"),
        ("UPDATE trips SET status = 'settled' WHERE trip = 'much'", "trip much", "column status"),
        ("UPDATE trips SET payment = '' WHERE trip = 't1'", "trip t1", "column payment"),
        ("UPDATE trips SET wake_ns = 0 WHERE trip = 'inside'", "trip inside", "never be looked at"),
        ("UPDATE trips SET record = x'00' WHERE trip = 'open'", "trip open", "cannot be read"),
        ("DELETE FROM trip_visits WHERE trip = 't1'", "trip t1", "came in on it"),
        ("INSERT INTO trip_visits VALUES ('other', 't1')", "trip t1", "came in on it"),
        ("DELETE FROM payments WHERE payment = 'pay-t1'", "trip t1", "is not there"),
        ("DELETE FROM payments WHERE payment = 'pay-much'", "payment pay-much", "is left on debts"),
        ("DELETE FROM payments WHERE payment = 'pay-inside'", "payment pay-inside", "is left on holds"),
    ],
)  # fmt: skip
def test_what_was_altered_is_found(folder: Path, statement: str, where: str, what: str) -> None:
    faults = proof_after(folder, statement).faults
    assert any(fault.where.startswith(where) and what in fault.what for fault in faults), faults


def test_no_more_than_a_hundred_faults_are_listed(folder: Path) -> None:
    with Database.open(folder) as database:
        clock = Clock()
        till = make_till(database, Bank(), clock)
        for number in range(110):
            walk(till, clock, f"more{number}")
    proof = proof_after(folder, "UPDATE payments SET record = x'00'")
    assert not proof.holds
    assert len(proof.faults) == 100
