"""The people who may use the console: names, roles, passwords and sessions."""

import contextlib
import hashlib
import hmac
import re
import secrets
import time
import unicodedata
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from tillfree.core.time import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.errors import DatabaseError, LockedError
from tillfree.storage.database.tables import SESSIONS, TRIES, USERS

__all__ = [
    "IDLE_NS",
    "PASSWORD_MIN",
    "ROLES",
    "SESSION_NS",
    "TRIES_MAX",
    "TRIES_WITHIN_NS",
    "Role",
    "Session",
    "Staff",
    "User",
]

Role = Literal["viewer", "associate", "manager", "engineer"]
ROLES: tuple[Role, ...] = get_args(Role)
PASSWORD_MIN = 10
"""Characters of a password, at least."""
TRIES_MAX = 5
TRIES_WITHIN_NS = 300 * NS_PER_S
"""After so many wrong passwords for a name within this time, no try is heard until the first of them is as old."""
SESSION_NS = 12 * NS_PER_HOUR
IDLE_NS = NS_PER_HOUR
"""A session ends so long after sign-in, and after so long without a request."""

_PASSWORD_MAX = 1024
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_SALT_BYTES = 16
_N, _R, _P = 2**14, 8, 1
# The clocks of two threads differ by less; a try that is later than this was noted before the clock was set back.
_CLOCK_SLACK_NS = NS_PER_MINUTE
_SEEN_STEP_NS = 30 * NS_PER_S


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in."""

    name: str
    role: Role
    created_ns: int


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in. `expires_ns` is when the session ends if nothing more comes."""

    name: str
    role: Role
    opened_ns: int
    seen_ns: int
    expires_ns: int


class Staff(Connected):
    """The part of a database that knows the staff. Upper and lower case of a name are the same name."""

    def add_user(self, name: str, password: str, role: Role) -> User:
        """Lets somebody sign in.

        Raises:
            DatabaseError: the name is taken or not allowed, or so is the password, or there is no such role.
        """
        if not _NAME.fullmatch(name):
            raise DatabaseError(
                f"user {name[:80]!r}: a name has 1 to 64 letters (A to Z), digits and . _ @ - ; choose another name"
            )
        _check_role(role)
        user = User(name=name, role=role, created_ns=time.time_ns())
        secret = _secret(password)
        with self._writing() as connection:
            if connection.scalar(select(USERS.c.name).where(USERS.c.name == name)) is not None:
                raise DatabaseError(f"user {name!r}: there is one already; choose another name, or set a new password")
            connection.execute(insert(USERS), {**msgspec.structs.asdict(user), **secret})
        return user

    def set_password(self, name: str, password: str) -> None:
        """Gives somebody a new password; ends their sessions, and any wait after wrong ones.

        Raises:
            DatabaseError: there is no such user, or the password is not allowed.
        """
        self._alter(name, _secret(password))

    def set_role(self, name: str, role: Role) -> None:
        """Gives somebody another role; ends their sessions.

        Raises:
            DatabaseError: there is no such user or role.
        """
        _check_role(role)
        self._alter(name, {"role": role})

    def _alter(self, name: str, values: dict[str, Any]) -> None:
        with self._writing() as connection:
            changed = connection.execute(update(USERS).where(USERS.c.name == name).values(**values)).rowcount
            self._need_user(name, changed)
            connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))
            if "hash" in values:
                connection.execute(delete(TRIES).where(TRIES.c.name == name))

    def remove_user(self, name: str) -> None:
        """Lets somebody sign in no more; ends their sessions. What they did stays in the audit log.

        Raises:
            DatabaseError: there is no such user.
        """
        with self._writing() as connection:
            self._need_user(name, connection.execute(delete(USERS).where(USERS.c.name == name)).rowcount)
            connection.execute(delete(TRIES).where(TRIES.c.name == name))

    def _need_user(self, name: str, changed: int) -> None:
        if not changed:
            raise DatabaseError(f"{self._where}: there is no user {name[:80]!r}; see who there is, or add them")

    def users(self) -> list[User]:
        """Everybody who may sign in, by name."""
        with self.reading() as connection:
            return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]

    def user(self, name: str) -> User | None:
        """One of them."""
        with self.reading() as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == name)).first()
        return None if row is None else _user(row)

    def check_password(self, name: str, password: str, now_ns: int | None = None) -> User | None:
        """The user, if name and password are right; takes as long where there is no such user.

        Raises:
            LockedError: there were too many wrong passwords for this name, whether there is such a user or not.
        """
        now_ns = time.time_ns() if now_ns is None else now_ns
        row: Row[Any] | None = None
        if _NAME.fullmatch(name):
            # The try is noted before it is judged: many at once are still many.
            with self._writing() as connection:
                _note_try(connection, name, now_ns)
                row = connection.execute(select(USERS).where(USERS.c.name == name)).first()
        salt, n, r, p = (bytes(_SALT_BYTES), _N, _R, _P) if row is None else (row.salt, row.n, row.r, row.p)
        fits = len(password) <= _PASSWORD_MAX
        found = _scrypt(password if fits else "", salt, n, r, p)
        if row is None or not hmac.compare_digest(found, row.hash) or not fits:
            return None
        with self._writing() as connection:
            connection.execute(delete(TRIES).where(TRIES.c.name == name))
        return _user(row)

    def open_session(self, name: str, now_ns: int) -> str:
        """Signs somebody in; gives the token, of which only a hash is kept.

        Raises:
            DatabaseError: there is no such user.
        """
        token = secrets.token_urlsafe(32)
        with self._writing() as connection:
            connection.execute(delete(SESSIONS).where(_over(now_ns)))
            known = connection.scalar(select(USERS.c.name).where(USERS.c.name == name))
            self._need_user(name, known is not None)
            connection.execute(
                insert(SESSIONS), {"digest": _digest(token), "name": known, "opened_ns": now_ns, "seen_ns": now_ns}
            )
        return token

    def session(self, token: str, now_ns: int) -> Session | None:
        """Who holds this token now; None where nobody does, or no longer."""
        digest = _digest(token)
        statement = (
            select(USERS.c.name, USERS.c.role, SESSIONS.c.opened_ns, SESSIONS.c.seen_ns)
            .join(USERS, USERS.c.name == SESSIONS.c.name)
            .where(SESSIONS.c.digest == digest, ~_over(now_ns))
        )
        with self.reading() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        seen_ns = max(row.seen_ns, now_ns)
        if seen_ns - row.seen_ns >= _SEEN_STEP_NS:  # not a write for every request
            # Where nothing can be written, the session only ends sooner: whoever looks must still see what is wrong.
            with contextlib.suppress(DatabaseError), self._writing() as connection:
                connection.execute(update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_ns=seen_ns))
        expires_ns = min(row.opened_ns + SESSION_NS, seen_ns + IDLE_NS)
        return Session(name=row.name, role=row.role, opened_ns=row.opened_ns, seen_ns=seen_ns, expires_ns=expires_ns)

    def close_session(self, token: str) -> None:
        """Signs out; nothing happens where nobody is signed in with this token."""
        with self._writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == _digest(token)))


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise DatabaseError(f"role {role[:80]!r}: there is no such role; choose one of {', '.join(ROLES)}")


def _user(row: Row[Any]) -> User:
    return User(name=row.name, role=row.role, created_ns=row.created_ns)


def _secret(password: str) -> dict[str, Any]:
    """The columns that a password can be checked with."""
    if not PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
        raise DatabaseError(f"the password must have {PASSWORD_MIN} to {_PASSWORD_MAX} characters; choose another one")
    salt = secrets.token_bytes(_SALT_BYTES)
    return {"salt": salt, "hash": _scrypt(password, salt, _N, _R, _P), "n": _N, "r": _R, "p": _P}


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    """RFC 7914. An accent typed in one or in two characters is the same password."""
    data = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=n, r=r, p=p, maxmem=2 * 128 * n * r)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _note_try(connection: Connection, name: str, now_ns: int) -> None:
    since_ns = now_ns - TRIES_WITHIN_NS
    stale = or_(TRIES.c.time_ns <= since_ns, TRIES.c.time_ns > now_ns + _CLOCK_SLACK_NS)
    connection.execute(delete(TRIES).where(stale))
    count, first_ns = connection.execute(
        select(func.count(), func.min(TRIES.c.time_ns)).where(TRIES.c.name == name)
    ).one()
    if count >= TRIES_MAX:
        raise LockedError(name, first_ns + TRIES_WITHIN_NS)
    connection.execute(insert(TRIES), {"name": name, "time_ns": now_ns})


def _over(now_ns: int) -> Any:
    """The condition that a session has ended."""
    return or_(SESSIONS.c.opened_ns <= now_ns - SESSION_NS, SESSIONS.c.seen_ns <= now_ns - IDLE_NS)
