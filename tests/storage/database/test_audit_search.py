"""Looking things up in the audit log."""

import pytest

from tests.storage.database.made import HOSTILE
from tillfree.storage.database.audit import AuditEntry, AuditQuery
from tillfree.storage.database.audit_search import audit_names, search_audit
from tillfree.storage.database.database import Database


def fill(database: Database, *entries: tuple[str, str, str, str]) -> None:
    for k, (who, what, subject, detail) in enumerate(entries):
        database.audit(AuditEntry(time_ns=100 + k, who=who, what=what, subject=subject, detail=detail))


def numbers(database: Database, text: str, **query: object) -> list[int]:
    return [row.number for row in search_audit(database, AuditQuery(**query), text)]  # type: ignore[arg-type]


def test_a_text_is_found_in_every_column_whatever_its_case(database: Database) -> None:
    fill(
        database,
        ("Milka", "visit.see", "v1", ""),
        ("ann", "milk.add", "v2", ""),
        ("ann", "visit.see", "the MILK", ""),
        ("ann", "visit.see", "v4", "1 milk"),
        ("ann", "visit.see", "v5", "tea"),
    )
    assert numbers(database, "milk") == [4, 3, 2, 1]
    assert numbers(database, "") == [5, 4, 3, 2, 1]
    assert numbers(database, "milk", who="ann", before=4) == [3, 2]
    assert numbers(database, "milk", what="visit.", since_ns=101, until_ns=103) == [3]
    assert numbers(database, "milk", limit=1) == [4]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_never_a_pattern_or_a_statement(database: Database, text: str) -> None:
    fill(database, ("ann", "visit.see", "plain", ""))
    assert numbers(database, text) == []
    fill(database, ("ann", "visit.see", f"x{text}y", ""))
    assert numbers(database, text) == [2]


def test_names_are_told_once_and_in_order(database: Database) -> None:
    assert audit_names(database).people == ()
    fill(database, ("bob", "b", "", ""), ("ann", "a", "", ""), ("bob", "a", "", ""), ("", "sign-in refused", "", ""))
    found = audit_names(database)
    assert (found.people, found.acts) == (("ann", "bob"), ("a", "b", "sign-in refused"))
