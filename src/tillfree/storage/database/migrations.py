"""From an older file to this version, one function per step.

A new file gets all tables at once. `MIGRATIONS[n]` turns version n into n + 1 and speaks plain SQL: it must do the same
for ever, while the tables of `tables.py` go on to change.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, insert, inspect, select, update

from tillfree.storage.database.audit import NO_HASH
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.tables import AUDIT_ENDS, METADATA, SCHEMA, SCHEMA_VERSION
from tillfree.storage.database.version_2 import to_version_2

__all__ = ["MIGRATIONS", "bring_up_to_date"]

Migration = Callable[[Connection], None]
MIGRATIONS: dict[int, Migration] = {1: to_version_2}


def bring_up_to_date(
    connection: Connection,
    where: str,
    wanted: int = SCHEMA_VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> None:
    """Makes the tables of an empty file, or takes an older one up to this version; in the transaction of the caller.

    Raises:
        DatabaseError: the file is of a newer version, or of another program.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        METADATA.create_all(connection)
        connection.execute(insert(SCHEMA), {"version": wanted})
        ends = [{"which": which, "number": 0, "hash": NO_HASH} for which in ("anchor", "head")]
        connection.execute(insert(AUDIT_ENDS), ends)
        return
    versions = list(connection.scalars(select(SCHEMA.c.version))) if SCHEMA.name in tables else []
    if len(versions) != 1 or not isinstance(versions[0], int) or versions[0] < 1:
        raise DatabaseError(f"{where}: is the database of another program; name another folder, or move that file away")
    version = versions[0]
    if version > wanted:
        raise DatabaseError(
            f"{where}: was written by a newer Tillfree (version {version} of its tables, this one knows {wanted}); "
            f"install that one, or name another folder"
        )
    while version < wanted:
        migrations[version](connection)
        version += 1
        connection.execute(update(SCHEMA).values(version=version))
