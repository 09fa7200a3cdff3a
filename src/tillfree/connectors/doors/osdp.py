"""OSDP: frames between a door controller and a reader on one bus (SIA OSDP 2.2, IEC 60839-11-5).

Without the Secure Channel: its keys and sessions are not here, so the wire has to be one that nobody reaches.
"""

from enum import IntEnum

import msgspec

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.wiegand import packed, unpacked

__all__ = [
    "ADDRESS_EVERY",
    "FRAME_BYTES_MAX",
    "CardRead",
    "Code",
    "Frame",
    "Nak",
    "card_read",
    "check_crc",
    "read_card",
    "read_frame",
]

ADDRESS_EVERY = 0x7F
"""Every reader on the bus; none of them answers with its own address then."""
FRAME_BYTES_MAX = 1440
_SOM, _REPLY, _CRC_BIT, _SECURE_BIT = 0x53, 0x80, 0x04, 0x08
_HEAD_BYTES = 5
_CRC_FIRST, _CRC_POLYNOMIAL = 0x1D0F, 0x1021


class Code(IntEnum):
    """Commands of the controller (from 0x60), and replies of a reader."""

    ACK = 0x40
    NAK = 0x41
    PDID = 0x45
    PDCAP = 0x46
    LSTATR = 0x48
    RAW = 0x50
    POLL = 0x60
    ID = 0x61
    CAP = 0x62
    LSTAT = 0x64
    LED = 0x69
    BUZ = 0x6A


class Nak(IntEnum):
    """Why a reader does not do what it was told (table of osdp_NAK)."""

    CHECK = 0x01
    LENGTH = 0x02
    COMMAND = 0x03
    SEQUENCE = 0x04
    SECURE_UNSUPPORTED = 0x05


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame: `address` 0 to 126, `sequence` 0 (begins anew) to 3; with a CRC, or with a sum of one byte."""

    address: int
    sequence: int
    code: int
    data: bytes = b""
    reply: bool = False
    crc: bool = True

    def to_bytes(self) -> bytes:
        """As it goes over the bus.

        Raises:
            DoorError: a field is out of its bounds.
        """
        length = _HEAD_BYTES + 1 + len(self.data) + (2 if self.crc else 1)
        good = 0 <= self.address <= ADDRESS_EVERY and 0 <= self.sequence <= 3 and 0 <= self.code <= 0xFF
        if not good or length > FRAME_BYTES_MAX:
            raise DoorError(
                f"a frame has an address up to {ADDRESS_EVERY}, a sequence up to 3 and up to {FRAME_BYTES_MAX} bytes; "
                f"not {self.address}, {self.sequence} and {length}"
            )
        head = bytes(
            (_SOM, self.address | (_REPLY if self.reply else 0), length & 0xFF, length >> 8,
             self.sequence | (_CRC_BIT if self.crc else 0), self.code)
        )  # fmt: skip
        body = head + self.data
        return body + (check_crc(body).to_bytes(2, "little") if self.crc else bytes((-sum(body) & 0xFF,)))


def read_frame(data: bytes) -> Frame:
    """The frame in these bytes, which hold nothing else.

    Raises:
        DoorError: it is cut off, damaged, or of a secure session.
    """
    if len(data) < _HEAD_BYTES + 2 or data[0] != _SOM:
        raise DoorError("this is no frame: it begins with 0x53 and has 7 bytes at least")
    length, control = data[2] | data[3] << 8, data[4]
    crc = bool(control & _CRC_BIT)
    tail = 2 if crc else 1
    if length != len(data) or length > FRAME_BYTES_MAX or length < _HEAD_BYTES + 1 + tail:
        raise DoorError(f"a frame says that it has {length} bytes, and has {len(data)}")
    body, check = data[:-tail], data[-tail:]
    good = check_crc(body) == int.from_bytes(check, "little") if crc else (sum(data) & 0xFF) == 0
    if not good:
        raise DoorError("a frame was damaged on its way: its check is wrong")
    if control & _SECURE_BIT:
        raise DoorError("a frame is of a secure session, which is not spoken here; let the controller use clear frames")
    return Frame(
        address=data[1] & ~_REPLY & 0xFF, sequence=control & 3, code=data[5], data=body[6:],
        reply=bool(data[1] & _REPLY), crc=crc,
    )  # fmt: skip


def check_crc(data: bytes) -> int:
    """CRC-16 with the polynomial 0x1021, begun with 0x1D0F, not reflected (annex C of OSDP 2.2)."""
    crc = _CRC_FIRST
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ _CRC_POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


class CardRead(msgspec.Struct, frozen=True):
    """What a reader read (osdp_RAW): `bits` as a text of 0 and 1, with their parity."""

    reader: int
    bits: str


def card_read(read: CardRead) -> bytes:
    """The data of osdp_RAW: reader, format (1: Wiegand with parity), how many bits, and the bits."""
    return bytes((read.reader, 1)) + len(read.bits).to_bytes(2, "little") + packed(read.bits)


def read_card(data: bytes) -> CardRead:
    """The inverse of `card_read`. Raises DoorError."""
    if len(data) < 4:
        raise DoorError("what a reader read is cut off")
    return CardRead(data[0], unpacked(data[4:], int.from_bytes(data[2:4], "little")))
