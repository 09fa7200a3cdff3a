"""What a simulated card and terminal say to each other: EMV data objects of one contactless transaction.

The cryptogram is made with a key that anybody may know: it proves nothing, but changes with everything that it covers.
"""

import datetime as dt
import hashlib

from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.simulation.payments.cards import SimulatedCard

__all__ = ["CURRENCY_NUMBERS", "chip_objects"]

CURRENCY_NUMBERS: dict[str, str] = {
    "USD": "840", "EUR": "978", "GBP": "826", "CHF": "756", "CAD": "124", "AUD": "036", "SEK": "752", "NOK": "578",
    "DKK": "208", "PLN": "985", "CZK": "203", "BRL": "986", "MXN": "484", "INR": "356", "CNY": "156", "SGD": "702",
    "NZD": "554", "ZAR": "710", "AED": "784", "JPY": "392", "KRW": "410", "KWD": "414", "BHD": "048", "OMR": "512",
    "JOD": "400", "TND": "788",
}  # fmt: skip
"""ISO 4217 numbers of the currencies that Tillfree knows (list one)."""
_COUNTRY = "0276"
_CONTACTLESS = "07"
_UNATTENDED = "25"


def chip_objects(
    card: SimulatedCard, amount: Money, *, counter: int, time_ns: int, seed: int, serial: str
) -> dict[str, str]:
    """All objects of one tap, those that must stay in the terminal too (5A, 57)."""
    moment = dt.datetime.fromtimestamp(time_ns // NS_PER_S, dt.UTC)
    unpredictable = hashlib.blake2b(f"{seed}/{serial}/{counter}".encode(), digest_size=4).hexdigest().upper()
    objects = {
        "5A": card.number + ("F" if len(card.number) % 2 else ""),
        "57": _track2(card),
        "5F24": card.expires[2:4] + card.expires[5:7] + "31",
        "5F34": f"{card.sequence:02d}",
        "50": card.brand.upper().encode().hex().upper(),
        "82": "2000",
        "84": card.application,
        "95": "0000000000",
        "9A": moment.strftime("%y%m%d"),
        "9F21": moment.strftime("%H%M%S"),
        "9C": "00",
        "9F02": f"{amount.minor:012d}",
        "9F03": "0" * 12,
        "5F2A": "0" + CURRENCY_NUMBERS[amount.currency],
        "9F1A": _COUNTRY,
        "9F33": "E008C8",
        # A wallet's owner was verified on the device (CVM "consumer device"), of a card nobody asks at a gate.
        "9F34": "010002" if card.wallet else "1F0000",
        "9F35": _UNATTENDED,
        "9F36": f"{counter:04X}",
        "9F37": unpredictable,
        "9F39": _CONTACTLESS,
        "9F27": "80",
    }
    covered = "".join(objects[tag] for tag in ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37", "82", "9F36"))
    cryptogram = hashlib.blake2b(f"simulated/{card.number}/{covered}".encode(), digest_size=8).hexdigest().upper()
    return {**objects, "9F26": cryptogram, "9F10": "06010A03A0" + cryptogram[:4]}


def _track2(card: SimulatedCard) -> str:
    track = f"{card.number}D{card.expires[2:4]}{card.expires[5:7]}201"
    return track + ("F" if len(track) % 2 else "")
