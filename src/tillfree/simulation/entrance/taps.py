"""A simulated card at a simulated terminal: the gate's own code waits for it, over HTTP on this machine."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from types import TracebackType
from typing import Self

from tillfree.commerce.payments.processor import Processor
from tillfree.connectors.terminals.nexo_terminal import NexoTerminal
from tillfree.core.errors import TillfreeError
from tillfree.core.money import Money
from tillfree.simulation.payments.cards import SimulatedCard
from tillfree.simulation.payments.serving import LocalServer
from tillfree.simulation.payments.terminal import SimulatedTerminal
from tillfree.store.entry.desk import EntryAnswer, EntryDesk
from tillfree.store.entry.terminal_gate import TerminalGate

__all__ = ["SimulatedCardGate"]

_POI = "V400m-000000001"
_ASKED_S = 5.0
_ANSWER_S = 15.0
_log = logging.getLogger(__name__)


class SimulatedCardGate:
    """One gate with a simulated terminal; open it for the time in which people come in."""

    def __init__(
        self,
        gate: str,
        desk: EntryDesk,
        processor: Processor,
        hold: Money,
        now_ns: Callable[[], int],
        seed: int = 0,
    ) -> None:
        self._gate = gate
        self._desk = desk
        self._processor = processor
        self._hold = hold
        self._now_ns = now_ns
        self._simulated = SimulatedTerminal(_POI, processor, now_ns, seed=seed, wait_s=_ANSWER_S)
        self._server = LocalServer(self._simulated.app())
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="terminal")
        self._group_size = 1

    def __enter__(self) -> Self:
        self._server.__enter__()
        self._terminal = NexoTerminal(
            address=f"{self._server.address}/nexo",
            poi=_POI,
            sale="tillfree",
            now_ns=self._now_ns,
            wait_s=_ANSWER_S + _ASKED_S,
        )
        self._turns = TerminalGate(
            self._gate, self._terminal, self._desk, self._processor, self._hold, lambda: self._group_size
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._terminal.close()
        self._server.__exit__(kind, error, traceback)

    def tap(self, card: SimulatedCard, group_size: int) -> EntryAnswer | None:
        """Somebody holds a card to the terminal; what the gate was told, None where it was told nothing."""
        self._group_size = group_size
        turn: Future[EntryAnswer | None] = self._pool.submit(self._turns.turn)
        try:
            if self._simulated.wait_until_asked(_ASKED_S):
                self._simulated.present(card)
            return turn.result(_ANSWER_S)
        except TookTooLong:
            _log.warning("the simulated terminal did not answer in time")
        except TillfreeError as error:
            _log.warning("the simulated terminal: %s", error)
        return None
