"""The example that books sales in Odoo, against a real API of ours and a stand-in for Odoo."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.examples.odoo_stand_in import StandIn, odoo
from tests.web.api.conftest import SHORT, Paying, paying_console
from tests.web.conftest import OwnServer, served
from tillfree.core.ids import TripId
from tillfree.core.money import Money

PROGRAM = Path(__file__).parents[2] / "examples" / "odoo" / "book_sales.py"
TAXES = ["--tax", "standard=11", "--tax", "food=12"]


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("book_sales", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["book_sales"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Paying, OwnServer]]:
    with paying_console(SHORT) as paying, served(paying.console) as server:
        yield paying, server


@pytest.fixture
def books(shop: tuple[Paying, OwnServer], monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with set_up(*shop, monkeypatch) as stand_in:
        yield stand_in


@contextmanager
def set_up(paying: Paying, server: OwnServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    key = paying.console.database.add_api_key("odoo", ("events:read", "trips:read"), "", 0)
    with odoo() as stand_in:
        for name, value in (
            ("TILLFREE_URL", server.address),
            ("TILLFREE_KEY", key.secret),
            ("ODOO_URL", stand_in.url),
            ("ODOO_DB", "books"),
            ("ODOO_USER", "till@example.com"),
            ("ODOO_PASSWORD", "secret"),
        ):
            monkeypatch.setenv(name, value)
        yield stand_in


def posted(books: StandIn) -> dict[str, Decimal]:
    return {move["ref"]: Decimal(str(move["amount_total"])) for move in books.moves if move["state"] == "posted"}


def test_each_sale_is_booked_once(
    program: Any, books: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--cursor", str(tmp_path / "cursor"), *TAXES, "--partner", "42", "--journal", "3"]
    assert program.main(arguments) == 0
    expected = {
        "tillfree/trip1": Decimal("4.23"), "tillfree/trip2": Decimal("7.20"), "tillfree/trip3": Decimal("10.16"),
    }  # fmt: skip
    assert posted(books) == expected
    assert {(move["partner_id"], move["journal_id"], move["currency_id"]) for move in books.moves} == {(42, 3, 2)}
    assert program.main(arguments) == 0
    assert capsys.readouterr().out.splitlines() == [
        "3 documents booked, 0 left as drafts", "0 documents booked, 0 left as drafts",
    ]  # fmt: skip
    (tmp_path / "cursor").unlink()
    assert program.main(arguments) == 0
    assert posted(books) == expected
    assert len(books.moves) == 3


@pytest.mark.parametrize("where", ["search_read", "search", "create", "read", "action_post"])
def test_wherever_odoo_fails_nothing_is_lost_and_nothing_made_twice(
    program: Any, books: StandIn, tmp_path: Path, where: str
) -> None:
    arguments = ["--cursor", str(tmp_path / "cursor"), *TAXES]
    books.fail_at.add(where)
    assert program.main(arguments) == 1
    assert program.main(arguments) == 0
    assert len(posted(books)) == len(books.moves) == 3


def test_refunds_become_credit_notes(program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with paying_console(SHORT) as paying, served(paying.console) as server:
        till = paying.console.till
        assert till is not None
        till.refund(TripId("trip1"), Money(423, "USD"), key="a", reason="all", by="x")
        till.refund(TripId("trip2"), Money(100, "USD"), key="b", reason="part", by="x")
        till.tick()
        with set_up(paying, server, monkeypatch) as books:
            assert program.main(["--cursor", str(tmp_path / "cursor"), *TAXES]) == 0
    notes = [move for move in books.moves if move["move_type"] == "out_refund"]
    assert sorted(note["amount_total"] for note in notes) == [1.0, 4.23]
    assert {note["state"] for note in notes} == {"posted"}
    assert all(note["ref"].startswith(("tillfree/trip1/refund/", "tillfree/trip2/refund/")) for note in notes)


def test_another_total_stays_a_draft_and_the_others_go_on(
    program: Any, books: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books.rates[11] = Decimal("0.20")
    assert program.main(["--cursor", str(tmp_path / "cursor"), *TAXES]) == 1
    assert "the receipt says" in capsys.readouterr().err
    assert {move["state"] for move in books.moves} == {"draft"}
    assert len(books.moves) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--tax", "food=12"], "say which tax of Odoo it is"), (["--tax", "food=x"], "invalid literal")],
)
def test_what_is_not_said_is_asked_for(
    program: Any, books: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert program.main(["--cursor", str(tmp_path / "cursor"), *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not books.moves


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TILLFREE_KEY", "tf_wrong", "401"),
        ("TILLFREE_URL", "http://127.0.0.1:1", "no answer"),
        ("TILLFREE_URL", "file:///etc/passwd", "https://"),
        ("ODOO_PASSWORD", "wrong", "knows no user"),
        ("ODOO_URL", "http://127.0.0.1:1", "Odoo:"),
        ("ODOO_DB", "", "ODOO_DB"),
    ],
)
def test_what_is_wrong_around_it_is_said(
    program: Any,
    books: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert program.main(["--cursor", str(tmp_path / "cursor"), *TAXES]) == 1
    assert said in capsys.readouterr().err
    assert not books.moves
