"""How a simulated processor misbehaves: one table of frequencies, and dice that fall alike for the same seed.

What happens to an order hangs on the seed, its key and how often it was asked, never on what else was asked before; so
a fault found once is found again, whatever the threads did.
"""

import hashlib
from typing import Literal

import msgspec

from tillfree.commerce.payments.processor import ProcessorUnavailable

__all__ = ["FAULTS", "QUIET", "ROUGH", "Dice", "FaultKind", "FaultTable", "SimulatedFault", "faults_text"]

FaultKind = Literal["timeout", "error", "throttled"]
_MILLION = 1_000_000


class SimulatedFault(ProcessorUnavailable):
    """No answer, on purpose. `kind` is what a caller by HTTP would see: silence, a 5xx, or a 429."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind


class FaultTable(msgspec.Struct, frozen=True, kw_only=True):
    """How often what goes wrong, in millionths of the requests (`ppm`), and how late what is late."""

    timeout_before_ppm: int = 0
    timeout_after_ppm: int = 0
    error_before_ppm: int = 0
    error_after_ppm: int = 0
    throttled_ppm: int = 0
    pending_ppm: int = 0
    declined_ppm: int = 0
    partial_ppm: int = 0
    no_adjustment_ppm: int = 0
    early_expiry_ppm: int = 0
    capture_failed_ppm: int = 0
    refund_declined_ppm: int = 0
    lost_notice_ppm: int = 0
    double_notice_ppm: int = 0
    late_notice_ppm: int = 0
    silent_look_up_ppm: int = 0
    delay_ns: int = 2_000_000_000
    """So long after the order comes what is pending, and a notice."""
    late_ns: int = 3_600_000_000_000
    """So much later comes a late notice: others overtake it."""

    def __post_init__(self) -> None:
        for field in FAULTS:
            share = getattr(self, field)
            if not 0 <= share <= _MILLION:
                raise ValueError(f"{field} = {share}: must be 0 to {_MILLION} ppm")


FAULTS: dict[str, str] = {
    "timeout_before_ppm": "no answer, and nothing was done",
    "timeout_after_ppm": "no answer, but it was done",
    "error_before_ppm": "answer 5xx, and nothing was done",
    "error_after_ppm": "answer 5xx, but it was done",
    "throttled_ppm": "answer 429",
    "pending_ppm": 'answer "pending"; it is done, or declined, some seconds later',
    "declined_ppm": "the issuer declines a hold, an adjustment or a charge, each time for another reason",
    "partial_ppm": "the issuer approves a part only",
    "no_adjustment_ppm": "a hold that can never be made larger",
    "early_expiry_ppm": "the hold ends long before its time",
    "capture_failed_ppm": "a capture was approved, and fails some hours later",
    "refund_declined_ppm": "a refund is declined: the account was closed",
    "lost_notice_ppm": "a webhook never comes",
    "double_notice_ppm": "a webhook comes twice",
    "late_notice_ppm": "a webhook comes after those of later things",
    "silent_look_up_ppm": "no answer to a question what became of an order",
}
"""Every share of the table, in words."""

QUIET = FaultTable()
"""A processor as one would like it."""
ROUGH = FaultTable(
    timeout_before_ppm=20_000,
    timeout_after_ppm=20_000,
    error_before_ppm=15_000,
    error_after_ppm=15_000,
    throttled_ppm=20_000,
    pending_ppm=50_000,
    declined_ppm=20_000,
    partial_ppm=10_000,
    no_adjustment_ppm=20_000,
    early_expiry_ppm=10_000,
    capture_failed_ppm=5_000,
    refund_declined_ppm=20_000,
    lost_notice_ppm=50_000,
    double_notice_ppm=50_000,
    late_notice_ppm=50_000,
    silent_look_up_ppm=50_000,
)
"""Some hundred times worse than any real one, so that a campaign of an hour meets everything."""


def faults_text() -> str:
    """The table of faults in Markdown, with how often each falls in a rough campaign."""
    lines = ["| Fault | What happens | In a rough campaign |", "| --- | --- | --- |"]
    for name, words in FAULTS.items():
        lines.append(f"| `{name}` | {words} | {getattr(ROUGH, name) / 10_000:g} % |")
    return "\n".join(lines) + "\n"


class Dice:
    """The throws for one request: each name of a share has a number of its own between 0 and a million."""

    def __init__(self, seed: int, key: str, attempt: int) -> None:
        self._words = hashlib.blake2b(f"{seed}/{attempt}/{key}".encode(), digest_size=64).digest()

    def number(self, place: int, below: int) -> int:
        """A number from 0 to `below` - 1; the same place gives the same number."""
        start = 4 * (place % 16)
        return int.from_bytes(self._words[start : start + 4], "big") * below >> 32

    def falls(self, place: int, share_ppm: int) -> bool:
        """Whether something of that frequency happens now."""
        return share_ppm > 0 and self.number(place, _MILLION) < share_ppm
