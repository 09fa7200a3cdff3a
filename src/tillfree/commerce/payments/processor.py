"""What is asked of a payment processor, and what it answers: one shape for all of them.

Every order has a key that its writer made. A processor that gets a key twice must do the thing once and answer alike;
so whoever got no answer asks again with the same key, and nothing is done twice.
"""

from typing import Literal, Protocol

import msgspec

from tillfree.core.errors import TillfreeError
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money

__all__ = ["Answer", "Order", "OrderKind", "Outcome", "Processor", "ProcessorRefusal", "ProcessorUnavailable"]

OrderKind = Literal["authorise", "adjust", "capture", "void", "refund", "charge"]
"""authorise: put money aside. adjust: make that more or less (the whole new amount). capture: take it. void: let it go.
refund: give back. charge: take at once, by the token of the instrument, what could not be held."""
Outcome = Literal["approved", "declined", "pending"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do. `reference` is the processor's name of the hold, empty in "authorise" and "charge".

    `amount` is the whole amount of the hold afterwards, or that to take or to give back; None in "void".
    """

    key: str
    kind: OrderKind
    payment: PaymentId
    amount: Money | None = None
    reference: str = ""
    token: str = ""
    reason: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order. `code` is the processor's own word for it ("05", "insufficient_funds").

    Of "pending" a notice will follow, or can be asked for (`Processor.look_up`). `amount` is what was approved, which
    may be less. `expires_ns` is when the hold ends, 0 where that is not said.
    """

    key: str
    outcome: Outcome
    reference: str = ""
    amount: Money | None = None
    code: str = ""
    message: str = ""
    expires_ns: int = 0


class ProcessorUnavailable(TillfreeError):  # noqa: N818  what it is
    """No answer: it is not known whether the order was carried out. Ask again with the same key."""


class ProcessorRefusal(TillfreeError):  # noqa: N818
    """The processor will never carry out this order: it is wrong as it stands (an unknown hold, too much to refund)."""


class Processor(Protocol):
    """A payment processor. Methods may be called by several threads, and wait no longer than some seconds."""

    def ask(self, order: Order) -> Answer:
        """Carry out an order. Raises: ProcessorUnavailable, ProcessorRefusal."""
        ...

    def look_up(self, key: str) -> Answer | None:
        """What became of an order; None where it never came. Raises: ProcessorUnavailable."""
        ...
