"""A palm station as an OSDP reader: a door controller polls it, and hears of a number when a palm may pass."""

import threading
from collections import deque

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.osdp import ADDRESS_EVERY, CardRead, Code, Frame, Nak, card_read, read_frame
from tillfree.connectors.doors.wiegand import WiegandNumber, bits_of

__all__ = ["OsdpReader"]

_WAITING_MAX = 4
_VENDOR = bytes((0x00, 0x00, 0x00))
_MODEL, _VERSION = 1, 1
_FIRMWARE = bytes((1, 0, 0))
# Function, compliance, number (osdp_PDCAP): card data as bits; one light; a CRC; no secure channel.
_CAPABILITIES = bytes((3, 1, 0, 4, 1, 1, 8, 1, 0, 9, 0, 0))
_LIGHT_BYTES = 14


class OsdpReader:
    """One reader at one address. One thread hands over frames, others may `present`."""

    def __init__(self, address: int, *, bits: int = 26, serial: int = 1) -> None:
        """`bits` is the format of the numbers.

        Raises:
            DoorError: there is no such address or format.
        """
        if not 0 <= address < ADDRESS_EVERY:
            raise DoorError(f"a reader has an address from 0 to {ADDRESS_EVERY - 1}, not {address}")
        bits_of(WiegandNumber(0, 0), bits)
        self._address, self._bits, self._serial = address, bits, serial
        self._lock = threading.Lock()
        self._waiting: deque[CardRead] = deque(maxlen=_WAITING_MAX)
        self._sequence = 0
        self._last: bytes = b""
        self.light: int | None = None
        """The colour that the controller wants to be shown (osdp_LED): 0 off, 1 red, 2 green, 3 amber, 4 blue."""

    def present(self, card: WiegandNumber) -> None:
        """A palm may pass: the controller is told at its next poll, and decides about the door.

        Raises:
            DoorError: the number does not fit into the format.
        """
        with self._lock:
            self._waiting.append(CardRead(0, bits_of(card, self._bits)))

    def answer(self, data: bytes) -> bytes:
        """The reply to a frame; empty where there is none: it is for another reader, or cannot be read.

        A frame with the sequence of the one before is asked for again, and gets the same reply: no number is told
        twice, and none is lost.
        """
        try:
            frame = read_frame(data)
        except DoorError:
            return b""
        if frame.reply or frame.address not in (self._address, ADDRESS_EVERY):
            return b""
        with self._lock:
            if frame.sequence == 0:
                self._last = b""
            elif self._last and frame.sequence == self._sequence:
                return self._last
            elif frame.sequence != self._sequence % 3 + 1:
                return self._reply(frame, Code.NAK, bytes((Nak.SEQUENCE,)))
            self._sequence = frame.sequence
            self._last = self._done(frame)
            return self._last

    def _done(self, frame: Frame) -> bytes:
        code, data = self._said(frame)
        return self._reply(frame, code, data)

    def _said(self, frame: Frame) -> tuple[Code, bytes]:
        if frame.code == Code.POLL and self._waiting:
            return Code.RAW, card_read(self._waiting.popleft())
        if frame.code == Code.LED:
            return self._shown(frame.data)
        serial = self._serial.to_bytes(4, "little")
        table: dict[int, tuple[Code, bytes]] = {
            Code.POLL: (Code.ACK, b""),
            Code.ID: (Code.PDID, _VENDOR + bytes((_MODEL, _VERSION)) + serial + _FIRMWARE),
            Code.CAP: (Code.PDCAP, _CAPABILITIES),
            Code.LSTAT: (Code.LSTATR, bytes((0, 0))),
            Code.BUZ: (Code.ACK, b""),
        }
        return table.get(frame.code, (Code.NAK, bytes((Nak.COMMAND,))))

    def _shown(self, data: bytes) -> tuple[Code, bytes]:
        """The permanent settings of the first light: control code, on time, off time, on colour, off colour."""
        if len(data) % _LIGHT_BYTES or not data:
            return Code.NAK, bytes((Nak.LENGTH,))
        self.light = data[12] if data[9] == 1 else self.light
        return Code.ACK, b""

    def _reply(self, frame: Frame, code: Code, data: bytes = b"") -> bytes:
        return Frame(
            address=self._address, sequence=frame.sequence, code=code, data=data, reply=True, crc=frame.crc
        ).to_bytes()
