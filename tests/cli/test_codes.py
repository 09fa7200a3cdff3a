"""Keys, codes and badges from the command line."""

import io
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run
from tillfree.identity.badges import Badge
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.badge_sums import BadgeSum, add_badge_sums


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def key_of(tillfree: Run, data: Path, *arguments: str) -> str:
    ran = tillfree("codes", "key", "--data", data, *arguments)
    assert ran.code == 0, ran.err
    return ran.out.split()[1]


def test_a_code_is_made_and_good(tillfree: Run, data: Path) -> None:
    key = key_of(tillfree, data)
    private = data / "codes" / f"private-{key}.json"
    assert private.stat().st_mode & 0o777 == 0o600
    made = tillfree("codes", "make", "--data", data, "--account", "ann", "--group", "3")
    (code,) = made.out.split()
    ran = tillfree("codes", "verify", code, "--data", data)
    assert ran.code == 0
    assert ran.out.startswith("shopper for ann, 3 people, until 20")
    assert "good, unless a gate has seen it already" in ran.out
    broken = tillfree("codes", "verify", code[:-4] + "AAAA", "--data", data)
    assert (broken.code, broken.out) == (1, "! bad_signature: This code is not valid here.\n")


def test_a_code_from_standard_input(tillfree: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_of(tillfree, data)
    code = tillfree("codes", "make", "--data", data).out
    monkeypatch.setattr("sys.stdin", io.StringIO(code))
    assert tillfree("codes", "verify", "-", "--data", data).code == 0
    assert "only the retailer's system" in tillfree("codes", "verify", "hello", "--data", data).out


@pytest.mark.parametrize(("name", "begins"), [("code.svg", b"<?xml"), ("code.png", b"\x89PNG")])
def test_a_picture(tillfree: Run, data: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    key_of(tillfree, data)
    assert tillfree("codes", "make", "--data", data, "--out", tmp_path / name).code == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_keys_come_and_go(tillfree: Run, data: Path, tmp_path: Path) -> None:
    old = key_of(tillfree, data)
    code = tillfree("codes", "make", "--data", data).out.strip()
    new = key_of(tillfree, data, "--role", "delivery", "--days", "30")
    listed = tillfree("codes", "keys", "--data", data).out
    assert f"{old}  shopper\n" in listed
    assert f"{new}  delivery, until 20" in listed
    other = tmp_path / "other"
    assert tillfree("codes", "trust", data / "codes" / "public.json", "--data", other).out == "2 new keys are trusted\n"
    assert tillfree("codes", "verify", code, "--data", other).code == 0
    assert "signed elsewhere" in tillfree("codes", "keys", "--data", other).out
    assert tillfree("codes", "distrust", old, "--data", other).code == 0
    assert tillfree("codes", "verify", code, "--data", other).code == 1
    with Database.open(other) as database:
        what = [row.entry.what for row in database.audit_log(AuditQuery(what="codes."))]
    assert what == ["codes.distrust", "codes.trust", "codes.trust"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--role", "associate"), "holds no key for codes of associate"),
        (("--minutes", "60"), "no gate would let this code in (too_long)"),
        (("--minutes", "0"), "give more than 0"),
        (("--group", "0"), "this makes no code"),
        (("--out", "code.gif"), "give a file that ends in .svg or .png"),
        (("--account", "x" * 129), "this makes no code"),
    ],
)
def test_a_code_that_cannot_be_says_why(tillfree: Run, data: Path, arguments: tuple[str, ...], said: str) -> None:
    key_of(tillfree, data)
    ran = tillfree("codes", "make", "--data", data, *arguments)
    assert ran.code != 0
    assert said in ran.err


def test_without_a_key(tillfree: Run, data: Path) -> None:
    assert "there is no such file" in tillfree("codes", "make", "--data", data).err
    with Database.open(data):
        pass
    assert "first run: tillfree codes key --role shopper" in tillfree("codes", "make", "--data", data).err
    assert "no key is trusted yet" in tillfree("codes", "keys", "--data", data).err
    assert "there is no key" in tillfree("codes", "distrust", "nothing", "--data", data).err


def test_a_list_of_badges(tillfree: Run, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "badges.csv"
    file.write_text("badge,account,active\nB1,E1,yes\nB2,E2,no\n")
    assert tillfree("badges", "import", file, "--data", data).out == "2 badges are known now, 1 of them active\n"
    with Database.open(data) as database:
        record = database.badge("B1")
        assert record is not None
        assert msgspec.msgpack.decode(record, type=Badge) == Badge(badge="B1", account="E1")
    file.write_text("badge,account\nB3,E3\n")
    tillfree("badges", "import", file, "--data", data)
    with Database.open(data) as database:
        assert (database.badge("B1"), database.count_badges()) == (None, 1)
    file.write_text("badge\nB3\n")
    ran = tillfree("badges", "import", file, "--data", data)
    assert ran.code != 0
    assert "wanted are badge and account" in ran.err


def test_what_badges_owe_is_a_table(tillfree: Run, data: Path) -> None:
    one = BadgeSum(account="employee-1", paid_by="payroll", month="2026-11", currency="EUR", minor=250)
    back = msgspec.structs.replace(one, minor=-50)
    later = msgspec.structs.replace(one, month="2026-12")
    with Database.open(data) as database, database._writing() as connection:
        add_badge_sums(connection, [one, back, later])
    ran = tillfree("badges", "owed", "--month", "2026-11", "--data", data)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == ["month,account,paid_by,currency,minor", "2026-11,employee-1,payroll,EUR,200"]
    assert len(tillfree("badges", "owed", "--data", data).out.splitlines()) == 3
