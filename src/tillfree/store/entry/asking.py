"""Asking the retailer's system, and no longer than a gate can wait."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Protocol, TypeVar, runtime_checkable

import msgspec

from tillfree.commerce.trips import Payer, Trip
from tillfree.core.errors import TillfreeError
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.identity.credentials import ScannedCode

__all__ = [
    "AskRetailer",
    "LoyaltyWord",
    "RetailerAnswer",
    "RetailerIdentity",
    "RetailerLoyalty",
    "RetailerRisk",
    "RetailerShoppers",
    "RiskWord",
    "shoppers_of",
]

_log = logging.getLogger(__name__)
_AT_ONCE = 8
_FAILURES = 3
Answered = TypeVar("Answered")
_PAUSE_NS = 5 * NS_PER_S


class RetailerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the retailer's system knows by a code: `id` is its own name of them; `cash`: they pay outside, in cash."""

    known: bool
    id: str = ""
    role: str = "shopper"
    loyalty: str = ""
    age_years: int = 0
    cash: bool = False


class RetailerIdentity(Protocol):
    """The retailer's system, asked whether a code may enter."""

    def verify(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        """The answer; None where there was none in time (the rule for a network that is down then holds)."""
        ...


class RiskWord(Protocol):
    """Whether a card may enter; `answered` is false where that is a rule, since nobody answered."""

    @property
    def admitted(self) -> bool:
        """Whether it may."""
        ...

    @property
    def answered(self) -> bool:
        """Whether the retailer's system said so."""
        ...

    @property
    def hold(self) -> Money | None:
        """How much is to be put aside, where that is another amount than was asked about."""
        ...


@runtime_checkable
class RetailerRisk(Protocol):
    """The retailer's system, asked about fraud and abuse when a card enters. Not every one can be asked."""

    def may_enter(self, trip: Trip, payer: Payer, hold: Money) -> RiskWord:
        """Whether the card may enter; where there was no answer, what the settings say then."""
        ...


class LoyaltyWord(Protocol):
    """What a loyalty code brings: the retailer's name of it, and promotions that it gives a right to."""

    @property
    def id(self) -> str:
        """The name."""
        ...

    @property
    def promotions(self) -> tuple[str, ...]:
        """Taken like coupons of these codes."""
        ...


@runtime_checkable
class RetailerLoyalty(Protocol):
    """The retailer's system, asked what a loyalty code brings. Not every one can be asked."""

    def loyalty(self, code: str) -> LoyaltyWord | None:
        """What it brings; None where the code is unknown, or there was no answer."""
        ...


@runtime_checkable
class RetailerShoppers(Protocol):
    """The retailer's system, asked whom staff serve. Not every one can be asked."""

    def find(self, code: str, *, phone: bool = False) -> RetailerAnswer | None:
        """Whom it knows by a code or a phone number; None where there was no answer."""
        ...


def shoppers_of(retailer: object) -> RetailerShoppers | None:
    """The same system, if it can be asked whom staff serve."""
    return retailer if isinstance(retailer, RetailerShoppers) else None


class _Unasked(msgspec.Struct, frozen=True):
    """Nobody has a say in it."""

    admitted: bool = True
    answered: bool = True
    hold: Money | None = None


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
        """Whom it knows by a code, or None where there was no answer in time."""
        return self._within(lambda: self._retailer.verify(code, gate, now_ns), now_ns, lambda _answer: True)

    def may_enter(self, trip: Trip, payer: Payer, hold: Money, now_ns: int) -> RiskWord | None:
        """Whether it lets a card in, or None where there was no answer in time; yes where it has no say in that."""
        retailer = self._retailer
        if not isinstance(retailer, RetailerRisk):
            return _Unasked()
        return self._within(lambda: retailer.may_enter(trip, payer, hold), now_ns, lambda word: word.answered)

    def loyalty(self, code: str, now_ns: int) -> LoyaltyWord | None:
        """What a loyalty code brings; None where it brings nothing, or there was no answer in time."""
        retailer = self._retailer
        if not isinstance(retailer, RetailerLoyalty):
            return None
        return self._within(lambda: retailer.loyalty(code), now_ns, lambda _word: True)

    def close(self) -> None:
        """Asks no more; questions that are out end by themselves."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _within(
        self, ask: Callable[[], Answered | None], now_ns: int, answered: Callable[[Answered], bool]
    ) -> Answered | None:
        if now_ns < self._pause_until_ns or not self._free.acquire(blocking=False):
            return None
        try:
            future = self._pool.submit(lambda: self._asked(ask))
        except RuntimeError:  # closed meanwhile
            self._free.release()
            return None
        try:
            answer = future.result(self._budget_ms * NS_PER_MS / NS_PER_S)
        except TookTooLong:
            if future.cancel():
                self._free.release()
            answer = None
        self._note(answer is not None and answered(answer), now_ns)
        return answer

    def _asked(self, ask: Callable[[], Answered | None]) -> Answered | None:
        try:
            return ask()
        except (TillfreeError, OSError) as error:
            _log.warning("the retailer's system could not be asked: %s", error)
            return None
        finally:
            self._free.release()

    def _note(self, answered: bool, now_ns: int) -> None:
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
            if self._failures >= _FAILURES:
                self._pause_until_ns = now_ns + _PAUSE_NS
                self._failures = _FAILURES - 1  # one more try without an answer, and it pauses again
