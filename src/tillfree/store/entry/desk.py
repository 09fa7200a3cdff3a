"""The desk at the gate: from a credential to an open gate, in time, with or without a network."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from tillfree.commerce.trips import Trip
from tillfree.core.events import Event
from tillfree.core.ids import TripId
from tillfree.identity.credentials import Credential, ScannedCode
from tillfree.storage.database.database import Database
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["EntryAnswer", "EntryDesk", "RetailerAnswer", "RetailerIdentity"]


class EntryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate is told.

    `reason` is empty where it opens, else a word of the table of reasons; `message` is for the display at the gate.
    """

    opens: bool
    reason: str = ""
    message: str = ""
    trip: Trip | None = None


class RetailerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the retailer's system knows by a code: `id` is its own name of them."""

    known: bool
    id: str = ""
    role: str = "shopper"
    loyalty: str = ""
    age_years: int = 0


class RetailerIdentity(Protocol):
    """The retailer's system, asked whether a code may enter."""

    def verify(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        """The answer; None where there was none in time (the rule for a network that is down then holds)."""
        ...


class EntryDesk:
    """All gates of a store. Methods may be called by any thread."""

    def __init__(
        self,
        database: Database,
        settings: StoreSettings,
        till: Till,
        now_ns: Callable[[], int],
        *,
        retailer: RetailerIdentity | None = None,
        tell: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """`tell` puts an event (EntryGranted, EntryRefused, AgeChecked) into the stream of the running store."""
        raise NotImplementedError

    def present(self, gate: str, credential: Credential, *, group_size: int = 1) -> EntryAnswer:
        """Somebody holds something to a gate."""
        raise NotImplementedError

    def check_age(self, trip: TripId, age_years: int, *, by: str) -> None:
        """Somebody of the staff saw a proof of age (0: takes it back)."""
        raise NotImplementedError
