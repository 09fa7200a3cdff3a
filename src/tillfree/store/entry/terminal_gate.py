"""A card terminal at a gate: waits for a card, asks the desk, and lets the hold go where the gate stays shut."""

import logging
import secrets
from collections.abc import Callable

from tillfree.commerce.payments.processor import Order, Processor, ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.terminals.taps import NoTap, Terminal
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.identity.credentials import CardTap, TerminalHold
from tillfree.store.entry.desk import EntryAnswer, EntryDesk

__all__ = ["TerminalGate"]

_TRIES = 3
_REASONS = {"declined": "declined", "expired": "expired"}
# As terminals and readers say that nobody at the bank looked at the card, whatever else they call it.
_NO_ANSWER = frozenset(
    {
        "ISSUER_UNAVAILABLE",
        "ISSUER_NOT_AVAILABLE",
        "ACQUIRER_ERROR",
        "PROCESSING_ERROR",
        "TRY_AGAIN_LATER",
        "UNREACHABLEHOST",
    }
)
_log = logging.getLogger(__name__)


class TerminalGate:
    """One gate with its terminal. `group_size` says how many want to come in on this card, if not the desk."""

    def __init__(
        self,
        gate: str,
        terminal: Terminal,
        desk: EntryDesk,
        processor: Processor,
        hold: Money,
        group_size: Callable[[], int] | None = None,
    ) -> None:
        self.gate = gate
        self._terminal = terminal
        self._desk = desk
        self._processor = processor
        self._hold = hold
        self._group_size = group_size

    def turn(self) -> EntryAnswer | None:
        """Waits for a card, and says what the gate was told; None where no card came.

        Raises:
            TerminalError: the terminal cannot be reached.
        """
        tap = self._terminal.wait_for_tap(self._hold, reference=secrets.token_hex(10))
        if isinstance(tap, NoTap):
            reason = "no_answer" if _is_no_answer(tap) else _REASONS.get(tap.reason)
            return None if reason is None else self._desk.turned_away(self.gate, "card", reason)
        size = self._desk.group_at(self.gate) if self._group_size is None else self._group_size()
        answer = self._desk.present(self.gate, tap, group_size=size)
        if not answer.opens and tap.hold is not None:
            self._let_go(tap, tap.hold)
        return answer

    def close(self) -> None:
        """Waits no more."""
        self._terminal.cancel()

    def _let_go(self, tap: CardTap, hold: TerminalHold) -> None:
        """Nobody came in on it. What cannot be let go now ends by itself, as every hold does."""
        order = Order(
            key=f"gate/{hold.reference}/void",
            kind="void",
            payment=PaymentId(f"gate-{hold.reference}"),
            reference=hold.reference,
            reason="the gate stayed shut",
        )
        for _ in range(_TRIES):
            try:
                self._processor.ask(order)
            except ProcessorUnavailable:
                continue
            except ProcessorRefusal as error:
                _log.warning("gate %s: the hold of a card that was refused cannot be let go: %s", self.gate, error)
            return
        _log.warning(
            "gate %s, terminal %s: the processor does not answer; the hold of a card that was refused ends by itself",
            self.gate, tap.terminal,
        )  # fmt: skip


def _is_no_answer(tap: NoTap) -> bool:
    """Whether it was not the bank that said no: a shopper whose card is good is not to be told that it is not."""
    return tap.reason == "declined" and tap.code.strip().upper().replace(" ", "_") in _NO_ANSWER
