"""OSDP: frames between a door controller and a reader on one bus (SIA OSDP 2.2, IEC 60839-11-5).

Frames only: what a secure session makes of them is in `tillfree.connectors.doors.secure`.
"""

import binascii
from enum import IntEnum

import msgspec

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.wiegand import packed, unpacked

__all__ = [
    "ADDRESS_EVERY",
    "FRAME_BYTES_MAX",
    "MAC_BYTES",
    "Block",
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
MAC_BYTES = 4
"""Of the MAC so much goes over the wire."""
_SOM, _REPLY, _CRC_BIT, _SECURE_BIT = 0x53, 0x80, 0x04, 0x08
_UNUSED_BITS = 0xF0
_HEAD_BYTES = 5
_BLOCK_BYTES_MIN = 2
_CRC_FIRST = 0x1D0F


class Code(IntEnum):
    """Commands of the controller (from 0x60), and replies of a reader. Of the handshake two share a number."""

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
    CHLNG = 0x76
    CCRYPT = 0x76
    SCRYPT = 0x77
    RMAC_I = 0x78


class Nak(IntEnum):
    """Why a reader does not do what it was told (table of osdp_NAK)."""

    CHECK = 0x01
    LENGTH = 0x02
    COMMAND = 0x03
    SEQUENCE = 0x04
    SECURE_UNSUPPORTED = 0x05
    SECURE_NEEDED = 0x06


class Block(IntEnum):
    """Kinds of the security block: a handshake in four steps; then with a check only, or with data sealed as well."""

    CHALLENGE = 0x11
    CRYPTOGRAM = 0x12
    SERVER_CRYPTOGRAM = 0x13
    FIRST_MAC = 0x14
    COMMAND = 0x15
    REPLY = 0x16
    SEALED_COMMAND = 0x17
    SEALED_REPLY = 0x18


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame: `address` 0 to 126, `sequence` 0 (begins anew) to 3; with a CRC, or with a sum of one byte.

    `block` is the security block without its length, its kind first; empty in a clear frame. Frames of a session have
    a `mac` of four bytes.
    """

    address: int
    sequence: int
    code: int
    data: bytes = b""
    reply: bool = False
    crc: bool = True
    block: bytes = b""
    mac: bytes = b""

    def signed(self) -> bytes:
        """What the MAC is over: everything before it.

        Raises:
            DoorError: a field is out of its bounds.
        """
        block = bytes((len(self.block) + 1,)) + self.block if self.block else b""
        mac_bytes = MAC_BYTES if _has_mac(self.block) else 0
        length = _HEAD_BYTES + len(block) + 1 + len(self.data) + mac_bytes + (2 if self.crc else 1)
        good = 0 <= self.address <= ADDRESS_EVERY and 0 <= self.sequence <= 3 and 0 <= self.code <= 0xFF
        if not good or length > FRAME_BYTES_MAX:
            raise DoorError(
                f"a frame has an address up to {ADDRESS_EVERY}, a sequence up to 3 and up to {FRAME_BYTES_MAX} bytes; "
                f"not {self.address}, {self.sequence} and {length}"
            )
        control = self.sequence | (_CRC_BIT if self.crc else 0) | (_SECURE_BIT if self.block else 0)
        address = self.address | (_REPLY if self.reply else 0)
        head = bytes((_SOM, address, length & 0xFF, length >> 8, control))
        return head + block + bytes((self.code,)) + self.data

    def to_bytes(self) -> bytes:
        """As it goes over the bus. Raises DoorError where a field is out of its bounds."""
        if len(self.mac) != (MAC_BYTES if _has_mac(self.block) else 0):
            raise DoorError(f"a frame of a secure session has a MAC of {MAC_BYTES} bytes, any other has none")
        body = self.signed() + self.mac
        return body + (check_crc(body).to_bytes(2, "little") if self.crc else bytes((-sum(body) & 0xFF,)))


def read_frame(data: bytes) -> Frame:
    """The frame in these bytes, which hold nothing else. Whether its MAC is right is for the session to say.

    Raises:
        DoorError: it is cut off or damaged.
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
    if control & _SECURE_BIT and control & _UNUSED_BITS:  # they are in no field, and so the MAC would not be over them
        raise DoorError("a frame of a secure session uses bits of its control byte that mean nothing")
    block, at = _block(body) if control & _SECURE_BIT else (b"", _HEAD_BYTES)
    end = len(body) - (MAC_BYTES if _has_mac(block) else 0)
    if end <= at:
        raise DoorError("a frame of a secure session is cut off: it has no code or no MAC")
    return Frame(
        address=data[1] & ~_REPLY & 0xFF, sequence=control & 3, code=body[at], data=body[at + 1 : end],
        reply=bool(data[1] & _REPLY), crc=crc, block=block, mac=body[end:],
    )  # fmt: skip


def _block(body: bytes) -> tuple[bytes, int]:
    """The security block, and where the code stands."""
    length = body[_HEAD_BYTES]
    if length < _BLOCK_BYTES_MIN or _HEAD_BYTES + length >= len(body):
        raise DoorError("the security block of a frame is cut off")
    return body[_HEAD_BYTES + 1 : _HEAD_BYTES + length], _HEAD_BYTES + length


def _has_mac(block: bytes) -> bool:
    return bool(block) and Block.COMMAND <= block[0] <= Block.SEALED_REPLY


def check_crc(data: bytes) -> int:
    """CRC-16 with the polynomial 0x1021, begun with 0x1D0F, not reflected (annex C of OSDP 2.2)."""
    return binascii.crc_hqx(data, _CRC_FIRST)


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
