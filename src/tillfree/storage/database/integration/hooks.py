"""Webhooks: who wants to be told what, and what was told them, is still to be told, or never got through."""

import base64
import secrets
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.money.announcements import ANNOUNCEMENTS, CURSORS, Announcement
from tillfree.storage.database.tables import METADATA

__all__ = [
    "CONSUMER",
    "HOOKS",
    "HOOKS_MAX",
    "MESSAGES",
    "Attempt",
    "Delivery",
    "DeliveryState",
    "Hook",
    "HookSecrets",
    "Hooks",
    "delivery_of",
]

HOOKS = Table(
    "hooks",
    METADATA,
    Column("id", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("kinds", LargeBinary, nullable=False),
    Column("note", String, nullable=False),
    Column("secret", String, nullable=False),
    Column("old_secret", String, nullable=False),
    Column("old_until_ns", Integer, nullable=False),
    Column("created_ns", Integer, nullable=False),
    Column("after", Integer, nullable=False),  # the newest announcement when it was made
    Column("state", String, nullable=False),
    Column("why", String, nullable=False),
    Column("failures", Integer, nullable=False),  # attempts in a row without a success
    Column("dead", Integer, nullable=False),  # deliveries in a row that were given up
    Column("quiet_until_ns", Integer, nullable=False),
)
MESSAGES = Table(
    "hook_messages",
    METADATA,
    Column("id", String, primary_key=True),
    Column("hook", String, ForeignKey("hooks.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("time_ns", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_ns", Integer, nullable=False),  # wall clock, from which patience is counted
    Column("due_ns", Integer, nullable=False),
    Column("last_ns", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", String, nullable=False),
    Index("hook_messages_due", "hook", "state", "due_ns"),
    Index("hook_messages_hook", "hook", "time_ns", "id"),
    Index("hook_messages_time", "time_ns"),
    # Telling an announcement twice to one hook would be a bug of ours, so the table refuses it; tests have number 0.
    Index("hook_messages_once", "hook", "number", unique=True, sqlite_where=text("number > 0")),
)
HOOKS_MAX = 50
CONSUMER = "webhooks"
_URL_MAX, _NOTE_MAX, _ERROR_MAX = 2000, 200, 300

DeliveryState = Literal["waiting", "delivered", "dead"]


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription. `kinds` are kinds of announcements, `trip.*` for all that begin so, empty for all.

    `state` is "active", "paused" by somebody, or "disabled" by itself, and then `why` says why.
    """

    id: str
    url: str
    kinds: tuple[str, ...]
    note: str
    created_ns: int
    after: int
    state: Literal["active", "paused", "disabled"]
    why: str
    failures: int

    def wants(self, announcement: Announcement) -> bool:
        """Whether it is to be told: of things of its kinds that happened since it was made."""
        kind = announcement.kind
        return announcement.number > self.after and (
            not self.kinds
            or any(kind == wanted or (wanted.endswith(".*") and kind.startswith(wanted[:-1])) for wanted in self.kinds)
        )


class HookSecrets(msgspec.Struct, frozen=True):
    """With what a hook's messages are signed now: the newest first, and the one before while it still holds."""

    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"HookSecrets({len(self.secrets)})"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one hook; its `id` and `body` stay the same however often it is sent. `number` 0 is a test."""

    id: str
    hook: str
    number: int
    kind: str
    time_ns: int
    body: bytes
    state: DeliveryState
    attempts: int
    made_ns: int
    due_ns: int
    last_ns: int
    status: int
    error: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one try. `state` is that of the delivery afterwards, `due_ns` when the next try is to be."""

    time_ns: int
    state: DeliveryState
    status: int
    error: str = ""
    due_ns: int = 0
    quiet_until_ns: int = 0


class Hooks(Connected):
    """The part of a database that keeps webhooks."""

    # ---- subscriptions --------------------------------------------------------------------------------------

    def add_hook(self, url: str, kinds: Sequence[str], note: str, now_ns: int) -> tuple[Hook, str]:
        """Makes a subscription; gives it with its secret, which is shown once. It is told what happens from now on.

        Raises:
            DatabaseError: too many, or a text that is too long.
        """
        _check(url, note)
        secret = _new_secret()
        values = {
            "id": f"wh_{secrets.token_hex(8)}",
            "url": url,
            "kinds": msgspec.json.encode(tuple(dict.fromkeys(kinds))),
            "note": note,
            "secret": secret,
            "old_secret": "",
            "old_until_ns": 0,
            "created_ns": now_ns,
            "state": "active",
            "why": "",
            "failures": 0,
            "dead": 0,
            "quiet_until_ns": 0,
        }
        with self._writing() as connection:
            if (connection.scalar(select(func.count()).select_from(HOOKS)) or 0) >= HOOKS_MAX:
                raise DatabaseError(f"there are {HOOKS_MAX} webhooks already; remove one that nobody needs")
            newest = connection.scalar(select(func.max(ANNOUNCEMENTS.c.number))) or 0
            connection.execute(insert(HOOKS), values | {"after": newest})
            row = connection.execute(select(HOOKS).where(HOOKS.c.id == values["id"])).one()
        return _hook(row), secret

    def hooks(self) -> list[Hook]:
        """All of them, oldest first."""
        with self.reading() as connection:
            return [_hook(row) for row in connection.execute(select(HOOKS).order_by(HOOKS.c.created_ns, HOOKS.c.id))]

    def hook(self, id_: str) -> Hook | None:
        """One of them."""
        with self.reading() as connection:
            row = connection.execute(select(HOOKS).where(HOOKS.c.id == id_)).first()
        return None if row is None else _hook(row)

    def change_hook(
        self,
        id_: str,
        *,
        url: str | None = None,
        kinds: Sequence[str] | None = None,
        note: str | None = None,
        active: bool | None = None,
    ) -> Hook | None:
        """Changes what is given; gives it as it is now, None where there is none. Activating forgets its failures."""
        _check(url or "", note or "")
        values: dict[str, Any] = {}
        if url is not None:
            values["url"] = url
        if kinds is not None:
            values["kinds"] = msgspec.json.encode(tuple(dict.fromkeys(kinds)))
        if note is not None:
            values["note"] = note
        if active is not None:
            values |= {"state": "active" if active else "paused", "why": ""}
        if active:
            values |= {"failures": 0, "dead": 0, "quiet_until_ns": 0}
        with self._writing() as connection:
            if values:
                connection.execute(update(HOOKS).where(HOOKS.c.id == id_).values(**values))
            row = connection.execute(select(HOOKS).where(HOOKS.c.id == id_)).first()
        return None if row is None else _hook(row)

    def disable_hook(self, id_: str, why: str) -> None:
        """It is told nothing more until somebody activates it; what waits goes on waiting."""
        with self._writing() as connection:
            connection.execute(update(HOOKS).where(HOOKS.c.id == id_).values(state="disabled", why=why[:_ERROR_MAX]))

    def remove_hook(self, id_: str) -> bool:
        """Removes it with all its deliveries; False where there is none."""
        with self._writing() as connection:
            return connection.execute(delete(HOOKS).where(HOOKS.c.id == id_)).rowcount == 1

    def rotate_hook_secret(self, id_: str, old_until_ns: int) -> str | None:
        """A new secret, shown once; until that time messages are signed with the old one, too."""
        secret = _new_secret()
        with self._writing() as connection:
            changed = connection.execute(
                update(HOOKS)
                .where(HOOKS.c.id == id_)
                .values(old_secret=HOOKS.c.secret, old_until_ns=old_until_ns, secret=secret)
            )
        return secret if changed.rowcount == 1 else None

    def hook_secrets(self, id_: str, now_ns: int) -> HookSecrets:
        """With what to sign; nothing where there is no such hook."""
        with self.reading() as connection:
            row = connection.execute(select(HOOKS).where(HOOKS.c.id == id_)).first()
        if row is None:
            return HookSecrets(())
        old = (row.old_secret,) if row.old_secret and row.old_until_ns > now_ns else ()
        return HookSecrets((row.secret, *old))

    # ---- deliveries -----------------------------------------------------------------------------------------

    def put_hook_deliveries(self, deliveries: Sequence[Delivery], done_to: int) -> None:
        """Keeps what is to be told, and that all announcements up to `done_to` are dealt out; both or neither."""
        with self._writing() as connection:
            rows = [msgspec.structs.asdict(delivery) for delivery in deliveries]
            if rows:
                connection.execute(insert(MESSAGES), rows)
            statement = upsert(CURSORS).values(consumer=CONSUMER, number=done_to)
            connection.execute(
                statement.on_conflict_do_update(index_elements=["consumer"], set_={"number": statement.excluded.number})
            )

    def add_hook_test(self, delivery: Delivery) -> None:
        """A message that tells of nothing, to see whether it arrives."""
        with self._writing() as connection:
            connection.execute(insert(MESSAGES), msgspec.structs.asdict(delivery))

    def due_hooks(self, now_ns: int) -> list[Hook]:
        """Active hooks that are not left in peace, and to which something is to be sent now."""
        waits = (
            select(MESSAGES.c.id)
            .where(
                MESSAGES.c.hook == HOOKS.c.id,
                MESSAGES.c.state == "waiting",
                MESSAGES.c.due_ns <= now_ns,
            )
            .exists()
        )
        statement = select(HOOKS).where(HOOKS.c.state == "active", HOOKS.c.quiet_until_ns <= now_ns, waits)
        with self.reading() as connection:
            return [_hook(row) for row in connection.execute(statement.order_by(HOOKS.c.created_ns, HOOKS.c.id))]

    def due_hook_deliveries(self, hook: str, now_ns: int, limit: int = 100) -> list[Delivery]:
        """What is to be sent to a hook now, oldest first."""
        statement = (
            select(MESSAGES)
            .where(MESSAGES.c.hook == hook, MESSAGES.c.state == "waiting", MESSAGES.c.due_ns <= now_ns)
            .order_by(MESSAGES.c.due_ns, MESSAGES.c.number, MESSAGES.c.id)
            .limit(limit)
        )
        with self.reading() as connection:
            return [_delivery(row) for row in connection.execute(statement)]

    def note_hook_attempt(self, id_: str, attempt: Attempt) -> int:
        """What became of a try; gives how many deliveries in a row its hook has given up."""
        with self._writing() as connection:
            row = connection.execute(select(MESSAGES.c.hook).where(MESSAGES.c.id == id_)).first()
            if row is None:  # the hook was removed meanwhile
                return 0
            connection.execute(
                update(MESSAGES)
                .where(MESSAGES.c.id == id_)
                .values(
                    state=attempt.state,
                    attempts=MESSAGES.c.attempts + 1,
                    due_ns=attempt.due_ns,
                    last_ns=attempt.time_ns,
                    status=attempt.status,
                    error=attempt.error[:_ERROR_MAX],
                )
            )
            here = HOOKS.c.id == row.hook
            if attempt.state == "delivered":
                values: dict[str, Any] = {"failures": 0, "dead": 0, "quiet_until_ns": 0}
            else:
                values = {
                    "failures": HOOKS.c.failures + 1,
                    "dead": HOOKS.c.dead + (1 if attempt.state == "dead" else 0),
                    "quiet_until_ns": attempt.quiet_until_ns,
                }
            connection.execute(update(HOOKS).where(here).values(**values))
            return connection.scalar(select(HOOKS.c.dead).where(here)) or 0

    def redeliver_hook(self, hook: str, now_ns: int, delivery: str = "") -> int:
        """Sends one delivery again, or all that were given up; gives how many wait now."""
        where: ColumnElement[bool] = MESSAGES.c.hook == hook
        where &= MESSAGES.c.id == delivery if delivery else MESSAGES.c.state == "dead"
        with self._writing() as connection:
            changed = connection.execute(
                update(MESSAGES)
                .where(where)
                .values(state="waiting", attempts=0, made_ns=now_ns, due_ns=now_ns, error="", status=0)
            )
            if changed.rowcount:
                connection.execute(update(HOOKS).where(HOOKS.c.id == hook).values(quiet_until_ns=0))
            return changed.rowcount

    def hook_deliveries(
        self, hook: str, *, before: tuple[int, str] | None = None, state: str = "", limit: int = 100
    ) -> list[Delivery]:
        """What was sent to a hook or waits, newest first; `before` is time and id of the last of the page before."""
        statement = select(MESSAGES).where(MESSAGES.c.hook == hook)
        if state:
            statement = statement.where(MESSAGES.c.state == state)
        if before is not None:
            time_ns, id_ = before
            statement = statement.where(
                (MESSAGES.c.time_ns < time_ns) | ((MESSAGES.c.time_ns == time_ns) & (MESSAGES.c.id < id_))
            )
        statement = statement.order_by(MESSAGES.c.time_ns.desc(), MESSAGES.c.id.desc()).limit(limit)
        with self.reading() as connection:
            return [_delivery(row) for row in connection.execute(statement)]

    def hook_delivery(self, id_: str) -> Delivery | None:
        """One of them."""
        with self.reading() as connection:
            row = connection.execute(select(MESSAGES).where(MESSAGES.c.id == id_)).first()
        return None if row is None else _delivery(row)

    def count_hook_deliveries(self, hook: str) -> dict[str, int]:
        """How many of a hook's deliveries are in each state."""
        statement = select(MESSAGES.c.state, func.count()).where(MESSAGES.c.hook == hook).group_by(MESSAGES.c.state)
        with self.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def forget_hook_deliveries(self, before_ns: int, given_up_ns: int | None = None) -> int:
        """Erases what is older than that and was delivered or given up, or was made before `given_up_ns`.

        For a webhook that is paused or switched off things would wait, and gather, for ever.
        """
        over = MESSAGES.c.state != "waiting"
        if given_up_ns is not None:
            over |= MESSAGES.c.made_ns < given_up_ns
        with self._writing() as connection:
            return connection.execute(delete(MESSAGES).where(over, MESSAGES.c.time_ns < before_ns)).rowcount


def delivery_of(hook: Hook, announcement: Announcement, body: bytes, now_ns: int) -> Delivery:
    """An announcement as a message to a hook, to be sent at once."""
    return Delivery(
        id=f"msg_{secrets.token_hex(12)}",
        hook=hook.id,
        number=announcement.number,
        kind=announcement.kind,
        time_ns=announcement.time_ns,
        body=body,
        state="waiting",
        attempts=0,
        made_ns=now_ns,
        due_ns=now_ns,
        last_ns=0,
        status=0,
        error="",
    )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _check(url: str, note: str) -> None:
    if len(url) > _URL_MAX or len(note) > _NOTE_MAX:
        raise DatabaseError(f"webhook: an address has at most {_URL_MAX} characters, a note {_NOTE_MAX}")


def _hook(row: Row[Any]) -> Hook:
    return Hook(
        id=row.id,
        url=row.url,
        kinds=msgspec.json.decode(row.kinds, type=tuple[str, ...]),
        note=row.note,
        created_ns=row.created_ns,
        after=row.after,
        state=row.state,
        why=row.why,
        failures=row.failures,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)  # noqa: SLF001  the public name of it in SQLAlchemy
