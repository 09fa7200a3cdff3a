"""Asking the retailer's system, and no longer than a gate can wait."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Protocol

import msgspec

from tillfree.commerce.trips import Payer, Trip
from tillfree.core.errors import TillfreeError
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.identity.credentials import ScannedCode

__all__ = ["AskRetailer", "CardRisk", "RetailerAnswer", "RetailerIdentity", "RiskAnswer"]

_log = logging.getLogger(__name__)
_AT_ONCE = 8
_FAILURES = 3
_PAUSE_NS = 5 * NS_PER_S


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


class RiskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a card may enter, and how much is to be held, where that is another amount than was said.

    `answered`: the retailer's system said so; else it is what this store thinks by itself.
    """

    admitted: bool
    hold: Money | None = None
    risks: tuple[str, ...] = ()
    answered: bool = True


class CardRisk(Protocol):
    """The retailer's system, asked whether a bank card may enter. It waits no longer than a gate can."""

    def may_enter(self, trip: Trip, payer: Payer, hold: Money, *, risks: tuple[str, ...] = ()) -> RiskAnswer:
        """`trip` is one that is not opened yet, `risks` are what this store found against the card."""
        ...


class AskRetailer:
    """Asks with a budget of time, a few at a time.

    A system that did not answer three times in a row is not waited for during the next five seconds: with the network
    down a gate decides at once. Then the next question tells whether it is back.
    """

    def __init__(self, retailer: RetailerIdentity, budget_ms: int) -> None:
        self._retailer = retailer
        self._budget_ms = budget_ms
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="retailer")
        self._free = threading.Semaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._failures = 0
        self._pause_until_ns = 0

    def verify(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        """The answer, or None where there was none in time."""
        if now_ns < self._pause_until_ns or not self._free.acquire(blocking=False):
            return None
        try:
            future = self._pool.submit(self._ask, code, gate, now_ns)
        except RuntimeError:  # closed meanwhile
            self._free.release()
            return None
        try:
            answer = future.result(self._budget_ms * NS_PER_MS / NS_PER_S)
        except TookTooLong:
            if future.cancel():
                self._free.release()
            answer = None
        self._note(answer, now_ns)
        return answer

    def close(self) -> None:
        """Asks no more; questions that are out end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        try:
            return self._retailer.verify(code, gate, now_ns)
        except (TillfreeError, OSError) as error:
            _log.warning("the retailer's system could not be asked: %s", error)
            return None
        finally:
            self._free.release()

    def _note(self, answer: RetailerAnswer | None, now_ns: int) -> None:
        with self._lock:
            self._failures = self._failures + 1 if answer is None else 0
            if self._failures >= _FAILURES:
                self._pause_until_ns = now_ns + _PAUSE_NS
                self._failures = _FAILURES - 1  # one more try without an answer, and it pauses again
