"""Errors of commerce.

The tree::

    TillfreeError
    ├── CommerceError
    │   ├── ReceiptError        a receipt whose parts do not add up, or that cannot be read
    │   └── PaymentError        something that a payment cannot do: to refund more than was taken, say
    ├── ProcessorUnavailable    a processor gives no answer; what became of the order is open (payments.processor)
    └── ProcessorRefusal        a processor says that an order makes no sense
"""

from tillfree.core.errors import TillfreeError

__all__ = ["CommerceError", "PaymentError", "ReceiptError"]


class CommerceError(TillfreeError):
    """Base of the errors of prices, tax and receipts."""


class ReceiptError(CommerceError, ValueError):
    """A receipt that does not add up, or is none."""


class PaymentError(CommerceError, ValueError):
    """A payment cannot do what it was asked to; says why, and what it can do."""
