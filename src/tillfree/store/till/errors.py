"""What the till cannot do.

::

    TillfreeError
    └── TillError               a trip that is not there, or that is not in a state in which this can be done
        ├── NotAdmittedError    somebody may not come in after all
        └── OtherSaleError      another sale was asked for under the same id
"""

from tillfree.core.errors import TillfreeError

__all__ = ["NotAdmittedError", "OtherSaleError", "TillError"]


class TillError(TillfreeError):
    """The till cannot do this with a trip; says why, and what can be done."""


class NotAdmittedError(TillError):
    """Somebody may not come in after all; `reason` is a word of the table of reasons."""

    def __init__(self, trip: str, reason: str) -> None:
        super().__init__(f"trip {trip!r} is not let in: {reason}; show something else")
        self.reason = reason


class OtherSaleError(TillError):
    """Another sale was asked for under the same id: another amount, other lines, or another reference."""
