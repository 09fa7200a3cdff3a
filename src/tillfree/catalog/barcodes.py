"""Numbers on goods: GTIN-8, -12, -13 and -14, UPC-E, PLU codes of loose produce, and a shop's own numbers.

Sources: GS1 General Specifications (the sections on check digits, on restricted circulation numbers and on UPC-E);
International Federation for Produce Standards, user's guide to PLU codes.
"""

import enum

import msgspec

from tillfree.catalog.errors import BarcodeError

__all__ = [
    "Barcode",
    "CodeKind",
    "check_digit",
    "classify_barcode",
    "compress_upc_a",
    "expand_upc_e",
    "gtin12",
    "gtin13",
    "gtin14",
    "has_valid_check_digit",
]

_GTIN_LENGTHS = (8, 12, 13, 14)


class CodeKind(enum.StrEnum):
    """What a number is, judged by its form alone."""

    GTIN_8 = "GTIN-8"
    GTIN_12 = "GTIN-12"
    GTIN_13 = "GTIN-13"
    GTIN_14 = "GTIN-14"
    UPC_E = "UPC-E"
    PLU = "PLU"
    PLU_ORGANIC = "organic PLU"
    LOCAL = "local number"
    BAD_CHECK_DIGIT = "wrong check digit"
    UNUSABLE = "unusable"


class Barcode(msgspec.Struct, frozen=True):
    """A number with what is known about it.

    `gtin14` is set where the number is, or stands for, a GTIN with a right check digit; two numbers with the same
    `gtin14` name the same goods. `variable_measure` marks restricted numbers (prefix 02 or 20 to 29) that may hold a
    price or weight; which digits do is each shop's own rule, so nothing is read out of them here. `reason` is one plain
    sentence on why the number was judged so.
    """

    text: str
    kind: CodeKind
    reason: str
    gtin14: str = ""
    variable_measure: bool = False

    @property
    def usable(self) -> bool:
        """Whether the number may stand for a product: everything but wrong check digits and unusable text."""
        return self.kind not in (CodeKind.BAD_CHECK_DIGIT, CodeKind.UNUSABLE)


# ---- check digits and forms -------------------------------------------------------------------------------------


def check_digit(body: str) -> int:
    """The check digit of a GTIN without it: weights 3, 1, 3, ... from the right, up to the next multiple of ten.

    Raises:
        BarcodeError: `body` is empty or holds anything but the digits 0 to 9.
    """
    _require_digits(body)
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(body)))
    return -total % 10


def has_valid_check_digit(code: str) -> bool:
    """Whether the last of 8, 12, 13 or 14 digits is the check digit of those before it."""
    return len(code) in _GTIN_LENGTHS and _is_digits(code) and check_digit(code[:-1]) == int(code[-1])


def gtin14(code: str) -> str:
    """A GTIN of any length with zeros before it up to 14 digits, as databases compare them.

    Raises:
        BarcodeError: not 8, 12, 13 or 14 digits, or a wrong check digit.
    """
    _require_digits(code)
    if len(code) not in _GTIN_LENGTHS:
        raise BarcodeError(f"{code!r} has {len(code)} digits; a GTIN has 8, 12, 13 or 14")
    if not has_valid_check_digit(code):
        raise BarcodeError(f"{code!r} has a wrong check digit: {code[-1]} should be {check_digit(code[:-1])}")
    return code.rjust(14, "0")


def gtin13(code: str) -> str:
    """The same GTIN in 13 digits, as an EAN-13 symbol carries it. Raises as `gtin14`, or where it needs 14."""
    return _shorten(code, 13)


def gtin12(code: str) -> str:
    """The same GTIN in 12 digits, as a UPC-A symbol carries it. Raises as `gtin14`, or where it needs more."""
    return _shorten(code, 12)


def _shorten(code: str, length: int) -> str:
    full = gtin14(code)
    if full[: 14 - length].strip("0"):
        raise BarcodeError(f"{code!r} cannot be written in {length} digits")
    return full[14 - length :]


# ---- UPC-E ------------------------------------------------------------------------------------------------------


def expand_upc_e(code: str) -> str:
    """The UPC-A number (12 digits) behind a UPC-E one of 6 digits, 7 (with number system) or 8 (with check digit).

    The check digit is that of the UPC-A number; where it is given, it must be right.

    Raises:
        BarcodeError: another length, a number system other than 0 and 1, or a wrong check digit.
    """
    _require_digits(code)
    if len(code) not in (6, 7, 8):
        raise BarcodeError(f"{code!r} has {len(code)} digits; UPC-E has 6, 7 or 8")
    system, six = ("0", code) if len(code) == 6 else (code[0], code[1:7])
    if system not in "01":
        raise BarcodeError(f"{code!r} begins with {system}; UPC-E exists for number systems 0 and 1 only")
    last = six[5]
    if last in "012":
        body = system + six[:2] + last + "0000" + six[2:5]
    elif last == "3":
        body = system + six[:3] + "00000" + six[3:5]
    elif last == "4":
        body = system + six[:4] + "00000" + six[4]
    else:
        body = system + six[:5] + "0000" + last
    check = str(check_digit(body))
    if len(code) == 8 and code[7] != check:
        raise BarcodeError(f"{code!r} has a wrong check digit: {code[7]} should be {check}")
    return body + check


def compress_upc_a(code: str) -> str:
    """The UPC-E number (8 digits) of a UPC-A number, or an empty string where it has none. Raises as `gtin12`."""
    upc_a = gtin12(code)
    if upc_a[0] not in "01":
        return ""
    maker, item = upc_a[1:6], upc_a[6:11]
    candidates = (
        maker[:2] + item[2:] + maker[2],
        maker[:3] + item[3:] + "3",
        maker[:4] + item[4] + "4",
        maker + item[4],
    )
    for six in candidates:
        short = upc_a[0] + six + upc_a[11]
        if expand_upc_e(short[:7]) == upc_a:
            return short
    return ""


# ---- classification ---------------------------------------------------------------------------------------------


def classify_barcode(text: str) -> Barcode:
    """What a number is, with the reason. Never raises: numbers of a real catalogue are judged, not refused."""
    code = text.strip()
    if not code:
        return Barcode(text, CodeKind.UNUSABLE, "it is empty")
    if len(code) > 80:
        return Barcode(text, CodeKind.UNUSABLE, f"{len(code)} characters are too many for a number on goods")
    if not code.isprintable():
        return Barcode(text, CodeKind.UNUSABLE, "it holds control characters")
    if not _is_digits(code):
        return Barcode(text, CodeKind.LOCAL, "not digits only, so it is the shop's own")
    if len(code) in _GTIN_LENGTHS:
        return _classify_gtin(text, code)
    return _classify_short(text, code)


def _classify_gtin(text: str, code: str) -> Barcode:
    if len(code) == 8 and code[0] in "01":
        # GTIN-8 does not give out numbers that begin with 0, UPC-E only ones with 0 or 1.
        upc_a = expand_upc_e(code[:7])
        if upc_a[-1] == code[-1]:
            return Barcode(text, CodeKind.UPC_E, f"short form of UPC-A {upc_a}", upc_a.rjust(14, "0"))
    if not has_valid_check_digit(code):
        expected = check_digit(code[:-1])
        reason = f"the last digit of {len(code)} is {code[-1]} and should be {expected}"
        return Barcode(text, CodeKind.BAD_CHECK_DIGIT, reason)
    full = code.rjust(14, "0")
    kind = {8: CodeKind.GTIN_8, 12: CodeKind.GTIN_12, 13: CodeKind.GTIN_13, 14: CodeKind.GTIN_14}[len(code)]
    if len(code) == 8:
        if code[0] in "02":
            return Barcode(text, kind, f"restricted GTIN-8: prefix {code[0]} is for use within a company", full)
        return Barcode(text, kind, "8 digits with a right check digit", full)
    # Only the base unit is sold by a price inside the number: an indicator digit 1 to 9 names a case.
    prefix = full[1:3]
    if full[0] == "0" and (prefix == "02" or prefix[0] == "2"):
        reason = f"restricted number: prefix {prefix} may hold a price or weight, by the shop's own rule"
        return Barcode(text, kind, reason, full, variable_measure=True)
    return Barcode(text, kind, f"{len(code)} digits with a right check digit", full)


def _classify_short(text: str, code: str) -> Barcode:
    """Digits in a number that no GTIN has."""
    length, value = len(code), int(code)
    if length == 4 and 3000 <= value <= 4999:
        return Barcode(text, CodeKind.PLU, "4 digits from 3000 to 4999")
    if length == 5 and 83000 <= value <= 84999:
        return Barcode(text, CodeKind.PLU, "5 digits from 83000 to 84999")
    if length == 5 and 93000 <= value <= 94999:
        return Barcode(text, CodeKind.PLU_ORGANIC, "a PLU code after the digit 9, which says organic")
    padded = code.rjust(12, "0")
    if length in (9, 10, 11) and has_valid_check_digit(padded):
        reason = f"{length} digits: GTIN-12 {padded} without its leading zeros"
        return Barcode(text, CodeKind.GTIN_12, reason, padded.rjust(14, "0"))
    if length == 11:
        reason = "11 digits: perhaps a UPC-A number without its check digit"
    elif length == 6:
        reason = f"6 digits: the shop's own, or UPC-E for {expand_upc_e(code)} without system and check digit"
    else:
        reason = f"{length} digits are no GTIN or PLU code, so it is the shop's own"
    return Barcode(text, CodeKind.LOCAL, reason)


def _is_digits(code: str) -> bool:
    return code.isascii() and code.isdigit()


def _require_digits(code: str) -> None:
    if not _is_digits(code):
        raise BarcodeError(f"{code!r} holds other characters than the digits 0 to 9")
