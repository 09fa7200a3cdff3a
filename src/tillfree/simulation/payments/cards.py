"""Cards that do not exist: numbers of the test range, what they are, and how much their issuer lends."""

import hashlib
from typing import Literal

import msgspec

__all__ = ["SimulatedCard", "make_card"]

_BRANDS: dict[str, tuple[str, int, str]] = {
    "visa": ("400000", 16, "A0000000031010"),
    "mc": ("555555", 16, "A0000000041010"),
    "amex": ("371111", 15, "A00000002501"),
}
"""Prefix of numbers that no bank gives out, digits, and the application identifier of the scheme."""


class SimulatedCard(msgspec.Struct, frozen=True, kw_only=True):
    """One card, or a wallet that stands for one. `number` stays in the simulated terminal; the rest may be told.

    `limit_minor` is what may be held and taken with it at once, None without end; `expires` is `YYYY-MM`.
    """

    number: str
    brand: str = "visa"
    expires: str = "2030-12"
    funding: Literal["credit", "debit", "prepaid", "unknown"] = "credit"
    wallet: bool = False
    limit_minor: int | None = None
    sequence: int = 0

    @property
    def token(self) -> str:
        """What the processor calls it, for charging later."""
        return "tok_" + _digest("token", self.number)

    @property
    def fingerprint(self) -> str:
        """The same for each tap of this card."""
        return "fp_" + _digest("fingerprint", self.number)

    @property
    def last4(self) -> str:
        """What may be printed."""
        return self.number[-4:]

    @property
    def application(self) -> str:
        """The application identifier (tag 84), in hexadecimal."""
        return _BRANDS[self.brand][2]


def make_card(
    seed: int,
    index: int,
    *,
    brand: str = "visa",
    expires: str = "2030-12",
    funding: Literal["credit", "debit", "prepaid", "unknown"] = "credit",
    wallet: bool = False,
    limit_minor: int | None = None,
) -> SimulatedCard:
    """A card by its place in a seeded deck, with a number that has its check digit (ISO/IEC 7812, Luhn)."""
    prefix, digits, _ = _BRANDS[brand]
    body = int(_digest(f"{seed}/{brand}", str(index)), 16) % 10 ** (digits - len(prefix) - 1)
    number = prefix + f"{body:0{digits - len(prefix) - 1}d}"
    return SimulatedCard(
        number=number + _check_digit(number),
        brand=brand,
        expires=expires,
        funding=funding,
        wallet=wallet,
        limit_minor=limit_minor,
    )


def _check_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _digest(purpose: str, text: str) -> str:
    return hashlib.blake2b(f"simulated/{purpose}/{text}".encode(), digest_size=12).hexdigest()
