"""A file of an older version is brought up to date when it is opened, and then is as if it had been made today."""

import sqlite3
from pathlib import Path

import pytest

from tillfree.storage.database.database import FILE_NAME, Database
from tillfree.storage.database.tables import SCHEMA_VERSION

FIRST = {
    *("schema_version", "visits", "evidence", "lines", "decisions", "labels", "audit", "audit_ends", "users"),
    *("sessions", "tries", "shops", "stock_counts", "gains", "minutes", "acknowledged"),
}
"""The tables of version 1."""


def _shape(path: Path) -> dict[str, object]:
    with sqlite3.connect(path) as file:
        names = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
        names = [name for name in names if not name.startswith("sqlite_")]
        found: dict[str, object] = {}
        for name in names:
            columns = file.execute(f"pragma table_xinfo('{name}')").fetchall()
            keys = file.execute(f"pragma foreign_key_list('{name}')").fetchall()
            indexes = [row[1:] for row in file.execute(f"pragma index_list('{name}')")]
            inside = {index[0]: file.execute(f"pragma index_info('{index[0]}')").fetchall() for index in indexes}
            sql = file.execute("select sql from sqlite_master where name = ?", (name,)).fetchone()[0]
            found[name] = (columns, keys, sorted(indexes), inside, "AUTOINCREMENT" in sql.upper())
    file.close()
    return found


def _as_version_1(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("pragma foreign_keys = off")
        names = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
        for name in set(names) - FIRST:
            if not name.startswith("sqlite_"):
                file.execute(f"drop table {name}")
        file.execute("update schema_version set version = 1")
        file.execute("insert into minutes values (7, x'80')")
    file.close()


def test_an_older_file_becomes_as_a_new_one_and_keeps_what_was_in_it(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    for folder in (new, old):
        Database.open(folder).close()
    _as_version_1(old / FILE_NAME)
    assert set(_shape(old / FILE_NAME)) == FIRST
    Database.open(old).close()
    assert _shape(old / FILE_NAME) == _shape(new / FILE_NAME)
    with sqlite3.connect(old / FILE_NAME) as file:
        assert file.execute("select version from schema_version").fetchone() == (SCHEMA_VERSION,)
        assert file.execute("select begin_ns from minutes").fetchall() == [(7,)]
    file.close()


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    Database.open(tmp_path / "old").close()
    path = tmp_path / "old" / FILE_NAME
    _as_version_1(path)
    with sqlite3.connect(path) as file:
        file.execute("create table webhooks_in_the_way (a)")
        file.execute("create view trips as select 1 as a")  # so that the table of that name cannot be made
    file.close()
    with pytest.raises(Exception, match=r"store\.db"):
        Database.open(tmp_path / "old")
    with sqlite3.connect(path) as file:
        assert file.execute("select version from schema_version").fetchone() == (1,)
        tables = {name for (name,) in file.execute("select name from sqlite_master where type = 'table'")}
    file.close()
    assert {name for name in tables if not name.startswith("sqlite_")} == FIRST | {"webhooks_in_the_way"}
