"""Staff and the log from the command line."""

import io
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run
from tillfree.cli.main import make_parser
from tillfree.storage.database.audit import AuditEntry, AuditQuery
from tillfree.storage.database.database import FILE_NAME, Database
from tillfree.storage.database.staff import ROLES

GOOD, OTHER = "correct horse", "battery staple"
COMMAND = [sys.executable, "-m", "tillfree.cli.main"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


Typed = Callable[[bytes], None]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Gives standard input to the command: bytes, as a pipe would."""

    def give(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))

    return give


def add(tillfree: Run, typed: Typed, data: Path, name: str = "ann", password: str = GOOD) -> Ran:
    typed(f"{password}\n".encode())
    return tillfree("users", "add", name, "--role", "manager", "--data", data)


def logged(data: Path) -> list[tuple[str, str, str, str]]:
    with Database.open(data, create=False) as database:
        rows = database.audit_log(AuditQuery())
        assert database.verify_audit().broken_at is None
    return [(row.entry.who, row.entry.what, row.entry.subject, row.entry.detail) for row in rows[::-1]]


def test_the_life_of_a_user(tillfree: Run, typed: Typed, data: Path) -> None:
    ran = add(tillfree, typed, data)
    assert (ran.code, ran.out, ran.err) == (0, "ann may sign in, as manager\n", "")
    assert tillfree("users", "list", "--data", data).out.startswith("ann                      manager    since 20")
    assert "viewer now" in tillfree("users", "role", "ANN", "viewer", "--data", data).out
    typed(f"{OTHER}\r\nand more\n".encode())
    assert tillfree("users", "password", "ann", "--data", data).code == 0
    with Database.open(data) as database:
        assert database.check_password("ann", GOOD) is None
        user = database.check_password("ann", OTHER)
        assert user is not None
        assert user.role == "viewer"
    assert tillfree("users", "remove", "ann", "--data", data).out == "ann may sign in no more\n"
    ran = tillfree("users", "list", "--data", data)
    assert (ran.code, ran.out) == (0, "")
    assert "nobody may sign in yet" in ran.err
    assert logged(data) == [
        ("command line", "user.add", "ann", "role manager"),
        ("command line", "user.list", "", ""),
        ("command line", "user.role", "ann", "manager to viewer"),
        ("command line", "user.password", "ann", ""),
        ("command line", "user.remove", "ann", "role viewer"),
        ("command line", "user.list", "", ""),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no password was given"),
        (b"\n", "10 to 1024 characters"),
        (b"too short\n", "10 to 1024 characters"),
        (b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n", "no text in this terminal's encoding"),
    ],
)
def test_bad_passwords(tillfree: Run, typed: Typed, data: Path, content: bytes, problem: str) -> None:
    typed(content)
    ran = tillfree("users", "add", "ann", "--role", "viewer", "--data", data)
    assert (ran.code, ran.out) == (2, "")
    assert problem in ran.err
    assert "Traceback" not in ran.err


def test_no_input_at_all(tillfree: Run, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setattr("sys.stdin", None)
    ran = tillfree("users", "add", "ann", "--role", "viewer", "--data", data)
    assert ran.code == 2
    assert "one line on standard input" in ran.err


def test_what_cannot_be_done_is_said_and_not_logged(tillfree: Run, typed: Typed, data: Path) -> None:
    add(tillfree, typed, data)
    assert "there is one already" in add(tillfree, typed, data).err
    assert "choose another name" in add(tillfree, typed, data, name="a\x1b[31mb").err
    for arguments in (("role", "bob", "viewer"), ("remove", "bob\x1b[31m")):
        ran = tillfree("users", *arguments, "--data", data)
        assert ran.code == 2
        assert "there is no user 'bob" in ran.err
        assert "\x1b" not in ran.err
    assert tillfree("users", "role", "ann", "root", "--data", data).code == 2
    assert tillfree("users", "list").code == 2
    assert [what for _, what, _, _ in logged(data)] == ["user.add"]


def test_only_adding_makes_a_folder(tillfree: Run, typed: Typed, data: Path) -> None:
    typed(f"{GOOD}\n".encode())
    for arguments in (
        ("users", "list"),
        ("users", "password", "ann"),
        ("users", "remove", "ann"),
        ("audit", "show"),
        ("audit", "verify"),
    ):
        ran = tillfree(*arguments, "--data", data)
        assert ran.code == 2
        assert "no such file" in ran.err
    assert not data.exists()


def test_the_roles_are_those_of_the_database() -> None:
    for role in ROLES:
        parsed = make_parser().parse_args(["users", "add", "ann", "--role", role, "--data", "x"])
        assert parsed.role == role


def test_the_log_is_shown_newest_first(tillfree: Run, data: Path) -> None:
    with Database.open(data) as database:
        for number in range(520):
            database.audit(AuditEntry(time_ns=number, who="ann\x1b[31m", what="visit.view", subject=f"v{number}"))
    lines = tillfree("audit", "show", "--data", data, "--limit", "2").out.splitlines()
    assert lines == [
        "520 1970-01-01T00:00:00.000Z ann[31m visit.view v519",
        "519 1970-01-01T00:00:00.000Z ann[31m visit.view v518",
    ]
    lines = tillfree("audit", "show", "--data", data, "--limit", "9999").out.splitlines()
    assert len(lines) == 521
    assert lines[0].endswith("command line audit.view newest 2")
    assert tillfree("audit", "show", "--data", data, "--limit", "0").code == 2


def test_a_log_that_holds_and_one_that_does_not(tillfree: Run, data: Path) -> None:
    with Database.open(data) as database:
        head = [database.audit(AuditEntry(time_ns=n, who="ann", what="x")) for n in range(3)][-1].hash
    ran = tillfree("audit", "verify", "--data", data)
    assert (ran.code, ran.out) == (0, f"all 3 entries hold; the newest has the hash {head}\n")
    raw = sqlite3.connect(data / FILE_NAME)
    with raw:
        raw.execute("UPDATE audit SET who = 'bob', time_ns = 'never' WHERE number = 2")
    raw.close()
    ran = tillfree("audit", "verify", "--data", data)
    assert ran.code == 1
    assert "1 entries hold, entry 2 does not" in ran.out
    shown = tillfree("audit", "show", "--data", data)
    assert shown.code == 0
    assert "command line audit.verify broken at entry 2" in shown.out
    assert "(no time: never)" in shown.out


@pytest.mark.parametrize(("again", "code"), [(GOOD, 0), (OTHER, 2)])
def test_a_terminal_is_asked_twice_and_shows_nothing(data: Path, project_root: Path, again: str, code: int) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(project_root / "src")}
    arguments = ["users", "add", "ann", "--role", "viewer", "--data", str(data)]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environment,
        start_new_session=True,
    ) as command:  # fmt: skip
        os.close(theirs)
        seen = b""
        for prompt, answer in ((b"New password: ", GOOD), (b"once more: ", again)):
            while prompt not in seen:
                seen += os.read(ours, 1000)
            os.write(ours, answer.encode() + b"\n")
        try:
            while more := os.read(ours, 1000):
                seen += more
        except OSError:  # how Linux says that the other side has closed
            pass
    os.close(ours)
    assert command.returncode == code
    assert GOOD.encode() not in seen
    assert (b"passwords differ" in seen) == (code == 2)
