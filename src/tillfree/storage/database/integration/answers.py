"""Answers that were given to requests with an idempotency key: given again, so that nothing is done twice.

An entry is made before the work begins and filled when it ends. One that was never filled belongs to a process that was
killed: after `STUCK_NS` the request may be tried again, which is safe, since what moves money has a key of its own.
"""

from typing import Literal

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, delete, insert, select, update

from tillfree.core.time import NS_PER_DAY, NS_PER_MINUTE
from tillfree.storage.database.connection import Connected
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
        where = (ANSWERS.c.owner == owner) & (ANSWERS.c.key == key)
        with self._writing() as connection:
            connection.execute(delete(ANSWERS).where(ANSWERS.c.time_ns <= now_ns - KEPT_NS))
            row = connection.execute(select(ANSWERS).where(where)).first()
            if row is not None:
                if row.fingerprint != fingerprint:
                    return "other"
                if row.answer is not None:
                    return msgspec.msgpack.decode(row.answer, type=GivenAnswer)
                if row.time_ns > now_ns - STUCK_NS:
                    return "in flight"
                connection.execute(update(ANSWERS).where(where).values(time_ns=now_ns))
                return "begun"
            values = {"owner": owner, "key": key, "fingerprint": fingerprint, "time_ns": now_ns, "answer": None}
            connection.execute(insert(ANSWERS), values)
        return "begun"

    def finish_answer(self, owner: str, key: str, answer: GivenAnswer) -> None:
        """The work is done: this is its answer from now on."""
        where = (ANSWERS.c.owner == owner) & (ANSWERS.c.key == key)
        with self._writing() as connection:
            connection.execute(update(ANSWERS).where(where).values(answer=msgspec.msgpack.encode(answer)))

    def drop_answer(self, owner: str, key: str) -> None:
        """The work failed in a way that may be over at the next try."""
        where = (ANSWERS.c.owner == owner) & (ANSWERS.c.key == key) & ANSWERS.c.answer.is_(None)
        with self._writing() as connection:
            connection.execute(delete(ANSWERS).where(where))
