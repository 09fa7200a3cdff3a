"""SGTIN-96: the GTIN of an item and a serial number in the 96 bits of an RFID tag.

Source: GS1 EPC Tag Data Standard (TDS), the section on the SGTIN-96 coding table and its partition table. From the
most significant bit on: a header of 8 bits (0x30), a filter value of 3, a partition value of 3, the company prefix, the
item reference with the GTIN's indicator digit before it, together 44 bits, and a serial number of 38 bits. The check
digit of the GTIN is not on the tag; it follows from the rest.
"""

import string

import msgspec

from tillfree.catalog.barcodes import check_digit, gtin14
from tillfree.catalog.errors import BarcodeError
from tillfree.rfid.errors import EpcError

__all__ = ["POINT_OF_SALE", "SERIAL_MAX", "Sgtin", "decode_sgtin96", "encode_sgtin96", "is_sgtin96"]

_HEADER = 0x30
_SERIAL_BITS = 38
SERIAL_MAX = (1 << _SERIAL_BITS) - 1
POINT_OF_SALE = 1
"""The filter value of one item as it is sold; 0 stands for all others, 2 for a case that is shipped."""
_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)
"""Bits of the company prefix by partition value; the item reference has the rest of 44. Digits: 12 to 6, 1 to 7."""
_ITEM_BITS = 44
_EPC_DIGITS = 24


class Sgtin(msgspec.Struct, frozen=True):
    """An item: the GTIN of its kind in 14 digits, which of them it is, and how its tag says it.

    `prefix_digits` is the length of the company prefix (6 to 12), which the GTIN does not show; `filter_value` (0 to
    7) helps readers to choose.
    """

    gtin: str
    serial: int
    prefix_digits: int = 7
    filter_value: int = POINT_OF_SALE


def encode_sgtin96(item: Sgtin) -> str:
    """The tag's number as 24 upper-case hexadecimal digits.

    Raises:
        EpcError: no GTIN, or a serial, prefix length or filter value that there is no room for.
    """
    try:
        gtin = gtin14(item.gtin)
    except BarcodeError as error:
        raise EpcError(f"not for a tag: {error}") from None
    if not 0 <= item.serial <= SERIAL_MAX:
        raise EpcError(f"serial {item.serial} of {gtin} does not fit a tag; give 0 to {SERIAL_MAX}")
    if not 6 <= item.prefix_digits <= 12:
        raise EpcError(f"a company prefix has 6 to 12 digits, not {item.prefix_digits}")
    if not 0 <= item.filter_value <= 7:
        raise EpcError(f"filter value {item.filter_value} is not within 0 to 7")
    partition = 12 - item.prefix_digits
    prefix = int(gtin[1 : 1 + item.prefix_digits])
    reference = int(gtin[0] + gtin[1 + item.prefix_digits : 13])
    value = _HEADER << 3 | item.filter_value
    value = value << 3 | partition
    value = value << _ITEM_BITS | prefix << (_ITEM_BITS - _PREFIX_BITS[partition]) | reference
    return f"{value << _SERIAL_BITS | item.serial:0{_EPC_DIGITS}X}"


def is_sgtin96(epc: str) -> bool:
    """Whether a tag's number, as hexadecimal digits, claims to be an SGTIN-96; `decode_sgtin96` may still refuse it."""
    return len(epc) == _EPC_DIGITS and set(epc) <= set(string.hexdigits) and int(epc[:2], 16) == _HEADER


def decode_sgtin96(epc: str) -> Sgtin:
    """The item behind a tag's number (24 hexadecimal digits in upper or lower case); the inverse of `encode_sgtin96`.

    Raises:
        EpcError: no SGTIN-96: another length or header, a partition that there is not, or too great a number in it.
    """
    if not is_sgtin96(epc):
        raise EpcError(f"{epc[:40]!r} is no SGTIN-96: it needs {_EPC_DIGITS} hexadecimal digits that begin with 30")
    value = int(epc, 16)
    partition = value >> (_ITEM_BITS + _SERIAL_BITS) & 7
    if partition >= len(_PREFIX_BITS):
        raise EpcError(f"{epc} is no SGTIN-96: there is no partition {partition}")
    digits, reference_bits = 12 - partition, _ITEM_BITS - _PREFIX_BITS[partition]
    both = value >> _SERIAL_BITS & ((1 << _ITEM_BITS) - 1)
    prefix, reference = both >> reference_bits, both & ((1 << reference_bits) - 1)
    if prefix >= 10**digits or reference >= 10 ** (13 - digits):
        raise EpcError(f"{epc} is no SGTIN-96: its company prefix or item reference has too many digits")
    item = f"{reference:0{13 - digits}d}"
    body = f"{item[0]}{prefix:0{digits}d}{item[1:]}"
    return Sgtin(f"{body}{check_digit(body)}", value & SERIAL_MAX, digits, value >> 85 & 7)
