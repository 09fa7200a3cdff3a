"""GS1 element strings: application identifiers with their data, as scanned or as printed under a symbol.

A scanner gives `]C1` or the like, the data, and the sign FNC1 (here the control character GS) after each element whose
length is open; under the symbol stands `(01)09521234543213(3103)000412`. Only what a till needs is read out; other
identifiers of known shape are kept as text, and one of unknown shape ends it: nobody knows where it ends.

Source: GS1 General Specifications, section on application identifiers; net weight 310n and 320n, amount payable 392n
and 393n, price per unit of measure 8005.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from tillfree.catalog.barcodes import has_valid_check_digit
from tillfree.catalog.errors import BarcodeError

__all__ = ["ElementString", "parse_elements"]

_FNC1 = "\x1d"
_LENGTH_MAX = 512
_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1)")
_PRINTED = re.compile(r"\((\d{2,4})\)([^()]*)", re.ASCII)
_POUND_G = Decimal("453.59237")
# Elements of a fixed length, by the first two digits of their identifier: the whole length with the identifier.
_FIXED = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 8,
    "18": 8, "19": 8, "20": 4, "31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
}  # fmt: skip
# How long the identifier itself is, by its first two digits; of those that a shop may meet.
_IDENTIFIER = {
    **dict.fromkeys(("00", "01", "02", "10", "11", "12", "13", "15", "16", "17", "20", "21", "22", "30", "37"), 2),
    **dict.fromkeys(("90", "91", "92", "93", "94", "95", "96", "97", "98", "99"), 2),
    **dict.fromkeys(("23", "24", "25", "40", "41", "42"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "80", "81", "82"), 4),
}
_OPEN_MAX = 90
# Numeric codes of currencies (ISO 4217) that this program knows.
_CURRENCIES = {
    "840": "USD", "978": "EUR", "826": "GBP", "756": "CHF", "124": "CAD", "036": "AUD", "752": "SEK", "578": "NOK",
    "208": "DKK", "985": "PLN", "203": "CZK", "986": "BRL", "484": "MXN", "356": "INR", "156": "CNY", "702": "SGD",
    "554": "NZD", "710": "ZAR", "784": "AED", "392": "JPY", "410": "KRW", "414": "KWD", "048": "BHD", "512": "OMR",
    "400": "JOD", "788": "TND",
}  # fmt: skip


class ElementString(msgspec.Struct, frozen=True):
    """What an element string says: `elements` all of it by identifier, and what a till needs of it, read.

    `weight_g` may have fractions. `price` is what is to be paid, in units of `currency` (empty: the store's own);
    `unit_price` are the digits of a price per unit of measure, whose decimal point is the shop's own affair.
    """

    elements: dict[str, str]
    gtin14: str = ""
    weight_g: Decimal | None = None
    price: Decimal | None = None
    currency: str = ""
    unit_price: str = ""


def parse_elements(text: str) -> ElementString:
    """Read an element string, scanned or printed.

    Raises:
        BarcodeError: it is none; says at which identifier.
    """
    if len(text) > _LENGTH_MAX:
        raise BarcodeError(f"{len(text)} characters are too many for an element string")
    elements: dict[str, str] = {}
    for identifier, data in _printed(text) if text.startswith("(") else _scanned(_SYMBOLOGY.sub("", text, count=1)):
        _check(identifier, data)
        if elements.get(identifier, data) != data:
            raise BarcodeError(f"({identifier}) stands there twice with different data")
        elements[identifier] = data
    if not elements:
        raise BarcodeError("nothing that is an element string: it begins with an application identifier such as 01")
    return _read(elements)


def _printed(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        found = _PRINTED.match(text, position)
        if found is None:
            raise BarcodeError(f"character {position + 1} begins no application identifier in brackets")
        yield found[1], found[2]
        position = found.end()


def _scanned(text: str) -> Iterator[tuple[str, str]]:
    rest = text.removeprefix(_FNC1)
    while rest:
        length = _IDENTIFIER.get(rest[:2])
        if length is None or len(rest) < length or not _digits(rest[:length]):
            raise BarcodeError(f"{rest[:4]!r} is no application identifier that is known here")
        fixed = _FIXED.get(rest[:2])
        element = rest[:fixed] if fixed is not None else rest.partition(_FNC1)[0]
        yield element[:length], element[length:]
        rest = rest[len(element) :].removeprefix(_FNC1)


def _check(identifier: str, data: str) -> None:
    if _IDENTIFIER.get(identifier[:2]) != len(identifier):
        raise BarcodeError(f"({identifier}) is no application identifier that is known here")
    fixed = _FIXED.get(identifier[:2])
    if fixed is not None and (len(data) != fixed - len(identifier) or not _digits(data)):
        raise BarcodeError(f"({identifier}) needs {fixed - len(identifier)} digits, not {data!r}")
    if not 1 <= len(data) <= _OPEN_MAX or not data.isascii() or not data.isprintable():
        raise BarcodeError(f"({identifier}) has no data that may stand in a symbol")


def _read(elements: dict[str, str]) -> ElementString:
    gtin = elements.get("01", "")
    if gtin and not has_valid_check_digit(gtin):
        raise BarcodeError(f"(01) {gtin} has a wrong check digit: scan it again")
    weights = [_weight_g(name, data) for name, data in elements.items() if name[:3] in ("310", "320")]
    prices = [_price(name, data) for name, data in elements.items() if name[:3] in ("392", "393")]
    if len(weights) > 1 or len(prices) > 1:
        raise BarcodeError("two weights or two prices in one element string")
    unit_price = elements.get("8005", "")
    if unit_price and not (len(unit_price) == 6 and _digits(unit_price)):
        raise BarcodeError(f"(8005) needs 6 digits, not {unit_price!r}")
    price, currency = prices[0] if prices else (None, "")
    return ElementString(elements, gtin, weights[0] if weights else None, price, currency, unit_price)


def _weight_g(identifier: str, data: str) -> Decimal:
    if identifier[3] > "5":
        raise BarcodeError(f"({identifier}) has more decimals than a weight may have")
    value = Decimal(data).scaleb(-int(identifier[3]))
    return value * 1000 if identifier.startswith("310") else value * _POUND_G


def _price(identifier: str, data: str) -> tuple[Decimal, str]:
    code, amount = ("", data) if identifier.startswith("392") else (data[:3], data[3:])
    if not _digits(amount) or len(amount) > 15:
        raise BarcodeError(f"({identifier}) needs an amount of at most 15 digits, not {data!r}")
    if code and code not in _CURRENCIES:
        raise BarcodeError(f"({identifier}): currency {code} is not known here")
    return Decimal(amount).scaleb(-int(identifier[3])), _CURRENCIES.get(code, "")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
