"""Answers that were given to requests with an idempotency key: given again, so that nothing is done twice.

An entry is made before the work begins and filled when it ends. One that was never filled belongs to a process that was
killed: after `STUCK_NS` the request may be tried again, which is safe, since what moves money has a key of its own.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, bindparam, delete, insert, select, update

from tillfree.core.time import NS_PER_DAY, NS_PER_MINUTE
from tillfree.storage.database.audit import AuditEntry, append_audit
from tillfree.storage.database.connection import Connected, prepared
from tillfree.storage.database.tables import METADATA

__all__ = ["ANSWERS", "KEPT_NS", "STUCK_NS", "Answers", "GivenAnswer"]

ANSWERS = Table(
    "given_answers",
    METADATA,
    Column("owner", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("time_ns", Integer, nullable=False),
    Column("answer", LargeBinary),  # null: the work goes on
    Index("given_answers_time", "time_ns"),
)
KEPT_NS = NS_PER_DAY
STUCK_NS = NS_PER_MINUTE


# Made once: to build a statement takes longer than to run it.
_WHERE = (ANSWERS.c.owner == bindparam("of")) & (ANSWERS.c.key == bindparam("named"))
_GIVEN = prepared(
    select(ANSWERS.c.fingerprint, ANSWERS.c.answer).where(
        _WHERE, ANSWERS.c.answer.is_not(None), ANSWERS.c.time_ns > bindparam("since_ns")
    )
)
_BEFORE = select(ANSWERS).where(_WHERE)
_TOO_OLD = delete(ANSWERS).where(ANSWERS.c.time_ns <= bindparam("until_ns"))
_BEGIN = insert(ANSWERS)
_FINISH = update(ANSWERS).where(_WHERE).values(answer=bindparam("given"))


class GivenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer as it was sent."""

    status: int
    headers: dict[str, str]
    media_type: str
    body: bytes


class Answers(Connected):
    """The part of a database that keeps answers, 24 hours."""

    def begin_answer(
        self, owner: str, key: str, fingerprint: bytes, now_ns: int
    ) -> GivenAnswer | Literal["begun", "other", "in flight"]:
        """Whoever gets "begun" does the work, and then ends it with `finish_answer` or `drop_answer`.

        "other": the key was used for another request (`fingerprint`). "in flight": the same one is at work.
        """
        where = {"of": owner, "named": key}
        for known, given in self._rows(_GIVEN, where | {"since_ns": now_ns - KEPT_NS}):
            return msgspec.msgpack.decode(given, type=GivenAnswer) if known == fingerprint else "other"
        # It says that work begins, so it is of no use before the first thing that the work writes.
        with self._writing(with_next=True) as connection:
            connection.execute(_TOO_OLD, {"until_ns": now_ns - KEPT_NS})
            row = connection.execute(_BEFORE, where).first()
            if row is not None:
                if row.fingerprint != fingerprint:
                    return "other"
                if row.answer is not None:
                    return msgspec.msgpack.decode(row.answer, type=GivenAnswer)
                if row.time_ns > now_ns - STUCK_NS:
                    return "in flight"
                connection.execute(update(ANSWERS).where(_WHERE).values(time_ns=now_ns), where)
                return "begun"
            values = {"owner": owner, "key": key, "fingerprint": fingerprint, "time_ns": now_ns, "answer": None}
            connection.execute(_BEGIN, values)
        return "begun"

    def finish_answer(self, owner: str, key: str, answer: GivenAnswer, noted: Sequence[AuditEntry] = ()) -> None:
        """The work is done: this is its answer from now on, and `noted` stands in the audit log."""
        with self._writing() as connection:
            for entry in noted:
                append_audit(connection, entry)
            connection.execute(_FINISH, {"of": owner, "named": key, "given": msgspec.msgpack.encode(answer)})

    def drop_answer(self, owner: str, key: str, noted: Sequence[AuditEntry] = ()) -> None:
        """The work failed in a way that may be over at the next try; what it did before stands in the audit log."""
        where = (ANSWERS.c.owner == owner) & (ANSWERS.c.key == key) & ANSWERS.c.answer.is_(None)
        with self._writing() as connection:
            for entry in noted:
                append_audit(connection, entry)
            connection.execute(delete(ANSWERS).where(where))
