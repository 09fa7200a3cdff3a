"""The log: it grows, it is read in pages, and whoever alters it is found out."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.database.made import HOSTILE
from tillfree.storage.database.audit import NO_HASH, AuditEntry, AuditProof, AuditQuery, AuditRow, audit_hash
from tillfree.storage.database.database import FILE_NAME, IN_MEMORY, Database
from tillfree.storage.database.errors import DatabaseError


def entry(number: int, who: str = "ann", what: str = "visit.view") -> AuditEntry:
    return AuditEntry(time_ns=100 + number, who=who, what=what, subject=f"v{number}", detail="")


def numbers(rows: list[AuditRow]) -> list[int]:
    return [row.number for row in rows]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
entries = st.builds(
    AuditEntry, time_ns=st.integers(-(2**63), 2**63 - 1), who=texts, what=texts, subject=texts, detail=texts
)


@given(st.lists(entries, max_size=12), st.integers(1, 5))
def test_any_log_holds_and_is_read_whole(wanted: list[AuditEntry], limit: int) -> None:
    with Database.open(IN_MEMORY) as database:
        kept = [database.audit(one) for one in wanted]
        assert [row.entry for row in kept] == wanted
        assert numbers(kept) == list(range(1, len(wanted) + 1))
        head = kept[-1].hash if kept else NO_HASH
        assert database.verify_audit() == AuditProof(len(wanted), None, head)
        found: list[AuditRow] = []
        while page := database.audit_log(AuditQuery(before=found[-1].number if found else None, limit=limit)):
            found += page
        assert found == kept[::-1]


@given(entries, entries)
def test_entries_that_differ_have_hashes_that_differ(one: AuditEntry, other: AuditEntry) -> None:
    assert (audit_hash(NO_HASH, 1, one) == audit_hash(NO_HASH, 1, other)) == (one == other)
    assert audit_hash(NO_HASH, 1, one) != audit_hash(NO_HASH, 2, one)
    assert audit_hash(NO_HASH, 1, one) != audit_hash(audit_hash(NO_HASH, 1, one), 1, one)


def test_moving_text_between_fields_changes_the_hash() -> None:
    one = AuditEntry(time_ns=1, who="ab", what="c")
    assert audit_hash(NO_HASH, 1, one) != audit_hash(NO_HASH, 1, AuditEntry(time_ns=1, who="a", what="bc"))


def test_the_log_is_searched(database: Database) -> None:
    for number in range(1, 7):
        database.audit(entry(number, "ann" if number % 2 else "bob", "visit.view" if number < 4 else "user.add"))
    assert numbers(database.audit_log(AuditQuery())) == [6, 5, 4, 3, 2, 1]
    assert numbers(database.audit_log(AuditQuery(who="bob"))) == [6, 4, 2]
    assert numbers(database.audit_log(AuditQuery(what="user."))) == [6, 5, 4]
    assert numbers(database.audit_log(AuditQuery(subject="v3"))) == [3]
    assert numbers(database.audit_log(AuditQuery(since_ns=102, until_ns=105))) == [4, 3, 2]
    assert numbers(database.audit_log(AuditQuery(who="ann", before=5, limit=1))) == [3]
    assert database.audit_log(AuditQuery(limit=-5)) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_an_entry_is_only_text(database: Database, text: str) -> None:
    hostile = AuditEntry(time_ns=1, who=text, what=text, subject=text, detail=text)
    database.audit(entry(1))
    database.audit(hostile)
    for query in (AuditQuery(who=text), AuditQuery(what=text), AuditQuery(subject=text)):
        assert [row.entry for row in database.audit_log(query)] == [hostile]
    assert database.verify_audit().broken_at is None


def test_half_a_character_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseError, match="half a character"):
        database.audit(AuditEntry(time_ns=1, who="\ud800", what=""))
    assert database.verify_audit() == AuditProof(0, None, NO_HASH)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit SET who = 'bob' WHERE number = 3", 3),
        ("UPDATE audit SET time_ns = time_ns + 1 WHERE number = 1", 1),
        ("UPDATE audit SET time_ns = 'never' WHERE number = 2", 2),
        ("UPDATE audit SET time_ns = 1.5 WHERE number = 2", 2),
        ("UPDATE audit SET who = x'00ff' WHERE number = 2", 2),
        ("UPDATE audit SET detail = detail || ' '", 1),
        ("UPDATE audit SET hash = 'not hexadecimal' WHERE number = 4", 4),
        ("UPDATE audit SET hash = x'00' WHERE number = 5", 5),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 1) WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number >= 4", 4),
        ("DELETE FROM audit", 1),
        ("INSERT INTO audit SELECT 6, time_ns, who, what, subject, detail, hash FROM audit WHERE number = 5", 6),
        ("UPDATE audit SET number = 0 WHERE number = 1", 1),
        ("UPDATE audit_ends SET number = 9 WHERE which = 'head'", 6),
        ("UPDATE audit_ends SET hash = 'x' WHERE which = 'head'", 5),
        ("UPDATE audit_ends SET hash = 'x' WHERE which = 'anchor'", 1),
        ("DELETE FROM audit_ends WHERE which = 'head'", 5),
    ],
)
def test_tampering_is_found(filed: Database, tmp_path: Path, tampering: str, broken_at: int) -> None:
    for number in range(1, 6):
        filed.audit(entry(number))
    raw = sqlite3.connect(tmp_path / "data" / FILE_NAME)
    with raw:
        raw.execute(tampering)
    raw.close()
    proof = filed.verify_audit()
    assert proof.broken_at == broken_at
    assert proof.entries <= 5


def test_a_log_rewritten_from_its_beginning_has_another_head() -> None:
    heads = set()
    for who in ("ann", "bob"):
        with Database.open(IN_MEMORY) as database:
            database.audit(entry(1, who))
            database.audit(entry(2))
            heads.add(database.verify_audit().head)
    assert len(heads) == 2
