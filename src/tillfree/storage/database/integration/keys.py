"""Keys of other systems for the API: shown once when they are made, of which only a digest is kept."""

import hashlib
import hmac
import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.tables import METADATA

__all__ = ["API_KEYS", "PER_MINUTE", "PER_MINUTE_MAX", "REMEMBERED_S", "ApiKey", "ApiKeys", "NewApiKey"]

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("scopes", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("by", String, nullable=False),
    Column("created_ns", Integer, nullable=False),
    Column("used_ns", Integer, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Index("api_keys_created", "created_ns"),
)
PER_MINUTE = 1200
PER_MINUTE_MAX = 1_000_000
_FORM = re.compile(r"tf_([a-z0-9]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_NAME_MAX, _SCOPES_MAX = 100, 100
REMEMBERED_S = 5.0
"""So long a good key is known without a look at the file."""
_REMEMBERED_MAX = 1000
_ID_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept. `per_minute` is how many requests it may make; `used_ns` is to the minute, 0 for never."""

    id: str
    name: str
    scopes: tuple[str, ...]
    per_minute: int
    by: str
    created_ns: int
    used_ns: int
    revoked: bool


class NewApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made; `secret` is the whole text that the other system sends, and is kept nowhere."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"NewApiKey({self.key.id})"


class ApiKeys(Connected):
    """The part of a database that knows keys.

    A good key is remembered for some seconds, by its digest. What this process revokes is forgotten at once; what
    another process revokes is let in no longer than that.
    """

    def __init__(self, engine: Engine, where: str, path: Path | None = None) -> None:
        super().__init__(engine, where, path)
        self._keys_lock = threading.Lock()
        self._known_keys: dict[bytes, tuple[ApiKey, float]] = {}
        self._revocations = 0

    def add_api_key(
        self, name: str, scopes: tuple[str, ...], by: str, now_ns: int, *, per_minute: int = PER_MINUTE
    ) -> NewApiKey:
        """Makes a key.

        The secret has 256 random bits, so a plain digest of it is as good as a slow one.

        Raises:
            DatabaseError: no name, no scope, or a number of requests out of bounds.
        """
        name = name.strip()
        if not name or len(name) > _NAME_MAX or not name.isprintable():
            raise DatabaseError(f"key {name[:40]!r}: give it a name of 1 to {_NAME_MAX} printable characters")
        if not scopes or len(scopes) > _SCOPES_MAX:
            raise DatabaseError(f"key {name!r}: may do nothing; give at least one scope")
        if not 1 <= per_minute <= PER_MINUTE_MAX:
            raise DatabaseError(f"key {name!r}: {per_minute} requests a minute; give 1 to {PER_MINUTE_MAX}")
        key = ApiKey(
            id="".join(secrets.choice(_ID_SIGNS) for _ in range(12)),
            name=name,
            scopes=tuple(sorted(set(scopes))),
            per_minute=per_minute,
            by=by,
            created_ns=now_ns,
            used_ns=0,
            revoked=False,
        )
        secret = f"tf_{key.id}_{secrets.token_urlsafe(32)}"
        values = msgspec.structs.asdict(key) | {
            "scopes": msgspec.json.encode(key.scopes),
            "digest": _digest(secret),
        }
        with self._writing() as connection:
            connection.execute(insert(API_KEYS), values)
        return NewApiKey(key=key, secret=secret)

    def api_key_of(self, secret: str) -> ApiKey | None:
        """The key that somebody shows; None where there is none such, or it was revoked."""
        found = _FORM.fullmatch(secret)
        if found is None:
            return None
        before = self._revocations
        with self.reading() as connection:
            row = connection.execute(select(API_KEYS).where(API_KEYS.c.id == found[1])).first()
        digest = _digest(secret)
        if row is None or row.revoked or not hmac.compare_digest(row.digest, digest):
            return None
        key = _key(row)
        with self._keys_lock:
            # What was revoked since it was read is not remembered as good.
            if before == self._revocations:
                if len(self._known_keys) >= _REMEMBERED_MAX:
                    self._known_keys.clear()
                self._known_keys[digest] = (key, time.monotonic() + REMEMBERED_S)
        return key

    def remembered_api_key(self, secret: str) -> ApiKey | None:
        """The same without a look at the file, so without waiting; None where it must be looked up."""
        self._need_open()
        known = self._known_keys.get(_digest(secret)) if _FORM.fullmatch(secret) else None
        return known[0] if known is not None and time.monotonic() < known[1] else None

    def api_keys(self) -> list[ApiKey]:
        """All keys, newest first, revoked ones too."""
        with self.reading() as connection:
            return [
                _key(row)
                for row in connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_ns.desc(), API_KEYS.c.id))
            ]

    def revoke_api_key(self, id_: str) -> bool:
        """Whoever has it gets in no more; False where there is no such key, or it was revoked before."""
        statement = update(API_KEYS).where(API_KEYS.c.id == id_, API_KEYS.c.revoked.is_(False)).values(revoked=True)
        with self._writing() as connection:
            revoked = connection.execute(statement).rowcount == 1
        with self._keys_lock:
            self._revocations += 1
            self._known_keys.clear()
        return revoked

    def note_api_key_use(self, id_: str, now_ns: int) -> None:
        """Somebody used it; told about once a minute, since each telling is a write."""
        with self._writing() as connection:
            connection.execute(update(API_KEYS).where(API_KEYS.c.id == id_).values(used_ns=now_ns))
        with self._keys_lock:
            for digest, (key, until_s) in list(self._known_keys.items()):
                if key.id == id_:
                    self._known_keys[digest] = (msgspec.structs.replace(key, used_ns=now_ns), until_s)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=msgspec.json.decode(row.scopes, type=tuple[str, ...]),
        per_minute=row.per_minute,
        by=row.by,
        created_ns=row.created_ns,
        used_ns=row.used_ns,
        revoked=bool(row.revoked),
    )
