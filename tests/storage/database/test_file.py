"""The file itself: who may read it, what is refused, many at once, and what survives a kill."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.commerce.shops import NOON_NS
from tests.storage.database.made import record
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import VisitId
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.connection import make_engine
from tillfree.storage.database.database import FILE_NAME, IN_MEMORY, Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.migrations import bring_up_to_date
from tillfree.storage.database.tables import SCHEMA_VERSION
from tillfree.storage.database.visits import VisitQuery

needs_permissions = pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_kept_is_there_the_next_time(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.add_visit(record())
    with Database.open(str(tmp_path)) as database:
        assert database.visit(VisitId("v1")) == record()


def test_a_database_in_memory_is_forgotten_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with Database.open(IN_MEMORY) as database:
            assert database.count_visits(VisitQuery()) == 0
            database.add_visit(record())
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    with Database.open(folder) as database:
        database.add_visit(record())
        assert mode(folder) == 0o700
        assert {file.name: mode(file) for file in folder.iterdir()} == {
            "store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600,
        }  # fmt: skip
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    there.chmod(0o755)
    Database.open(there).close()
    assert mode(there) == 0o755
    assert mode(there / FILE_NAME) == 0o600


@pytest.mark.parametrize("name", ["a b?mode=ro&x=1", "file:x", "ünï#code%20", "'; --"])
def test_odd_names_of_folders(tmp_path: Path, name: str) -> None:
    with Database.open(tmp_path / name) as database:
        database.add_visit(record())
    assert (tmp_path / name / FILE_NAME).stat().st_size > 0
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_folders_that_cannot_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(DatabaseError, match="is a file; name a folder"):
        Database.open(file)
    with pytest.raises(DatabaseError, match=r"no folder .* make that first"):
        Database.open(tmp_path / "none" / "none")
    (tmp_path / "odd" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(DatabaseError, match="not a regular file"):
        Database.open(tmp_path / "odd")
    with pytest.raises(DatabaseError, match="cannot be opened"):
        Database.open(tmp_path / ("x" * 300))


def test_without_create_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no such file"):
        Database.open(tmp_path / "data", create=False)
    assert list(tmp_path.iterdir()) == []
    Database.open(tmp_path / "data").close()
    Database.open(tmp_path / "data", create=False).close()


@needs_permissions
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DatabaseError, match="Permission denied"):
        Database.open(tmp_path)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("content", [b"hello", b"x" * 10_000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(DatabaseError, match=r"store\.db: (is not a database|is damaged|is locked|the database cannot)"):
        Database.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def change(folder: Path, statement: str) -> None:
    raw = sqlite3.connect(folder / FILE_NAME)
    with raw:
        raw.execute(statement)
    raw.close()


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    change(tmp_path, "CREATE TABLE songs (name)")
    with pytest.raises(DatabaseError, match="of another program"):
        Database.open(tmp_path)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM schema_version",
        "UPDATE schema_version SET version = 'x'",
        "UPDATE schema_version SET version = 0",
        "INSERT INTO schema_version VALUES (1)",
    ],
)
def test_a_version_that_makes_no_sense_is_refused(tmp_path: Path, statement: str) -> None:
    Database.open(tmp_path).close()
    change(tmp_path, statement)
    with pytest.raises(DatabaseError, match="of another program"):
        Database.open(tmp_path)


def test_a_newer_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.add_visit(record())
    change(tmp_path, f"UPDATE schema_version SET version = {SCHEMA_VERSION + 1}")
    with pytest.raises(DatabaseError, match=rf"newer Tillfree \(version {SCHEMA_VERSION + 1} .* install that one"):
        Database.open(tmp_path)
    change(tmp_path, f"UPDATE schema_version SET version = {SCHEMA_VERSION}")
    with Database.open(tmp_path) as database:
        assert database.visit(VisitId("v1")) == record()


def test_an_older_file_is_brought_up_step_by_step_or_not_at_all(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    change(tmp_path, "UPDATE schema_version SET version = 1")

    def to_two(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE second (x)")

    def to_three(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE second ADD COLUMN y")

    def failing(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE third (x)")
        raise DatabaseError("no")

    engine = make_engine(tmp_path / FILE_NAME)
    with pytest.raises(DatabaseError), engine.begin() as connection:
        bring_up_to_date(connection, "here", 3, {1: to_two, 2: failing})
    with engine.begin() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name IN ('second', 'third')").all()
        assert (tables, connection.exec_driver_sql("SELECT version FROM schema_version").scalar()) == ([], 1)
        bring_up_to_date(connection, "here", 3, {1: to_two, 2: to_three})
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version FROM schema_version").scalar() == 3
        assert connection.exec_driver_sql("SELECT x, y FROM second").all() == []
    engine.dispose()


def test_a_full_disk_is_said_and_nothing_is_lost(filed: Database) -> None:
    filed.add_visit(record("before"))
    with filed._checkpointing() as connection:  # a file that may not grow is SQLite's own full disk
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(DatabaseError, match="disk is full; free some space"):
        filed.add_visit(record("large", party="x" * 1_000_000))
    assert filed.visit(VisitId("large")) is None
    assert filed.visit(VisitId("before")) == record("before")


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        for place in range(200):
            database.add_visit(record(f"v{place}"))
    file = tmp_path / FILE_NAME
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(DatabaseError, match=r"store\.db"), Database.open(tmp_path) as database:
        database.visits(VisitQuery())


def test_a_damaged_record_is_said(filed: Database, tmp_path: Path) -> None:
    filed.add_visit(record())
    change(tmp_path / "data", "UPDATE evidence SET record = x'81a3'")
    with pytest.raises(DatabaseError, match="visit 'v1' is damaged"):
        filed.visit(VisitId("v1"))


def test_a_closed_database_says_so(filed: Database) -> None:
    filed.close()
    filed.close()
    with pytest.raises(DatabaseError, match="was closed"):
        filed.visits(VisitQuery())
    with pytest.raises(TillfreeError, match="was closed"):
        filed.add_visit(record())


def test_another_writer_is_waited_for(filed: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "data" / FILE_NAME, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    assert filed.count_visits(VisitQuery()) == 0  # readers need not wait
    timer = threading.Timer(0.2, other.execute, ("COMMIT",))
    timer.start()
    filed.add_visit(record())
    timer.join()
    other.close()
    assert filed.count_visits(VisitQuery()) == 1


def test_another_writer_that_does_not_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillfree.storage.database.connection._BUSY_S", 0.01)
    with Database.open(tmp_path) as database:
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="locked by another program"):
            database.add_visit(record())
        other.close()
        database.add_visit(record())


def test_many_threads_write_and_read(database: Database) -> None:
    def work(thread: int) -> None:
        for place in range(25):
            database.audit(AuditEntry(time_ns=place, who=str(thread), what="x"))
            database.add_visit(record(f"{thread}-{place}", {}))
            assert database.visit(VisitId(f"{thread}-{place}")) is not None
            assert database.verify_audit().broken_at is None

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert database.count_visits(VisitQuery()) == 100
    assert database.verify_audit().entries == 100


def test_two_programs_write_one_log(tmp_path: Path) -> None:
    with Database.open(tmp_path) as one, Database.open(tmp_path) as other, ThreadPoolExecutor(2) as pool:

        def write(database: Database) -> None:
            for place in range(40):
                database.audit(AuditEntry(time_ns=place, who="x", what="x"))

        list(pool.map(write, (one, other)))
        assert one.verify_audit() == other.verify_audit()
        assert (one.verify_audit().entries, one.verify_audit().broken_at) == (80, None)


_WRITER = """
import sys
from tests.storage.database.made import record
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database
database = Database.open(sys.argv[1])
for place in range(100_000):
    database.add_visit(record(f"v{place}"))
    database.audit(AuditEntry(time_ns=place, who="x", what="x"))
    print(place, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_said_it_kept(tmp_path: Path, project_root: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{project_root / 'src'}:{project_root}"}
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, tmp_path], stdout=subprocess.PIPE, env=environment, text=True
    ) as writer:
        assert writer.stdout is not None
        for text in writer.stdout:
            if int(text) >= 20:
                writer.send_signal(signal.SIGKILL)
                break
        said = max([20, *(int(text) for text in writer.stdout.read().split())])
    assert writer.returncode == -signal.SIGKILL
    with Database.open(tmp_path) as database:
        for place in range(said + 1):
            assert database.visit(VisitId(f"v{place}")) == record(f"v{place}")
        proof = database.verify_audit()
        assert proof.broken_at is None
        assert proof.entries >= said + 1
        assert database.visits(VisitQuery(limit=1))[0].closed_ns == NOON_NS


def test_a_file_that_is_moved_away_while_it_is_used_takes_nothing_more(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.add_visit(record())
        (tmp_path / FILE_NAME).rename(tmp_path / "elsewhere.db")
        with pytest.raises(DatabaseError, match="moved away, deleted or replaced"):
            database.add_visit(record("v2"))
        (tmp_path / FILE_NAME).write_bytes(b"")
        with pytest.raises(DatabaseError, match="moved away, deleted or replaced"):
            database.add_visit(record("v2"))
        (tmp_path / FILE_NAME).unlink()
        (tmp_path / "elsewhere.db").rename(tmp_path / FILE_NAME)
        database.add_visit(record("v2"))
        assert database.count_visits(VisitQuery()) == 2


def test_whoever_is_signed_in_stays_so_where_nothing_can_be_written(tmp_path: Path) -> None:
    with Database.open(tmp_path) as database:
        database.add_user("ada", "a long password", "viewer")
        token = database.open_session("ada", NOON_NS)
        (tmp_path / FILE_NAME).rename(tmp_path / "elsewhere.db")
        found = database.session(token, NOON_NS + 600 * 10**9)
        assert found is not None
        assert found.name == "ada"
