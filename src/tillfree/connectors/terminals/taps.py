"""What every terminal can do: wait for a card, put money aside, and say what may be known of it."""

from typing import Protocol

import msgspec

from tillfree.connectors.errors import ConnectorError
from tillfree.core.money import Money
from tillfree.identity.credentials import CardTap

__all__ = ["NoTap", "TapResult", "Terminal", "TerminalError"]


class TerminalError(ConnectorError):
    """A terminal cannot be reached, is busy, or answers what it should not: nobody can come in by card there now."""


class NoTap(msgspec.Struct, frozen=True, kw_only=True):
    """No card, or none that is good: `reason` is "nobody", "cancelled", "declined" or "expired"."""

    reason: str
    code: str = ""


TapResult = CardTap | NoTap


class Terminal(Protocol):
    """One terminal at one gate. One thread waits; another may cancel."""

    def wait_for_tap(self, hold: Money, *, reference: str) -> TapResult:
        """Waits for a card and has that amount put aside. `reference` is new for each try, and made by the caller.

        Raises: TerminalError.
        """
        ...

    def cancel(self) -> None:
        """Ends the waiting, from another thread; what has been put aside by then stays. Raises: TerminalError."""
        ...
