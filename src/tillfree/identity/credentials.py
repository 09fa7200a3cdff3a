"""What somebody holds to a gate, a cart or a lane: a card, a wallet, a code, a badge, a palm.

A token stands for a way to pay and means nothing outside of the processor that made it; no card number comes in here.
"""

import msgspec

from tillfree.core.money import Money
from tillfree.identity.badges import LinkUse

__all__ = ["BadgeTap", "CardTap", "Credential", "PalmMatch", "ScannedCode", "TerminalHold"]


class TerminalHold(msgspec.Struct, frozen=True, kw_only=True):
    """Money that the terminal itself had put aside when the card was tapped; `reference` is the processor's."""

    reference: str
    amount: Money
    expires_ns: int = 0


class CardTap(msgspec.Struct, frozen=True, kw_only=True, tag="card"):
    """A bank card, or a wallet that stands for one, read by a payment terminal (EMV contact or contactless).

    `token` is the processor's, for charging later; `fingerprint` is the same for each tap of the same card at this
    merchant, and is used for nothing but blocked cards and open debts. `funding` is "credit", "debit", "prepaid" or
    "unknown"; `expires` is the last month in which the card is good, `YYYY-MM`. `emv` holds the terminal's data
    objects by tag in hexadecimal (EMV Book 3, annex A), for receipts that must print them.
    """

    terminal: str
    token: str
    fingerprint: str
    brand: str = ""
    last4: str = ""
    expires: str = ""
    funding: str = "unknown"
    wallet: bool = False
    hold: TerminalHold | None = None
    emv: dict[str, str] = {}


class ScannedCode(msgspec.Struct, frozen=True, kw_only=True, tag="code"):
    """The text of a QR code that a reader saw: a shopper's, an associate's, or that of a delivery."""

    text: str


class BadgeTap(msgspec.Struct, frozen=True, kw_only=True, tag="badge"):
    """The number of an employee's badge."""

    badge: str


class PalmMatch(msgspec.Struct, frozen=True, kw_only=True, tag="palm"):
    """A palm that was recognised: `account` is what its owner linked it to; no biometric datum comes in here.

    `use` is what it is shown for, since its owner may have agreed to one and not to the other. `card` is the one of
    their cards that they chose to pay with, empty for their usual one.
    """

    account: str
    use: LinkUse = "enter"
    card: str = ""


Credential = CardTap | ScannedCode | BadgeTap | PalmMatch
