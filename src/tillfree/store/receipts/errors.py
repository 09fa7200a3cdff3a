"""Errors of receipts to shoppers.

The tree::

    TillfreeError
    └── ReceiptDeskError    what a shopper or a person of the staff asks for cannot be done
        ├── NotOurs         there is no such receipt, line or number
        ├── TooLate         it is over, or somebody else did it
        └── NothingAsked    the claim does not ask for anything
"""

from tillfree.core.errors import TillfreeError

__all__ = ["NotOurs", "NothingAsked", "ReceiptDeskError", "TooLate"]


class ReceiptDeskError(TillfreeError):
    """What is asked for cannot be done; says why."""


class NotOurs(ReceiptDeskError):  # noqa: N818  what it is
    """There is no such receipt, line or number."""


class TooLate(ReceiptDeskError):  # noqa: N818
    """It is over, or somebody else did it already."""


class NothingAsked(ReceiptDeskError):  # noqa: N818
    """The claim does not ask for anything."""
