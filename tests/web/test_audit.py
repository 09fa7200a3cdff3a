"""The page of the audit log."""

import csv
import io
from collections.abc import Callable

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from tests.web.conftest import console_on
from tests.web.test_reports import manager_on
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.audit import AuditEntry, AuditQuery
from tillfree.storage.database.tables import AUDIT
from tillfree.web.console import Console

Client = Callable[[str], TestClient]
_THEN_NS = 1_893_499_200 * 10**9


def note(console: Console, who: str, what: str, subject: str = "", detail: str = "", time_ns: int = _THEN_NS) -> None:
    console.database.audit(AuditEntry(time_ns=time_ns, who=who, what=what, subject=subject, detail=detail))


def rows(client: TestClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/audit.csv{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("associate", 403), ("engineer", 200), ("manager", 200)])
def test_only_some_roles_see_the_log(client_as: Client, role: str, status: int) -> None:
    assert client_as(role).get("/audit").status_code == status
    assert client_as(role).get("/audit.csv").status_code == status


def test_a_filter_shows_what_fits_and_nothing_else(client_as: Client, console: Console) -> None:
    note(console, "zoe", "product.change", "oat-milk", "price 1.00 -> 1.20")
    note(console, "zoe", "visit.see", "v9")
    note(console, "yan", "product.change", "tea", time_ns=_THEN_NS + NS_PER_DAY)
    client = client_as("manager")
    for query, found, absent in (
        ("who=zoe", "oat-milk", "tea"),
        ("what=product.change", "oat-milk", "v9"),
        ("text=OAT", "oat-milk", "v9"),
        ("text=1.20", "oat-milk", "v9"),
        ("day=2030-01-02", "tea", "oat-milk"),
        ("who=zoe&what=visit.see", "v9", "oat-milk"),
    ):
        shown = client.get(f"/audit?{query}").text
        body = shown[shown.index("<tbody>") :]
        assert found in body, query
        assert absent not in body, query
        subjects = [row["subject"] for row in rows(client, f"?{query}")]
        assert found in subjects, query
        assert absent not in subjects, query
    assert "No entry fits this filter." in client.get("/audit?who=nobody").text


def test_pages_follow_each_other_without_a_gap(client_as: Client, console: Console) -> None:
    for k in range(120):
        note(console, "pat", "page.test", f"entry-{k:03d}")
    client, address, seen = client_as("manager"), "/audit?who=pat", list[str]()
    while address:
        page = client.get(address).text
        seen += [f"entry-{k:03d}" for k in reversed(range(120)) if f">entry-{k:03d}<" in page]
        tail = page.partition('rel="next" href="')[2]
        address = tail.partition('"')[0].replace("&amp;", "&") if tail else ""
    assert seen == [f"entry-{k:03d}" for k in reversed(range(120))]


def test_looking_is_noted_once_an_hour_and_an_export_each_time() -> None:
    with console_on() as console, manager_on(console) as client:
        clock = [console.now_ns()]
        console.now_ns = lambda: clock[0]

        def looks() -> int:
            return len(console.database.audit_log(AuditQuery(what="audit.see")))

        client.get("/audit")
        client.get("/audit?who=manager")
        assert looks() == 1
        clock[0] += 1_800 * 10**9
        client.get("/audit")
        assert looks() == 1
        clock[0] += 1_801 * 10**9
        client.get("/audit")
        assert looks() == 2
        rows(client, "?text=abc")
        rows(client)
        exports = console.database.audit_log(AuditQuery(what="audit.export"))
        assert [export.entry.detail for export in exports] == ["", "abc"]


def test_a_changed_entry_is_found_and_shown() -> None:
    with console_on() as console, manager_on(console) as client:
        note(console, "zoe", "visit.see", "v1")
        target = console.database.audit_log(AuditQuery(who="zoe"))[0].number
        assert "The log is unbroken" in client.get("/audit").text
        with console.database._writing() as connection:
            connection.execute(update(AUDIT).where(AUDIT.c.number == target).values(subject="v2"))
        page = client.get("/audit?check=now").text
        assert f"The log is broken at entry {target}." in page
        assert "not proven" in page


@pytest.mark.parametrize(
    "query", ["day=yesterday", "before=x", "before=-1", "before=" + "9" * 39, "text=" + "x" * 300, "who=" + "y" * 200]
)
def test_a_filter_that_is_none_is_refused(client_as: Client, query: str) -> None:
    assert client_as("manager").get(f"/audit?{query}").status_code == 400


def test_what_somebody_wrote_is_shown_and_never_run(client_as: Client, console: Console) -> None:
    note(console, "<script>x</script>", "=1+1", '"><img src=x onerror=alert(1)>', "\u202egpj.exe\n=cmd|' /C calc'!A0")
    page = client_as("manager").get("/audit").text
    assert "<script>x" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    found = next(row for row in rows(client_as("manager")) if row["who"] == "<script>x</script>")
    assert found["what"] == "'=1+1"
    for text in ("%", "_", "'; DROP TABLE audit; --", "\\"):
        assert client_as("manager").get("/audit", params={"text": text}).status_code == 200
    assert client_as("manager").get("/audit").status_code == 200
