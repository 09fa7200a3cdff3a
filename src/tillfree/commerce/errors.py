"""Errors of commerce.

The tree::

    TillfreeError
    └── CommerceError
        └── ReceiptError    a receipt whose parts do not add up, or that cannot be read
"""

from tillfree.core.errors import TillfreeError

__all__ = ["CommerceError", "ReceiptError"]


class CommerceError(TillfreeError):
    """Base of the errors of prices, tax and receipts."""


class ReceiptError(CommerceError, ValueError):
    """A receipt that does not add up, or is none."""
