"""`tillfree keys`, `tillfree export` and `tillfree api`."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.store.till.counters import Bank, Clock, make_till, walk
from tillfree.cli.main import main
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.database import Database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Database.open(tmp_path) as database:
        clock = Clock()
        till = make_till(database, Bank(), clock)
        walk(till, clock, "t1", {"tea": 2})
        walk(till, clock, "t2", {"milk": 1})
        till.close()
    return tmp_path


def test_a_key_is_made_listed_and_revoked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(folder)]
    assert main(["keys", "add", "Our ERP", "--scope", "events:read", "--scope", "trips:read", *data]) == 0
    said = capsys.readouterr()
    secret = said.out.strip()
    assert "shown this once" in said.err
    assert secret not in said.err
    assert main(["keys", "list", *data]) == 0
    listed = capsys.readouterr().out
    assert "Our ERP" in listed
    assert "never used" in listed
    assert "events:read trips:read" in listed
    assert secret not in listed
    id_ = secret.split("_")[1]
    assert main(["keys", "revoke", id_, *data]) == 0
    assert main(["keys", "revoke", id_, *data]) == 2
    assert main(["keys", "list", *data]) == 0
    assert "revoked" in capsys.readouterr().out
    with Database.open(folder) as database:
        assert database.api_key_of(secret) is None
        acts = [row.entry.what for row in database.audit_log(AuditQuery(what="key."))]
    assert acts == ["key.revoke", "key.add"]


def test_what_keys_may_is_printed_without_a_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "list", "--scopes"]) == 0
    assert "payments:refund" in capsys.readouterr().out
    assert main(["keys", "list"]) == 2
    assert "--data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "add", "x", "--scope", "everything"], "is no scope"),
        (["keys", "add", "", "--scope", "store:read"], "give it a name"),
        (["keys", "add", "x", "--scope", "store:read", "--per-minute", "0"], "give 1 to"),
        (["export", "sales", "--since", "yesterday"], "--since"),
        (["export", "epcis", "--gln", "1"], "13 digits"),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main([*arguments, "--data", str(folder)]) == 2
    assert said in capsys.readouterr().err


def test_sales_are_written_as_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "sales", "--data", str(folder)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["trip"], row["product"], row["gross_minor"]) for row in rows] == [
        ("t2", "milk", "127"), ("t1", "tea", "593"),
    ]  # fmt: skip
    file = folder / "taxes.csv"
    assert main(["export", "sales", "--by", "tax", "-o", str(file), "--data", str(folder)]) == 0
    written = io.StringIO(file.read_text(encoding="utf-8"))
    assert [row["tax_class"] for row in csv.DictReader(written)] == ["food", "standard"]


@pytest.mark.parametrize(
    ("period", "trips"),
    [
        ([], 2),
        (["--since", "2023-11-14"], 2),
        (["--since", "2023-11-15"], 0),
        (["--until", "2023-11-14T22:14:00"], 1),
        (["--since", "2023-11-14T23:14:00+01:00"], 1),
    ],
)
def test_an_epcis_document_of_a_period(
    folder: Path, capsys: pytest.CaptureFixture[str], period: list[str], trips: int
) -> None:
    assert main(["export", "epcis", "--gln", "4012345000009", "--data", str(folder), *period]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["epcisBody"]["eventList"]) == trips


def test_the_api_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api", "describe"]) == 0
    printed = capsys.readouterr().out
    file = tmp_path / "openapi.json"
    assert main(["api", "describe", "-o", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == printed
    assert json.loads(printed)["info"]["title"] == "Tillfree API"
