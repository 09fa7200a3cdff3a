"""A gate with a clock of its own, a till that a simulated processor pays, and credentials to show."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tillfree.core.events import Event
from tillfree.core.time import NS_PER_S
from tillfree.identity.codes import CodeClaims, make_code
from tillfree.identity.credentials import CardTap, ScannedCode
from tillfree.identity.keys import KeySet, make_signing_key
from tillfree.identity.settings import EntrySettings
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["KEY", "NOON_NS", "Gate", "card", "code", "gate_on"]

NOON_NS = 1_772_452_800 * NS_PER_S  # Monday, 2 March 2026, 12:00 UTC
KEY = make_signing_key(bytes(range(32)), ("shopper", "associate", "delivery"))


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def on(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)


class Gate:
    """Everything at one door."""

    def __init__(self, database: Database, settings: StoreSettings, options: dict[str, Any]) -> None:
        self.clock = Clock(NOON_NS)
        self.database = database
        self.settings = settings
        self.told: list[Event] = []
        self.processor = SimulatedProcessor(self.clock, seed=3)
        self.till = Till(database, settings, self.processor, self.clock, prices=options.pop("prices", None), workers=0)
        self._lock = threading.Lock()
        options.setdefault("keys", lambda: KeySet((KEY.public,)))
        self.desk = EntryDesk(database, settings, self.till, self.clock, tell=self._tell, **options)

    def _tell(self, event: Event) -> None:
        with self._lock:
            self.told.append(event)

    def tick(self) -> None:
        self.processor.advance(self.clock())
        self.till.tick()
        self.desk.tick()


@contextmanager
def gate_on(
    where: Path | str = IN_MEMORY,
    *,
    entry: EntrySettings | None = None,
    currency: str = "USD",
    settings: StoreSettings | None = None,
    **options: Any,
) -> Iterator[Gate]:
    """A gate, its database in memory or in a folder."""
    if settings is None:
        settings = msgspec.structs.replace(StoreSettings(), entry=entry or EntrySettings(), currency=currency)
    with Database.open(where) as database:
        gate = Gate(database, settings, options)
        try:
            yield gate
        finally:
            gate.desk.close()
            gate.till.close()


def card(number: int = 1, **changes: Any) -> CardTap:
    """A card that a terminal has read."""
    plain = CardTap(
        terminal="terminal/1", token=f"tok_{number:08d}_secret", fingerprint=f"fp_{number:08d}_always", brand="visa",
        last4=f"{number:04d}", expires="2028-01", funding="debit",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def code(now_ns: int = NOON_NS, **changes: Any) -> ScannedCode:
    """A code that an app shows."""
    now_s = now_ns // NS_PER_S
    plain = CodeClaims(iss="app", aud="store-1", iat=now_s, exp=now_s + 120, jti="code-number-1", sub="account-of-ann")
    return ScannedCode(text=make_code(msgspec.structs.replace(plain, **changes), KEY))
