"""Looking things up in the audit log by a text, and who and what it knows at all."""

import msgspec
from sqlalchemy import func, or_, select

from tillfree.storage.database.audit import AuditEntry, AuditQuery, AuditRow
from tillfree.storage.database.database import Database
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import AUDIT

__all__ = ["AuditNames", "audit_names", "search_audit"]

_NAMES_MAX = 300


class AuditNames(msgspec.Struct, frozen=True):
    """Everybody and every act in the log, in order; of very many the first few hundred."""

    people: tuple[str, ...]
    acts: tuple[str, ...]


def audit_names(database: Database) -> AuditNames:
    """Who and what stands in the log."""
    people = select(AUDIT.c.who).distinct().where(AUDIT.c.who != "").order_by(AUDIT.c.who).limit(_NAMES_MAX)
    acts = select(AUDIT.c.what).distinct().order_by(AUDIT.c.what).limit(_NAMES_MAX)
    with database.reading() as connection:
        return AuditNames(tuple(connection.scalars(people).all()), tuple(connection.scalars(acts).all()))


def search_audit(database: Database, query: AuditQuery, text: str = "") -> list[AuditRow]:
    """A page of entries as `Database.audit_log` gives it, of those that have the text in who, what, subject or detail.

    Upper and lower case are one for the letters A to Z.
    """
    if not text:
        return database.audit_log(query)
    statement = (
        select(AUDIT)
        .where(
            or_(
                *(
                    func.lower(column).contains(text.lower(), autoescape=True)
                    for column in (AUDIT.c.who, AUDIT.c.what, AUDIT.c.subject, AUDIT.c.detail)
                )
            )
        )
        .order_by(AUDIT.c.number.desc())
        .limit(page_size(query.limit))
    )
    if query.who:
        statement = statement.where(AUDIT.c.who == query.who)
    if query.what:
        statement = statement.where(AUDIT.c.what.startswith(query.what, autoescape=True))
    if query.since_ns is not None:
        statement = statement.where(AUDIT.c.time_ns >= query.since_ns)
    if query.until_ns is not None:
        statement = statement.where(AUDIT.c.time_ns < query.until_ns)
    if query.before is not None:
        statement = statement.where(AUDIT.c.number < query.before)
    with database.reading() as connection:
        return [
            AuditRow(
                row.number,
                AuditEntry(time_ns=row.time_ns, who=row.who, what=row.what, subject=row.subject, detail=row.detail),
                str(row.hash),
            )
            for row in connection.execute(statement)
        ]
