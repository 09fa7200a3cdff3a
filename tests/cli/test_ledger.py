"""`tillfree ledger`."""

import csv
import io
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from tests.store.till.counters import Bank, Clock, make_till, walk
from tillfree.cli.main import main
from tillfree.storage.database.database import Database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data, clock = tmp_path / "data", Clock()
    with Database.open(data) as database:
        till = make_till(database, Bank(), clock)
        walk(till, clock, "\uff1devil")
        walk(till, clock, "t2", {})
    return data


def test_it_proves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "prove", "--data", str(folder)]) == 0
    assert "the ledger holds: 5 entries, 2 payments" in capsys.readouterr().out


def test_a_fault_is_named_and_ends_with_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(folder / "store.db") as raw:
        raw.execute("UPDATE ledger SET what = 'x' WHERE number = 2")
    raw.close()
    assert main(["ledger", "prove", "--data", str(folder)]) == 1
    said = capsys.readouterr()
    assert "ledger entry 2: was altered" in said.out
    assert "does NOT hold" in said.err


def test_it_shows_accounts_and_the_entries_of_a_trip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "show", "--data", str(folder)]) == 0
    assert "clearing" in capsys.readouterr().out
    assert main(["ledger", "show", "--trip", "t2", "--data", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "25.00 USD" in shown
    assert "sales" not in shown


def test_it_exports_every_posting_and_no_formula(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "postings.csv"
    assert main(["ledger", "export", str(target), "--data", str(folder)]) == 0
    assert main(["ledger", "export", "-", "--data", str(folder)]) == 0
    text = target.read_bytes().decode()
    assert text.replace("\r\n", "\n") == capsys.readouterr().out.replace("\r\n", "\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["trip"] for row in rows} == {"'\uff1devil", "t2"}
    assert sum(Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0) for row in rows) == 0
    assert main(["ledger", "export", str(target), "--data", str(folder)]) != 0, "never over another file"


def test_a_store_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "prove", "--data", str(tmp_path / "nowhere")]) == 2
    assert "no such file" in capsys.readouterr().err
