"""Wiegand: a number as bits on two wires, with a parity bit at each end (SIA AC-01; 26 and 34 bits).

The first bit makes the first half of the number even in ones, the last bit makes the second half odd.
"""

import msgspec

from tillfree.connectors.doors.errors import DoorError

__all__ = ["FORMATS", "WiegandNumber", "bits_of", "number_of", "packed", "unpacked"]

FORMATS: dict[int, tuple[int, int]] = {26: (8, 16), 34: (16, 16)}
"""Bits of a format: bits of its facility code, and of its number."""


class WiegandNumber(msgspec.Struct, frozen=True):
    """What a reader tells of a card, or of whoever stands for one: `facility` is the site's."""

    facility: int
    number: int

    @classmethod
    def of(cls, whole: int, bits: int = 26) -> "WiegandNumber":
        """The two halves of one number. Raises DoorError where the format has not so many bits."""
        _, number_bits = _halves(bits)
        made = cls(whole >> number_bits, whole & ((1 << number_bits) - 1))
        bits_of(made, bits)
        return made


def bits_of(card: WiegandNumber, bits: int = 26) -> str:
    """The bits as they go over the wires, first to last, as a text of 0 and 1.

    Raises:
        DoorError: there is no such format, or the number does not fit into it.
    """
    facility_bits, number_bits = _halves(bits)
    if not (0 <= card.facility < 1 << facility_bits and 0 <= card.number < 1 << number_bits):
        raise DoorError(
            f"facility {card.facility} and number {card.number} do not fit into {bits} bits; the most are "
            f"{(1 << facility_bits) - 1} and {(1 << number_bits) - 1}"
        )
    data = f"{card.facility:0{facility_bits}b}{card.number:0{number_bits}b}"
    half = len(data) // 2
    even = data[:half].count("1") % 2
    odd = 1 - data[half:].count("1") % 2
    return f"{even}{data}{odd}"


def number_of(bits: str) -> WiegandNumber:
    """The inverse of `bits_of`.

    Raises:
        DoorError: there is no format of so many bits, something else than bits, or a parity bit is wrong.
    """
    facility_bits, number_bits = _halves(len(bits))
    if set(bits) - {"0", "1"}:
        raise DoorError("bits are a text of 0 and 1")
    found = WiegandNumber(int(bits[1 : 1 + facility_bits], 2), int(bits[1 + facility_bits : -1], 2))
    assert len(bits) == facility_bits + number_bits + 2
    if bits_of(found, len(bits)) != bits:
        raise DoorError(f"the parity of {len(bits)} bits is wrong; read them again, and look at the wires")
    return found


def packed(bits: str) -> bytes:
    """Bits as bytes, the first bit the highest; the last byte is filled with 0."""
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big") if bits else b""


def unpacked(data: bytes, count: int) -> str:
    """The inverse of `packed`. Raises DoorError where there are fewer bits."""
    if -(-count // 8) != len(data):
        raise DoorError(f"{count} bits do not lie in {len(data)} bytes")
    return "".join(f"{byte:08b}" for byte in data)[:count]


def _halves(bits: int) -> tuple[int, int]:
    if bits not in FORMATS:
        raise DoorError(f"there is no format of {bits} bits; known are {', '.join(map(str, FORMATS))}")
    return FORMATS[bits]
